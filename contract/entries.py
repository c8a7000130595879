"""Entries: what one transaction made true. Applied whole or not at all; chained, so that a fork shows.

The bytes of an encoded entry are what is hashed, stored and sent: nobody re-encodes them. A row the receiver
cannot decode is still stored, and parked under the keys its header names.
"""

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from contract import facts
from contract.facts import AnyFact, Fact, Stream
from contract.ids import AccountId, Epoch, PersonId, PieceId, StoreId, UserId

HEAD_BYTES: Final = 32


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a store's journal.

    `keys` are what later rows must wait for if this one cannot be understood: `piece:…`, `till:…`, `person:…`.
    """

    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    facts: tuple[AnyFact, ...]
    keys: tuple[str, ...] = ()


class EntryHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an entry that every version understands."""

    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    keys: tuple[str, ...] = ()


_encoder = msgspec.json.Encoder(order="deterministic")
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_header = msgspec.json.Decoder(EntryHeader).decode


def encode_entry(entry: Entry) -> bytes:
    """The one canonical form of an entry."""
    return _encoder.encode(entry)


def decode_entry(body: bytes) -> Entry:
    """Raises `msgspec.ValidationError` for facts of a newer contract: store, park, go on."""
    return _decode_entry(body)


def decode_header(body: bytes) -> EntryHeader:
    """What can be read of an entry of any version. Raises `msgspec.DecodeError` on damage."""
    return _decode_header(body)


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 §2.1 leaf: SHA-256(0x00 ‖ body). 32 bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def next_head(head: bytes, leaf: bytes) -> bytes:
    """The chain: SHA-256(head ‖ leaf). A head that does not extend ours is a fork (DESIGN law 2)."""
    return hashlib.sha256(head + leaf).digest()


def first_head(store: StoreId, epoch: Epoch, stream: Stream) -> bytes:
    """Head of a log with no rows, different for every store, epoch and stream."""
    return hashlib.sha256(f"vitrine/{store}/{epoch}/{stream}".encode()).digest()


class Key(NamedTuple):
    """Where a fact names a thing: the kind of the key, and the way to the name through structs and tuples."""

    kind: str
    way: str


PIECE: Final = Key("piece", "piece")
PIECES: Final = Key("piece", "pieces")
VERDICTS: Final = Key("piece", "verdicts.piece")
COUNT: Final = Key("count", "count")
SALE: Final = Key("sale", "sale")
TILL: Final = Key("till", "till")
ACCOUNT: Final = Key("account", "account")
ORDER: Final = Key("order", "order")
APPOINTMENT: Final = Key("appointment", "appointment")
ITEM: Final = Key("piece", "item")
PERSON: Final = Key("person", "person")

