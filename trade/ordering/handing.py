"""An order that moves to another store: given up here in one entry with its money and the pieces it keeps, like a piece
that is shipped; received there when the client's things lie on the counter.
"""

from typing import Final

from contract.facts import (
    AnyFact,
    CustodyReleased,
    OrderHanded,
    OrderKind,
    OrderReceived,
    ReleaseWhy,
    ThingTag,
    TransferShipped,
    ValueReleased,
)
from contract.ids import PieceId, TransferId
from trade.acts import HandOrder, ReceiveOrder
from trade.custody import TokenState
from trade.ordering.keeping import held_for
from trade.orders.homes import gone, not_here
from trade.orders.order import Order
from trade.orders.tables import OrderState
from trade.orders.words import no_order, state
from trade.piece import Standing
from trade.refusal import Refusal, Why
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
NO_TRANSFER: Final = TransferId("")


def hand(scene: Scene, act: HandOrder) -> Answer:
    """Given up here, with all that is read here of it. Refused for what cannot travel: a thing that is elsewhere, money
    that a cart has set aside, pieces that are with the client.
    """
    order = scene.order
    if order is None:
        return no_order(act.order)
    if order.away == act.to:
        return ()
    refusal = not_here(order) or _stays(scene, order, act)
    if refusal is not None:
        return refusal
    kept = [scene.piece(each) for each in order.pieces if held_for(order, scene.piece(each)) is not None]
    things = [scene.piece(each.item.item) for each in order.items if not each.given_us]
    for each in (*kept, *things):
        refusal = _cannot_travel(each)
        if refusal is not None:
            return refusal
    released = [
        CustodyReleased(
            piece=each.piece, ce=each.token.ce, why=ReleaseWhy.SHIPPED, to=act.to, transfer=act.transfer
        )
        for each in kept
        if each.token is not None
    ]  # fmt: skip
    shipped: tuple[AnyFact, ...] = ()
    if kept:
        pieces = tuple(each.piece for each in kept)
        shipped = (TransferShipped(transfer=act.transfer, to=act.to, pieces=pieces), *released)
    handed = OrderHanded(
        order=act.order, home=order.home, to=act.to, transfer=act.transfer if kept else NO_TRANSFER,
        tags=tuple(_tag(each) for each in things if each.card is not None and each.card.epc), why=act.why.strip(),
    )  # fmt: skip
    return (*shipped, *_money(scene), handed)


def _stays(scene: Scene, order: Order, act: HandOrder) -> Refusal | None:
    there = scene.other
    if order.ended:
        return Refusal(Why.WRONG_STATE, f"{order.number} is over ({state(order)}): nothing of it moves any more")
    if there is None or there.store == scene.store.store:
        return Refusal(Why.NOT_FOUND, f"The house has no other store {act.to}: choose one from the list")
    if there.currency != order.currency:
        why = f"{order.number} is in {order.currency}, and {there.name} sells in {there.currency}: it stays here"
        return Refusal(Why.WRONG_CURRENCY, why)
    if not there.takes_orders:
        why = f"The box of {there.name} is of an older version and cannot take {order.number} over"
        return Refusal(Why.WRONG_STATE, f"{why}: have it updated, or choose another store")
    if order.state is OrderState.AT_TRADE_SHOP:
        return Refusal(Why.WRONG_STATE, f"{order.number} is with {order.party}: take it back from there first")
    if order.kind is OrderKind.MEMO and any(held_for(order, scene.piece(each)) for each in order.out):
        return Refusal(Why.WRONG_STATE, f"Pieces of {order.number} are with the client: take them back first")
    if any(ask.live for ask in scene.account_asks):
        return Refusal(Why.VALUE_LIVE, f"A cart has set the deposit of {order.number} aside: take that off first")
    return None


def _cannot_travel(piece: Standing) -> Refusal | None:
    token = piece.token
    if token is None or token.state is not TokenState.HERE:
        return Refusal(Why.NOT_OURS, f"{piece.name} is not here: it is received first, then it travels", piece.piece)
    tagged = piece.card is not None and bool(piece.card.epc)
    if tagged and not (piece.on_pad or piece.seen or piece.verified):
        return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here today: lay it on the pad", piece.piece)
    return None


def _tag(thing: Standing) -> ThingTag:
    assert thing.card is not None
    return ThingTag(item=PieceId(thing.piece), epc=thing.card.epc, tid=thing.card.tid)


def _money(scene: Scene) -> tuple[AnyFact, ...]:
    """What this store may spend of its account is the office's, which gives it to the new home."""
    part = scene.slice
    if part is None or not part.held_minor:
        return ()
    return (ValueReleased(account=part.account, amount_minor=part.held_minor, currency=part.currency),)


def receive(scene: Scene, act: ReceiveOrder) -> Answer:
    """The client's things lie here. What wears a tag is read first."""
    order = scene.order
    if order is None:
        return no_order(act.order)
    refusal = gone(order)
    if refusal is not None or not order.coming:
        return refusal or ()
    for each in order.items:
        piece = scene.piece(each.item.item)
        tagged = piece.card is not None and bool(piece.card.epc)
        if tagged and not each.given_us and not (piece.on_pad or piece.seen or piece.verified):
            return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here: lay it on the pad", piece.piece)
    return (OrderReceived(order=act.order, home=order.home),)
