"""The scene of acts on clients' orders: the order itself, its pieces, its money, and what the house asks."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from contract.facts import ClaimKind, OrderKind
from contract.feed import CommissionCard, StoreCard
from contract.ids import AccountId, ClientOrderId, PieceId, StoreId
from edge.books import fold_orders, replica
from edge.books.db import Database
from edge.books.fold_value import load_live, load_slice
from edge.till.offers import offer_of, settings_here
from trade.acts import (
    AddOrder,
    BindOrderPiece,
    HandOrder,
    MoveOrder,
    OpenOrder,
    OrderAct,
    QuoteOrder,
    ReceiveOrder,
    TakeItem,
    TakeMemoBack,
    ThingAct,
)
from trade.claim import Claim
from trade.orders.numbers import order_of
from trade.orders.order import Order
from trade.piece import Standing
from trade.sale import Sale
from trade.scene import Scene
from trade.value import Slice

KEEPS: Final = frozenset({ClaimKind.LAYAWAY, ClaimKind.MEMO, ClaimKind.REPAIR})
"""Claims by which orders keep pieces."""
Stand = Callable[[PieceId], Standing]


def day_here(now_us: int, time_zone: str) -> str:
    """The day of the calendar where the store is."""
    return dt.datetime.fromtimestamp(now_us / 1e6, ZoneInfo(time_zone or "UTC")).date().isoformat()


def scene_of(db: Database, scene: Scene, act: OrderAct | ThingAct, stand: Stand, store: StoreId) -> Scene:
    """With all that a rule may ask about this order."""
    order = fold_orders.load(db, act.order)
    found = msgspec.structs.replace(scene, settings=settings_here(db))
    named: tuple[PieceId, ...] = ()
    match act:
        case OpenOrder(kind=kind, currency=currency, pieces=pieces):
            named = pieces
            staff, cards = replica.staff_of(db, store), tuple(replica.cards(db, CommissionCard))
            offer = offer_of(db, currency, scene.calendar_day, pieces)
            last = last_ordinal(db, kind)
            found = msgspec.structs.replace(found, order_last=last, offer=offer, staff=staff, commissions=cards)
        case QuoteOrder(lines=lines):
            named = tuple(line.piece for line in lines if line.piece is not None)
        case BindOrderPiece(piece=piece):
            named = (piece,)
        case TakeMemoBack(pieces=pieces):
            named = pieces
        case TakeItem(item=item):
            named = tuple(each for each in (item.item, item.sold_piece) if each)
        case MoveOrder() | HandOrder() | ReceiveOrder() if order is not None:
            named = tuple(kept.item.item for kept in order.items)
        case _:
            pass
    if isinstance(act, HandOrder):
        here = replica.store(db, store) or StoreCard(store=store, name="", currency="")
        found = msgspec.structs.replace(found, store=here, other=replica.store(db, act.to))
    return with_order(db, found, order, named, stand)


def picked_up(db: Database, scene: Scene, act: AddOrder, stand: Stand) -> Scene:
    """An order that goes into a cart. `scene` has the sale and the day's offer."""
    return with_order(db, scene, fold_orders.load(db, act.order), act.pieces, stand)


def with_order(db: Database, scene: Scene, order: Order | None, named: Iterable[PieceId], stand: Stand) -> Scene:
    pieces = {each: stand(each) for each in (*named, *(order.pieces if order is not None else ()))}
    found = msgspec.structs.replace(scene, order=order, pieces={**scene.pieces, **pieces})
    if order is None:
        return found
    account = order.account
    return msgspec.structs.replace(found, slice=load_slice(db, account), account_asks=load_live(db, account))


def of_sale(db: Database, sale: Sale, more: Iterable[AccountId] = ()) -> dict[ClientOrderId, Order]:
    """Orders that a cart collects, or pays on; `more`: accounts that an act is about to bring in."""
    accounts = (*(line.account for line in sale.lines if line.account), *more)
    names = {line.order for line in sale.lines if line.order} | {order_of(each) for each in accounts}
    found = (fold_orders.load(db, name) for name in sorted(names) if name)
    return {order.order: order for order in found if order is not None}


def slices_of(db: Database, orders: Iterable[Order]) -> dict[AccountId, Slice]:
    found = (load_slice(db, order.account) for order in orders)
    return {each.account: each for each in found if each is not None}


def of_claim(db: Database, claim: Claim | None) -> Order | None:
    """The order that keeps a piece by this claim."""
    if claim is None or claim.kind not in KEEPS:
        return None  # a cart, a lease or a tray: asked for each piece of every sale
    return fold_orders.load(db, ClientOrderId(claim.ref))


def last_ordinal(db: Database, kind: OrderKind) -> int:
    return db.number("client_order_last", kind=kind)
