"""What the store shows: typed views for the JSON API and for the pages alike. Plain values, nothing to look up.

Money is minor units, weights milligrams, times µs since 1970 (UTC) unless a name says otherwise, ages seconds.
"""

from dataclasses import dataclass

from contract.facts import (
    AlarmKind,
    ClaimKind,
    CountPlace,
    PresenceState,
    ReaderLink,
    Severity,
    TenderKind,
    Verdict,
    Vision,
)
from contract.feed import Role
from edge.config import ZoneKind


@dataclass(frozen=True, slots=True)
class UserView:
    user: str
    name: str
    roles: tuple[Role, ...]
    has_pin: bool


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A zone on the plan; x, y, width, height in metres."""

    zone: str
    name: str
    kind: ZoneKind
    x: float
    y: float
    width: float
    height: float
    vision: Vision
    why: str
    expected: int
    present: int
    missing: int
    hard_to_read: int
    not_read_yet: int = 0
    """Expected here and not read since the box started: neither in place nor missing."""
    hidden: bool = False
    """A blind count is under way here: its figures are 0 for whoever counts."""


@dataclass(frozen=True, slots=True)
class ReaderView:
    reader: str
    link: ReaderLink
    why: str
    model: str
    firmware: str
    zones: tuple[str, ...]
    silent_s: float | None
    """Seconds since the reader was last heard; None when it has not been heard since the box started."""
    reads_per_s: float
    reads_total: int
    dropped_total: int
    exception: str = ""
    """The last trouble the reader told of by itself since the box started, in its own words."""
    temperature_c: int | None = None
    """Of the reader itself, where it tells it; as it was when it was connected."""
    overflows_total: int = 0
    """Times its report buffer ran over since the box started: reads were lost, and those seconds count for nothing."""
    buffer_percent: int = 0
    """How full that buffer was when the reader last warned of it."""
    clock_behind_s: float | None = None
    """The box's UTC − the reader's UTC; None where it tells uptime, or no time at all."""
    started_us: int | None = None
    """UTC µs at which a reader that tells uptime was started."""
    clock_jumps_total: int = 0
    serial: str = ""
    """MAC address or EPC of the reader itself, where it tells it."""
    was: str = ""
    """The device, or the firmware, that answered here before; empty when it never changed."""
    changed_us: int | None = None
    dark_since_us: int | None = None
    """UTC µs since when it has not been reading; None while it reads, or when it never has."""
    notes: tuple[str, ...] = ()
    """What it reads with less or otherwise than its profile asks, such as a power its region does not allow."""
    waits_for: str = ""
    """The input that starts it, while it waits and reads nothing."""


@dataclass(frozen=True, slots=True)
class GapView:
    """When a reader did not read: UTC µs, and why."""

    reader: str
    from_us: int
    until_us: int
    why: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """What is wired to a reader: `way` `in` (door, motion, button) or `out` (lamp, siren, lock)."""

    reader: str
    way: str
    port: int
    name: str
    kind: str
    zone: str
    on: bool | None
    """Open, moving, pressed; lit, sounding, unlocked. None while the reader does not tell."""
    why: str = ""
    by: str = ""
    by_name: str = ""
    """Who asked for it, where it was a person."""
    since_us: int = 0
    """When it was told last; 0 = never."""


@dataclass(frozen=True, slots=True)
class UplinkView:
    """`unsent` counts rows that are not yet covered by the cloud's `upto`.

    `unknown_command` names what the office asks for and this version does not know; it waits for an upgrade.
    """

    configured: bool
    up: bool
    why_down: str
    standing: str
    unsent: int
    feed_rev: int
    unknown_command: str = ""


@dataclass(frozen=True, slots=True)
class StoreView:
    store: str
    name: str
    currency: str
    mode: str
    """active or rejoin: only an active store sells; `mode_why` says what it waits for."""
    mode_why: str
    mood: str
    """running, or full when the disk is."""
    business_day: str
    tills: tuple[str, ...]
    zones: tuple[ZoneView, ...]
    readers: tuple[ReaderView, ...]
    uplink: UplinkView
    alarms_open: int
    threshold_nats: float
    unknown_tags: int
    pieces: int
    alarms_per_month: float | None = None
    """False alarms this threshold is expected to cost, by the store's own history; None while that is too short."""
    alarms_per_month_max: float = 1.0
    """The budget the threshold is set for."""
    signals: tuple[SignalView, ...] = ()
    """Doors, lamps, sirens and locks at the readers."""


