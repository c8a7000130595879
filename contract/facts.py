"""Facts: what became true at a store, in the past tense. An entry carries one or more (see `entries`).

Two streams: `trade` (claims, custody, money, staff, approved counts, closed alarms; kept for ever) and
`floor` (presence, zones, reader health, counts in progress). An optional field is a compatible change;
a required meaning is a new struct. Facts name people by id only.
"""

from enum import StrEnum
from typing import Final

import msgspec

from contract.fact import Fact as Fact  # noqa: PLC0414 — said here for all who speak of facts
from contract.fact import Stream as Stream  # noqa: PLC0414
from contract.ids import (
    AlarmId,
    ClaimId,
    CountId,
    Epoch,
    LineId,
    OrderId,
    PersonId,
    PieceId,
    ReaderId,
    SaleId,
    ShiftId,
    StoreId,
    TillId,
    TransferId,
    UserId,
    ZoneId,
)
from contract.signals import InputChanged, OutputSet

# --- trade: claims and leases (custody.md §4) -------------------------------------------------------------


class ClaimKind(StrEnum):
    """Why a piece is spoken for. All are exclusive."""

    CART = "cart"
    LEASE = "lease"
    LAYAWAY = "layaway"
    TRAY = "tray"
    MEMO = "memo"
    REPAIR = "repair"
    TRANSFER = "transfer"


class ClaimEnd(StrEnum):
    """How a claim ends; `broken` is a named person's decision."""

    CONVERTED = "converted"
    RELEASED = "released"
    BROKEN = "broken"


class ClaimHeld(Fact, frozen=True, tag="claim.held"):
    """A piece is spoken for. `ref` is the sale, order or transfer that holds it."""

    claim: ClaimId
    piece: PieceId
    ce: int
    kind: ClaimKind
    ref: str
    fence: int = 0


class ClaimEnded(Fact, frozen=True, tag="claim.ended"):
    claim: ClaimId
    piece: PieceId
    ce: int
    how: ClaimEnd


class LeaseGranted(Fact, frozen=True, tag="lease.granted"):
    """The store promises this piece to a remote order; ends only by the cloud's word or an audited break."""

    piece: PieceId
    ce: int
    fence: int
    order: OrderId


class LeaseRefused(Fact, frozen=True, tag="lease.refused"):
    piece: PieceId
    order: OrderId
    why: str


class LeaseUnconvertible(Fact, frozen=True, tag="lease.unconvertible"):
    """Money was captured but the lease was gone: refund and open a case."""

    piece: PieceId
    order: OrderId
    why: str


# --- trade: custody ---------------------------------------------------------------------------------------


class ReleaseWhy(StrEnum):
    SHIPPED = "shipped"
    RECALLED = "recalled"
    CLOSED = "closed"


class CustodyReleased(Fact, frozen=True, tag="custody.released"):
    """This store gave up the right to decide about the piece, in this very transaction."""

    piece: PieceId
    ce: int
    why: ReleaseWhy
    to: StoreId = StoreId("")
    transfer: TransferId = TransferId("")


class CustodyReceived(Fact, frozen=True, tag="custody.received"):
    """A granted piece was read here: it is sellable."""

    piece: PieceId
    ce: int
    transfer: TransferId = TransferId("")
    damaged: bool = False


class RecallRefused(Fact, frozen=True, tag="recall.refused"):
    piece: PieceId
    ce: int
    why: str


class PieceSighted(Fact, frozen=True, tag="piece.sighted"):
    """A piece of the house was read here although this store does not hold it; an empty `zone`: unknown where."""

    piece: PieceId
    zone: ZoneId
    return_of: SaleId = SaleId("")


class TagBound(Fact, frozen=True, tag="tag.bound"):
    """From here on this tag is the piece's; `epc` was read back from the tag before this was said.

    `n` counts the bindings of the piece, at whichever store: the card with the higher one is the newer.
    """

    piece: PieceId
    ce: int
    n: int
    epc: str
    """Upper-case hex."""
    tid: str
    """Upper-case hex of the tag's own number; empty where the tag, or the printer, does not tell it."""
    was: str = ""
    """The EPC bound to the piece before; empty when it had none."""


class TransferShipped(Fact, frozen=True, tag="transfer.shipped"):
    """The manifest that left, as read on the pad."""

    transfer: TransferId
    to: StoreId
    pieces: tuple[PieceId, ...]


