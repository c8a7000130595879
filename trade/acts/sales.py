"""Acts on a cart, from its first line to its recording."""

from contract.facts import LineKind, Share, Tender
from contract.ids import AppointmentId, GoodsId, LineId, PersonId, PieceId, SaleId, TillId
from trade.acts.act import Act


class OpenSale(Act, frozen=True, tag="sale.open"):
    sale: SaleId
    till: TillId
    currency: str


class AddPiece(Act, frozen=True, tag="sale.add_piece"):
    """Claims the piece for this cart. `override` is the reason when the piece does not lie on the pad.

    `appointment`: on whose tray it lies, and whose client takes it.
    """

    sale: SaleId
    piece: PieceId
    discount_minor: int = 0
    override: str = ""
    appointment: AppointmentId = AppointmentId("")


class AddOther(Act, frozen=True, tag="sale.add_other"):
    """A measured good or a service that is on no list; `unit_minor` tax included."""

    sale: SaleId
    kind: LineKind
    description: str
    unit_minor: int
    tax_bp: int
    quantity_milli: int = 1000


class AddGoods(Act, frozen=True, tag="sale.add_goods"):
    """A measured good or service of the office's list, at its price; `quantity_milli` thousandths of its unit."""

    sale: SaleId
    goods: GoodsId
    quantity_milli: int


class RemoveLine(Act, frozen=True, tag="sale.remove_line"):
    sale: SaleId
    line: LineId


class DiscountLine(Act, frozen=True, tag="sale.discount_line"):
    """Money off one line, in place of what was off before; nothing takes it back."""

    sale: SaleId
    line: LineId
    discount_minor: int
    reason: str


class DiscountCart(Act, frozen=True, tag="sale.discount_cart"):
    """Money off the whole cart, shared out by its prices, in place of what was off its lines."""

    sale: SaleId
    discount_minor: int
    reason: str


class ExemptSale(Act, frozen=True, tag="sale.exempt"):
    """No tax is due on this sale. `document` is the number of the paper that says so: a form's, never a passport's.
    Without a reason tax is due again.
    """

    sale: SaleId
    reason: str
    document: str


class ShareSale(Act, frozen=True, tag="sale.share"):
    """Who sells this together, in basis points that make 10,000; none: the associate alone."""

    sale: SaleId
    shares: tuple[Share, ...]


class ParkSale(Act, frozen=True, tag="sale.park"):
    sale: SaleId


class ResumeSale(Act, frozen=True, tag="sale.resume"):
    sale: SaleId
    till: TillId


class VoidSale(Act, frozen=True, tag="sale.void"):
    sale: SaleId
    reason: str


class RecordSale(Act, frozen=True, tag="sale.record"):
    """The end of a sale. `override` is the reason when pad and cart do not match."""

    sale: SaleId
    tenders: tuple[Tender, ...]
    client: PersonId | None = None
    override: str = ""
    gift: bool = False
    """A receipt without prices is wanted too."""
