"""Acts: what a person, or the floor, asks this store to do. Typed once at the door; answered by facts or a refusal."""

import msgspec

from contract.facts import (
    AskEnd,
    CardRefundDone,
    CardRefundFailed,
    CardRefundInDoubt,
    CashKind,
    ClaimKind,
    Coins,
    Disposition,
    LineKind,
    PaymentCaptured,
    PaymentFailed,
    PaymentInDoubt,
    PaymentKept,
    PaymentRefunded,
    PaymentVoided,
    ReceiptForm,
    Share,
    Tender,
    TenderKind,
    TradeIn,
)
from contract.ids import (
    AccountId,
    AlarmId,
    AskId,
    CashMoveId,
    ClaimId,
    CountId,
    GiveId,
    GoodsId,
    InquiryId,
    LineId,
    PaymentId,
    PersonId,
    PieceId,
    ReceiptId,
    ReturnId,
    SaleId,
    ShiftId,
    StoreId,
    TillId,
    TransferId,
    ZoneId,
)


class LineBack(msgspec.Struct, frozen=True, kw_only=True):
    """What is to come back of a line: so much of it, or money off its price and nothing else."""

    line: LineId
    quantity_milli: int = 0
    amount_minor: int = 0


class ForeignCounted(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    amount_minor: int


class Act(msgspec.Struct, frozen=True, kw_only=True, tag_field="act"):
    """Base of every act; the tag names it in logs and refusals. Ids are made by whoever asks: a repeat is a repeat."""


class OpenShift(Act, frozen=True, tag="shift.open"):
    shift: ShiftId
    till: TillId
    business_day: str
    float_minor: int
    currency: str
    float_coins: tuple[Coins, ...] = ()
    """How the float was counted; empty: as one sum."""


class MoveCash(Act, frozen=True, tag="cash.move"):
    """Cash put into the drawer or taken out of it by hand; `no_sale` opens it and moves nothing."""

    move: CashMoveId
    till: TillId
    kind: CashKind
    amount_minor: int
    reason: str
    currency: str = ""
    """Of foreign cash that goes to the safe; empty: the drawer's own."""


class BankCash(Act, frozen=True, tag="cash.bank"):
    """Cash of the safe goes to the bank."""

    move: CashMoveId
    business_day: str
    amount_minor: int
    reference: str
    currency: str


class CloseShift(Act, frozen=True, tag="shift.close"):
    """Blind: the drawer is counted before the expected sum is shown. `note`: why it holds more or less."""

    till: TillId
    cash_counted_minor: int
    counted_coins: tuple[Coins, ...] = ()
    note: str = ""
    foreign: tuple[ForeignCounted, ...] = ()
    """Cash of other currencies that lies beside; a currency left out was not there."""


class OpenSale(Act, frozen=True, tag="sale.open"):
    sale: SaleId
    till: TillId
    currency: str


class AddPiece(Act, frozen=True, tag="sale.add_piece"):
    """Claims the piece for this cart. `override` is the reason when the piece does not lie on the pad."""

    sale: SaleId
    piece: PieceId
    discount_minor: int = 0
    override: str = ""


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


class SellGiftCard(Act, frozen=True, tag="giftcard.sell"):
    """Money onto the card of this account; `label` is what may be shown of its code."""

    sale: SaleId
    account: AccountId
    label: str
    amount_minor: int


class TakeDeposit(Act, frozen=True, tag="deposit.take"):
    """Money of the sale's client for something collected later."""

    sale: SaleId
    account: AccountId
    amount_minor: int
    what: str


class GiveDepositBack(Act, frozen=True, tag="deposit.give_back"):
    sale: SaleId
    account: AccountId


class AskValue(Act, frozen=True, tag="value.ask"):
    """Pay with a gift card, credit or deposit; 0: as much as is still to pay."""

    ask: AskId
    sale: SaleId
    kind: TenderKind
    account: AccountId
    amount_minor: int = 0
    client: PersonId = PersonId("")
    label: str = ""


class InquireValue(Act, frozen=True, tag="value.inquire"):
    """Ask the office what is left of an account. Nothing is set aside."""

    inquiry: InquiryId
    till: TillId
    kind: TenderKind
    account: AccountId
    client: PersonId = PersonId("")
    label: str = ""


class EndAsk(Act, frozen=True, tag="value.end_ask"):
    """Take it off again, or wait no longer for the office."""

    ask: AskId
    how: AskEnd


class TakeTradeIn(Act, frozen=True, tag="tradein.take"):
    """A client's piece in payment."""

    ask: AskId
    account: AccountId
    sale: SaleId
    trade_in: TradeIn


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


class RequestPayment(Act, frozen=True, tag="payment.request"):
    """So much of the sale by card: its lines are final from here on, and the till's terminal is asked."""

    payment: PaymentId
    sale: SaleId
    amount_minor: int


class GiveUpPayment(Act, frozen=True, tag="payment.give_up"):
    """Stop the terminal, and let it give back what it took."""

    payment: PaymentId
    reason: str


TerminalSaid = PaymentInDoubt | PaymentCaptured | PaymentFailed | PaymentVoided | PaymentRefunded | PaymentKept


class HearPayment(Act, frozen=True, tag="payment.hear"):
    """What the terminal said, or that it said nothing."""

    said: TerminalSaid


class ReturnPieces(Act, frozen=True, tag="return.record"):
    """Pieces of an earlier sale came back and lie on the pad; `lines`: of what is no piece, or money off a price.

    Tenders are what the client gets, positive. `override`: why no pad reads a piece. By the same `returns` it is one.
    """

    sale: SaleId
    pieces: tuple[PieceId, ...]
    till: TillId
    tenders: tuple[Tender, ...]
    reason: str
    lines: tuple[LineBack, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    """What becomes of each piece, or of all of them; none said: back to stock."""
    override: str = ""
    returns: ReturnId = ReturnId("")


class BeginReturn(Act, frozen=True, tag="return.begin"):
    """The same, before its money goes back to a card at the till's terminal: its lines are final from here on."""

    returns: ReturnId
    back: ReturnPieces


class RequestCardRefund(Act, frozen=True, tag="card_refund.request"):
    """So much of a captured payment goes back to its card: the till's terminal is asked."""

    refund: PaymentId
    returns: ReturnId
    payment: PaymentId
    amount_minor: int


class FinishReturn(Act, frozen=True, tag="return.finish"):
    """What the terminal gave back counts by itself; `tenders` are the rest."""

    returns: ReturnId
    tenders: tuple[Tender, ...] = ()


class AbandonReturn(Act, frozen=True, tag="return.abandon"):
    """Give it up, while no money went back."""

    returns: ReturnId


CardRefundSaid = CardRefundInDoubt | CardRefundDone | CardRefundFailed


class HearCardRefund(Act, frozen=True, tag="card_refund.hear"):
    """What the terminal said, or that it said nothing."""

    said: CardRefundSaid


class Exchange(Act, frozen=True, tag="exchange.record"):
    """A return and a sale in one: what came back pays for what goes out, as far as it goes.

    Tenders of `give` are what the client pays on top, those of `back` what they get on top: one of them is empty.
    """

    give: RecordSale
    back: ReturnPieces


class DisposePiece(Act, frozen=True, tag="piece.dispose"):
    """Somebody looked at a piece: sound again, or what else becomes of it."""

    piece: PieceId
    disposition: Disposition
    reason: str


class GiveReceipt(Act, frozen=True, tag="receipt.give"):
    """Hand a receipt over: the first time it is the original, every other time a numbered copy."""

    give: GiveId
    receipt: ReceiptId
    form: ReceiptForm
    gift: bool = False


class HoldPiece(Act, frozen=True, tag="piece.hold"):
    """Keep a piece for somebody: layaway, tray, memo, repair."""

    claim: ClaimId
    piece: PieceId
    kind: ClaimKind
    ref: str


class ReleaseHold(Act, frozen=True, tag="piece.release"):
    claim: ClaimId


class BreakLease(Act, frozen=True, tag="lease.break"):
    """A manager accepts the risk that the piece was sold on the web; opens a case at the office."""

    piece: PieceId
    reason: str


class Ship(Act, frozen=True, tag="transfer.ship"):
    transfer: TransferId
    to: StoreId
    pieces: tuple[PieceId, ...]


class Sight(Act, frozen=True, tag="piece.sight"):
    """A pad, a shelf or a scan read these pieces of the house in `zone`."""

    pieces: tuple[PieceId, ...]
    zone: ZoneId
    damaged: bool = False


class BindTag(Act, frozen=True, tag="tag.bind"):
    """This tag is the piece's from now on. `read_back` is what the tag itself said after it was written.

    EPC and TID in hex; the TID may be empty where nothing can read it.
    """

    piece: PieceId
    epc: str
    tid: str
    read_back: str


class ApproveCount(Act, frozen=True, tag="count.approve"):
    """A person answers for a finished count; its figures go from the books into the trade log."""

    count: CountId
    business_day: str


class CloseAlarm(Act, frozen=True, tag="alarm.close"):
    alarm: AlarmId
    outcome: str
    note: str = ""


AnyAct = (
    OpenShift
    | MoveCash
    | BankCash
    | CloseShift
    | OpenSale
    | AddPiece
    | AddOther
    | AddGoods
    | SellGiftCard
    | TakeDeposit
    | GiveDepositBack
    | AskValue
    | InquireValue
    | EndAsk
    | TakeTradeIn
    | RemoveLine
    | DiscountLine
    | DiscountCart
    | ExemptSale
    | ShareSale
    | ParkSale
    | ResumeSale
    | VoidSale
    | RecordSale
    | RequestPayment
    | GiveUpPayment
    | HearPayment
    | ReturnPieces
    | BeginReturn
    | RequestCardRefund
    | FinishReturn
    | AbandonReturn
    | HearCardRefund
    | Exchange
    | DisposePiece
    | GiveReceipt
    | HoldPiece
    | ReleaseHold
    | BreakLease
    | Ship
    | Sight
    | BindTag
    | ApproveCount
    | CloseAlarm
)


def name_of(act: AnyAct) -> str:
    """The act's name on the wire."""
    return str(type(act).__struct_config__.tag)
