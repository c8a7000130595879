"""What the store shows: typed views for the JSON API and for the pages alike. Plain values, nothing to look up.

Money is minor units, weights milligrams, times µs since 1970 (UTC) unless a name says otherwise, ages seconds.
"""

from edge.api.shapes.alarms import AlarmView as AlarmView
from edge.api.shapes.counts import ClosingView as ClosingView
from edge.api.shapes.counts import CountTagView as CountTagView
from edge.api.shapes.counts import CountView as CountView
from edge.api.shapes.counts import LookView as LookView
from edge.api.shapes.counts import MissedView as MissedView
from edge.api.shapes.counts import NeedsView as NeedsView
from edge.api.shapes.counts import TotalView as TotalView
from edge.api.shapes.counts import VerdictView as VerdictView
from edge.api.shapes.counts import ZoneTallyView as ZoneTallyView
from edge.api.shapes.pieces import IncomingView as IncomingView
from edge.api.shapes.pieces import PieceStoryView as PieceStoryView
from edge.api.shapes.pieces import PieceView as PieceView
from edge.api.shapes.pieces import PresenceView as PresenceView
from edge.api.shapes.pieces import ScanView as ScanView
from edge.api.shapes.pieces import ShippedView as ShippedView
from edge.api.shapes.pieces import StayView as StayView
from edge.api.shapes.shifts import BankingView as BankingView
from edge.api.shapes.shifts import CoinsView as CoinsView
from edge.api.shapes.shifts import ForeignCashView as ForeignCashView
from edge.api.shapes.shifts import MovementView as MovementView
from edge.api.shapes.shifts import ReportView as ReportView
from edge.api.shapes.shifts import ShiftView as ShiftView
from edge.api.shapes.shifts import TaxSumView as TaxSumView
from edge.api.shapes.shifts import TenderSumView as TenderSumView
from edge.api.shapes.store import GapView as GapView
from edge.api.shapes.store import HealthView as HealthView
from edge.api.shapes.store import LoginView as LoginView
from edge.api.shapes.store import ReaderView as ReaderView
from edge.api.shapes.store import SignalView as SignalView
from edge.api.shapes.store import StoreView as StoreView
from edge.api.shapes.store import UplinkView as UplinkView
from edge.api.shapes.store import UserView as UserView
from edge.api.shapes.store import ZoneView as ZoneView
from edge.api.shapes.trade import ApprovalView as ApprovalView
from edge.api.shapes.trade import AskView as AskView
from edge.api.shapes.trade import ForeignView as ForeignView
from edge.api.shapes.trade import GiftCardView as GiftCardView
from edge.api.shapes.trade import GoodsView as GoodsView
from edge.api.shapes.trade import PadPieceView as PadPieceView
from edge.api.shapes.trade import PadView as PadView
from edge.api.shapes.trade import PaymentView as PaymentView
from edge.api.shapes.trade import SaleLineView as SaleLineView
from edge.api.shapes.trade import SaleView as SaleView
from edge.api.shapes.trade import ShareView as ShareView
from edge.api.shapes.trade import TenderView as TenderView
