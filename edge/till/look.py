"""What scenes are made of: one look at the books and the pad, and what most acts ask of them.

Each function gives its scene with more in it. What only some acts ask is beside it: `ordering`, `appointing`, `owing`,
`returns`.
"""

from collections.abc import Callable, Mapping

import msgspec

from contract.feed import CommissionCard, LoyaltyCard, StoreCard
from contract.ids import PaymentId, PieceId, SaleId, StoreId, TillId
from edge.books import replica, seeking
from edge.books.db import Database
from edge.books.fold_sales import RECEIPTS, load_sale
from edge.books.fold_shifts import ZS, last_z_digest, load_movements, load_receipts
from edge.books.fold_value import load_asks, load_trade_ins
from edge.till import ordering
from edge.till.offers import cash_rules, offer, settings_here
from trade.card_refund import CardRefund
from trade.claim import Claim
from trade.guards import Guards
from trade.orders.order import Order
from trade.paying import busy_with
from trade.payment import Payment
from trade.piece import Standing
from trade.sale import Sale
from trade.scene import Scene
from trade.shift import Shift


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One act's look. `here`: this store as the office told it, or as the box calls it until then."""

    db: Database
    store: StoreId
    here: StoreCard | None
    feed_rev: int
    guards: Guards
    pad: frozenset[PieceId]
    today: str
    """The day of the calendar where the store is."""
    terminals: Mapping[TillId, str]
    read: Callable[[Order], Order]
    """An order with its words: they are compared with those of the act."""
    stand: Callable[[PieceId], Standing]
    stand_off_pad: Callable[[PieceId], Standing]
    """As if nothing lay on the pad: of pieces that are not the act's own."""

    def empty(self) -> Scene:
        return Scene(guards=self.guards, feed_rev=self.feed_rev, pad=self.pad, calendar_day=self.today)

    def standings(self, pieces: frozenset[PieceId] | tuple[PieceId, ...]) -> dict[PieceId, Standing]:
        return {each: self.stand(each) for each in pieces}


def with_sale(look: Look, scene: Scene, sale: SaleId) -> Scene:
    db = look.db
    claims = tuple(db.rows("claims_of", Claim, ref=sale))
    asks, known = load_asks(db, sale), load_sale(db, sale)
    orders = ordering.of_sale(db, known) if known is not None else {}
    slices = {**scene.slices, **ordering.slices_of(db, orders.values())}
    return msgspec.structs.replace(scene, sale=known, sale_claims=claims, asks=asks, orders=orders, slices=slices)


def with_till(look: Look, scene: Scene, till: TillId) -> Scene:
    db = look.db
    shift = db.one("shift_open", Shift, till=till)
    return msgspec.structs.replace(
        scene,
        shift=shift,
        open_sales=db.number("sales_open", till=till) + db.number("returns_begun_count", till=till),
        receipt_next=db.number("till_counter", till=till, series=RECEIPTS) + 1,
        z_next=db.number("till_counter", till=till, series=ZS) + 1,
    )


def counted(look: Look, scene: Scene) -> Scene:
    """With what the till's Z is to count."""
    shift = scene.shift
    if shift is None:
        return scene
    return msgspec.structs.replace(
        scene,
        tokens_sold=tuple(PieceId(piece) for piece in look.db.words("tokens_of_z", shift=shift.shift)),
        receipts=load_receipts(look.db, shift.shift),
        movements=load_movements(look.db, shift.shift),
        z_previous=last_z_digest(look.db, shift.till),
        cash=cash_rules(look.db, shift.currency),
        settings=settings_here(look.db),
    )


def priced(look: Look, scene: Scene) -> Scene:
    """With what the house asks today; the business day is that of the till's open shift."""
    sale = scene.sale
    if sale is None:
        return scene
    return msgspec.structs.replace(scene, offer=offer(look.db, sale))


def earning(look: Look, scene: Scene) -> Scene:
    """With who works here, and what they earn by selling."""
    here = replica.staff_of(look.db, look.store)
    return msgspec.structs.replace(scene, staff=here, commissions=tuple(replica.cards(look.db, CommissionCard)))


def paying(look: Look, scene: Scene, sale: Sale) -> Scene:
    """With what terminals took for this sale, and the one its till asks."""
    db, terminal, settings = look.db, look.terminals.get(sale.till, ""), settings_here(look.db)
    return msgspec.structs.replace(
        scene,
        terminal=terminal,
        terminal_busy=busy(db, terminal),
        payments=tuple(db.rows("payments_of", Payment, sale=sale.sale)),
        offline_card_minor_max=settings.offline_card_minor_max,
        settings=settings,
        cash=cash_rules(db, sale.currency),
        trade_ins=load_trade_ins(db, sale.sale),
    )


def with_payment(look: Look, scene: Scene, name: PaymentId) -> Scene:
    payment = look.db.one("payment", Payment, payment=name)
    if payment is None:
        return scene
    of_sale = tuple(look.db.rows("payments_of", Payment, sale=payment.sale))
    return msgspec.structs.replace(scene, sale=load_sale(look.db, payment.sale), payment=payment, payments=of_sale)


def printed(look: Look, scene: Scene) -> Scene:
    """With what its receipt says beside it."""
    rules = tuple(rule for card in replica.cards(look.db, LoyaltyCard) for rule in card.rules)
    settings, store = settings_here(look.db), look.here or scene.store
    found = msgspec.structs.replace(scene, settings=settings, store=store, earn_rules=rules)
    if scene.sale is None or scene.offer.cards:
        return found
    return msgspec.structs.replace(found, offer=offer(look.db, scene.sale))


def busy(db: Database, terminal: str) -> PaymentId | None:
    """What a terminal has not answered for yet: a payment, or money that goes back."""
    refunds = db.rows("card_refunds_at", CardRefund, terminal=terminal)
    return busy_with(tuple(db.rows("payments_at", Payment, terminal=terminal))) or next(
        (each.refund for each in refunds), None
    )


def whole_sets(db: Database, sale: Sale) -> frozenset[PieceId]:
    """The pieces of a cart, and all that are of their sets."""
    return frozenset(sale.pieces()).union(*(seeking.of_one_set(db, each) for each in sale.pieces()))
