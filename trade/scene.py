"""The scene of an act: just that part of the books and of the floor which the rules look at."""

from typing import Final

import msgspec

from contract.facts import CountPlace, CountVerdict, PurchaseRecorded, ReturnBegan, ReturnedLine, TradeInOffered
from contract.feed import (
    AppointmentCard,
    CommissionCard,
    EarnRule,
    GoodsCard,
    MetalPriceCard,
    RoleCard,
    SettingsCard,
    StaffCard,
    StoreCard,
)
from contract.ids import AccountId, ClientOrderId, CountId, LineId, PaymentId, PieceId, StoreId, UserId, ZoneId
from trade.appointment import Appointment
from trade.card_refund import CardRefund
from trade.cash import PLAIN, CashRules
from trade.claim import Claim
from trade.guards import ALL, Guards
from trade.orders.order import Order
from trade.payment import Payment
from trade.permissions import DEFAULTS, NOTHING, Allowed, Approved
from trade.piece import Standing
from trade.price import Offer
from trade.receipts import Handed
from trade.refund import Paid
from trade.sale import Sale
from trade.shift import Movement, Receipt, Shift
from trade.stocktake import CountState
from trade.value import Ask, Slice

NOWHERE: Final = ZoneId("")
"""The zone of a till without a pad."""


class CountTotals(msgspec.Struct, frozen=True, kw_only=True):
    """A count as the books have it."""

    count: CountId
    place: CountPlace
    state: CountState
    counted_by: tuple[UserId, ...] = ()
    """Who began it, had zones counted again, or submitted figures."""
    awaits_figures: bool = False
    """It is blind and nobody has submitted what they counted."""
    expected: int = 0
    found: int = 0
    p_complete: float = 0.0
    verdicts: tuple[CountVerdict, ...] = ()


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Loaded in the transaction that will write the answer. `shift` is the open shift of the till concerned."""

    pieces: dict[PieceId, Standing] = {}
    sale: Sale | None = None
    shift: Shift | None = None
    claim: Claim | None = None
    """The claim an act names."""
    sale_claims: tuple[Claim, ...] = ()
    """Live claims of the sale's cart."""
    pad: frozenset[PieceId] = frozenset()
    pad_zone: ZoneId = NOWHERE
    """The zone of this till's pad."""
    returned: frozenset[LineId] = frozenset()
    """Lines of the sale that came back already, whole."""
    back: tuple[ReturnedLine, ...] = ()
    """Parts of its lines that came back, or are coming back by another return that has begun."""
    paid: tuple[Paid, ...] = ()
    """How the sale was paid."""
    went: tuple[Paid, ...] = ()
    """What went back of it before."""
    returning: ReturnBegan | None = None
    """The return an act names, when it has begun and is not over."""
    return_known: bool = False
    """The return an act names was recorded before."""
    card_refund: CardRefund | None = None
    """The refund an act names."""
    card_refunds: tuple[CardRefund, ...] = ()
    """All refunds of the return that has begun."""
    exchange: "Scene | None" = None
    """Of an exchange: the scene of what comes back."""
    tokens_sold: tuple[PieceId, ...] = ()
    """Sold pieces whose tokens this till's Z hands to the cloud."""
    open_sales: int = 0
    shift_known: bool = False
    """The shift an act names was opened before."""
    receipts: tuple[Receipt, ...] = ()
    """What the till's Z is to count, by number."""
    movements: tuple[Movement, ...] = ()
    """Cash moved by hand in the till's shift."""
    move_known: bool = False
    """The movement an act names was made before."""
    settings: SettingsCard = SettingsCard(store=StoreId(""))
    store: StoreCard = StoreCard(store=StoreId(""), name="", currency="")
    """What receipts call this store."""
    other: StoreCard | None = None
    """Another store that an act names."""
    handed: Handed | None = None
    """The receipt an act names, and what was handed over of it."""
    shipment: frozenset[PieceId] = frozenset()
    """What left before under the transfer an act names."""
    receipt_next: int = 1
    z_next: int = 1
    z_previous: str = ""
    """The digest of the till's last Z."""
    feed_rev: int = 0
    offer: Offer = Offer(currency="")
    """What the house asks today for what is in the cart."""
    staff: dict[UserId, StaffCard] = {}
    """Who works at this store;"""
    commissions: tuple[CommissionCard, ...] = ()
    """and what they earn by selling."""
    terminal: str = ""
    """The card terminal connected to the till of the sale; empty: one that stands beside it and prints slips."""
    terminal_busy: PaymentId | None = None
    """The payment it has not answered for yet."""
    payment: Payment | None = None
    """The payment an act names."""
    payments: tuple[Payment, ...] = ()
    """All payments of the sale."""
    offline_card_minor_max: int = 0
    cash: CashRules = PLAIN
    """The smallest coin here, and what foreign cash is taken at."""
    slice: Slice | None = None
    """What this store may spend of the account an act names."""
    slices: dict[AccountId, Slice] = {}
    """What this store knows of the accounts that money goes back onto."""
    account_asks: tuple[Ask, ...] = ()
    """What any sale of this store has set aside of that account."""
    inquiry_known: bool = False
    """The inquiry an act names was made before."""
    ask: Ask | None = None
    """What an act names of what was set aside."""
    asks: tuple[Ask, ...] = ()
    """All that the sale has set aside."""
    trade_ins: tuple[TradeInOffered, ...] = ()
    """What was offered in payment of this sale."""
    purchase: PurchaseRecorded | None = None
    """That an act names, made before."""
    purchase_next: int = 1
    metal_prices: tuple[MetalPriceCard, ...] = ()
    """What the office says metals are worth."""
    labels_taken: frozenset[PieceId] = frozenset()
    """Of the things an act takes in: numbers under which others came in here."""
    earn_rules: tuple[EarnRule, ...] = ()
    """By which a sale earns points."""
    goods: GoodsCard | None = None
    """The measured good or service an act names."""
    appointment: Appointment | None = None
    """The appointment an act names, as the books have it;"""
    appointment_card: AppointmentCard | None = None
    """and as the office told it."""
    tray_claims: tuple[Claim, ...] = ()
    """Live claims of its tray."""
    order: Order | None = None
    """The client's order an act names."""
    orders: dict[ClientOrderId, Order] = {}
    """Orders whose lines, or whose deposits, are in the sale."""
    order_last: int = 0
    """The ordinal of the newest order of a kind."""
    calendar_day: str = ""
    """Of the calendar of the store: what is promised by a day is late after it."""
    count: CountTotals | None = None
    alarm_open: bool = False
    tag_holder: Standing | None = None
    """The piece that the tag of an act is bound to by now."""
    allowed: Allowed = NOTHING
    """What who acts may do here."""
    approved: Approved | None = None
    """Somebody else's word for this act."""
    roles: tuple[RoleCard, ...] = DEFAULTS
    guards: Guards = ALL

    def piece(self, piece: PieceId) -> Standing:
        return self.pieces.get(piece) or Standing(piece=piece)
