"""Orders of clients at their home store: what was promised, for whom, until when, and how far it is.

An order names its client by id, and says of things only: what a client wants engraved, wrote, drew or signed is a
*paper*, a sealed blob that goes when the client is forgotten. What staff write of it in their own words is sealed too
(`contract.remarks`). Its money is a deposit on its own account (`value`).
"""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.facts.sales import Share
from contract.ids import (
    AccountId,
    ClientOrderId,
    LineId,
    PersonId,
    PieceId,
    SaleId,
    StoreId,
    TransferId,
    UserId,
    ZoneId,
)
from contract.remarks import Remark


class OrderKind(StrEnum):
    LAYAWAY = "layaway"
    """A piece of the house, kept for a client who pays in parts."""
    SPECIAL = "special"
    """A piece that is yet to be had from its maker."""
    REPAIR = "repair"
    """Something of the client's, to be mended, resized, set or polished."""
    ENGRAVING = "engraving"
    CUSTOM = "custom"
    """A piece that is yet to be designed and made."""
    MEMO = "memo"
    """Pieces of the house that a client looks at elsewhere, until a day."""


class OrderEvent(StrEnum):
    """What happens to an order; which may when, its kind's table says (`trade.orders`)."""

    QUOTE = "quote"
    APPROVE = "approve"
    DECLINE = "decline"
    RESERVE = "reserve"
    DEPOSIT = "deposit"
    PAY_UP = "pay up"
    ORDER = "order"
    RECEIVE = "receive"
    ASSESS = "assess"
    DESIGN = "design"
    APPROVE_DESIGN = "approve design"
    START = "start"
    SEND_OUT = "send out"
    TAKE_BACK = "take back"
    CHECK = "check"
    REWORK = "rework"
    PASS = "pass"  # noqa: S105 - the quality check is passed
    NOTIFY = "notify"
    COLLECT = "collect"
    GIVE_BACK = "give back"
    ISSUE = "issue"
    RETURN_PART = "return part"
    CLOSE = "close"
    FORFEIT = "forfeit"
    CANCEL = "cancel"


class AnswerHow(StrEnum):
    """How a client answered a quote or a proof."""

    COUNTER = "counter"
    PAGE = "page"
    TELEPHONE = "telephone"
    EMAIL = "email"


class PaperKind(StrEnum):
    BRIEF = "brief"
    SKETCH = "sketch"
    PHOTO = "photo"
    ENGRAVING = "engraving"
    """The text, font and position, as the client wants them."""
    PROOF = "proof"
    SIGNATURE = "signature"
    NOTE = "note"


class Instalment(msgspec.Struct, frozen=True, kw_only=True):
    """`amount_minor` is to be paid by the end of `due_day`."""

    due_day: str
    amount_minor: int


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As they were when it was agreed; what the house asks later changes nothing here."""

    deposit_bp: int = 0
    """Of the quote, before work begins or a piece is ordered."""
    instalments: tuple[Instalment, ...] = ()
    grace_days: int = 0
    """After a due day, until it may be forfeited."""
    fee_bp: int = 0
    """Kept of what was paid, when it is cancelled or forfeited; the rest is the client's credit or money."""


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a quote, and of the sale at pick-up. `gross_minor` tax included. A piece is sold as itself."""

    line: LineId
    description: Remark
    gross_minor: int
    tax_bp: int
    tax: str = ""
    piece: PieceId | None = None


class StoneIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By what a stone is known again. Weight in thousandths of a carat, sizes in µm; 0: not measured in its setting."""

    at: str
    """Where it sits: `centre`, `left of centre`."""
    kind: str
    carat_milli: int = 0
    length_um: int = 0
    width_um: int = 0
    inscription: Remark = ""
    certificate: Remark = ""
    colour: str = ""
    clarity: str = ""
    plot: str = ""
    """SHA-256 of the drawing of its inclusions."""
    owned_by_client: bool = True


class OrderMetal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a piece is to be made of. Parts per thousand; milligrams, 0: not known."""

    metal: str
    fineness: int = 0
    weight_mg: int = 0
    owned_by_client: bool = False


class OrderItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing of the client's in this house, in an envelope with a tag. Its words never assert a material."""

    item: PieceId
    """The envelope: never for sale; it leaves with a signature, or the gate says so."""
    description: Remark
    condition: Remark
    declared_value_minor: int
    epc: str = ""
    tid: str = ""
    weight_mg: int = 0
    stones: tuple[StoneIdentity, ...] = ()
    metals: tuple[OrderMetal, ...] = ()
    sold_piece: PieceId = PieceId("")
    """The piece this house sold it as, where it did."""
    zone: ZoneId = ZoneId("")
    """Where envelopes lie: there it is looked for and counted."""


class OrderOpened(Fact, frozen=True, tag="order.opened"):
    order: ClientOrderId
    number: str
    """What people call it: on the envelope, on the client's page."""
    kind: OrderKind
    client: PersonId
    title: Remark
    currency: str
    account: AccountId
    """Where its deposits are."""
    promised_day: str = ""
    terms: OrderTerms = OrderTerms()
    pieces: tuple[PieceId, ...] = ()
    shares: tuple[Share, ...] = ()
    """Who sold it together, and earns when it is collected; empty: whoever opened it."""
    approved_by: UserId = UserId("")
    """Who answers for terms below the house's."""


