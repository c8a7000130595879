"""Facts: what became true at a store, in the past tense. An entry carries one or more (see `entries`).

Two streams: `trade` (claims, custody, money, staff, approved counts, closed alarms; kept for ever) and
`floor` (presence, zones, reader health, counts in progress). An optional field is a compatible change;
a required meaning is a new struct. Facts name people by id only.
"""

from typing import Final

from contract.facts.alarms import AlarmBudgetSet as AlarmBudgetSet
from contract.facts.alarms import AlarmClosed as AlarmClosed
from contract.facts.alarms import AlarmKind as AlarmKind
from contract.facts.alarms import AlarmRaised as AlarmRaised
from contract.facts.alarms import ExitSeen as ExitSeen
from contract.facts.alarms import RestockBegan as RestockBegan
from contract.facts.alarms import RestockEnded as RestockEnded
from contract.facts.alarms import Severity as Severity
from contract.facts.appointments import AppointmentClosed as AppointmentClosed
from contract.facts.appointments import AppointmentEvent as AppointmentEvent
from contract.facts.appointments import AppointmentPrepared as AppointmentPrepared
from contract.facts.appointments import AppointmentWent as AppointmentWent
from contract.facts.claims import ClaimEnd as ClaimEnd
from contract.facts.claims import ClaimEnded as ClaimEnded
from contract.facts.claims import ClaimHeld as ClaimHeld
from contract.facts.claims import ClaimKind as ClaimKind
from contract.facts.claims import LeaseGranted as LeaseGranted
from contract.facts.claims import LeaseRefused as LeaseRefused
from contract.facts.claims import LeaseUnconvertible as LeaseUnconvertible
from contract.facts.clients import ClientConsented as ClientConsented
from contract.facts.clients import ClientLooked as ClientLooked
from contract.facts.clients import ClientTold as ClientTold
from contract.facts.counts import CountAbandoned as CountAbandoned
from contract.facts.counts import CountApproved as CountApproved
from contract.facts.counts import CountExplained as CountExplained
from contract.facts.counts import CountFinished as CountFinished
from contract.facts.counts import CountMissed as CountMissed
from contract.facts.counts import CountPlace as CountPlace
from contract.facts.counts import CountProgress as CountProgress
from contract.facts.counts import CountRecounting as CountRecounting
from contract.facts.counts import CountStarted as CountStarted
from contract.facts.counts import CountSubmitted as CountSubmitted
from contract.facts.counts import CountTag as CountTag
from contract.facts.counts import CountTotal as CountTotal
from contract.facts.counts import CountVerdict as CountVerdict
from contract.facts.counts import Verdict as Verdict
from contract.facts.counts import ZoneQuantity as ZoneQuantity
from contract.facts.custody import CommandHeard as CommandHeard
from contract.facts.custody import CustodyReceived as CustodyReceived
from contract.facts.custody import CustodyReleased as CustodyReleased
from contract.facts.custody import PieceLooked as PieceLooked
from contract.facts.custody import PieceSighted as PieceSighted
from contract.facts.custody import RecallRefused as RecallRefused
from contract.facts.custody import Rejoined as Rejoined
from contract.facts.custody import ReleaseWhy as ReleaseWhy
from contract.facts.custody import TagBound as TagBound
from contract.facts.custody import TransferShipped as TransferShipped
from contract.facts.fact import Fact as Fact
from contract.facts.fact import Stream as Stream
from contract.facts.orders import AnswerHow as AnswerHow
from contract.facts.orders import Instalment as Instalment
from contract.facts.orders import OrderAnswered as OrderAnswered
from contract.facts.orders import OrderEvent as OrderEvent
from contract.facts.orders import OrderHanded as OrderHanded
from contract.facts.orders import OrderHeld as OrderHeld
from contract.facts.orders import OrderItem as OrderItem
from contract.facts.orders import OrderItemChecked as OrderItemChecked
from contract.facts.orders import OrderItemGiven as OrderItemGiven
from contract.facts.orders import OrderItemTaken as OrderItemTaken
from contract.facts.orders import OrderKind as OrderKind
from contract.facts.orders import OrderMetal as OrderMetal
from contract.facts.orders import OrderMoved as OrderMoved
from contract.facts.orders import OrderOpened as OrderOpened
from contract.facts.orders import OrderPaper as OrderPaper
from contract.facts.orders import OrderPieceBound as OrderPieceBound
from contract.facts.orders import OrderPromised as OrderPromised
from contract.facts.orders import OrderQuoted as OrderQuoted
from contract.facts.orders import OrderReceived as OrderReceived
from contract.facts.orders import OrderResumed as OrderResumed
from contract.facts.orders import OrderSettled as OrderSettled
from contract.facts.orders import OrderTerms as OrderTerms
from contract.facts.orders import PaperKind as PaperKind
from contract.facts.orders import QuoteLine as QuoteLine
from contract.facts.orders import StoneCheck as StoneCheck
from contract.facts.orders import StoneIdentity as StoneIdentity
from contract.facts.orders import ThingTag as ThingTag
from contract.facts.payments import PaymentCaptured as PaymentCaptured
from contract.facts.payments import PaymentFailed as PaymentFailed
from contract.facts.payments import PaymentGivenUp as PaymentGivenUp
from contract.facts.payments import PaymentInDoubt as PaymentInDoubt
from contract.facts.payments import PaymentKept as PaymentKept
from contract.facts.payments import PaymentRefunded as PaymentRefunded
from contract.facts.payments import PaymentRequested as PaymentRequested
from contract.facts.payments import PaymentVoided as PaymentVoided
from contract.facts.payments import TenderingBegan as TenderingBegan
from contract.facts.payments import TenderingEnded as TenderingEnded
from contract.facts.presence import PiecePresence as PiecePresence
from contract.facts.presence import PresenceState as PresenceState
from contract.facts.presence import Vision as Vision
from contract.facts.presence import ZoneVision as ZoneVision
from contract.facts.purchases import PurchaseRecorded as PurchaseRecorded
from contract.facts.readers import CoverageGap as CoverageGap
from contract.facts.readers import ReaderChanged as ReaderChanged
from contract.facts.readers import ReaderHealth as ReaderHealth
from contract.facts.readers import ReaderIdentity as ReaderIdentity
from contract.facts.readers import ReaderLink as ReaderLink
from contract.facts.receipts import CardSlip as CardSlip
from contract.facts.receipts import LineText as LineText
from contract.facts.receipts import ReceiptForm as ReceiptForm
from contract.facts.receipts import ReceiptGiven as ReceiptGiven
from contract.facts.receipts import ReceiptText as ReceiptText
from contract.facts.receipts import Seller as Seller
from contract.facts.receipts import TaxName as TaxName
from contract.facts.returns import CardRefundDone as CardRefundDone
from contract.facts.returns import CardRefundFailed as CardRefundFailed
from contract.facts.returns import CardRefundInDoubt as CardRefundInDoubt
from contract.facts.returns import CardRefundRequested as CardRefundRequested
from contract.facts.returns import PieceDisposed as PieceDisposed
from contract.facts.returns import ReturnAbandoned as ReturnAbandoned
from contract.facts.returns import ReturnBegan as ReturnBegan
from contract.facts.sales import CommandRefused as CommandRefused
from contract.facts.sales import Conversion as Conversion
from contract.facts.sales import Disposition as Disposition
from contract.facts.sales import LineKind as LineKind
from contract.facts.sales import LineTax as LineTax
from contract.facts.sales import ReturnedLine as ReturnedLine
from contract.facts.sales import ReturnRecorded as ReturnRecorded
from contract.facts.sales import SaleDiscounted as SaleDiscounted
from contract.facts.sales import SaleExempted as SaleExempted
from contract.facts.sales import SaleLine as SaleLine
from contract.facts.sales import SaleLineAdded as SaleLineAdded
from contract.facts.sales import SaleLineRemoved as SaleLineRemoved
from contract.facts.sales import SaleOpened as SaleOpened
from contract.facts.sales import SaleParked as SaleParked
from contract.facts.sales import SaleRecorded as SaleRecorded
from contract.facts.sales import SaleResumed as SaleResumed
from contract.facts.sales import SaleShared as SaleShared
from contract.facts.sales import SaleVoided as SaleVoided
from contract.facts.sales import Share as Share
from contract.facts.sales import TaxScheme as TaxScheme
from contract.facts.sales import Tender as Tender
from contract.facts.sales import TenderKind as TenderKind
from contract.facts.shifts import CashBanked as CashBanked
from contract.facts.shifts import CashKind as CashKind
from contract.facts.shifts import CashMoved as CashMoved
from contract.facts.shifts import Coins as Coins
from contract.facts.shifts import ForeignCount as ForeignCount
from contract.facts.shifts import ShiftClosed as ShiftClosed
from contract.facts.shifts import ShiftOpened as ShiftOpened
from contract.facts.shifts import TaxSum as TaxSum
from contract.facts.shifts import TenderSum as TenderSum
from contract.facts.signals import InputChanged as InputChanged
from contract.facts.signals import OutputSet as OutputSet
from contract.facts.staff import DeviceNoted as DeviceNoted
from contract.facts.staff import LanguageChosen as LanguageChosen
from contract.facts.value import AskEnd as AskEnd
from contract.facts.value import Spot as Spot
from contract.facts.value import TradeIn as TradeIn
from contract.facts.value import TradeInOffered as TradeInOffered
from contract.facts.value import TradeInTaken as TradeInTaken
from contract.facts.value import ValueAsked as ValueAsked
from contract.facts.value import ValueAskEnded as ValueAskEnded
from contract.facts.value import ValueInquired as ValueInquired
from contract.facts.value import ValueKept as ValueKept
from contract.facts.value import ValueReleased as ValueReleased
from contract.facts.zones import ZonesCalibrated as ZonesCalibrated
from contract.facts.zones import ZoneWalked as ZoneWalked

