"""What may happen to a count, what a finished one asks of people, and who may answer for it. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from math import prod
from typing import Final

from contract.facts import CountTotal, Verdict
from contract.ids import HOUSE, UserId
from trade.machine import Machine

Judged = tuple[str, float]
"""A verdict and P(the piece is there)."""
FOUND: Final = frozenset({Verdict.FOUND, Verdict.MISPLACED, Verdict.HARD_TO_READ})
"""Verdicts on an expected piece that was read."""
TO_LOOK_FOR: Final = frozenset({Verdict.MISSING, Verdict.CHECK_BY_HAND, Verdict.DUPLICATE})


class CountState(StrEnum):
    COUNTING = "counting"
    FINISHED = "finished"
    """To be reviewed: somebody approves it, has zones counted again, or abandons it."""
    RECOUNTING = "recounting"
    APPROVED = "approved"
    ABANDONED = "abandoned"


class CountEvent(StrEnum):
    FINISH = "all is judged"
    RECOUNT = "recount zones"
    APPROVE = "approve"
    EXPLAIN = "explain"
    """A person answers for a piece that was not read."""
    ABANDON = "abandon"


STOCKTAKE: Final = Machine(
    name="count",
    starts=frozenset({CountState.COUNTING}),
    ends=frozenset({CountState.APPROVED, CountState.ABANDONED}),
    table={
        (CountState.COUNTING, CountEvent.FINISH): CountState.FINISHED,
        (CountState.COUNTING, CountEvent.ABANDON): CountState.ABANDONED,
        (CountState.FINISHED, CountEvent.APPROVE): CountState.APPROVED,
        (CountState.FINISHED, CountEvent.RECOUNT): CountState.RECOUNTING,
        (CountState.FINISHED, CountEvent.EXPLAIN): CountState.FINISHED,
        (CountState.FINISHED, CountEvent.ABANDON): CountState.ABANDONED,
        (CountState.RECOUNTING, CountEvent.FINISH): CountState.FINISHED,
        (CountState.RECOUNTING, CountEvent.ABANDON): CountState.ABANDONED,
    },
)
RUNNING: Final = frozenset({CountState.COUNTING, CountState.RECOUNTING})


def counted_it(by: UserId, counted_by: Iterable[UserId]) -> bool:
    """Whether this person took part in the count. The house itself is nobody: it counts by the clock."""
    return by != HOUSE and by in set(counted_by)


def to_look_for(verdicts: Iterable[Judged]) -> int:
    """How many pieces a person has to look for: not read for certain, and not explained."""
    return sum(verdict in TO_LOOK_FOR for verdict, _ in verdicts)


def with_total(totals: Iterable[CountTotal], total: CountTotal) -> tuple[CountTotal, ...]:
    """Totals after that of one tray became another."""
    tray = (total.zone, total.tray)
    return tuple(total if (each.zone, each.tray) == tray else each for each in totals)


def found_of(totals: Iterable[CountTotal]) -> dict[str, int]:
    """How much was found in all trays together, by the names that figures of a whole count have."""
    trays = list(totals)
    return {
        "found": sum(each.found for each in trays),
        "value_minor": sum(each.found_minor for each in trays),
        "weight_mg": sum(each.found_mg for each in trays),
    }


def p_complete_by_hand(verdicts: Iterable[Judged]) -> float | None:
    """P(complete) given that a hand finds what it is asked to look for: only the pieces called missing are left.

    None when nothing is to be checked by hand.
    """
    judged = list(verdicts)
    if not any(verdict in (Verdict.CHECK_BY_HAND, Verdict.DUPLICATE) for verdict, _ in judged):
        return None
    return prod(1 - p_present for verdict, p_present in judged if verdict == Verdict.MISSING)
