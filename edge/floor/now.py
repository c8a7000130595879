"""What the floor looks like at this moment, as one value: made by the house after a tick, read by everyone else.

The loop thread never looks into the house's arrays: it takes the newest `FloorNow`, a reference swap and no lock.
"""

from dataclasses import dataclass
from typing import Final

from contract.facts import ReaderLink, Vision
from contract.facts.signals import InputKind, OutputKind
from contract.ids import PieceId, ReaderId, ZoneId
from edge.books.rows import Way
from edge.floor.alarms.deliveries import RestockNow
from edge.reconcile.detectors.budget import Line


@dataclass(frozen=True, slots=True)
class ZoneNow:
    """Figures of one zone, of expected pieces that lie here. The four parts add up to `expected`."""

    zone: ZoneId
    vision: Vision
    why: str
    expected: int = 0
    present: int = 0
    """Read since the box started, and not missed since."""
    missing: int = 0
    hard_to_read: int = 0
    """Read since the start, but so seldom that only a count vouches for it."""
    not_read_yet: int = 0
    """Not read since the start: whatever the books remember, nobody has seen it."""
    reference: str = ""
    """How its reference tag stands, in words; empty where none hangs."""


@dataclass(frozen=True, slots=True)
class ReaderNow:
    """One reader. Times are monotonic µs; `reads_per_s` over the last few seconds."""

    reader: ReaderId
    link: ReaderLink
    why: str
    model: str
    firmware: str
    last_heard_us: int
    reads_total: int
    dropped_total: int
    reads_per_s: float
    waits_for: str = ""
    """What starts it, while it waits; empty while it reads."""
    exception: str = ""
    """The last trouble it told of by itself."""
    temperature_c: int | None = None
    overflows_total: int = 0
    buffer_percent: int = 0
    """Its report buffer, when it last warned."""
    clock_offset_us: int | None = None
    """Our monotonic time − the reader's; None until it gave a stamp."""
    clock_is_uptime: bool = False
    clock_jumps_total: int = 0
    serial: str = ""
    dark_since_us: int = 0
    """UTC µs; 0 while it reads."""
    notes: tuple[str, ...] = ()
    """What it reads with less or otherwise than its profile asks."""


@dataclass(frozen=True, slots=True)
class PadNow:
    """One pad. `state` is the pad machine's; `pieces` are what lies on it by our best knowledge."""

    zone: ZoneId
    state: str = "idle"
    settled: bool = False
    pieces: tuple[PieceId, ...] = ()
    strangers: tuple[str, ...] = ()
    """EPCs of tags on it that no piece has, upper-case hex."""

    @property
    def unknown_tags(self) -> int:
        return len(self.strangers)


@dataclass(frozen=True, slots=True)
class SignalNow:
    """An input or output of a reader. `on` is None while the reader does not tell; an output is what it is to be."""

    reader: ReaderId
    way: Way
    port: int
    name: str
    kind: InputKind | OutputKind
    zone: ZoneId
    on: bool | None


@dataclass(frozen=True, slots=True)
class FloorNow:
    """Everything that moves. `at_us` is monotonic."""

    at_us: int = 0
    zones: tuple[ZoneNow, ...] = ()
    readers: tuple[ReaderNow, ...] = ()
    pads: tuple[PadNow, ...] = ()
    signals: tuple[SignalNow, ...] = ()
    unknown_tags: int = 0
    """Heard since the box started,"""
    unknown_lying: int = 0
    """of these lie in a zone of ours by the last whole minute,"""
    strays: int = 0
    """and were heard in it from next door or passing by."""
    threshold_nats: float = 0.0
    alarms_per_month: float | None = None
    """False alarms this threshold is expected to cost, by the store's own history; None while that is too short."""
    pieces: int = 0
    """Pieces that ought to be in their place."""
    budget: tuple[Line, ...] = ()
    """What each detector may cost and does: shares of the month's false alarms."""
    alarms_per_month_max: float = 0.0
    deliveries: tuple[RestockNow, ...] = ()
    """Under way: movement in their zones accuses nobody."""
    in_view: tuple[PieceId, ...] = ()
    """Pieces that lie near a gate, and are not believed to pass until they come much nearer."""
    is_open: bool | None = None
    """None: nobody has said when the store is open."""


MIRROR_LATE_US: Final = 15_000_000
"""It is written twice a second: a disk that takes thirty times as long is no second copy."""


@dataclass(slots=True)
class MirrorNow:
    """How the mirror of the journal stands; written by its own thread. `why`: in words, when it is not written."""

    configured: bool = False
    why: str = ""
    rows_total: int = 0
    errors_total: int = 0
    whole_us: int = 0
    """When it had everything last, monotonic; 0: it has not begun."""

    def behind_us(self, mono_us: int) -> int:
        return max(0, mono_us - self.whole_us) if self.whole_us else 0

    def trouble(self, mono_us: int) -> str:
        """In words why it is not written, also when its disk answers nothing at all; empty while all is well."""
        behind_us = self.behind_us(mono_us)
        if self.why or behind_us < MIRROR_LATE_US:
            return self.why
        seconds = behind_us // 1_000_000
        return f"Its disk has not answered for {seconds} s; selling goes on; see to that disk and its folder"


@dataclass(slots=True)
class UplinkNow:
    """How the link to the cloud stands; written by the uplink's tasks on the loop."""

    configured: bool = False
    up: bool = False
    why_down: str = "no cloud is configured"
    since_us: int = 0
    """Since when it is as it is, UTC."""
    feed_rev: int = 0
