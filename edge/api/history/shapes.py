"""What history pages and routes show of a zone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourView:
    """Of one hour of the day, 0 to 23 in the store's time zone: how many pieces lay here on average."""

    hour: int
    pieces: float


@dataclass(frozen=True, slots=True)
class TrayView:
    """Piece-hours of one tray here; the tray without a name is all pieces that lie on none."""

    tray: str
    piece_hours: float


@dataclass(frozen=True, slots=True)
class LongestView:
    """A piece that lay here long, and for how many hours of the span."""

    piece: str
    title: str
    hours: float


@dataclass(frozen=True, slots=True)
class AntennaView:
    """One antenna that looks here. `by_hour`: reads a round in each hour of the day; None: it had no round then."""

    reader: str
    antenna: int
    """0: the reader does not tell, or none of its antennas read anything."""
    reads_per_round: float | None
    by_hour: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ZoneRateView:
    """One zone in the map of read rates. `by_hour`: reads a round in each hour of the day, of all antennas together."""

    zone: str
    zone_name: str
    reads_per_round: float | None
    """None: no round was witnessed here."""
    by_hour: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ReadMapView:
    """How much is read where and when, over some days; zones in the store's own order."""

    days: int
    zones: tuple[ZoneRateView, ...]
    why: str
    """Why that is not all there is; empty where it is."""


@dataclass(frozen=True, slots=True)
class AlarmReadsView:
    """Reads around an alarm, a second each; `at_s` is negative before it. Empty with a `why` when none are kept."""

    alarm: str
    at_s: tuple[int, ...]
    own: tuple[int, ...]
    """Tag reports of the alarm's pieces."""
    others: tuple[float, ...]
    """Share of their neighbours that were read: how well the place could be seen."""
    neighbours: int
    why: str


@dataclass(frozen=True, slots=True)
class ElsewhereView:
    """Pieces believed here that a count or a hand found in another zone."""

    zone: str
    zone_name: str
    pieces: int


@dataclass(frozen=True, slots=True)
class ZoneHistoryView:
    """One zone over some days. Empty lists where nothing is known; `why` says when that is not all there is."""

    zone: str
    zone_name: str
    days: int
    from_us: int
    """When the span begins: not before this store's history does."""
    to_us: int
    piece_hours: float
    hours: tuple[HourView, ...]
    trays: tuple[TrayView, ...]
    """The fullest first."""
    longest: tuple[LongestView, ...]
    antennas: tuple[AntennaView, ...]
    counted: int
    """Pieces believed here that a count or a hand found anywhere;"""
    counted_here: int
    """of these, those found here."""
    elsewhere: tuple[ElsewhereView, ...]
    why: str
