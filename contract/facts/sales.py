"""Sales, their lines and tenders, and what comes back. Shifts are in `shifts`, payments by card in `payments`."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.facts.receipts import ReceiptText
from contract.ids import (
    AccountId,
    ClaimId,
    ClientOrderId,
    GoodsId,
    LineId,
    PaymentId,
    PersonId,
    PieceId,
    ReturnId,
    SaleId,
    ShiftId,
    TillId,
    UserId,
)


class LineKind(StrEnum):
    PIECE = "piece"
    GOODS = "goods"
    SERVICE = "service"
    GIFT_CARD = "gift_card"
    """Money owed to the bearer: no revenue and no tax until it is redeemed."""
    DEPOSIT = "deposit"
    """Money owed to a client until what it was paid for is collected."""


class TaxScheme(StrEnum):
    """How a line is taxed. `margin`: second-hand goods (2006/112/EC art. 313); the office knows the cost, no receipt
    shows a tax.
    """

    STANDARD = "standard"
    EXEMPT = "exempt"
    MARGIN = "margin"
    OUTSIDE = "outside"
    """No supply at all: gift cards and deposits."""


class LineTax(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tax of a line: a rate in basis points of `base_minor`, rounded once."""

    code: str
    rate_bp: int
    base_minor: int
    tax_minor: int


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
    unit: str = ""
    """What `quantity_milli` counts, of goods: `ct`, `g`, `cm`, `piece`."""
    discount_minor: int = 0
    """Taken off by a person; `approved_by` where it was more than theirs to give."""
    approved_by: UserId = UserId("")
    promotion: str = ""
    promotion_minor: int = 0
    tax: str = ""
    """The code of its `TaxCard`; empty: `tax_bp`, in the price."""
    taxes: tuple[LineTax, ...] = ()
    """Empty on lines of the first release: there `tax_bp` and `tax_minor` say it all, tax included."""
    tax_included: bool = True
    """Whether `list_price_minor` holds the tax; `gross_minor` always does."""
    scheme: TaxScheme = TaxScheme.STANDARD
    part_of: LineId = LineId("")
    """The line of the set it is a part of."""
    account: str = ""
    """The gift card, or the order, whose money this line takes in; given back by a deposit below nothing."""
    goods: GoodsId = GoodsId("")
    """The measured good or service of the office's list (`GoodsCard`); empty: typed at the till."""
    expires: str = ""
    """The last business day on which a gift card's money may be spent; empty: for ever."""
    order: ClientOrderId = ClientOrderId("")
    """The client's order that this line is collected of: its price is what was agreed, tax included."""
    feed_rev: int = 0


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    BANK_TRANSFER = "bank_transfer"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    TRADE_IN = "trade_in"
    DEPOSIT = "deposit"
    """What was paid before for this order."""
    EXCHANGE = "exchange"
    """The value of what came back in the same visit."""
    POINTS = "points"
    """Loyalty points, a minor unit each; of contract version 2."""


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """Money taken in another currency. `rate_e9`: major units of the sale's currency for one of `currency`, × 10⁹."""

    currency: str
    amount_minor: int
    rate_e9: int
    source: str
    quoted_us: int


class Tender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment. `amount_minor` counts towards the total; change is what cash gave back."""

    kind: TenderKind
    amount_minor: int
    change_minor: int = 0
    reference: str = ""
    """Of a bank transfer, a slip, a gift card or a return: never a card number."""
    rounding_minor: int = 0
    """What cash was rounded by, in favour of the house when positive: part of the amount that nobody paid or got."""
    conversion: Conversion | None = None
    payment: PaymentId = PaymentId("")
    """The payment at a terminal that this tender is (`payments`)."""
    account: AccountId = AccountId("")
    """The gift card, credit, deposit or trade-in whose money this is (`value`)."""
    expires: str = ""
    """Of money given back onto a gift card or as credit: the last business day on which it may be spent."""


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the commission; the shares of a sale make 10,000 basis points."""

    associate: UserId
    share_bp: int
    rate_bp: int = 0
    """As it was on the day of the sale; a refund takes back at this rate, whatever it is by then."""
    base_minor: int = 0
    """Their part of the sale, less tax."""
    commission_minor: int = 0


class SaleShared(Fact, frozen=True, tag="sale.shared"):
    """Who sells this together, and in what parts; none: the associate alone."""

    sale: SaleId
    shares: tuple[Share, ...]


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


class SaleDiscounted(Fact, frozen=True, tag="sale.discounted"):
    """A person took money off: these lines stand so from now on. A discount of nothing takes an earlier one back."""

    sale: SaleId
    lines: tuple[SaleLine, ...]
    reason: str
    approved_by: UserId = UserId("")


class SaleExempted(Fact, frozen=True, tag="sale.exempted"):
    """No tax is due on this sale; `exemption` is why, and the document that says so. Empty: it is due again."""

    sale: SaleId
    exemption: str
    lines: tuple[SaleLine, ...]
    """As they stand without it, or with it again."""
    approved_by: UserId = UserId("")


class SaleParked(Fact, frozen=True, tag="sale.parked"):
    sale: SaleId


class SaleResumed(Fact, frozen=True, tag="sale.resumed"):
    sale: SaleId
    till: TillId


class SaleVoided(Fact, frozen=True, tag="sale.voided"):
    sale: SaleId
    reason: str
    approved_by: UserId = UserId("")


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
    shares: tuple[Share, ...] = ()
    """Empty: all of it is the associate's."""
    exemption: str = ""
    """Why no tax was due, and the document that says so."""
    approved_by: UserId = UserId("")
    """Who answered for pad and cart not matching."""
    gift: bool = False
    """A receipt without prices was asked for."""
    receipt: ReceiptText | None = None
    """What the receipt says beside this; none in sales of the first release."""


class Disposition(StrEnum):
    """What becomes of a piece that came back."""

    STOCK = "restocked"
    INSPECTION = "quarantined"
    """Somebody looks at it before it is offered again."""
    REPAIR = "repair"
    DAMAGED = "damaged"
    SUPPLIER = "supplier"
    """It waits to go back to whoever delivered it."""


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came back of one line. All parts of a line, over any number of returns, make just what was paid for it."""

    line: LineId
    gross_minor: int
    tax_minor: int = 0
    quantity_milli: int = 0
    """0: money alone went back, off the price."""
    taxes: tuple[LineTax, ...] = ()
    piece: PieceId | None = None
    """The piece itself, when it is what came back."""
    disposition: Disposition = Disposition.STOCK


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
    approved_by: UserId = UserId("")
    disposition: str = ""
    """What becomes of the pieces, where it is one thing for all of them; `parts` say it of each."""
    exchange: SaleId = SaleId("")
    """The sale that its value pays for."""
    returns: ReturnId = ReturnId("")
    """Its own name; empty in the first release."""
    parts: tuple[ReturnedLine, ...] = ()
    """Of each of `lines`; empty in the first release: each came back whole."""
    override: str = ""
    """Why it was taken back although no pad read it."""
    sold: tuple[SaleLine, ...] = ()
    """The lines as they were sold; empty in returns of the first release."""
    receipt: ReceiptText | None = None


class CommandRefused(Fact, frozen=True, tag="command.refused"):
    """Refusals are entries too: what was asked, and why not, in words."""

    command: str
    code: str
    why: str
    piece: PieceId | None = None
