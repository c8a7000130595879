"""The fold of clients' orders: each order is one row, made by the pure fold of `trade.orders`."""

from typing import Final

import msgspec

from contract.facts import OrderItemGiven, OrderItemTaken, OrderOpened
from contract.ids import ClientOrderId, PieceId
from edge.books import fold_things as things
from edge.books.db import Database
from edge.books.rows import Body
from trade.orders.numbers import ordinal_of
from trade.orders.order import Order, OrderFact, apply, opened

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Order).decode


def load(db: Database, order: ClientOrderId) -> Order | None:
    return _one(db.one("client_order", Body, order=order))


def load_number(db: Database, number: str) -> Order | None:
    return _one(db.one("client_order_of_number", Body, number=number))


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
    db.run(
        "client_order_set",
        order=order.order,
        number=order.number,
        kind=order.kind,
        ordinal=ordinal_of(order.number),
        client=order.client,
        state=order.state,
        promised_day=order.promised_day,
        ended=int(order.ended),
        changed_us=order.changed_us,
        body=_encode(order),
    )
    for piece in order.pieces:
        db.run("client_order_thing_set", thing=piece, order=order.order, own=1)
    for kept in order.items:
        own = things.GIVEN if kept.given_us else things.HERE
        db.run("client_order_thing_set", thing=kept.item.item, order=order.order, own=own)
    if isinstance(fact, OrderItemTaken):
        things.taken(db, fact.item, order)
    elif isinstance(fact, OrderItemGiven):
        things.given(db, fact.item)


def _one(row: Body | None) -> Order | None:
    return None if row is None else _decode(row.body)
