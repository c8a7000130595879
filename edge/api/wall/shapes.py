"""What the wall shows. Times are UTC µs."""

from dataclasses import dataclass

from edge.api.shapes import AlarmView, ZoneView


@dataclass(frozen=True, slots=True)
class StepView:
    """A piece was read in this zone; `until_us`: last, before it was read in the next."""

    zone: str
    zone_name: str
    until_us: int


@dataclass(frozen=True, slots=True)
class TrailView:
    """The way of one alarm's piece in the minutes before it, the oldest step first. `nth` tells trails apart."""

    alarm: str
    piece: str
    nth: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class HeedView:
    """Somebody said that they look after an alarm."""

    by: str
    by_name: str
    since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorView:
    """The plan's half of the wall, and the reckoning."""

    trails: tuple[TrailView, ...]
    blind: tuple[ZoneView, ...]
    tallies: dict[str, tuple[int, int]]
    """By zone: in place, and expected."""
    present: int
    expected: int
    hard_to_read: int
    not_read_yet: int
    month_total: int
    """Alarms of the last thirty days, and those of them that somebody called false."""
    month_false: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WallView(FloorView):
    """Everything that moves on the wall."""

    cards: tuple[AlarmView, ...]
    """Open, the loudest first: as many as can be read from afar;"""
    rows: tuple[AlarmView, ...]
    """the next ones, a line each;"""
    open_total: int
    """and all there are."""
    growing: bool
    """One of these is so new that its piece is still on its way."""
    heeded: dict[str, HeedView]
    """By alarm."""
    closed: tuple[AlarmView, ...]
    """The newest."""


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    """One page of all alarms, the newest first."""

    alarms: tuple[AlarmView, ...]
    page: int
    more: bool
    open_total: int


@dataclass(frozen=True, slots=True)
class MoveView:
    """A piece that lay elsewhere some minutes before; no zone: not read anywhere."""

    piece: str
    title: str
    price_minor: int
    from_name: str
    to_name: str


@dataclass(frozen=True, slots=True)
class FrameView:
    """The plan at one moment of the past. `pieces`: by zone, as they were read."""

    at_us: int
    pieces: dict[str, int]
    total: int
    moves: tuple[MoveView, ...]
    """Since the frame before, the most valuable first;"""
    moves_total: int
    """of so many."""
    why: str
    """Why that is not all there is; empty where it is."""
    told: bool = True
    """False: at one of the two moments nothing was read at all, so that nobody can say what moved between them."""


@dataclass(frozen=True, slots=True)
class SpanView:
    """Some hours of the past in steps, and the step that is looked at."""

    hours: int
    from_us: int
    until_us: int
    steps: int
    nth: int
    at_us: int
    step_us: int
    latest: bool
    """It ends now: there is nothing later to look at."""


@dataclass(frozen=True, slots=True)
class MarkView:
    """An alarm was raised here; `nth`: the first step after it."""

    alarm: str
    title: str
    at_us: int
    nth: int