KEYS: Final[dict[type[Fact], tuple[Key, ...]]] = {
    facts.ClaimHeld: (PIECE,),
    facts.ClaimEnded: (PIECE,),
    facts.LeaseGranted: (PIECE,),
    facts.LeaseRefused: (PIECE,),
    facts.LeaseUnconvertible: (PIECE,),
    facts.CustodyReleased: (PIECE,),
    facts.CustodyReceived: (PIECE,),
    facts.RecallRefused: (PIECE,),
    facts.PieceSighted: (PIECE,),
    facts.PieceLooked: (PIECE,),
    facts.TagBound: (PIECE,),
    facts.TransferShipped: (PIECES,),
    facts.Rejoined: (),
    facts.CommandHeard: (
        Key("piece", "command.piece"),
        Key("person", "command.person"),
        Key("account", "command.account"),
        Key("order", "command.order"),
    ),
    facts.SaleOpened: (SALE, TILL),
    facts.SaleLineAdded: (SALE, Key("piece", "line.piece")),
    facts.SaleLineRemoved: (SALE,),
    facts.SaleDiscounted: (SALE, Key("piece", "lines.piece")),
    facts.SaleExempted: (SALE, Key("piece", "lines.piece")),
    facts.SaleShared: (SALE,),
    facts.SaleParked: (SALE,),
    facts.SaleResumed: (SALE, TILL),
    facts.SaleVoided: (SALE,),
    facts.SaleRecorded: (SALE, TILL, Key("person", "client"), Key("piece", "lines.piece")),
    facts.ReturnRecorded: (SALE, TILL, PIECES, Key("piece", "parts.piece"), Key("piece", "sold.piece")),
    facts.ReturnBegan: (SALE, TILL, Key("piece", "parts.piece")),
    facts.ReturnAbandoned: (SALE,),
    facts.CardRefundRequested: (SALE, TILL),
    facts.CardRefundInDoubt: (SALE,),
    facts.CardRefundDone: (SALE,),
    facts.CardRefundFailed: (SALE,),
    facts.PieceDisposed: (PIECE,),
    facts.TenderingBegan: (SALE, Key("piece", "lines.piece")),
    facts.TenderingEnded: (SALE,),
    facts.PaymentRequested: (SALE, TILL),
    facts.PaymentInDoubt: (SALE,),
    facts.PaymentCaptured: (SALE,),
    facts.PaymentFailed: (SALE,),
    facts.PaymentGivenUp: (SALE,),
    facts.PaymentVoided: (SALE,),
    facts.PaymentRefunded: (SALE,),
    facts.PaymentKept: (SALE,),
    facts.ReceiptGiven: (SALE, TILL),
    facts.LanguageChosen: (),
    facts.DeviceNoted: (),
    facts.ValueKept: (ACCOUNT,),
    facts.ValueAsked: (SALE, TILL, ACCOUNT),
    facts.ValueInquired: (TILL, ACCOUNT),
    facts.ValueAskEnded: (SALE, ACCOUNT),
    facts.ValueReleased: (ACCOUNT,),
    facts.TradeInOffered: (SALE, Key("piece", "trade_in.piece")),
    facts.TradeInTaken: (SALE, Key("piece", "trade_in.piece")),
    facts.AppointmentPrepared: (APPOINTMENT, PIECES),
    facts.AppointmentWent: (APPOINTMENT,),
    facts.AppointmentClosed: (APPOINTMENT, Key("piece", "unread")),
    facts.OrderOpened: (ORDER, PIECES, Key("person", "client"), ACCOUNT),
    facts.OrderMoved: (ORDER, PIECES, SALE),
    facts.OrderQuoted: (ORDER, Key("piece", "lines.piece")),
    facts.OrderAnswered: (ORDER,),
    facts.OrderPromised: (ORDER,),
    facts.OrderHeld: (ORDER,),
    facts.OrderResumed: (ORDER,),
    facts.OrderSettled: (ORDER, ACCOUNT, Key("account", "credit"), Key("person", "client")),
    facts.OrderItemTaken: (ORDER, Key("piece", "item.item"), Key("piece", "item.sold_piece")),
    facts.OrderItemChecked: (ORDER, ITEM),
    facts.OrderItemGiven: (ORDER, ITEM),
    facts.OrderPieceBound: (ORDER, PIECE),
    facts.OrderPaper: (ORDER, ITEM),
    facts.OrderHanded: (ORDER, Key("piece", "tags.item")),
    facts.OrderReceived: (ORDER,),
    facts.ClientTold: (PERSON,),
    facts.ClientConsented: (PERSON,),
    facts.ClientLooked: (PERSON,),
    facts.PurchaseRecorded: (TILL, Key("piece", "items.piece"), Key("person", "client")),
    facts.ShiftOpened: (TILL,),
    facts.CashMoved: (TILL,),
    facts.CashBanked: (),
    facts.ShiftClosed: (TILL, Key("piece", "sold_pieces")),
    facts.CommandRefused: (PIECE,),
    facts.CountStarted: (),
    facts.CountProgress: (),
    facts.CountFinished: (COUNT, VERDICTS),
    facts.CountApproved: (COUNT, Key("piece", "missing"), VERDICTS),
    facts.CountAbandoned: (COUNT,),
    facts.CountMissed: (),
    facts.CountSubmitted: (COUNT,),
    facts.CountRecounting: (COUNT,),
    facts.CountExplained: (COUNT, Key("piece", "verdict.piece")),
    facts.PiecePresence: (PIECE,),
    facts.ZoneVision: (),
    facts.ReaderHealth: (),
    facts.ReaderChanged: (),
    facts.CoverageGap: (),
    facts.AlarmRaised: (PIECES,),
    facts.AlarmClosed: (),
    facts.AlarmBudgetSet: (),
    facts.ZonesCalibrated: (),
    facts.RestockBegan: (),
    facts.RestockEnded: (),
    facts.ExitSeen: (PIECE,),
    facts.InputChanged: (),
    facts.OutputSet: (),
}
"""What each fact is about. A row that cannot be understood is parked, and later rows with one of its keys wait."""


def keys_of(said: tuple[AnyFact, ...]) -> tuple[str, ...]:
    """The things these facts are about, for parking: sorted and without repeats."""
    found = {f"{key.kind}:{name}" for fact in said for key in KEYS[type(fact)] for name in _names(fact, key.way)}
    return tuple(sorted(found))


def _names(thing: object, way: str) -> Iterator[str]:
    """Every name at the end of `way`; an optional one may lack."""
    if isinstance(thing, tuple):
        for each in thing:
            yield from _names(each, way)
    elif isinstance(thing, msgspec.Raw):
        yield from _names(_subject(thing), way)
    elif way:
        step, _, rest = way.partition(".")
        yield from _names(getattr(thing, step), rest)
    elif isinstance(thing, str) and thing:
        yield thing


class _Subject(msgspec.Struct, frozen=True):
    """What a command of any version is about, as far as it says so under these names."""

    piece: PieceId | None = None
    person: PersonId | None = None
    account: AccountId | None = None
    order: str | None = None


class _AnyNumbered(msgspec.Struct, frozen=True):
    command: _Subject


_decode_subject = msgspec.json.Decoder(_AnyNumbered).decode


def _subject(command: msgspec.Raw) -> _Subject:
    try:
        return _decode_subject(command).command
    except msgspec.DecodeError:
        return _Subject()
