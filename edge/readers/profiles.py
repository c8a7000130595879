"""Reader profiles as data: `firmware-config/NAME.toml`, what to ask of which reader in which place."""

import sysconfig
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

from edge.config import ZoneKind
from edge.readers.base import MisconfiguredError

FOLDER: Final = "firmware-config"
LOOKS_MAX: Final = 6


class Vendor(StrEnum):
    """Whose extensions are spoken."""

    GENERIC = "generic"
    IMPINJ = "impinj"
    ZEBRA = "zebra"


class Search(StrEnum):
    """Impinj inventory search mode (Octane LLRP): which tags answer again."""

    READER = "reader"
    SINGLE = "single"
    SINGLE_B = "single_b"
    """Single target, asking those that have answered: what `single` turned, it turns back."""
    DUAL = "dual"
    FOCUS = "focus"


class Trigger(StrEnum):
    IMMEDIATE = "immediate"
    PERIODIC = "periodic"
    GPI = "gpi"
    """While a door is open or somebody moves: what is wired to an input of the reader starts and ends it."""


class Antennas(StrEnum):
    """Which antennas of a reader a look reads, in the order of their ports: all, the first, third …, or the others."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


class Level(StrEnum):
    HIGH = "high"
    LOW = "low"


Word = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]


class Variation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a round of a count reads a place otherwise than always; what is not said stays.

    `less_db`: so much weaker. `antennas`: these alone, each for longer; a reader with one reads it all the same.
    """

    session: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    mode: Word | None = None
    search: Search | None = None
    less_db: Annotated[float, msgspec.Meta(ge=0, le=12)] = 0
    antennas: Antennas = Antennas.ALL


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How antennas of one kind of zone are read.

    `mode`: identifier in the reader's mode table; None leaves it to the reader. `session`: Gen2 S0–S3. `population`:
    tags expected in view, for the Q algorithm. `power_dbm` or `power_index` (1-based, of the reader's own table);
    neither leaves it to the reader. `dwell_ms`: how long the reader stays on each antenna of this kind before it goes
    to the next; 0 leaves that to the reader. `report_every_tags` 0: only at the end of a period, which
    `report_every_ms` sets, or of a dwell. `trigger` `gpi`: read from when input `gpi_port` comes to `gpi_level` until
    it leaves it, or for at most `gpi_timeout_ms` (0: no limit); only where every antenna of the reader says the same.
    `looks`: what rounds of a count do in turn, after one as always.
    """

    session: Annotated[int, msgspec.Meta(ge=0, le=3)]
    population: Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)]
    mode: Word | None = None
    search: Search = Search.READER
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)] | None = None
    power_index: Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)] | None = None
    dwell_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    trigger: Trigger = Trigger.IMMEDIATE
    gpi_port: Annotated[int, msgspec.Meta(ge=1, le=64)] | None = None
    gpi_level: Level = Level.HIGH
    gpi_timeout_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    period_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    report_every_tags: Word = 1
    report_every_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    looks: Annotated[tuple[Variation, ...], msgspec.Meta(max_length=LOOKS_MAX)] = ()

    def look(self, number: int) -> "Place":
        """As it is read by look `number`; by 0, and by one that it does not have, as always."""
        if not 0 < number <= len(self.looks):
            return self
        other = self.looks[number - 1]
        return msgspec.structs.replace(
            self,
            session=self.session if other.session is None else other.session,
            mode=self.mode if other.mode is None else other.mode,
            search=self.search if other.search is None else other.search,
            power_dbm=None if self.power_dbm is None else max(self.power_dbm - other.less_db, 0.0),
        )


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of reader. `places` has an entry for each kind of zone it may watch; `shelf` reads like `case`."""

    name: str
    vendor: Vendor
    drivers: tuple[str, ...] = ()
    """Of which readers it can be the profile, by the beginnings of their URLs; none named: of any."""
    places: dict[ZoneKind, Place]
    keepalive_ms: Annotated[int, msgspec.Meta(ge=100, le=10_000)] = 1000
    handheld: bool = False
    """A person carries it: its silence is no evidence. The reader's own configuration must say so too."""

    def place(self, kind: ZoneKind) -> Place:
        """Raises `MisconfiguredError` when the profile does not say how to read such a zone."""
        found = self.places.get(kind) or (self.places.get(ZoneKind.CASE) if kind is ZoneKind.SHELF else None)
        if found is None:
            raise MisconfiguredError(f"profile {self.name!r} has no [places.{kind}]; add it to the file")
        return found


def left_out(places: Mapping[int, Place], number: int) -> frozenset[int]:
    """Ports that look `number` does not read; none where it would leave none to read."""
    ways = {port: place.looks[number - 1].antennas for port, place in places.items() if 0 < number <= len(place.looks)}
    kinds = (Antennas.EVEN, Antennas.ODD)
    out = frozenset(port for at, port in enumerate(sorted(places)) if ways.get(port) is kinds[at % 2])
    return frozenset() if len(out) == len(places) else out


def gpi_trigger(places: Mapping[int, Place]) -> Place | None:
    """The place whose input starts and ends the whole reader; None where any antenna is to be read without.

    Raises `MisconfiguredError` when antennas wait for different things: a reader waits for one.
    """
    triggered = [place for place in places.values() if place.trigger is Trigger.GPI]
    if len(triggered) < len(places):
        return None
    asked = {(place.gpi_port, place.gpi_level, place.gpi_timeout_ms) for place in triggered}
    if len(asked) > 1:
        raise MisconfiguredError("its antennas wait for different inputs; give it one, or a reader to each")
    return triggered[0]


def folder() -> Path:
    """Where the profiles lie: beside the packages in a checkout, under share/vitrine where the wheel is installed."""
    checkout = Path(__file__).resolve().parents[2] / FOLDER
    if checkout.is_dir():
        return checkout
    return Path(sysconfig.get_path("data")) / "share" / "vitrine" / FOLDER


def load_profile(name: str, where: Path | None = None) -> Profile:
    """The profile `name`. Raises `MisconfiguredError` with one sentence naming file, key and mend."""
    path = (where or folder()) / f"{name}.toml"
    if Path(name).name != name or not name.isprintable():
        raise MisconfiguredError(f"profile {name!r} is not a plain name; use one of {', '.join(known(where))}")
    try:
        profile = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Profile)
    except OSError as error:
        raise MisconfiguredError(f"no profile {name!r}; use one of {', '.join(known(where))}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MisconfiguredError(f"{path}: {error}; correct that key") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise MisconfiguredError(f"{path} is no TOML file in UTF-8 ({error}); put the profile in its place") from error
    for kind, place in profile.places.items():
        _check(f"{path}: [places.{kind}]", profile, place)
    if len({bool(place.dwell_ms) for place in profile.places.values()}) > 1:
        # an antenna that is left to the reader has no end, and those after it would never be read
        raise MisconfiguredError(f"{path}: set dwell_ms in every place, or in none")
    return profile


def known(where: Path | None = None) -> list[str]:
    """Names of all profiles."""
    return sorted(path.stem for path in (where or folder()).glob("*.toml"))


LASTING_SESSIONS: Final = (2, 3)
ONCE: Final = (Search.SINGLE, Search.SINGLE_B, Search.FOCUS)


def _check_looks(at: str, profile: Profile, place: Place) -> None:
    """A lasting flag that one look turned and the next asks for again the same way leaves the next with nothing."""
    every = [place.look(number) for number in range(len(place.looks) + 1)]
    for number, (one, other) in enumerate(zip(every, [*every[1:], every[0]], strict=True)):
        if other.search is not Search.READER and profile.vendor is not Vendor.IMPINJ:
            raise MisconfiguredError(f"{at} sets search in a look, which only vendor impinj knows; remove it")
        again = one.session == other.session and one.session in LASTING_SESSIONS and one.search is other.search
        if place.looks and again and one.search in ONCE:
            following = (number + 1) % len(every)
            mend = "flip the target (search single, then single_b) or use the other session"
            raise MisconfiguredError(f"{at}: look {following} would read nothing after look {number}; {mend}")
    if place.power_dbm is None and any(look.less_db for look in place.looks):
        raise MisconfiguredError(
            f"{at} sets less_db in a look and no power_dbm to be less than; set it, or remove less_db"
        )
    if place.looks and place.trigger is Trigger.GPI:
        raise MisconfiguredError(f"{at} is triggered by an input; remove its looks")


def _check(at: str, profile: Profile, place: Place) -> None:
    _check_looks(at, profile, place)
    if place.power_dbm is not None and place.power_index is not None:
        raise MisconfiguredError(f"{at} sets power_dbm and power_index; keep one")
    if place.search is not Search.READER and profile.vendor is not Vendor.IMPINJ:
        raise MisconfiguredError(f"{at} sets search, which only vendor impinj knows; remove it")
    if place.dwell_ms and place.report_every_ms:
        raise MisconfiguredError(f"{at} sets dwell_ms and report_every_ms; keep one")
    if place.trigger is Trigger.PERIODIC and not 0 < max(place.report_every_ms, place.dwell_ms) <= place.period_ms:
        raise MisconfiguredError(f"{at} is periodic; set period_ms, and report_every_ms or dwell_ms to at most that")
    if (place.trigger is Trigger.GPI) != (place.gpi_port is not None):
        raise MisconfiguredError(f"{at}: trigger gpi and gpi_port belong together; set both or neither")
    if place.trigger is Trigger.GPI and (place.dwell_ms or place.period_ms or place.report_every_ms):
        raise MisconfiguredError(f"{at} is triggered by an input; remove dwell_ms, period_ms and report_every_ms")
    if place.trigger is Trigger.GPI and place.report_every_tags == 0:
        raise MisconfiguredError(f"{at} is triggered by an input; set report_every_tags from 1")
    if place.trigger is Trigger.IMMEDIATE and place.report_every_tags == 0 and not place.dwell_ms:
        raise MisconfiguredError(f"{at} is immediate and never ends; set report_every_tags from 1")
    if place.trigger is Trigger.IMMEDIATE and (place.period_ms or place.report_every_ms):
        raise MisconfiguredError(f"{at} is immediate; remove period_ms and report_every_ms")
