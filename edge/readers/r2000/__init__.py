"""Readers built on Impinj's R2000 with the "A0" protocol, on a serial port."""

from collections.abc import Mapping
from random import Random
from typing import Final

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.inquiry import Said
from edge.readers.profiles import Place, Profile
from edge.readers.r2000.frames import PORTS_MAX
from edge.readers.r2000.module import BAUDS, REGIONS, Module
from edge.readers.serial import Ported, inquire_ported, open_ported
from edge.readers.serial.driver import SerialReader
from edge.readers.serial.inquiry import SerialTold

POWER_DBM_MAX: Final = 33
FOR_NOW_DBM_MIN: Final = 20
FAMILY: Final = Ported(Module, BAUDS, tuple(REGIONS), PORTS_MAX, POWER_DBM_MAX, FOR_NOW_DBM_MIN)


def open_r2000(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> SerialReader:
    """`r2000:///dev/…?baud=auto&region=eu`. Raises `MisconfiguredError` for a port or power it cannot have."""
    return open_ported(FAMILY, config, profile, places, chance)


async def inquire_r2000(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the reader is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    return await inquire_ported(FAMILY, config, chance, clock, said)