class Rejoined(Fact, frozen=True, tag="box.rejoined"):
    """First entry of every epoch: this box serves the store under a new term."""

    term: int
    epoch: Epoch
    cloud_epoch: int


class CommandHeard(Fact, frozen=True, tag="command.heard"):
    """A numbered command of the cloud was carried out in this very entry, so that the journal alone tells the state."""

    cloud_epoch: int
    seq: int
    command: msgspec.Raw
    """The bytes of `commands.NumberedCommand`, as they came."""


# --- trade: sale, shift -----------------------------------------------------------------------------------


class LineKind(StrEnum):
    PIECE = "piece"
    GOODS = "goods"
    SERVICE = "service"


class SaleLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `gross_minor` is what the client pays for it, tax included, discount taken off."""

    line: LineId
    kind: LineKind
    description: str
    list_price_minor: int
    gross_minor: int
    tax_bp: int
    tax_minor: int
    piece: PieceId | None = None
    ce: int = 0
    claim: ClaimId | None = None
    quantity_milli: int = 1000
    discount_minor: int = 0
    feed_rev: int = 0


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    BANK_TRANSFER = "bank_transfer"


class Tender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment. `amount_minor` counts towards the total; change is what cash gave back."""

    kind: TenderKind
    amount_minor: int
    change_minor: int = 0
    reference: str = ""


class SaleOpened(Fact, frozen=True, tag="sale.opened"):
    sale: SaleId
    till: TillId
    associate: UserId
    currency: str


class SaleLineAdded(Fact, frozen=True, tag="sale.line_added"):
    sale: SaleId
    line: SaleLine


class SaleLineRemoved(Fact, frozen=True, tag="sale.line_removed"):
    sale: SaleId
    line: LineId


class SaleParked(Fact, frozen=True, tag="sale.parked"):
    sale: SaleId


class SaleResumed(Fact, frozen=True, tag="sale.resumed"):
    sale: SaleId
    till: TillId


class SaleVoided(Fact, frozen=True, tag="sale.voided"):
    sale: SaleId
    reason: str


class SaleRecorded(Fact, frozen=True, tag="sale.recorded"):
    """The sale as it stands on the receipt; nothing in it changes later."""

    sale: SaleId
    till: TillId
    shift: ShiftId
    receipt_number: int
    business_day: str
    associate: UserId
    currency: str
    lines: tuple[SaleLine, ...]
    tenders: tuple[Tender, ...]
    total_minor: int
    tax_minor: int
    client: PersonId | None = None
    pad_verdict: str = ""
    feed_rev: int = 0


class ReturnRecorded(Fact, frozen=True, tag="return.recorded"):
    """Lines of an earlier sale came back, read on the pad; `returned` wins over `recorded`."""

    sale: SaleId
    lines: tuple[LineId, ...]
    pieces: tuple[PieceId, ...]
    till: TillId
    shift: ShiftId
    receipt_number: int
    business_day: str
    currency: str
    tenders: tuple[Tender, ...]
    total_minor: int
    tax_minor: int
    reason: str


class ShiftOpened(Fact, frozen=True, tag="shift.opened"):
    shift: ShiftId
    till: TillId
    business_day: str
    float_minor: int
    currency: str


class ShiftClosed(Fact, frozen=True, tag="shift.closed"):
    """The Z: gapless per till. The tokens of pieces sold in it pass to the cloud."""

    shift: ShiftId
    till: TillId
    z_number: int
    business_day: str
    currency: str
    sales: int
    returns: int
    gross_minor: int
    tax_minor: int
    cash_expected_minor: int
    cash_counted_minor: int
    sold_pieces: tuple[PieceId, ...] = ()


class CommandRefused(Fact, frozen=True, tag="command.refused"):
    """Refusals are entries too: what was asked, and why not, in words."""

    command: str
    code: str
    why: str
    piece: PieceId | None = None


# --- counts -----------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    FOUND = "found"
    MISPLACED = "misplaced"
    MISSING = "missing"
    EXPLAINED = "explained"
    CHECK_BY_HAND = "check_by_hand"
    UNEXPECTED = "unexpected"


class CountPlace(StrEnum):
    SAFE = "safe"
    SHELF = "shelf"


class CountVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the count says about one piece, with the probability that it is present."""

    piece: PieceId
    verdict: Verdict
    zone: ZoneId
    p_present: float
    note: str = ""


class CountStarted(Fact, frozen=True, tag="count.started"):
    count: CountId
    place: CountPlace
    zones: tuple[ZoneId, ...]
    expected: int


class CountProgress(Fact, frozen=True, tag="count.progress"):
    """After each round: how much was found, and how sure we are."""

    count: CountId
    round: int
    found: int
    expected: int
    p_complete: float
    unread_expected: float


class CountFinished(Fact, frozen=True, tag="count.finished"):
    """Every expected piece is found, missing, explained or to be checked by hand; found ones are not listed."""

    count: CountId
    place: CountPlace
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    verdicts: tuple[CountVerdict, ...]
    value_minor: int = 0
    weight_mg: int = 0
    currency: str = ""
    unknown_tags: int = 0


class CountApproved(Fact, frozen=True, tag="count.approved"):
    """Trade: a person answers for the count (its figures are repeated, so that the trade log stands alone)."""

    count: CountId
    place: CountPlace
    business_day: str
    expected: int
    found: int
    missing: tuple[PieceId, ...]
    p_complete: float
    verdicts: tuple[CountVerdict, ...] = ()


class CountAbandoned(Fact, frozen=True, tag="count.abandoned"):
    count: CountId
    reason: str


# --- floor: presence, vision, alarms ----------------------------------------------------------------------


class PresenceState(StrEnum):
    UNKNOWN = "unknown"
    PRESENT = "present"
    MISSING = "missing"
    HARD_TO_READ = "hard_to_read"


class PiecePresence(Fact, frozen=True, tag="presence.changed"):
    piece: PieceId
    state: PresenceState
    zone: ZoneId
    why: str = ""


class Vision(StrEnum):
    """Whether a zone can be judged at all; `blind` is never theft."""

    SEEING = "seeing"
    BLIND = "blind"


class ZoneVision(Fact, frozen=True, tag="zone.vision"):
    zone: ZoneId
    vision: Vision
    why: str


class ReaderLink(StrEnum):
    CONNECTING = "connecting"
    READING = "reading"
    SILENT = "silent"
    REFUSED = "refused"


class ReaderHealth(Fact, frozen=True, tag="reader.health"):
    """How a reader stands. `dark_since_us`: UTC µs since when it has not been reading; 0 while it reads."""

    reader: ReaderId
    link: ReaderLink
    why: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    dark_since_us: int = 0


class ReaderIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which device it is, in its own words; empty where it does not tell. `serial`: its MAC address or EPC."""

    model: str = ""
    firmware: str = ""
    serial: str = ""


class ReaderChanged(Fact, frozen=True, tag="reader.changed"):
    """Another device answers at a reader's address, or the same with other firmware."""

    reader: ReaderId
    was: ReaderIdentity
    now: ReaderIdentity


class CoverageGap(Fact, frozen=True, tag="reader.gap"):
    """A reader was not reading from one time to another (UTC µs): said once, when it reads again."""

    reader: ReaderId
    from_us: int
    until_us: int
    why: str


class AlarmKind(StrEnum):
    MISSING = "missing"
    GROUP = "group"
    EXIT = "exit"


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


AnyFact = (
    ClaimHeld
    | ClaimEnded
    | LeaseGranted
    | LeaseRefused
    | LeaseUnconvertible
    | CustodyReleased
    | CustodyReceived
    | RecallRefused
    | PieceSighted
    | TagBound
    | TransferShipped
    | Rejoined
    | CommandHeard
    | SaleOpened
    | SaleLineAdded
    | SaleLineRemoved
    | SaleParked
    | SaleResumed
    | SaleVoided
    | SaleRecorded
    | ReturnRecorded
    | ShiftOpened
    | ShiftClosed
    | CommandRefused
    | CountStarted
    | CountProgress
    | CountFinished
    | CountApproved
    | CountAbandoned
    | PiecePresence
    | ZoneVision
    | ReaderHealth
    | ReaderChanged
    | CoverageGap
    | AlarmRaised
    | AlarmClosed
    | ExitSeen
    | InputChanged
    | OutputSet
)

FLOOR_FACTS: Final = (
    CountStarted,
    CountProgress,
    CountFinished,
    CountAbandoned,
    PiecePresence,
    ZoneVision,
    ReaderHealth,
    ReaderChanged,
    CoverageGap,
    AlarmRaised,
    ExitSeen,
    InputChanged,
    OutputSet,
)


def stream_of(fact: AnyFact) -> Stream:
    """The log a fact belongs to."""
    return Stream.FLOOR if isinstance(fact, FLOOR_FACTS) else Stream.TRADE
