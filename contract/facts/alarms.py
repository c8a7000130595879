"""Alarms with their evidence, passages of the exit, and what people do about alarms before they come."""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import AlarmId, PieceId, ZoneId


class AlarmKind(StrEnum):
    """What seems to have happened; which detector says so is in `edge/reconcile/detectors`."""

    MISSING = "missing"
    """One piece left its place."""
    GROUP = "group"
    """Several pieces did, one after the other or from several trays."""
    TRAY = "tray"
    """A whole tray was lifted."""
    FOIL = "foil"
    """Neighbours went silent in the same second and nothing else did: a foil bag, or one hand."""
    JAM = "jam"
    """A reader is drowned, or flooded with tags that nobody issued."""
    CLONE = "clone"
    """One EPC on two tags."""
    TRAVEL = "travel"
    """Read in two places that nobody walks between in that time."""
    EXIT = "exit"
    """Through the gate, and not sold."""
    RETURNED = "returned"
    """Read again although it was sold or missing."""
    AFTER_HOURS = "after_hours"
    """Something moved while the store is closed."""
    OUT_OF_CASE = "out_of_case"
    """Off its place for too long."""
    BOOKS = "books"
    """The books are wrong about it: tags swapped, put into the wrong tray, a tag that died, a sale not booked."""
    MEMO = "memo"
    """Out with a client on memo, and due back tomorrow, or late."""


class Severity(StrEnum):
    """How loud. By what it is, and by what the pieces are worth."""

    NOTICE = "notice"
    ALARM = "alarm"
    SIREN = "siren"


class AlarmRaised(Fact, frozen=True, tag="alarm.raised"):
    """An alarm carries its evidence: nats, rounds, and one sentence with numbers that says why."""

    alarm: AlarmId
    kind: AlarmKind
    pieces: tuple[PieceId, ...]
    zone: ZoneId
    sentence: str
    evidence_nats: float = 0.0
    rounds: int = 0
    value_minor: int = 0
    currency: str = ""
    severity: Severity = Severity.ALARM


class AlarmClosed(Fact, frozen=True, tag="alarm.closed"):
    """Trade: a person says what it was."""

    alarm: AlarmId
    outcome: str
    note: str = ""


class ExitSeen(Fact, frozen=True, tag="exit.seen"):
    """A piece went through the gate; peaceful when it is sold, on memo or under transfer."""

    piece: PieceId
    zone: ZoneId
    peaceful: bool
    why: str


class RestockBegan(Fact, frozen=True, tag="restock.began"):
    """Trade: a delivery is being put away in these zones (all when none is named): moving there accuses nobody."""

    restock: str
    zones: tuple[ZoneId, ...]
    until_us: int
    """UTC µs: nobody has to remember to end it."""


class RestockEnded(Fact, frozen=True, tag="restock.ended"):
    """Trade: by a person's word, or because its time was over. `muted`: alarms that were not raised meanwhile."""

    restock: str
    muted: int
    why: str


class AlarmBudgetSet(Fact, frozen=True, tag="alarm.budget"):
    """Trade: how many false alarms a month a manager will bear, and how detectors share them."""

    alarms_per_month_max: float
    weights: dict[str, float]
    """By `AlarmKind`; a kind that is not named keeps its customary weight."""