@dataclass(frozen=True, slots=True)
class PieceView:
    piece: str
    sku: str
    title: str
    category: str
    metal: str
    fineness: int
    weight_mg: int
    stones: str
    price_minor: int
    currency: str
    epc: str
    photo: str
    tray: str
    home_zone: str
    zone: str
    """Where it was last read; empty when never."""
    presence: PresenceState
    custody: str
    """here, incoming, sold, or away; empty when this store never held it."""
    claim: ClaimKind | None
    claimed_for: str
    seen: bool
    """A reader that works reads it now."""
    sellable: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class StayView:
    """A piece lay in this zone from then to then, read in so many rounds. `to_us` of the newest may be a minute old."""

    zone: str
    zone_name: str
    from_us: int
    to_us: int
    rounds: int
    by: str = ""
    """What read it last there: a reader, or "scanner"."""
    antenna: int = 0
    """0: not told."""


@dataclass(frozen=True, slots=True)
class PieceStoryView(PieceView):
    """A piece with where it was. `last_seen_*`: since the box started if it was read since, else by its history."""

    last_seen_us: int | None
    last_seen_zone: str
    last_seen_by: str
    """The reader, or "scanner"; empty when nobody has read it."""
    last_seen_antenna: int
    """0: not told."""
    stays: tuple[StayView, ...]
    """Newest first."""
    history_why: str
    """Why the stays may not be all of them; empty when they are."""


@dataclass(frozen=True, slots=True)
class PadPieceView:
    piece: PieceView
    in_sale: bool


@dataclass(frozen=True, slots=True)
class PadView:
    """What lies on the pad. `verdict` compares it with the sale asked about: matched, mismatch, or empty."""

    state: str
    settled: bool
    pieces: tuple[PadPieceView, ...]
    unknown_tags: int
    verdict: str
    sentence: str
    not_on_pad: tuple[str, ...]
    not_in_sale: tuple[str, ...]
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class SaleLineView:
    line: str
    piece: str
    description: str
    list_price_minor: int
    discount_minor: int
    gross_minor: int
    tax_minor: int
    returned: bool


@dataclass(frozen=True, slots=True)
class TenderView:
    kind: TenderKind
    amount_minor: int
    change_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class SaleView:
    sale: str
    till: str
    state: str
    associate: str
    currency: str
    lines: tuple[SaleLineView, ...]
    tenders: tuple[TenderView, ...]
    total_minor: int
    tax_minor: int
    receipt_number: int | None
    business_day: str
    sent: bool
    """The cloud has it (`seq ≤ upto`)."""


@dataclass(frozen=True, slots=True)
class ShiftView:
    shift: str
    till: str
    state: str
    business_day: str
    float_minor: int
    currency: str
    z_number: int | None
    sales: int
    returns: int
    gross_minor: int
    cash_expected_minor: int | None
    """Only after the close: the drawer is counted blind."""
    cash_counted_minor: int | None


@dataclass(frozen=True, slots=True)
class VerdictView:
    piece: str
    title: str
    verdict: Verdict
    zone: str
    p_present: float
    note: str
    at_us: int = 0
    """When what explains it happened; 0 where nothing is to be explained."""
    tray: str = ""
    weight_mg: int = 0
    price_minor: int = 0


@dataclass(frozen=True, slots=True)
class ZoneTallyView:
    zone: str
    expected: int
    found: int
    counted: int | None = None
    """What a person counted there blind."""


