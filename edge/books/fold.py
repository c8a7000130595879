"""The fold: what each fact does to the state rows. The one function used live, in replay and in rejoin.

Facts are true: applying never refuses, and takes a fact whose beginnings it has not seen.
"""

from typing import assert_never

import msgspec

from contract.facts import (
    AlarmBudgetSet,
    AlarmClosed,
    AlarmRaised,
    AnyFact,
    AppointmentClosed,
    AppointmentPrepared,
    AppointmentWent,
    CardRefundDone,
    CardRefundFailed,
    CardRefundInDoubt,
    CardRefundRequested,
    CashBanked,
    CashMoved,
    ClaimEnded,
    ClaimHeld,
    ClientConsented,
    ClientLooked,
    ClientTold,
    CommandHeard,
    CommandRefused,
    CountAbandoned,
    CountApproved,
    CountExplained,
    CountFinished,
    CountMissed,
    CountProgress,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CoverageGap,
    CustodyReceived,
    CustodyReleased,
    DeviceNoted,
    ExitSeen,
    LanguageChosen,
    LeaseGranted,
    LeaseRefused,
    LeaseUnconvertible,
    OrderAnswered,
    OrderHanded,
    OrderHeld,
    OrderItemChecked,
    OrderItemGiven,
    OrderItemTaken,
    OrderMoved,
    OrderOpened,
    OrderPaper,
    OrderPieceBound,
    OrderPromised,
    OrderQuoted,
    OrderReceived,
    OrderResumed,
    OrderSettled,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentInDoubt,
    PaymentKept,
    PaymentRefunded,
    PaymentRequested,
    PaymentVoided,
    PieceDisposed,
    PieceLooked,
    PiecePresence,
    PieceSighted,
    PurchaseRecorded,
    ReaderChanged,
    ReaderHealth,
    RecallRefused,
    ReceiptGiven,
    Rejoined,
    RestockBegan,
    RestockEnded,
    ReturnAbandoned,
    ReturnBegan,
    ReturnRecorded,
    SaleDiscounted,
    SaleExempted,
    SaleLineAdded,
    SaleLineRemoved,
    SaleOpened,
    SaleParked,
    SaleRecorded,
    SaleResumed,
    SaleShared,
    SaleVoided,
    ShiftClosed,
    ShiftOpened,
    TagBound,
    TenderingBegan,
    TenderingEnded,
    TradeInOffered,
    TradeInTaken,
    TransferShipped,
    ValueAsked,
    ValueAskEnded,
    ValueInquired,
    ValueKept,
    ValueReleased,
    ZonesCalibrated,
    ZoneVision,
)
from contract.facts.signals import InputChanged, OutputSet
from contract.ids import Epoch, UserId
from edge.books import fold_appointments as appointments
from edge.books import fold_custody as custody
from edge.books import fold_floor as floor
from edge.books import fold_orders as orders
from edge.books import fold_purchases as purchases
from edge.books import fold_receipts as receipts
from edge.books import fold_returns as returns
from edge.books import fold_sales as sales
from edge.books import fold_shifts as shifts
from edge.books import fold_tags as tags
from edge.books import fold_things as things
from edge.books import fold_value as value
from edge.books.db import Database
from trade.guards import ALL, Guards

STATE_TABLES = (
    "down_log", "custody", "claim", "lease_answer", "hold", "returned_line", "sighting", "shipped", "sale",
    "sale_line", "tender", "till_counter", "shift", "shift_receipt", "cash_move", "z", "presence", "zone_vision",
    "reader_health", "exit_seen", "alarm", "count", "count_verdict", "count_request", "tag_binding", "coverage_gap",
    "reader_change", "signal", "restock", "alarm_budget", "count_look", "count_missed", "zone_calibration",
    "payment", "return_part", "return_made", "card_refund", "piece_disposed", "receipt", "receipt_given",
    "value_slice", "value_ask", "trade_in", "client_order", "client_order_thing",
    "purchase",
    "appointment",
)  # fmt: skip
"""Tables that are nothing but the fold of the journal: they can be dropped and made again, row for row."""


