"""What the serial UHF families share, and how one of several antennas is opened or asked. Knows no family."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.inquiry import Said
from edge.readers.profiles import Antennas, Place, Profile
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
    for_now_dbm_min: int | None = None
    """The least power that can be set without its memory, which wears; None: none can, and no look is weaker."""


def check_looks(profile: Profile, places: Mapping[int, Place], *, power: bool) -> None:
    """Raises `MisconfiguredError` for a look that is no other at such a reader. `power`: it may be set as often as one
    likes; where it is kept in flash or EEPROM, which wear, no look sets it.
    """
    at = f"profile {profile.name!r}: a look"
    for place in places.values():
        for number, look in enumerate(place.looks, start=1):
            if look.antennas is not Antennas.ALL:
                raise MisconfiguredError(f"{at} sets antennas, which only readers of LLRP leave out; remove it")
            if look.mode is not None:
                raise MisconfiguredError(f"{at} sets mode, which this kind has not; remove it")
            if look.less_db and not power:
                raise MisconfiguredError(f"{at} sets less_db; this kind keeps power in memory that wears: set session")
            if place.look(number) == place:
                raise MisconfiguredError(f"{at} reads as always; let it set another session")


def least_power(places: Mapping[int, Place]) -> int | None:
    """One power for all antennas, whole dBm: nobody gets more than their place may have. None: as the reader has it."""
    return min((int(place.power_dbm) for place in places.values() if place.power_dbm is not None), default=None)


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
    check_looks(profile, places, power=family.for_now_dbm_min is not None)
    least, always = family.for_now_dbm_min or 0, least_power(places)
    for number in range(1, 1 + max(len(place.looks) for place in places.values())):
        weaker = any(place.looks[number - 1].less_db for place in places.values() if number <= len(place.looks))
        power = least_power({port: place.look(number) for port, place in places.items()})
        if weaker and (power is None or power < least):
            raise MisconfiguredError(f"profile {profile.name!r}: a look is weaker than {least} dBm; set less_db lower")
        if weaker and power == always:
            raise MisconfiguredError(
                f"reader {config.id}: one power serves all its antennas, so look {number} is no weaker; set session"
            )
    address = address_of(config.url, family.bauds, family.regions)
    health = Health(config.id)
    return SerialReader(address, Dialogue(health, family.module(health, places, address.region), places), chance)


async def inquire_ported(family: Ported, config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the reader is; nothing is set. Raises `UnreachableError` and `MisconfiguredError`, with the mend."""
    address = address_of(config.url, family.bauds, family.regions)
    health = Health(config.id)
    module = family.module(health, {1: NOWHERE}, address.region)
    return await inquire(address, Inquiry(health, module, len(address.bauds)), chance, clock, said)
