"""What a finished count asks of people, and how sure it is once they have done it. Pure."""

from collections.abc import Iterable
from math import prod

from contract.facts import Verdict

Judged = tuple[str, float]
"""A verdict and P(the piece is there)."""


def to_look_for(verdicts: Iterable[Judged]) -> int:
    """How many pieces a person has to look for: not read, and not explained."""
    return sum(verdict in (Verdict.MISSING, Verdict.CHECK_BY_HAND) for verdict, _ in verdicts)


def p_complete_by_hand(verdicts: Iterable[Judged]) -> float | None:
    """P(complete) given that a hand finds what it is asked to look for: only the pieces called missing are left.

    None when nothing is to be checked by hand.
    """
    judged = list(verdicts)
    if not any(verdict == Verdict.CHECK_BY_HAND for verdict, _ in judged):
        return None
    return prod(1 - p_present for verdict, p_present in judged if verdict == Verdict.MISSING)
