"""ThingMagic/JADAK Mercury modules (M5e, M6e, Micro, Nano, M7e) on a serial port."""

from collections.abc import Mapping
from random import Random
from typing import Final

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.inquiry import Said
from edge.readers.mercury.module import BAUDS, REGIONS, Module, joined
from edge.readers.profiles import Place, Profile
from edge.readers.serial import check_looks
from edge.readers.serial.address import address_of
from edge.readers.serial.dialogue import Dialogue
from edge.readers.serial.driver import SerialReader, inquire
from edge.readers.serial.inquiry import NOWHERE, Inquiry, SerialTold

PORTS_MAX: Final = 15
"""An antenna is told in four bits."""


def open_mercury(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> SerialReader:
    """`mercury:///dev/…?region=eu`. Raises `MisconfiguredError`: a bad URL, no region, an antenna it cannot have."""
    for port, place in places.items():
        if port > PORTS_MAX:
            raise MisconfiguredError(f"reader {config.id}: antenna {port}; this kind has at most {PORTS_MAX}")
        if place.power_index is not None:
            raise MisconfiguredError(f"reader {config.id}: profile {profile.name!r} sets power_index; set power_dbm")
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    if not address.region:
        raise MisconfiguredError(f"{config.url!r}: without a region this kind does not read; add ?region=eu")
    check_looks(profile, places, power=True)
    for number in range(1, 1 + max(len(place.looks) for place in places.values())):
        if joined({port: place.look(number) for port, place in places.items()}) == joined(places):
            raise MisconfiguredError(
                f"reader {config.id}: one power and one session serve all its antennas, so look {number} reads as "
                "always; give the places that set the session their own reader, or remove the look"
            )
    health = Health(config.id)
    return SerialReader(address, Dialogue(health, Module(health, places, address.region), places), chance)


async def inquire_mercury(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the module is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    address = address_of(config.url, BAUDS, tuple(REGIONS))
    health = Health(config.id)
    module = Module(health, {1: NOWHERE}, address.region)
    return await inquire(address, Inquiry(health, module, len(address.bauds)), chance, clock, said)
