"""How far an order is, for its client: the few steps of its kind, and which of them it is at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.facts import OrderKind
from trade.orders.tables import OrderState
from web.words import Words, later

S = OrderState
Way = tuple[tuple[Words, frozenset[OrderState]], ...]
_TAKEN_IN: Final = (later("Taken in"), frozenset({S.BOOKED_IN, S.ASSESSED}))
_QUOTED: Final = (later("Quote"), frozenset({S.QUOTED, S.APPROVED}))
_AT_WORK: Final = (later("At work"), frozenset({S.IN_PROGRESS, S.AT_TRADE_SHOP, S.QUALITY_CHECK}))
_READY: Final = (later("Ready"), frozenset({S.READY, S.NOTIFIED}))
_COLLECTED: Final = (later("Collected"), frozenset({S.COLLECTED}))
WAYS: Final[Mapping[OrderKind, Way]] = {
    OrderKind.REPAIR: (_TAKEN_IN, _QUOTED, _AT_WORK, _READY, _COLLECTED),
    OrderKind.ENGRAVING: (
        _TAKEN_IN, _QUOTED, (later("At work"), _AT_WORK[1] | {S.DESIGN_APPROVED}), _READY, _COLLECTED,
    ),
    OrderKind.CUSTOM: (
        (later("Design"), frozenset({S.REQUESTED, S.IN_DESIGN, S.DESIGN_APPROVED})), _QUOTED, _AT_WORK, _READY,
        _COLLECTED,
    ),
    OrderKind.SPECIAL: (
        (later("Asked for"), frozenset({S.REQUESTED, S.QUOTED})),
        (later("Ordered"), frozenset({S.DEPOSIT_TAKEN, S.ORDERED})),
        (later("Ready"), frozenset({S.RECEIVED, S.NOTIFIED})), _COLLECTED,
    ),
    OrderKind.LAYAWAY: (
        (later("Kept for you"), frozenset({S.QUOTED, S.ACTIVE})), (later("Paid"), frozenset({S.PAID_UP})), _COLLECTED,
    ),
}  # fmt: skip
"""Left out: a memo, which goes nowhere, and ends that are off the way, such as declined."""


@dataclass(frozen=True, slots=True)
class Step:
    name: Words
    done: bool
    here: bool


def steps(kind: OrderKind, state: OrderState) -> tuple[Step, ...]:
    """Empty where the order is on none of them."""
    way = WAYS.get(kind, ())
    at = next((number for number, (_, states) in enumerate(way) if state in states), None)
    return () if at is None else tuple(Step(name, n < at, n == at) for n, (name, _) in enumerate(way))
