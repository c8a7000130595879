"""Money the house owes: gift cards, credit of a client, deposits, and what a trade-in is worth.

The office keeps the balances. A store spends only its *slice* of an account: what it kept of money it took in itself,
and what the office gave it since. Slices of two stores are never the same money, so none is spent twice, with a line to
the office or without. In a store, what one sale has set aside (an *ask*) is not there for another.
"""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.facts.sales import TenderKind
from contract.ids import AccountId, AskId, InquiryId, PersonId, PieceId, SaleId, TillId, UserId
from contract.remarks import Remark


class AskEnd(StrEnum):
    GIVEN_UP = "given_up"
    """The client pays otherwise; what the office gave goes back to it."""
    WITHOUT_OFFICE = "without_office"
    """Nobody waits for the office any more: the sale takes what this store keeps."""


class ValueKept(Fact, frozen=True, tag="value.kept"):
    """Of money that came in with this entry, so much joins the store's own slice."""

    account: AccountId
    kind: TenderKind
    amount_minor: int
    currency: str
    client: PersonId = PersonId("")
    label: str = ""
    """How people call it: the last signs of a card, what a deposit is for. Never a whole code."""
    expires: str = ""
    """The last business day on which it may be spent; empty: for ever."""


class ValueAsked(Fact, frozen=True, tag="value.asked"):
    """Set aside for a sale: `kept_minor` from the store's slice at once; the office is asked for `wanted_minor` more.

    Wanting nothing, it is ready.
    """

    ask: AskId
    sale: SaleId
    till: TillId
    account: AccountId
    kind: TenderKind
    currency: str
    kept_minor: int = 0
    wanted_minor: int = 0
    client: PersonId = PersonId("")
    label: str = ""
    business_day: str = ""


class ValueInquired(Fact, frozen=True, tag="value.inquired"):
    """Somebody at a till asks the office what is left of an account, and until when. It changes nothing."""

    inquiry: InquiryId
    till: TillId
    account: AccountId
    kind: TenderKind
    client: PersonId = PersonId("")
    label: str = ""


class ValueAskEnded(Fact, frozen=True, tag="value.ask_ended"):
    ask: AskId
    sale: SaleId
    account: AccountId
    how: AskEnd


class ValueReleased(Fact, frozen=True, tag="value.released"):
    """Part of the store's slice is the office's again."""

    account: AccountId
    amount_minor: int
    currency: str


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A metal's price, as the office told it: minor units of `currency` for a kilogram of fine metal."""

    minor_per_kg: int
    currency: str
    source: str
    quoted_us: int


class TradeIn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece a client gives in payment: what it is, what it is worth, and where the client had it from."""

    piece: PieceId
    """As it will be called: owned by the house, second-hand."""
    title: str
    category: str
    client: PersonId
    value_minor: int
    currency: str
    provenance: Remark
    """Where the client had it from, in their words."""
    proof: Remark
    """How the client proved who they are: the kind of paper, never its number."""
    metal: str = ""
    fineness: int = 0
    weight_mg: int = 0
    scrap: bool = False
    """It is worth its metal alone: melted, or its stones taken out."""
    spot: Spot | None = None
    """What the metal was worth when it was bought; frozen here."""
    payout_bp: int = 0
    """The part of the metal's worth that was offered."""
    weighed_by: str = ""
    """The scale it was read from; empty: typed by a person."""
    hold_until: str = ""
    """The last day on which it lies untouched, for the police to look at; empty: none is asked."""


class TradeInOffered(Fact, frozen=True, tag="tradein.offered"):
    """Its value counts for this sale; the piece is the client's until the sale is recorded."""

    account: AccountId
    sale: SaleId
    trade_in: TradeIn
    approved_by: UserId = UserId("")


class TradeInTaken(Fact, frozen=True, tag="tradein.taken"):
    """Recorded with its sale: the piece is the house's."""

    account: AccountId
    sale: SaleId
    trade_in: TradeIn
