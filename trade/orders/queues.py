"""What is to be done about orders today: which of them wait for whom. Derived from days and states, never stored."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from contract.facts import OrderKind
from trade.orders.order import Order
from trade.orders.tables import OrderState

S = OrderState


class Queue(StrEnum):
    TODAY = "today"
    """Due today, or from tomorrow."""
    OVERDUE = "overdue"
    CLIENT = "client"
    """The client has to say something, or to pay."""
    READY = "ready"
    """Here for the client to collect."""
    HELD = "held"


QUEUES: Final[Mapping[Queue, str]] = {
    Queue.OVERDUE: "Overdue",
    Queue.TODAY: "Due now",
    Queue.CLIENT: "Waiting for the client",
    Queue.READY: "Ready",
    Queue.HELD: "Resting",
}
FOR_THE_CLIENT: Final = frozenset({S.QUOTED, S.READY, S.NOTIFIED, S.RECEIVED, S.PAID_UP, S.DECLINED})
HERE_TO_COLLECT: Final = frozenset({S.READY, S.NOTIFIED, S.RECEIVED, S.PAID_UP, S.DECLINED})


class Due(NamedTuple):
    """The next day something is due; `amount_minor` where it is money."""

    day: str
    amount_minor: int = 0


NOTHING_DUE: Final = Due("")


def due(order: Order, paid_minor: int) -> Due:
    """Of a layaway the next instalment; else the day that was promised, until the promise is kept."""
    if order.ended or order.state in HERE_TO_COLLECT:
        return NOTHING_DUE
    if order.kind is OrderKind.LAYAWAY:
        first = next(iter(order.due(paid_minor)), None)
        return NOTHING_DUE if first is None else Due(first.due_day, first.amount_minor)
    return Due(order.promised_day)


def of(order: Order, paid_minor: int, today: str, tomorrow: str) -> frozenset[Queue]:
    """The queues it stands in; none of what is over."""
    if order.ended:
        return frozenset()
    found = set()
    day = due(order, paid_minor).day
    if day and day < today:
        found.add(Queue.OVERDUE)
    elif day and day <= tomorrow:
        found.add(Queue.TODAY)
    if order.state in FOR_THE_CLIENT:
        found.add(Queue.CLIENT)
    if order.state in HERE_TO_COLLECT:
        found.add(Queue.READY)
    if order.held:
        found.add(Queue.HELD)
    return frozenset(found)
