"""Commands: what the cloud has decided, in the imperative, on a per-store sequence (`(cloud_epoch, store, seq)`).

An edge applies a command once, in one transaction with the facts it causes; commands of an older cloud epoch or
term are refused (custody.md §2).
"""

from enum import StrEnum

import msgspec

from contract.facts import ClaimKind, CountPlace, TenderKind
from contract.ids import (
    AccountId,
    AskId,
    ClaimId,
    ClientOrderId,
    CountId,
    InquiryId,
    OrderId,
    PersonId,
    PieceId,
    SaleId,
    StoreId,
    TransferId,
    ZoneId,
)


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", omit_defaults=True):
    """Base of every command; the tag is its name on the wire."""


class CustodyState(StrEnum):
    """Where the right to decide stands, at the node that holds it."""

    HERE = "here"
    INCOMING = "incoming"
    SOLD = "sold"


class GrantCustody(Command, frozen=True, tag="custody.grant"):
    """This store decides about the piece from now on; `incoming` is sellable only when read here."""

    piece: PieceId
    ce: int
    state: CustodyState
    transfer: TransferId = TransferId("")
    sale: SaleId = SaleId("")
    source: StoreId = StoreId("")
    promise: ClaimKind | None = None
    """A promise that travels with the token (custody.md §10 no. 10): layaway, tray, memo, repair."""
    promise_ref: str = ""
    promise_claim: ClaimId = ClaimId("")
    """The promise's own name, under which its end is told."""


class RecallCustody(Command, frozen=True, tag="custody.recall"):
    """Please give the piece back; refused when it has a live claim or is seen here."""

    piece: PieceId
    ce: int


class RevokeCustody(Command, frozen=True, tag="custody.revoke"):
    """The token was lost to a higher one; drop it."""

    piece: PieceId
    ce: int


class RequestLease(Command, frozen=True, tag="lease.request"):
    """Promise this piece to a remote order: only if held, here, unclaimed and seen by a reader now."""

    piece: PieceId
    order: OrderId


class ReleaseLease(Command, frozen=True, tag="lease.release"):
    piece: PieceId
    ce: int
    fence: int
    order: OrderId


class ConvertLease(Command, frozen=True, tag="lease.convert"):
    """The money was captured: the piece is sold to the order."""

    piece: PieceId
    ce: int
    fence: int
    order: OrderId


class PlaceHold(Command, frozen=True, tag="hold.place"):
    """The cloud confirms that this piece is kept for a return of that sale."""

    piece: PieceId
    sale: SaleId


class LiftHold(Command, frozen=True, tag="hold.lift"):
    piece: PieceId
    sale: SaleId


class RequestCount(Command, frozen=True, tag="count.request"):
    """The office asks a store to count; `zones` empty means the whole place."""

    count: CountId
    place: CountPlace
    zones: tuple[ZoneId, ...] = ()


class ForgetPerson(Command, frozen=True, tag="person.forget"):
    """Destroy keys, search words and slice rows of this person before anything else opens."""

    person: PersonId


class AnswerValue(Command, frozen=True, tag="value.answer"):
    """What an ask gets: `amount_minor` joins the store's slice, set aside for its sale. Nothing: `why` says why."""

    ask: AskId
    account: AccountId
    amount_minor: int
    left_minor: int = 0
    """Of the account's balance, besides what this sale has."""
    why: str = ""
    expires: str = ""
    """The account's last business day; empty: it has none."""


class KeepValue(Command, frozen=True, tag="value.keep"):
    """An allowance: this store may spend so much more of the account without asking."""

    account: AccountId
    kind: TenderKind
    amount_minor: int
    currency: str
    client: PersonId = PersonId("")
    label: str = ""
    expires: str = ""
    """The account's last business day from now on; empty: it has none."""


class TellValue(Command, frozen=True, tag="value.tell"):
    """What an inquiry gets to know. `why` says why nothing of it may be spent; without a currency it is unknown."""

    inquiry: InquiryId
    account: AccountId
    balance_minor: int = 0
    elsewhere_minor: int = 0
    """Of the balance, what other stores may spend."""
    currency: str = ""
    label: str = ""
    expires: str = ""
    why: str = ""


class RecallValue(Command, frozen=True, tag="value.recall"):
    """Please give back what no sale has set aside."""

    account: AccountId


class AnswerOrder(Command, frozen=True, tag="order.answer"):
    """What a client said on their private page: to a quote, or to the proof of a design (`proof`, its SHA-256)."""

    order: ClientOrderId
    approved: bool
    quote: int = 0
    proof: str = ""


class TakeOrder(Command, frozen=True, tag="order.take"):
    """This store decides about a client's order from now on, and may spend `amount_minor` of its account."""

    order: ClientOrderId
    home: int
    """How often it moved: an older word about it changes nothing."""
    account: AccountId
    source: StoreId
    amount_minor: int
    body: bytes
    """The order as it stands (`trade.orders.order.Order`)."""


AnyCommand = (
    GrantCustody
    | RecallCustody
    | RevokeCustody
    | RequestLease
    | ReleaseLease
    | ConvertLease
    | PlaceHold
    | LiftHold
    | RequestCount
    | ForgetPerson
    | AnswerValue
    | KeepValue
    | RecallValue
    | TellValue
    | AnswerOrder
    | TakeOrder
)


class NumberedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered command of one store's down log."""

    seq: int
    command: AnyCommand


_encoder = msgspec.json.Encoder(order="deterministic")
_decode = msgspec.json.Decoder(NumberedCommand).decode


def encode_command(numbered: NumberedCommand) -> bytes:
    return _encoder.encode(numbered)


def decode_command(body: bytes) -> NumberedCommand:
    """Raises `msgspec.ValidationError` for a command of a newer contract: park it, go on with other pieces."""
    return _decode(body)
