"""What stores said of their clients' orders: each is one row, made by the pure fold of `trade.orders`."""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import client_order, client_order_thing, order_page
from cloud.work import Heard
from contract.facts import (
    Fact,
    OrderAnswered,
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
    OrderResumed,
    OrderSettled,
)
from contract.order_page import page_key
from trade.orders.order import Order, OrderFact, apply, opened

ELSEWHERE: Final = "order of another store"
"""A kind of case."""
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
decode: Final = msgspec.json.Decoder(Order).decode


def heard_of(tokens: Custody, heard: Heard, fact: OrderFact) -> None:
    """The order after the fact. What is said of one that nobody opened is history only; so is what another store than
    its home says, and a person looks at that.
    """
    tx = tokens.work.tx
    known = sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == fact.order)
    found = tx.row(known.with_for_update())
    if found is not None and found["store"] != heard.store:
        sentence = f"{heard.store} speaks of order {fact.order}, which {found['store']} keeps: ask both what they did"
        tokens.work.open_case(ELSEWHERE, sentence, store=heard.store, ref=fact.order)
        return
    if isinstance(fact, OrderOpened):
        if found is not None:
            return
        order = opened(fact, heard.at_us, heard.by)
    elif found is None:
        return
    else:
        order = apply(decode(bytes(found["body"])), fact, heard.at_us, heard.by)
    row = {
        "store": heard.store, "number": order.number, "kind": order.kind, "client": order.client, "state": order.state,
        "promised_day": order.promised_day, "ended": int(order.ended), "opened_us": order.opened_us,
        "changed_us": order.changed_us, "body": _encode(order),
    }  # fmt: skip
    if found is None:
        tx.add(client_order, {"order_id": order.order, **row})
        if key := page_key(order.order):
            tx.add_new(order_page, {"code": key, "order_id": order.order})
    else:
        tx.run(sa.update(client_order).where(client_order.c.order_id == order.order).values(**row))
    for thing in (*order.pieces, *(kept.item.item for kept in order.items)):
        tx.add_new(client_order_thing, {"thing": thing, "order_id": order.order})


APPLY: Final[dict[type[Fact], Applier]] = dict.fromkeys(
    (
        OrderOpened,
        OrderMoved,
        OrderQuoted,
        OrderAnswered,
        OrderPromised,
        OrderHeld,
        OrderResumed,
        OrderSettled,
        OrderItemTaken,
        OrderItemChecked,
        OrderItemGiven,
        OrderPieceBound,
        OrderPaper,
    ),
    heard_of,
)
