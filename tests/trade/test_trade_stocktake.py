"""What a finished count asks of people."""

import pytest

from contract.facts import Verdict
from trade.stocktake import p_complete_by_hand, to_look_for

HAND, GONE, ELSEWHERE, AWAY = (
    (Verdict.CHECK_BY_HAND, 0.9975),
    (Verdict.MISSING, 0.0004),
    (Verdict.MISPLACED, 1.0),
    (Verdict.EXPLAINED, 0.0),
)


def test_a_piece_to_be_found_by_hand_makes_the_count_sure_once_it_is_found():
    """803 of 804 read, and the last one is surely there: by the radio alone the count is 0.25 % certain."""
    assert p_complete_by_hand([HAND, ELSEWHERE]) == 1.0
    assert p_complete_by_hand([HAND, HAND, GONE]) == pytest.approx(0.9996)
    assert p_complete_by_hand([GONE, AWAY]) is None


def test_what_is_explained_or_lies_elsewhere_is_not_looked_for():
    assert to_look_for([HAND, GONE, ELSEWHERE, AWAY]) == 2
    assert to_look_for([(str(Verdict.MISSING), 0.1)]) == 1
    assert to_look_for([]) == 0
