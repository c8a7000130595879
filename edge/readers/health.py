"""What a driver tells about its reader, read by the house thread at every tick."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.readers.base import Look


@dataclass(slots=True)
class Health:
    """Written by the driver only. Times are monotonic µs of the driver's clock; 0 = never.

    A second of reading is a witnessed round only if `link` was READING all the time and the reader was heard after it;
    `alive_since_us` is when this stretch of READING began, so a round that began before it saw a gap.
    """

    reader: ReaderId
    link: ReaderLink = ReaderLink.CONNECTING
    why: str = "not connected yet"
    model: str = ""
    firmware: str = ""
    serial: str = ""
    """MAC address or EPC of the reader itself, where it tells it. All three are told together, once asked."""
    last_heard_us: int = 0
    last_keepalive_us: int = 0
    alive_since_us: int = 0
    reads_total: int = 0
    dropped_total: int = 0
    """Tag reports that could not be read."""
    bytes_skipped_total: int = 0
    """Bytes at which no message could begin."""
    unknown_total: int = 0
    """Messages and parameters stepped over because we do not know them."""
    unknown_kinds: tuple[tuple[str, int], ...] = ()
    """Of which kinds they are, and how many of each: at most `unknown_kinds_max` kinds, then `other`."""
    resyncs_total: int = 0
    """Places where reading had to find the next message anew."""
    stamps_dropped_total: int = 0
    """Uptime stamps among UTC ones: not told."""
    shapes_forgotten_total: int = 0
    """Shapes of tag reports learned and given up again: `shapes_max`."""
    messages_held_total: int = 0
    """Messages that waited for a later tick: `messages_per_tick_max`."""
    messages_lost_total: int = 0
    """Messages of a stream that were too long, or found `messages_pending_max` waiting."""
    late_total: int = 0
    """Tag reports that a stream kept back too long to be presence now."""
    retained_total: int = 0
    """Messages that stood at a broker before we came, not heard."""
    connects_total: int = 0
    bytes_total: int = 0
    exceptions_total: int = 0
    exception: str = ""
    """The last trouble the reader told of by itself (LLRP 1.1 §17.2.7.6.5), in its own words; it goes on reading."""
    accesses_total: int = 0
    """Accesses to tags that were begun."""
    accesses_failed_total: int = 0
    accesses_refused_total: int = 0
    """Not taken: `accesses_pending_max`."""
    buffer_percent: int = 0
    """How full the reader's report buffer was when it last warned."""
    buffer_warnings_total: int = 0
    overflows_total: int = 0
    """Times the report buffer ran over: reads were lost."""
    overflow_us: int = 0
    """When it did last. No round that had begun by then is a witnessed one."""
    surveys_total: int = 0
    """RF surveys it told of; we ask for none, another client may have."""
    survey_loudest: tuple[int, int] | None = None
    """Of the last one: frequency in kHz, and the peak there in dBm."""
    clock_offset_us: int | None = None
    """Our monotonic time − the reader's own time by its quickest recent message; None until it gave a stamp."""
    clock_is_uptime: bool = False
    """The reader's own time counts from its start; else it is UTC."""
    clock_jumps_total: int = 0
    clock_jump_us: int = 0
    """The last jump of the reader's clock; forwards is positive."""
    temperature_c: int | None = None
    """Where the reader tells it, when it was connected."""
    notes: tuple[str, ...] = ()
    """What is read with less or otherwise than its profile asks, in sentences."""
    region: str = ""
    """As it was set when the reader was connected, where a module tells it."""
    power_dbm: float | None = None
    """Likewise."""
    inputs: Mapping[int, bool] = field(default_factory=dict)
    """Input port → whether its wire is high; only what the reader tells now. Replaced whole."""
    outputs_refused_total: int = 0
    """Outputs the reader would not set."""
    waits_for: str = ""
    """It is well and does not read: its trigger has not come ("input 1"). Nothing is witnessed meanwhile."""
    look: Look = field(default_factory=Look)
    """Which of its ways to look it reads by now, and since when. Replaced whole."""
    looks: tuple[str, ...] = ("as always",)
    """The ways it can, in words; the first is how it always reads."""
    antennas_down: frozenset[int] = frozenset()
    """Ports whose antenna the reader reports as disconnected."""

    @property
    def witnesses(self) -> bool:
        """Whether it reads at this moment: one that waits for its input is well, and sees nothing."""
        return self.link is ReaderLink.READING and not self.waits_for

    def stand(self) -> "Health":
        """As it is at this moment: a driver may change it in the middle of a turn of the house."""
        return Health(*_FIELDS(self))


_FIELDS = attrgetter(*(each.name for each in fields(Health)))
