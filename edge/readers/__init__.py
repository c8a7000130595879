"""Reader drivers: bytes in, columns of reads out. A reader family is one package and one line in `DRIVERS`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple, Protocol, runtime_checkable

from contract.ids import ReaderId
from edge.clock import Clock
from edge.config import ReaderConfig, ZoneKind
from edge.readers.base import MisconfiguredError, ReadBatch
from edge.readers.health import Health
from edge.readers.impinj_iot import open_impinj_iot
from edge.readers.inquiry import Said, Told
from edge.readers.llrp import inquire_llrp, open_llrp
from edge.readers.m100 import inquire_m100, open_m100
from edge.readers.mercury import inquire_mercury, open_mercury
from edge.readers.profiles import Place, Profile, gpi_trigger
from edge.readers.r2000 import inquire_r2000, open_r2000
from edge.readers.uhf288 import inquire_uhf288, open_uhf288
from edge.readers.wedge import open_wedge
from edge.readers.zebra_iot import open_zebra_iot


class Reader(Protocol):
    """A reader in use."""

    id: ReaderId
    health: Health

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Read until cancelled, reconnecting for ever; `deliver` is called on the loop's thread."""
        ...


@runtime_checkable
class Aimed(Protocol):
    """A handheld that streams: its reads belong to the zone that a person says they sweep."""

    def sweep(self, port_now: Callable[[], int | None]) -> None: ...


@runtime_checkable
class Typed(Protocol):
    """A handheld that types into our page."""

    def feed(self, port: int, epcs: Sequence[bytes], unreadable: int = 0) -> None:
        """Raises `UnreachableError`."""
        ...


@runtime_checkable
class Signalling(Protocol):
    """A reader with outputs: lamps, sirens, locks."""

    id: ReaderId

    async def set_output(self, port: int, *, on: bool) -> None:
        """What an output is to be, now and after every reconnect. Off until it is said, and when `run` ends."""
        ...


class Driver(NamedTuple):
    """`open` a reader to read with it; `inquire` who it is, where it can be asked. Both raise `ReaderError`s.

    `wired`: its readers have inputs and outputs.
    """

    open: Callable[[ReaderConfig, Profile, Mapping[int, Place], Random], Reader]
    inquire: Callable[[ReaderConfig, Random, Clock, Said], Awaitable[Told]] | None = None
    wired: bool = False


DRIVERS: Final[Mapping[str, Driver]] = {
    "impinj-iot": Driver(open_impinj_iot),
    "llrp": Driver(open_llrp, inquire_llrp, wired=True),
    "llrps": Driver(open_llrp, inquire_llrp, wired=True),
    "m100": Driver(open_m100, inquire_m100),
    "mercury": Driver(open_mercury, inquire_mercury),
    "r2000": Driver(open_r2000, inquire_r2000),
    "uhf288": Driver(open_uhf288, inquire_uhf288),
    "wedge": Driver(open_wedge),
    "zebra-iot": Driver(open_zebra_iot),
}


def open_reader(
    config: ReaderConfig, profile: Profile, chance: Random, kinds: Mapping[int, ZoneKind] | None = None
) -> Reader:
    """A reader ready to `run`. `kinds`: antenna port → kind of its zone; a port without one is read like a case.

    `chance` jitters the reconnects, so that a store's readers do not come back as one.

    Raises `MisconfiguredError`: no driver for the URL's scheme, a profile of other readers, no antenna, no such place
    in the profile, a handheld that only one of profile and configuration calls so, or wires to a reader of a kind that
    has no inputs and outputs.
    """
    driver = driver_of(config)
    scheme = config.url.partition(":")[0]
    if profile.drivers and scheme not in profile.drivers:
        mend = f"it is for {' and '.join(profile.drivers)} readers: choose the profile of the model that is there"
        raise MisconfiguredError(f"reader {config.id}: profile {profile.name!r} is not for {scheme}; {mend}")
    if not config.antennas:
        raise MisconfiguredError(f"reader {config.id} has no antennas; map at least one port to a zone")
    if config.handheld != profile.handheld:
        mend = f"set handheld = {str(profile.handheld).lower()}, or choose the profile of the model that is there"
        raise MisconfiguredError(f"reader {config.id}: its profile {profile.name!r} says otherwise: {mend}")
    ports = sorted(int(port) for port in config.antennas)
    places = {port: profile.place((kinds or {}).get(port, ZoneKind.CASE)) for port in ports}
    if (config.inputs or config.outputs or gpi_trigger(places) is not None) and not driver.wired:
        wired = " and ".join(scheme for scheme, each in DRIVERS.items() if each.wired)
        mend = "wire to one what is wired to this, and have no place triggered by gpi"
        raise MisconfiguredError(f"reader {config.id}: only {wired} readers have inputs and outputs; {mend}")
    return driver.open(config, profile, places, chance)


async def inquire(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> Told:
    """What a reader says of itself; nothing is changed there. Raises `UnreachableError` and `MisconfiguredError`."""
    ask = driver_of(config).inquire
    if ask is None:
        raise MisconfiguredError(f"{config.url}: a reader that streams by itself cannot be asked; look at its own page")
    return await ask(config, chance, clock, said)


def driver_of(config: ReaderConfig) -> Driver:
    """Raises `MisconfiguredError`: no driver for the URL's scheme."""
    scheme = config.url.partition(":")[0]
    if scheme not in DRIVERS:
        raise MisconfiguredError(f"reader {config.id}: no driver for {scheme!r}; use one of {', '.join(DRIVERS)}")
    return DRIVERS[scheme]
