"""The fold of clients' orders: each order is one row, made by the pure fold of `trade.orders`."""

from typing import Final

import msgspec

from contract.commands import KeepValue, TakeOrder
from contract.facts import (
    OrderHanded,
    OrderItem,
    OrderItemGiven,
    OrderItemTaken,
    OrderOpened,
    OrderReceived,
    TenderKind,
)
from contract.ids import ClientOrderId, PieceId
from edge.books import fold_things as things
from edge.books import fold_value as value
from edge.books.db import Database
from edge.books.rows import Body
from trade.orders.numbers import ordinal_of
from trade.orders.order import Kept, Order, OrderFact, apply, opened

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Order).decode


def load(db: Database, order: ClientOrderId) -> Order | None:
    return _one(db.one("client_order", Body, order=order))


def load_with(db: Database, thing: PieceId) -> Order | None:
    """The order that a piece of the house, or a client's thing, belongs to: an open one before those that ended."""
    return _one(db.one("client_order_with", Body, thing=thing))


def load_some(db: Database, statement: str, **asked: str | int) -> tuple[Order, ...]:
    """Of `client_orders_open`, `client_orders_ended` or `client_orders_of`."""
    return tuple(_decode(row.body) for row in db.rows(statement, Body, **asked))


def changed(db: Database, fact: OrderFact, at_us: int, by: str) -> None:
    if isinstance(fact, OrderOpened):
        order = load(db, fact.order) or opened(fact, at_us, by)
    else:
        known = load(db, fact.order)
        if known is None:
            return  # of an order this disk never had: the office has it whole
        order = apply(known, fact, at_us, by)
    _write(db, order)
    if isinstance(fact, OrderItemTaken):
        things.taken(db, fact.item, order)
    elif isinstance(fact, OrderItemGiven):
        things.given(db, fact.item)
    elif isinstance(fact, OrderHanded):
        for item in _left(order):
            things.given(db, item.item)
    elif isinstance(fact, OrderReceived):
        for item in _left(order):
            things.taken(db, item, order)


def taken_over(db: Database, command: TakeOrder) -> None:
    """Another store's order is decided here from now on; an older word about where it is changes nothing."""
    known = load(db, command.order)
    if known is not None and known.home >= command.home:
        return
    order = _decode(command.body)
    _write(db, order)
    for item in _left(order):
        things.taken(db, item, order)
    if command.amount_minor:
        told = KeepValue(
            account=command.account, kind=TenderKind.DEPOSIT, amount_minor=command.amount_minor,
            currency=order.currency, client=order.client, label=order.number,
        )  # fmt: skip
        value.kept(db, told)


def _left(order: Order) -> list[OrderItem]:
    """Things that are not with their owner again."""
    return [kept.item for kept in order.items if not kept.given_us]


def _own(order: Order, kept: Kept) -> int:
    if kept.given_us:
        return things.GIVEN
    if order.away:
        return things.AWAY
    return things.COMING if order.coming else things.HERE


def _write(db: Database, order: Order) -> None:
    db.run(
        "client_order_set",
        order=order.order,
        number=order.number,
        kind=order.kind,
        ordinal=ordinal_of(order.number),
        client=order.client,
        state=order.state,
        promised_day=order.promised_day,
        ended=int(order.ended or bool(order.away)),
        changed_us=order.changed_us,
        body=_encode(order),
    )
    for piece in order.pieces:
        db.run("client_order_thing_set", thing=piece, order=order.order, own=1)
    for kept in order.items:
        db.run("client_order_thing_set", thing=kept.item.item, order=order.order, own=_own(order, kept))


def _one(row: Body | None) -> Order | None:
    return None if row is None else _decode(row.body)
