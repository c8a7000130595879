"""Reader drivers: bytes in, columns of reads out. A reader family is one package and one line in `DRIVERS`."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final, Protocol

from contract.ids import ReaderId
from edge.clock import Clock
from edge.config import ReaderConfig, ZoneKind
from edge.readers.base import MisconfiguredError, ReadBatch
from edge.readers.health import Health
from edge.readers.impinj_iot import open_impinj_iot
from edge.readers.llrp import open_llrp
from edge.readers.m100 import open_m100
from edge.readers.mercury import open_mercury
from edge.readers.profiles import Place, Profile
from edge.readers.uhf288 import open_uhf288
from edge.readers.zebra_iot import open_zebra_iot


class Reader(Protocol):
    """A reader in use."""

    id: ReaderId
    health: Health

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Read until cancelled, reconnecting for ever; `deliver` is called on the loop's thread."""
        ...


Driver = Callable[[ReaderConfig, Profile, Mapping[int, Place], Random], Reader]
DRIVERS: Final[Mapping[str, Driver]] = {
    "impinj-iot": open_impinj_iot,
    "llrp": open_llrp,
    "m100": open_m100,
    "mercury": open_mercury,
    "uhf288": open_uhf288,
    "zebra-iot": open_zebra_iot,
}


def open_reader(
    config: ReaderConfig, profile: Profile, chance: Random, kinds: Mapping[int, ZoneKind] | None = None
) -> Reader:
    """A reader ready to `run`. `kinds`: antenna port → kind of its zone; a port without one is read like a case.

    `chance` jitters the reconnects, so that a store's readers do not come back as one.

    Raises `MisconfiguredError`: no driver for the URL's scheme, no antenna, no such place in the profile, or a handheld
    that only one of profile and configuration calls so.
    """
    scheme = config.url.partition("://")[0]
    if scheme not in DRIVERS:
        raise MisconfiguredError(f"reader {config.id}: no driver for {scheme!r}; use one of {', '.join(DRIVERS)}")
    if not config.antennas:
        raise MisconfiguredError(f"reader {config.id} has no antennas; map at least one port to a zone")
    if config.handheld != profile.handheld:
        mend = f"set handheld = {str(profile.handheld).lower()}, or choose the profile of the model that is there"
        raise MisconfiguredError(f"reader {config.id}: its profile {profile.name!r} says otherwise: {mend}")
    ports = sorted(int(port) for port in config.antennas)
    places = {port: profile.place((kinds or {}).get(port, ZoneKind.CASE)) for port in ports}
    return DRIVERS[scheme](config, profile, places, chance)
