"""Open orders by how far they are: one column for each stage of a workshop, the soonest due on top. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cloud.pos.client_orders.queries import OrderRow
from trade.orders.tables import ENDS, OrderState
from web.words import Words, later

S = OrderState
CARDS_MAX: Final = 40
"""Of a column; the list has the rest."""
STAGES: Final[tuple[tuple[Words, frozenset[OrderState]], ...]] = (
    (later("Taken in"), frozenset({S.REQUESTED, S.BOOKED_IN, S.ASSESSED, S.IN_DESIGN, S.ACTIVE})),
    (later("The client decides"), frozenset({S.QUOTED})),
    (later("To begin"), frozenset({S.APPROVED, S.DESIGN_APPROVED, S.DEPOSIT_TAKEN})),
    (later("At work"), frozenset({S.IN_PROGRESS, S.AT_TRADE_SHOP, S.ORDERED, S.ISSUED, S.PART_RETURNED})),
    (later("To be checked"), frozenset({S.QUALITY_CHECK})),
    (later("To be collected"), frozenset({S.READY, S.NOTIFIED, S.RECEIVED, S.PAID_UP, S.DECLINED})),
)
assert {state for _, states in STAGES for state in states} == set(OrderState) - ENDS, "every open order has a column"


@dataclass(frozen=True, slots=True)
class Stage:
    """`rows` are as many as are shown of `total`."""

    name: Words
    rows: tuple[OrderRow, ...]
    total: int
    overdue: int


def stages(rows: Iterable[OrderRow]) -> list[Stage]:
    """The rows keep their order, which is that of the days they are due."""
    by: dict[Words, list[OrderRow]] = {name: [] for name, _ in STAGES}
    column = {state: name for name, states in STAGES for state in states}
    for row in rows:
        by[column[OrderState(row.state)]].append(row)
    return [
        Stage(name, tuple(each[:CARDS_MAX]), len(each), sum(row.overdue for row in each)) for name, each in by.items()
    ]