class OrderMoved(Fact, frozen=True, tag="order.moved"):
    """One step along its table. `sale` is the one that paid for it, `party` a maker or trade shop."""

    order: ClientOrderId
    event: OrderEvent
    why: Remark = ""
    sale: SaleId = SaleId("")
    party: str = ""
    signature: str = ""
    """SHA-256 of the paper a client signed."""
    pieces: tuple[PieceId, ...] = ()
    """Of a memo: those that came back, or that the client kept."""
    metals: tuple[OrderMetal, ...] = ()
    """Given to a trade shop, or back from it;"""
    stones: tuple[str, ...] = ()
    """and the stones that went along, or came back, by where they sit."""
    flags: tuple[str, ...] = ()
    """What does not fit of what came back (`trade.orders.bench`)."""
    approved_by: UserId = UserId("")


class OrderQuoted(Fact, frozen=True, tag="order.quoted"):
    """What it is to cost. A newer quote takes the place of an older one, and wants its own answer."""

    order: ClientOrderId
    quote: int
    lines: tuple[QuoteLine, ...]
    valid_until: str = ""
    approved_by: UserId = UserId("")
    """Who answers for a piece quoted below what the house asks."""


class OrderAnswered(Fact, frozen=True, tag="order.answered"):
    """What the client said to a quote; `proof` is the SHA-256 of a paper, `page` the private page it was said on."""

    order: ClientOrderId
    quote: int
    approved: bool
    how: AnswerHow
    proof: str = ""


class OrderPromised(Fact, frozen=True, tag="order.promised"):
    """Another day, or other terms, than was agreed before."""

    order: ClientOrderId
    promised_day: str = ""
    terms: OrderTerms | None = None
    why: Remark = ""
    approved_by: UserId = UserId("")


class OrderHeld(Fact, frozen=True, tag="order.held"):
    """Nothing goes on until it is resumed: a part is missing, or the client thinks it over."""

    order: ClientOrderId
    why: Remark


class OrderResumed(Fact, frozen=True, tag="order.resumed"):
    order: ClientOrderId


class OrderSettled(Fact, frozen=True, tag="order.settled"):
    """It ends without being collected. Of what was paid `fee_minor` is the house's, `credit_minor` the client's credit
    from now on, both out of the order's account; what is left there waits to be given back.
    """

    order: ClientOrderId
    account: AccountId
    client: PersonId
    currency: str
    business_day: str
    fee_minor: int = 0
    credit_minor: int = 0
    credit: AccountId = AccountId("")
    """The client's, where `credit_minor` goes."""
    expires: str = ""
    """The last business day on which that credit may be spent; empty: for ever."""
    approved_by: UserId = UserId("")
    """Who answers for another fee than its terms say."""


class OrderItemTaken(Fact, frozen=True, tag="order.item_taken"):
    """A thing of the client's came in, or was described anew."""

    order: ClientOrderId
    item: OrderItem


class StoneCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stone looked at again beside its identity."""

    at: str
    same: bool
    carat_milli: int = 0
    inscription: Remark = ""
    note: Remark = ""


class OrderItemChecked(Fact, frozen=True, tag="order.item_checked"):
    """Each stone of an item was looked at again. One that is not the same stops the pick-up until somebody answers."""

    order: ClientOrderId
    item: PieceId
    stones: tuple[StoneCheck, ...]
    weight_mg: int = 0
    answer: Remark = ""
    """Why it goes to its owner although a stone is not the same; who says so answers for it."""
    approved_by: UserId = UserId("")


class OrderItemGiven(Fact, frozen=True, tag="order.item_given"):
    """It left with its owner, who signed: the gate lets it pass."""

    order: ClientOrderId
    item: PieceId
    signature: str = ""


class OrderPieceBound(Fact, frozen=True, tag="order.piece_bound"):
    """The piece that was ordered or made is this one; `line` of the newest quote is sold as it."""

    order: ClientOrderId
    piece: PieceId
    line: LineId = LineId("")


class OrderPaper(Fact, frozen=True, tag="order.paper"):
    """A sealed blob that tells of the client: what was wanted, drawn, photographed or signed, version by version."""

    order: ClientOrderId
    kind: PaperKind
    sha256: str
    media: str = "text/plain"
    version: int = 1
    item: PieceId = PieceId("")


class ThingTag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tag an envelope wears on its way. Upper-case hex."""

    item: PieceId
    epc: str
    tid: str = ""


class OrderHanded(Fact, frozen=True, tag="order.handed"):
    """Its home gives up the right to decide about it, in this very transaction, with its money and what it keeps.

    `home` counts its moves: what is said of it counts only at the store that has it under the present one.
    """

    order: ClientOrderId
    home: int
    to: StoreId
    transfer: TransferId = TransferId("")
    """With which its pieces travel; empty: it keeps none."""
    tags: tuple[ThingTag, ...] = ()
    why: Remark = ""


class OrderReceived(Fact, frozen=True, tag="order.received"):
    """What was handed over lies at its new home: the client's things are looked for there from now on."""

    order: ClientOrderId
    home: int
