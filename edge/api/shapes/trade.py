"""The till: pad and sale."""

from dataclasses import dataclass

from contract.facts import TenderKind
from edge.api.shapes.pieces import PieceView


@dataclass(frozen=True, slots=True)
class PadPieceView:
    """`partners`: what is of its set, is here, and lies neither on the pad nor in the cart."""

    piece: PieceView
    in_sale: bool
    partners: tuple[str, ...] = ()


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
    approved_by: str
    promotion: str
    promotion_minor: int
    gross_minor: int
    tax_minor: int
    kind: str
    quantity_milli: int
    unit: str
    """What `quantity_milli` is thousandths of; empty: pieces."""
    account: str
    returned: bool


@dataclass(frozen=True, slots=True)
class ForeignView:
    """Cash of another currency. `rate_e9`: major units of the sale's currency for one of it, × 10⁹."""

    currency: str
    amount_minor: int
    rate_e9: int
    source: str
    quoted_us: int


@dataclass(frozen=True, slots=True)
class TenderView:
    """`rounding_minor`: of cash, in favour of the house when positive."""

    kind: TenderKind
    amount_minor: int
    change_minor: int
    reference: str
    rounding_minor: int
    account: str
    foreign: ForeignView | None


@dataclass(frozen=True, slots=True)
class AskView:
    """Money of an account set aside for a sale. `wanted_minor`: what the office has not answered for."""

    ask: str
    account: str
    kind: TenderKind
    label: str
    state: str
    amount_minor: int
    wanted_minor: int
    left_minor: int
    why: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment at a terminal. `counted_minor`: what it pays, or will when the terminal says yes."""

    payment: str
    sale: str
    terminal: str
    state: str
    amount_minor: int
    captured_minor: int
    counted_minor: int
    currency: str
    brand: str
    last4: str
    stored_offline: bool
    given_up: str
    why: str


@dataclass(frozen=True, slots=True)
class ShareView:
    associate: str
    share_bp: int


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
    exemption: str
    receipt_number: int | None
    business_day: str
    sent: bool
    """The cloud has it (`seq ≤ upto`)."""
    shares: tuple[ShareView, ...] = ()
    """Who sells it together; none: the associate alone."""


@dataclass(frozen=True, slots=True)
class GiftCardView:
    """A card just sold: `code` is shown here and nowhere else."""

    code: str
    account: str
    sale: SaleView


@dataclass(frozen=True, slots=True)
class GoodsView:
    """`unit_minor` for one `unit`; sold by `quantity_milli_min` thousandths of it."""

    goods: str
    title: str
    unit: str
    unit_minor: int
    currency: str
    service: bool
    quantity_milli_min: int


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """Somebody else's word: send the same request again within `seconds`."""

    asked: str
    approved_by: str
    words: str
    seconds: int
