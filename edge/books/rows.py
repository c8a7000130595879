"""Rows of the books as structs: one struct per table, fields named as the columns."""

from enum import StrEnum

import msgspec

from contract.facts import (
    AlarmKind,
    CountPlace,
    CountTag,
    CountTotal,
    PresenceState,
    ReaderLink,
    Severity,
    Stream,
    TenderKind,
    Vision,
    ZoneQuantity,
)
from contract.ids import (
    AlarmId,
    CountId,
    Epoch,
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
from trade.sale import SaleState
from trade.stocktake import CountState


class Mode(StrEnum):
    """Whether this box may decide anything. Only an active one sells, leases or writes facts (custody.md §2.1)."""

    ACTIVE = "active"
    REJOIN = "rejoin"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Who this box is. `why` says in words why it is not active."""

    store: StoreId
    instance: str
    term: int
    epoch: Epoch
    mode: Mode
    why: str
    cloud_epoch: int
    down_upto: int
    last_us: int
    feed_rev: int


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What the head office sealed for this box: the key of the store's witnesses, and how far this disk was told."""

    witness_key: str
    told: str

    def __repr__(self) -> str:
        """Without the key: reprs end up in logs."""
        return "Seal(…)"


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """One log: its last row, its chain head after it, and what the cloud has (`upto`) and could restore (`safe`)."""

    epoch: Epoch
    stream: Stream
    seq: int
    head: bytes
    upto: int
    safe: int


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as stored; `body` are the bytes that were hashed and are sent."""

    epoch: Epoch
    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    body: bytes
    leaf: bytes
    head: bytes


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    leaf: bytes


class Body(msgspec.Struct, frozen=True, kw_only=True):
    body: bytes


class SeqBody(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    body: bytes


class SaleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sale without its lines. `trade_seq` is its entry in the log `epoch`; sent when `trade_seq ≤ upto`."""

    sale: SaleId
    till: TillId
    associate: UserId
    currency: str
    state: SaleState
    opened_us: int
    shift: ShiftId
    receipt_number: int
    business_day: str
    total_minor: int
    tax_minor: int
    client: str
    pad_verdict: str
    recorded_us: int
    trade_seq: int
    epoch: Epoch


class TenderRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: TenderKind
    amount_minor: int
    change_minor: int
    reference: str


class ShippedRow(msgspec.Struct, frozen=True, kw_only=True):
    transfer: TransferId
    piece: PieceId
    to_store: StoreId
    at_us: int


class PresenceRow(msgspec.Struct, frozen=True, kw_only=True):
    piece: PieceId
    state: PresenceState
    zone: ZoneId
    since_us: int
    why: str


class ZoneRow(msgspec.Struct, frozen=True, kw_only=True):
    zone: ZoneId
    vision: Vision
    why: str
    since_us: int


class ReaderRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    link: ReaderLink
    why: str
    model: str
    firmware: str
    serial: str
    since_us: int
    dark_since_us: int


class ReaderChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    at_us: int
    was_model: str
    was_firmware: str
    was_serial: str
    model: str
    firmware: str
    serial: str


class GapRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    from_us: int
    until_us: int
    why: str


class Way(StrEnum):
    IN = "in"
    OUT = "out"


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was said last of an input or output of a reader; `kind` is an `InputKind` or an `OutputKind`."""

    reader: ReaderId
    way: Way
    port: int
    name: str
    kind: str
    zone: ZoneId
    is_on: bool
    why: str
    by: UserId
    since_us: int


class ExitRow(msgspec.Struct, frozen=True, kw_only=True):
    at_us: int
    piece: PieceId
    zone: ZoneId
    peaceful: bool
    why: str


class AlarmState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """`pieces` is a JSON list; `pieces_of` reads it."""

    alarm: AlarmId
    kind: AlarmKind
    pieces: str
    zone: ZoneId
    sentence: str
    evidence_nats: float
    rounds: int
    value_minor: int
    currency: str
    state: AlarmState
    raised_us: int
    closed_us: int
    outcome: str
    note: str
    severity: Severity = Severity.ALARM


class RestockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is, or was, being put away. `zones` is a JSON list; empty: everywhere."""

    restock: str
    zones: str
    by: UserId
    began_us: int
    until_us: int
    ended_us: int
    muted: int
    why: str


class BudgetRow(msgspec.Struct, frozen=True, kw_only=True):
    """The budget of false alarms as a manager set it last. `weights` is JSON, by kind."""

    alarms_per_month_max: float
    weights: str
    by: UserId
    at_us: int


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """`zones` is a JSON list; `zones_of` reads it."""

    count: CountId
    place: CountPlace
    zones: str
    state: CountState
    expected: int
    round: int
    found: int
    p_complete: float
    unread_expected: float
    why_stopped: str
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    started_us: int
    ended_us: int
    business_day: str
    approved_by: str
    counted_by: str = "[]"
    """JSON list of people: who began it, had zones counted again, or submitted figures."""
    why: str = ""
    due_us: int = 0
    blind: bool = False
    submitted: bool = False
    quantities: str = "[]"
    """JSON list of `ZoneQuantity`, as a person counted them blind."""
    number: int = 1
    recounting: str = "[]"
    """JSON list of the zones that are being counted again."""
    took_s: float = 0.0
    unknown_more: float = 0.0
    tags: str = "[]"
    """JSON list of `CountTag`."""
    totals: str = "[]"
    """JSON list of `CountTotal`."""

    @property
    def awaits_figures(self) -> bool:
        return self.blind and not self.submitted


class CountLookRow(msgspec.Struct, frozen=True, kw_only=True):
    """One look of a count: the first, then each recount, as it ended. Lists are JSON."""

    count: CountId
    number: int
    zones: str
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    verdicts: str
    ended_us: int


class CountMissedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled count that did not begin."""

    schedule: str
    place: CountPlace
    due_us: int
    why: str
    more: int
    at_us: int


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last time of a schedule that the books know of: begun, or missed."""

    schedule: str
    due_us: int


class CountRequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """The office asks for a count; `taken` once counting has seen it."""

    count: CountId
    place: CountPlace
    zones: str
    at_us: int
    taken: bool


class LoginRow(msgspec.Struct, frozen=True, kw_only=True):
    token: bytes
    user: UserId
    since_us: int
    until_us: int


class PinRow(msgspec.Struct, frozen=True, kw_only=True):
    user: UserId
    verifier: str
    set_us: int


class CalibrationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the zone calibration; lists as JSON, see `ZonesCalibrated`."""

    version: int
    points: str
    model: str
    temperature: float
    accuracy: float
    tray_accuracy: float
    tray_temperature: float
    zones: str
    antennas: str
    confusion: str
    put_back: int
    by: UserId
    at_us: int


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    body: bytes
    at_us: int


_pieces = msgspec.json.Decoder(tuple[PieceId, ...]).decode
_zones = msgspec.json.Decoder(tuple[ZoneId, ...]).decode
_list = msgspec.json.Encoder().encode


def pieces_of(alarm: AlarmRow) -> tuple[PieceId, ...]:
    return _pieces(alarm.pieces)


def zones_of(row: CountRow | CountRequestRow) -> tuple[ZoneId, ...]:
    return _zones(row.zones)


def counters_of(row: CountRow) -> tuple[UserId, ...]:
    """Who took part in the count."""
    return msgspec.json.decode(row.counted_by, type=tuple[UserId, ...])


def totals_of(row: CountRow) -> tuple[CountTotal, ...]:
    return msgspec.json.decode(row.totals, type=tuple[CountTotal, ...])


def tags_of(row: CountRow) -> tuple[CountTag, ...]:
    return msgspec.json.decode(row.tags, type=tuple[CountTag, ...])


def quantities_of(row: CountRow) -> tuple[ZoneQuantity, ...]:
    return msgspec.json.decode(row.quantities, type=tuple[ZoneQuantity, ...])


def recounting_of(row: CountRow) -> tuple[ZoneId, ...]:
    return _zones(row.recounting)


def as_list(names: tuple[PieceId, ...] | tuple[ZoneId, ...] | tuple[UserId, ...]) -> str:
    """The JSON list stored in a row."""
    return _list(names).decode()


def within(bytes_max: int, rows: list[JournalRow]) -> list[JournalRow]:
    """As many rows from the start as fit one message; the first in any case, or it would never be sent."""
    room = bytes_max
    for at, row in enumerate(rows):
        room -= len(row.body)
        if at and room < 0:
            return rows[:at]
    return rows
