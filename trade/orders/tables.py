"""The life of an order, a table for each kind. Overdue is derived from its days, never stored."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from contract.facts import OrderEvent, OrderKind
from trade.machine import Machine

E = OrderEvent


class OrderState(StrEnum):
    REQUESTED = "requested"
    BOOKED_IN = "booked_in"
    ASSESSED = "assessed"
    IN_DESIGN = "in_design"
    DESIGN_APPROVED = "design_approved"
    QUOTED = "quoted"
    APPROVED = "approved"
    DECLINED = "declined"
    """The client did not want it at that price: their thing goes back to them unmended."""
    ACTIVE = "active"
    PAID_UP = "paid_up"
    DEPOSIT_TAKEN = "deposit_taken"
    ORDERED = "ordered"
    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    AT_TRADE_SHOP = "at_trade_shop"
    QUALITY_CHECK = "quality_check"
    READY = "ready"
    NOTIFIED = "notified"
    ISSUED = "issued"
    PART_RETURNED = "part_returned"
    COLLECTED = "collected"
    GIVEN_BACK = "given_back"
    CLOSED = "closed"
    FORFEITED = "forfeited"
    CANCELLED = "cancelled"


S = OrderState
ENDS: Final = frozenset({S.COLLECTED, S.GIVEN_BACK, S.CLOSED, S.FORFEITED, S.CANCELLED})
Table = Mapping[tuple[OrderState, OrderEvent], OrderState]

_AT_THE_BENCH: Final[Table] = {
    (S.IN_PROGRESS, E.SEND_OUT): S.AT_TRADE_SHOP,
    (S.AT_TRADE_SHOP, E.TAKE_BACK): S.IN_PROGRESS,
    (S.IN_PROGRESS, E.CHECK): S.QUALITY_CHECK,
    (S.QUALITY_CHECK, E.REWORK): S.IN_PROGRESS,
    (S.QUALITY_CHECK, E.PASS): S.READY,
    (S.READY, E.REWORK): S.IN_PROGRESS,
    (S.READY, E.NOTIFY): S.NOTIFIED,
    (S.NOTIFIED, E.REWORK): S.IN_PROGRESS,
    (S.READY, E.COLLECT): S.COLLECTED,
    (S.NOTIFIED, E.COLLECT): S.COLLECTED,
}


def _each(states: tuple[OrderState, ...], event: OrderEvent, after: OrderState) -> Table:
    return {(state, event): after for state in states}


def _machine(kind: OrderKind, start: OrderState, table: Table) -> Machine[OrderState, OrderEvent]:
    ends = ENDS & set(table.values())
    return Machine[OrderState, OrderEvent](name=f"{kind} order", starts=frozenset({start}), ends=ends, table=table)


_WITH_THE_CLIENTS_THING: Final[Table] = {
    (S.BOOKED_IN, E.ASSESS): S.ASSESSED,
    **_each((S.BOOKED_IN, S.ASSESSED, S.QUOTED, S.APPROVED, S.DECLINED), E.QUOTE, S.QUOTED),
    (S.QUOTED, E.APPROVE): S.APPROVED,
    (S.QUOTED, E.DECLINE): S.DECLINED,
    (S.APPROVED, E.START): S.IN_PROGRESS,
    (S.IN_PROGRESS, E.QUOTE): S.QUOTED,
    **_AT_THE_BENCH,
    **_each((S.BOOKED_IN, S.ASSESSED, S.QUOTED, S.APPROVED), E.CANCEL, S.DECLINED),
    (S.DECLINED, E.GIVE_BACK): S.GIVEN_BACK,
}
"""What belongs to somebody can only end by going back to them: a cancelled repair is given back first."""

TABLES: Final[Mapping[OrderKind, Machine[OrderState, OrderEvent]]] = {
    OrderKind.LAYAWAY: _machine(
        OrderKind.LAYAWAY,
        S.QUOTED,
        {
            (S.QUOTED, E.QUOTE): S.QUOTED,
            (S.QUOTED, E.RESERVE): S.ACTIVE,
            (S.ACTIVE, E.PAY_UP): S.PAID_UP,
            (S.ACTIVE, E.COLLECT): S.COLLECTED,
            (S.PAID_UP, E.COLLECT): S.COLLECTED,
            (S.ACTIVE, E.FORFEIT): S.FORFEITED,
            **_each((S.QUOTED, S.ACTIVE, S.PAID_UP), E.CANCEL, S.CANCELLED),
        },
    ),
    OrderKind.SPECIAL: _machine(
        OrderKind.SPECIAL,
        S.REQUESTED,
        {
            **_each((S.REQUESTED, S.QUOTED), E.QUOTE, S.QUOTED),
            (S.QUOTED, E.DEPOSIT): S.DEPOSIT_TAKEN,
            **_each((S.QUOTED, S.DEPOSIT_TAKEN), E.ORDER, S.ORDERED),
            (S.ORDERED, E.RECEIVE): S.RECEIVED,
            (S.RECEIVED, E.NOTIFY): S.NOTIFIED,
            **_each((S.RECEIVED, S.NOTIFIED), E.COLLECT, S.COLLECTED),
            **_each((S.REQUESTED, S.QUOTED, S.DEPOSIT_TAKEN, S.ORDERED, S.RECEIVED, S.NOTIFIED), E.CANCEL, S.CANCELLED),
        },
    ),
    OrderKind.REPAIR: _machine(OrderKind.REPAIR, S.BOOKED_IN, _WITH_THE_CLIENTS_THING),
    OrderKind.ENGRAVING: _machine(
        OrderKind.ENGRAVING,
        S.BOOKED_IN,
        {
            **_WITH_THE_CLIENTS_THING,
            (S.APPROVED, E.APPROVE_DESIGN): S.DESIGN_APPROVED,
            (S.DESIGN_APPROVED, E.START): S.IN_PROGRESS,
            (S.DESIGN_APPROVED, E.CANCEL): S.DECLINED,
        },
    ),
    OrderKind.CUSTOM: _machine(
        OrderKind.CUSTOM,
        S.REQUESTED,
        {
            (S.REQUESTED, E.DESIGN): S.IN_DESIGN,
            **_each((S.REQUESTED, S.IN_DESIGN, S.QUOTED, S.APPROVED, S.DESIGN_APPROVED), E.QUOTE, S.QUOTED),
            (S.QUOTED, E.APPROVE): S.APPROVED,
            (S.QUOTED, E.DECLINE): S.IN_DESIGN,
            (S.APPROVED, E.APPROVE_DESIGN): S.DESIGN_APPROVED,
            (S.DESIGN_APPROVED, E.START): S.IN_PROGRESS,
            (S.IN_PROGRESS, E.QUOTE): S.QUOTED,
            **_AT_THE_BENCH,
            **_each(
                (
                    S.REQUESTED,
                    S.IN_DESIGN,
                    S.QUOTED,
                    S.APPROVED,
                    S.DESIGN_APPROVED,
                    S.IN_PROGRESS,
                    S.READY,
                    S.NOTIFIED,
                ),
                E.CANCEL,
                S.CANCELLED,
            ),
        },
    ),
    OrderKind.MEMO: _machine(
        OrderKind.MEMO,
        S.REQUESTED,
        {
            (S.REQUESTED, E.ISSUE): S.ISSUED,
            **_each((S.ISSUED, S.PART_RETURNED), E.RETURN_PART, S.PART_RETURNED),
            **_each((S.ISSUED, S.PART_RETURNED), E.CLOSE, S.CLOSED),
            (S.REQUESTED, E.CANCEL): S.CANCELLED,
        },
    ),
}
