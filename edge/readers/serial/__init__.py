"""What the serial UHF families share, and how one of several antennas is opened or asked. Knows no family."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.inquiry import Said
from edge.readers.profiles import Place, Profile
from edge.readers.serial.address import address_of
from edge.readers.serial.dialogue import Dialogue, Family
from edge.readers.serial.driver import SerialReader, inquire
from edge.readers.serial.inquiry import NOWHERE, Inquiry, SerialTold


class Ported(NamedTuple):
    """A family whose readers have antenna ports, each with its own power in dBm."""

    module: Callable[[Health, Mapping[int, Place], str], Family]
    bauds: tuple[int, ...]
    regions: tuple[str, ...]
    ports_max: int
    power_dbm_max: int


def check_looks(profile: Profile, places: Mapping[int, Place], *, power: bool) -> None:
    """Raises `MisconfiguredError` for a look that is no other at such a reader. `power`: it may be set as often as one
    likes; where it is kept in flash or EEPROM, which wear, no look sets it.
    """
    at = f"profile {profile.name!r}: a look"
    for place in places.values():
        for number, look in enumerate(place.looks, start=1):
            if look.mode is not None:
                raise MisconfiguredError(f"{at} sets mode, which this kind has not; remove it")
            if look.less_db and not power:
                raise MisconfiguredError(f"{at} sets less_db; this kind keeps power in memory that wears: set session")
            if place.look(number) == place:
                raise MisconfiguredError(f"{at} reads as always; let it set another session")


def open_ported(
    family: Ported, config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random
) -> SerialReader:
    """Raises `MisconfiguredError` for a port or power it cannot have."""
    for port, place in places.items():
        if port > family.ports_max:
            raise MisconfiguredError(f"reader {config.id}: antenna {port}; this kind has at most {family.ports_max}")
        if place.power_index is not None or (place.power_dbm or 0) > family.power_dbm_max:
            raise MisconfiguredError(
                f"profile {profile.name!r}: set power_dbm, at most {family.power_dbm_max}, for this kind"
            )
    check_looks(profile, places, power=False)
    address = address_of(config.url, family.bauds, family.regions)
    health = Health(config.id)
    return SerialReader(address, Dialogue(health, family.module(health, places, address.region), places), chance)


async def inquire_ported(family: Ported, config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the reader is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    address = address_of(config.url, family.bauds, family.regions)
    health = Health(config.id)
    module = family.module(health, {1: NOWHERE}, address.region)
    return await inquire(address, Inquiry(health, module, len(address.bauds)), chance, clock, said)