class At(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the journal a fact stands."""

    epoch: Epoch
    seq: int
    at_us: int
    by: UserId


def apply(db: Database, fact: AnyFact, at: At, guards: Guards = ALL) -> None:  # noqa: PLR0915 — a table of facts
    """Changes the state rows as the fact says."""
    match fact:
        case ClaimHeld() | LeaseGranted():
            custody.claim_begun(db, fact, at.at_us)
        case ClaimEnded():
            custody.claim_ended(db, fact)
        case LeaseRefused():
            custody.lease_refused(db, fact)
        case CustodyReleased():
            custody.released(db, fact, guards)
        case CustodyReceived():
            custody.received(db, fact)
        case PieceSighted():
            custody.sighted(db, fact, at.at_us, guards)
        case TagBound():
            things.free_tag(db, fact.epc, fact.tid, fact.piece)
            tags.bound(db, fact, at.at_us)
        case TransferShipped():
            custody.shipped(db, fact, at.at_us)
        case Rejoined():
            custody.rejoined(db, fact, guards)
        case CommandHeard():
            custody.heard(db, fact, at.at_us)
        case (
            LeaseUnconvertible()
            | RecallRefused()
            | CommandRefused()
            | PieceLooked()
            | ClientTold()
            | ClientConsented()
            | ClientLooked()
        ):
            pass  # said to the cloud and to the auditor; nothing here changes
        case (
            SaleOpened()
            | SaleLineAdded()
            | SaleLineRemoved()
            | SaleDiscounted()
            | SaleExempted()
            | SaleShared()
            | SaleParked()
            | SaleResumed()
            | SaleVoided()
            | SaleRecorded()
            | TenderingBegan()
            | TenderingEnded()
        ):
            sales.sale_changed(db, fact, at.at_us, at.epoch, at.seq)
        case (
            PaymentRequested()
            | PaymentInDoubt()
            | PaymentCaptured()
            | PaymentFailed()
            | PaymentGivenUp()
            | PaymentVoided()
            | PaymentRefunded()
            | PaymentKept()
        ):
            sales.payment_changed(db, fact, at.at_us)
        case (
            ValueKept()
            | ValueAsked()
            | ValueInquired()
            | ValueAskEnded()
            | ValueReleased()
            | TradeInOffered()
            | TradeInTaken()
        ):
            value.changed(db, fact, at.at_us)
        case (
            OrderOpened()
            | OrderMoved()
            | OrderQuoted()
            | OrderAnswered()
            | OrderPromised()
            | OrderHeld()
            | OrderResumed()
            | OrderItemTaken()
            | OrderItemChecked()
            | OrderItemGiven()
            | OrderPieceBound()
            | OrderPaper()
            | OrderHanded()
            | OrderReceived()
        ):
            orders.changed(db, fact, at.at_us, at.by)
        case OrderSettled():
            orders.changed(db, fact, at.at_us, at.by)
            value.settled(db, fact)
        case AppointmentPrepared() | AppointmentWent() | AppointmentClosed():
            appointments.changed(db, fact, at.at_us)
        case ReturnRecorded():
            returns.return_recorded(db, fact, at.at_us, at.epoch, at.seq)
        case ReturnBegan():
            returns.return_began(db, fact, at.at_us)
        case ReturnAbandoned():
            returns.return_abandoned(db, fact)
        case CardRefundRequested() | CardRefundInDoubt() | CardRefundDone() | CardRefundFailed():
            returns.card_refund_changed(db, fact, at.at_us)
        case PieceDisposed():
            returns.disposed(db, fact, at.at_us)
        case PurchaseRecorded():
            purchases.recorded(db, fact, at.at_us)
        case ReceiptGiven():
            receipts.given(db, fact, at.at_us, at.by)
        case LanguageChosen():
            pass  # the office keeps it, and its feed tells every store
        case DeviceNoted():
            db.run_struct("device_noted", fact)
        case ShiftOpened():
            shifts.opened(db, fact, at.at_us)
        case CashMoved():
            shifts.cash_moved(db, fact, at.at_us, at.by)
        case CashBanked():
            shifts.cash_banked(db, fact, at.at_us, at.by)
        case ShiftClosed():
            shifts.closed(db, fact, at.at_us, at.epoch)
        case (
            PiecePresence()
            | ZoneVision()
            | ZonesCalibrated()
            | ReaderHealth()
            | ReaderChanged()
            | CoverageGap()
            | ExitSeen()
            | AlarmRaised()
            | AlarmClosed()
            | AlarmBudgetSet()
            | RestockBegan()
            | RestockEnded()
            | CountStarted()
            | CountProgress()
            | CountFinished()
            | CountApproved()
            | CountAbandoned()
            | CountMissed()
            | CountSubmitted()
            | CountRecounting()
            | CountExplained()
            | InputChanged()
            | OutputSet()
        ):
            floor.apply(db, fact, at.at_us, at.by)
        case _:
            assert_never(fact)