@dataclass(frozen=True, slots=True)
class TotalView:
    """One tray of a zone; what is neither found nor explained is the difference."""

    zone: str
    tray: str
    expected: int
    found: int
    explained: int
    expected_mg: int
    found_mg: int
    explained_mg: int
    expected_minor: int
    found_minor: int
    explained_minor: int


@dataclass(frozen=True, slots=True)
class CountTagView:
    """A tag that lies there and is no one piece's."""

    epc: str
    verdict: Verdict
    zone: str
    rounds: int
    note: str


@dataclass(frozen=True, slots=True)
class LookView:
    """One look of a count as it ended; of a recount with its `zones`."""

    number: int
    zones: tuple[str, ...]
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    ended_us: int


@dataclass(frozen=True, slots=True)
class MissedView:
    """A scheduled count that did not begin; `more` earlier ones are not told one by one."""

    schedule: str
    place: CountPlace
    due_us: int
    why: str
    more: int


@dataclass(frozen=True, slots=True)
class CountView:
    count: str
    place: CountPlace
    state: str
    """running, finished, approved or abandoned."""
    zones: tuple[ZoneTallyView, ...]
    rounds: int
    expected: int
    found: int
    p_complete: float
    """Chance that everything that is there has been read."""
    unread_expected: float
    why_stopped: str
    verdicts: tuple[VerdictView, ...]
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    started_us: int
    sentence: str = ""
    """How it ended, in plain words; empty while it runs and in lists."""
    p_complete_by_hand: float | None = None
    """The same chance once those to be checked by hand have been found so; None when there are none."""
    to_look_for: int = 0
    """Pieces a person has to look for: missing, or to be checked by hand."""
    why: str = ""
    """The schedule that began it; empty when a person did."""
    due_us: int = 0
    blind: bool = False
    hidden: bool = False
    """It is blind and this person counts: figures are shown once theirs are submitted. Until then all here are 0."""
    number: int = 1
    recounting: tuple[str, ...] = ()
    """Zones that are being counted again."""
    counted_by: tuple[str, ...] = ()
    approved_by: str = ""
    took_s: float = 0.0
    unknown_more: float = 0.0
    """At least so many unknown tags more than were heard."""
    left_s: float | None = None
    """Expected seconds until it ends; None when it does not run."""
    slower: str = ""
    """Why it takes longer than it should."""
    totals: tuple[TotalView, ...] = ()
    tags: tuple[CountTagView, ...] = ()
    looks: tuple[LookView, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmView:
    alarm: str
    kind: AlarmKind
    pieces: tuple[PieceView, ...]
    zone: str
    zone_name: str
    sentence: str
    evidence_nats: float
    rounds: int
    value_minor: int
    currency: str
    raised_us: int
    open: bool
    outcome: str
    note: str
    why: str = ""
    """The sentence without its pieces and zone, for where those stand already."""
    severity: Severity = Severity.ALARM
    title: str = ""
    """What seems to have happened, in a few words;"""
    advice: str = ""
    """and what to do about it."""


@dataclass(frozen=True, slots=True)
class IncomingView:
    """A piece the cloud has granted us and no reader has seen here yet."""

    piece: str
    title: str
    transfer: str
    source: str
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PresenceView:
    piece: str
    state: PresenceState
    zone: str
    since_us: int


@dataclass(frozen=True, slots=True)
class ShippedView:
    transfer: str
    to: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoginView:
    """`token` goes into `Authorization: Bearer …`; it is told this once."""

    token: str
    user: str
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class ScanView:
    """What became of scanned pieces."""

    received: tuple[str, ...]
    sighted: tuple[str, ...]
    seen: tuple[str, ...]
    unknown_epcs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HealthView:
    """`ok` while the house runs; a store in rejoin or without cloud is healthy, only limited."""

    ok: bool
    mood: str
    mode: str
    uplink_up: bool
