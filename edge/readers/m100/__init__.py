"""M100/QM100/R200 modules (YRM100, JRD-4035, …) on a serial port, in both dialects."""

from collections.abc import Mapping
from random import Random

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.inquiry import Said
from edge.readers.m100.frames import ANTENNA
from edge.readers.m100.module import BAUDS, REGIONS, Module
from edge.readers.profiles import Place, Profile
from edge.readers.serial import check_looks
from edge.readers.serial.address import address_of
from edge.readers.serial.dialogue import Dialogue
from edge.readers.serial.driver import SerialReader, inquire
from edge.readers.serial.inquiry import NOWHERE, Inquiry, SerialTold


def open_m100(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> SerialReader:
    """`m100:///dev/…?baud=auto&region=eu`. Raises `MisconfiguredError` for another port than 1 or a bad URL."""
    if set(places) != {ANTENNA}:
        raise MisconfiguredError(f"reader {config.id}: a module of this kind has antenna {ANTENNA} alone")
    if places[ANTENNA].power_index is not None:
        raise MisconfiguredError(f"reader {config.id}: profile {profile.name!r} sets power_index; set power_dbm")
    check_looks(profile, places, power=True)
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    health = Health(config.id)
    return SerialReader(address, Dialogue(health, Module(health, places[ANTENNA], address.region), places), chance)


async def inquire_m100(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the module is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    health = Health(config.id)
    module = Module(health, NOWHERE, address.region)
    return await inquire(address, Inquiry(health, module, len(address.bauds)), chance, clock, said)
