"""What a count says at its end, in plain words and with both probabilities."""

import pytest

from contract.facts import CountVerdict, Verdict
from edge.api.views_floor import how_it_ended, p_complete_by_hand
from edge.floor.sentences import ago


def verdicts(*told):
    return tuple(
        CountVerdict(piece=f"p{n}", verdict=verdict, zone="safe", p_present=p) for n, (verdict, p) in enumerate(told)
    )


TWO = verdicts((Verdict.CHECK_BY_HAND, 0.99), (Verdict.CHECK_BY_HAND, 0.8))


def test_what_was_not_read_is_to_be_checked_by_hand_and_never_found():
    assert how_it_ended(789, 791, TWO) == "789 of 791 found; 2 not read in this count: check them by hand."
    assert how_it_ended(1077, 1077, ()) == "All 1,077 found."
    both = how_it_ended(9, 11, verdicts((Verdict.CHECK_BY_HAND, 0.9), (Verdict.MISSING, 0.001)))
    assert both == "9 of 11 found; 1 not read in this count: check it by hand; 1 missing."


def test_once_the_hand_has_found_them_only_the_missing_leave_a_doubt():
    assert p_complete_by_hand(()) is None
    assert p_complete_by_hand(TWO) == 1
    assert p_complete_by_hand((*TWO, *verdicts((Verdict.MISSING, 0.01), (Verdict.MISSING, 0.02)))) == pytest.approx(
        0.99 * 0.98
    )


def test_a_time_ago_is_told_as_people_do():
    assert [ago(s) for s in (0, 40, 119, 420, 10_800)] == ["0 s ago", "40 s ago", "119 s ago", "7 min ago", "3 h ago"]
