"""Acts: what a person, or the floor, asks this store to do. Typed once at the door; answered by facts or a refusal."""

from trade.acts.act import Act as Act
from trade.acts.appointments import AppointmentAct as AppointmentAct
from trade.acts.appointments import CloseAppointment as CloseAppointment
from trade.acts.appointments import MoveAppointment as MoveAppointment
from trade.acts.appointments import PrepareTray as PrepareTray
from trade.acts.buying import BuyPieces as BuyPieces
from trade.acts.floor import ApproveCount as ApproveCount
from trade.acts.floor import CloseAlarm as CloseAlarm
from trade.acts.orders import AddOrder as AddOrder
from trade.acts.orders import AnswerQuote as AnswerQuote
from trade.acts.orders import BindOrderPiece as BindOrderPiece
from trade.acts.orders import EndOrder as EndOrder
from trade.acts.orders import HandOrder as HandOrder
from trade.acts.orders import HoldOrder as HoldOrder
from trade.acts.orders import MoveOrder as MoveOrder
from trade.acts.orders import OpenOrder as OpenOrder
from trade.acts.orders import OrderAct as OrderAct
from trade.acts.orders import PromiseOrder as PromiseOrder
from trade.acts.orders import QuoteOrder as QuoteOrder
from trade.acts.orders import ReceiveOrder as ReceiveOrder
from trade.acts.orders import ResumeOrder as ResumeOrder
from trade.acts.orders import TakeMemoBack as TakeMemoBack
from trade.acts.payments import GiveUpPayment as GiveUpPayment
from trade.acts.payments import HearPayment as HearPayment
from trade.acts.payments import RequestPayment as RequestPayment
from trade.acts.payments import TerminalSaid as TerminalSaid
from trade.acts.pieces import BindTag as BindTag
from trade.acts.pieces import BreakLease as BreakLease
from trade.acts.pieces import DisposePiece as DisposePiece
from trade.acts.pieces import HoldPiece as HoldPiece
from trade.acts.pieces import ReleaseHold as ReleaseHold
from trade.acts.pieces import Ship as Ship
from trade.acts.pieces import Sight as Sight
from trade.acts.receipts import GiveReceipt as GiveReceipt
from trade.acts.returns import AbandonReturn as AbandonReturn
from trade.acts.returns import BeginReturn as BeginReturn
from trade.acts.returns import CardRefundSaid as CardRefundSaid
from trade.acts.returns import Exchange as Exchange
from trade.acts.returns import FinishReturn as FinishReturn
from trade.acts.returns import HearCardRefund as HearCardRefund
from trade.acts.returns import LineBack as LineBack
from trade.acts.returns import RequestCardRefund as RequestCardRefund
from trade.acts.returns import ReturnPieces as ReturnPieces
from trade.acts.sales import AddGoods as AddGoods
from trade.acts.sales import AddOther as AddOther
from trade.acts.sales import AddPiece as AddPiece
from trade.acts.sales import DiscountCart as DiscountCart
from trade.acts.sales import DiscountLine as DiscountLine
from trade.acts.sales import ExemptSale as ExemptSale
from trade.acts.sales import OpenSale as OpenSale
from trade.acts.sales import ParkSale as ParkSale
from trade.acts.sales import RecordSale as RecordSale
from trade.acts.sales import RemoveLine as RemoveLine
from trade.acts.sales import ResumeSale as ResumeSale
from trade.acts.sales import ShareSale as ShareSale
from trade.acts.sales import VoidSale as VoidSale
from trade.acts.shifts import BankCash as BankCash
from trade.acts.shifts import CloseShift as CloseShift
from trade.acts.shifts import ForeignCounted as ForeignCounted
from trade.acts.shifts import MoveCash as MoveCash
from trade.acts.shifts import OpenShift as OpenShift
from trade.acts.things import AnswerDoubt as AnswerDoubt
from trade.acts.things import CheckItem as CheckItem
from trade.acts.things import GiveItem as GiveItem
from trade.acts.things import KeepPaper as KeepPaper
from trade.acts.things import TakeItem as TakeItem
from trade.acts.things import ThingAct as ThingAct
from trade.acts.value import AskValue as AskValue
from trade.acts.value import EndAsk as EndAsk
from trade.acts.value import GiveDepositBack as GiveDepositBack
from trade.acts.value import InquireValue as InquireValue
from trade.acts.value import SellGiftCard as SellGiftCard
from trade.acts.value import TakeDeposit as TakeDeposit
from trade.acts.value import TakeTradeIn as TakeTradeIn

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
    | BuyPieces
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
    | OpenOrder
    | QuoteOrder
    | AnswerQuote
    | MoveOrder
    | PromiseOrder
    | HoldOrder
    | ResumeOrder
    | BindOrderPiece
    | TakeMemoBack
    | EndOrder
    | HandOrder
    | ReceiveOrder
    | TakeItem
    | CheckItem
    | AnswerDoubt
    | GiveItem
    | KeepPaper
    | AddOrder
    | PrepareTray
    | MoveAppointment
    | CloseAppointment
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