AnyFact = (
    ClaimHeld
    | ClaimEnded
    | LeaseGranted
    | LeaseRefused
    | LeaseUnconvertible
    | CustodyReleased
    | CustodyReceived
    | RecallRefused
    | PieceSighted
    | TagBound
    | PieceLooked
    | TransferShipped
    | Rejoined
    | CommandHeard
    | SaleOpened
    | SaleLineAdded
    | SaleLineRemoved
    | SaleDiscounted
    | SaleExempted
    | SaleShared
    | SaleParked
    | SaleResumed
    | SaleVoided
    | SaleRecorded
    | ReturnRecorded
    | ReturnBegan
    | ReturnAbandoned
    | CardRefundRequested
    | CardRefundInDoubt
    | CardRefundDone
    | CardRefundFailed
    | PieceDisposed
    | TenderingBegan
    | TenderingEnded
    | PaymentRequested
    | PaymentInDoubt
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
    | PaymentVoided
    | PaymentRefunded
    | PaymentKept
    | ReceiptGiven
    | LanguageChosen
    | DeviceNoted
    | ValueKept
    | ValueAsked
    | ValueInquired
    | ValueAskEnded
    | ValueReleased
    | TradeInOffered
    | TradeInTaken
    | PurchaseRecorded
    | AppointmentPrepared
    | AppointmentWent
    | AppointmentClosed
    | OrderOpened
    | OrderMoved
    | OrderQuoted
    | OrderAnswered
    | OrderPromised
    | OrderHeld
    | OrderResumed
    | OrderSettled
    | OrderItemTaken
    | OrderItemChecked
    | OrderItemGiven
    | OrderPieceBound
    | OrderPaper
    | OrderHanded
    | OrderReceived
    | ClientTold
    | ClientConsented
    | ClientLooked
    | ShiftOpened
    | CashMoved
    | CashBanked
    | ShiftClosed
    | CommandRefused
    | CountStarted
    | CountProgress
    | CountFinished
    | CountApproved
    | CountAbandoned
    | CountMissed
    | CountSubmitted
    | CountRecounting
    | CountExplained
    | PiecePresence
    | ZoneVision
    | ZonesCalibrated
    | ReaderHealth
    | ReaderChanged
    | CoverageGap
    | AlarmRaised
    | AlarmClosed
    | AlarmBudgetSet
    | RestockBegan
    | RestockEnded
    | ExitSeen
    | InputChanged
    | OutputSet
)

FLOOR_FACTS: Final = (
    CountStarted,
    CountProgress,
    CountFinished,
    CountAbandoned,
    CountMissed,
    CountSubmitted,
    CountRecounting,
    CountExplained,
    PiecePresence,
    ZoneVision,
    ZonesCalibrated,
    ReaderHealth,
    ReaderChanged,
    CoverageGap,
    AlarmRaised,
    ExitSeen,
    InputChanged,
    OutputSet,
)


def stream_of(fact: AnyFact) -> Stream:
    """The log a fact belongs to."""
    return Stream.FLOOR if isinstance(fact, FLOOR_FACTS) else Stream.TRADE
