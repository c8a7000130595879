"""Readers built on Impinj's R2000 with the "A0" protocol, on a serial port."""

from collections.abc import Mapping
from random import Random
from typing import Final

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.inquiry import Said
from edge.readers.profiles import Place, Profile
from edge.readers.r2000.frames import PORTS_MAX
from edge.readers.r2000.module import BAUDS, REGIONS, Module
from edge.readers.serial.address import address_of
from edge.readers.serial.dialogue import Dialogue
from edge.readers.serial.driver import SerialReader, inquire
from edge.readers.serial.inquiry import NOWHERE, Inquiry, SerialTold

POWER_DBM_MAX: Final = 33


def open_r2000(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> SerialReader:
    """`r2000:///dev/…?baud=auto&region=eu`. Raises `MisconfiguredError` for a port or power it cannot have."""
    for port, place in places.items():
        if port > PORTS_MAX:
            raise MisconfiguredError(f"reader {config.id}: antenna {port}; this kind has at most {PORTS_MAX}")
        if place.power_index is not None or (place.power_dbm or 0) > POWER_DBM_MAX:
            raise MisconfiguredError(f"profile {profile.name!r}: set power_dbm, at most {POWER_DBM_MAX}, for this kind")
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    health = Health(config.id)
    return SerialReader(address, Dialogue(health, Module(health, places, address.region)), chance)


async def inquire_r2000(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the reader is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    health = Health(config.id)
    module = Module(health, {1: NOWHERE}, address.region)
    return await inquire(address, Inquiry(health, module, len(address.bauds)), chance, clock, said)
