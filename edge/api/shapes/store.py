"""The store itself: its people, zones, readers, signals, and the line to the office."""

from dataclasses import dataclass

from contract.facts import ReaderLink, Vision
from contract.feed import RoleName
from edge.config import ZoneKind


@dataclass(frozen=True, slots=True)
class UserView:
    user: str
    name: str
    roles: tuple[RoleName, ...]
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
    reference: str = ""
    """How its reference tag stands, in words; empty where none hangs."""
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
    pulse: tuple[float, ...] = ()
    """Reads a second in the last ten minutes, the oldest first."""

    @property
    def is_well(self) -> bool:
        """Nobody has to look after it: it reads, or waits for what starts it."""
        return self.link is ReaderLink.READING


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
    """`unsent` counts rows that are not yet covered by the cloud's `upto`, `sales_unsent` the sales among them.

    `differs`: the office's books of this store are not the ones this box wrote (`edge/sync/anchor.py`).

    `since_us`: since when it is up, or down; 0: the box has no office.

    `unknown_command` names what the office asks for and this version does not know; it waits for an upgrade.
    """

    configured: bool
    up: bool
    why_down: str
    standing: str
    unsent: int
    feed_rev: int
    unknown_command: str = ""
    sales_unsent: int = 0
    differs: bool = False
    since_us: int = 0


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
    unknown_lying: int = 0
    """Unknown tags that lie in a zone, by the last whole minute; strays are not among them,"""
    strays: int = 0
    """but here: heard in that minute from next door, or passing by."""
    alarms_per_month: float | None = None
    """False alarms this threshold is expected to cost, by the store's own history; None while that is too short."""
    alarms_per_month_max: float = 1.0
    """The budget the threshold is set for."""
    signals: tuple[SignalView, ...] = ()
    """Doors, lamps, sirens and locks at the readers."""
    mirror: str = ""
    """Why the mirror of the journal is not written, in words; empty when it is, or none is configured."""


@dataclass(frozen=True, slots=True)
class LoginView:
    """`token` goes into `Authorization: Bearer …`; it is told this once."""

    token: str
    user: str
    name: str
    roles: tuple[RoleName, ...]


@dataclass(frozen=True, slots=True)
class HealthView:
    """`ok` while the house runs; a store in rejoin or without cloud is healthy, only limited."""

    ok: bool
    mood: str
    mode: str
    uplink_up: bool
    sales_unsent: int
    """Sales that only this box and its tills have: its disk must not be thrown away."""
    office_differs: bool
    """The office's books of this store are not the ones this box wrote: ask for `vitrine audit verify`."""
    mirror: str = ""
    """Why the mirror of the journal is not written, in words; empty when it is, or none is configured."""
