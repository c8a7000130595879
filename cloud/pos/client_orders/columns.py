"""The list of clients' orders: what may be sorted, looked through, and taken out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.db import Tx
from cloud.listing import Names, listed_many, of_stores
from cloud.pos.client_orders import queries
from cloud.pos.client_orders.queries import OPEN_MAX, OrderRow
from cloud.remarks import Remarks
from cloud.tables import client_order
from trade.orders.queues import QUEUES
from web.tables import Asked, Choice, Column, Listed, Money, arrange
from web.words import later

OVER: Final = "over"
"""The queue of those that ended: of years, where the open ones are as many as a house can work on."""


@dataclass(frozen=True, slots=True)
class Named:
    """`client` empty: erased."""

    row: OrderRow
    client: str


@dataclass(frozen=True, slots=True)
class Asks:
    """`names` of the stores that may be seen; `clients` names people by their ids."""

    tx: Tx
    words: Remarks = field(repr=False)
    names: Names
    clients: Callable[[Iterable[str]], dict[str, str]]
    now_us: int

    def named(self, rows: Sequence[OrderRow]) -> list[Named]:
        called = self.clients({row.client for row in rows})
        return [Named(row, called.get(row.client, "")) for row in rows]


def of_orders(asks: Asks, what: Asked, *, store: str, queue: str) -> Listed[Named]:
    """Open ones, what is due first; those that ended, newest first; or what a number, a client or a piece names."""
    columns: tuple[Column[Named], ...] = (
        Column("order", later("Order"), lambda one: one.row.number),
        Column("kind", later("Kind"), lambda one: one.row.kind, shown=False),
        Column("store", later("Store"), lambda one: asks.names.get(one.row.store, one.row.store)),
        Column("what", later("What"), lambda one: one.row.title, sorts=queue != OVER),
        Column("client", later("Client"), lambda one: one.client, sorts=queue != OVER),
        Column("state", later("State"), lambda one: one.row.state),
        Column("due", later("Due"), lambda one: one.row.due_day or None, sorts=queue != OVER),
        Column(
            "paid", later("Paid"), lambda one: Money(one.row.paid_minor, one.row.currency), number=True,
            sorts=queue != OVER,
        ),
        Column("total", later("Total"), lambda one: Money(one.row.total_minor, one.row.currency), shown=False),
        Column("currency", later("Currency"), lambda one: one.row.currency, shown=False),
    )  # fmt: skip
    which = (
        ("", later("All open")),
        *((str(each), later(words)) for each, words in QUEUES.items()),
        (OVER, later("Over")),
    )
    choices = (*of_stores(asks.names), Choice("queue", later("Which"), which))
    tx, words, now_us = asks.tx, asks.words, asks.now_us
    if what.q.strip():
        found = queries.find(tx, words, what.q, now_us=now_us, mine=asks.names)
        return arrange(columns, asks.named(found), what, choices, sought=True)
    if queue != OVER:
        rows = queries.listing(
            tx, words, now_us=now_us, mine=asks.names, store_=store, queue=queue, limit=OPEN_MAX
        )  # fmt: skip
        return arrange(columns, asks.named(rows), what, choices)
    of = client_order.c
    return listed_many(
        tx, queries.ended_query([store] if store else asks.names), columns, what,
        lambda found: asks.named(queries.told(tx, words, found, now_us)),
        by={"order": of.number, "store": of.store, "state": of.state}, first=(of.changed_us.desc(), of.order_id),
        seeks=True, choices=choices,
    )  # fmt: skip
