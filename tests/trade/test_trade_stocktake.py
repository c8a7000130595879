"""What a finished count asks of people."""

import msgspec
import pytest

from contract.facts import CountApproved, CountPlace, Verdict
from contract.ids import HOUSE, CountId, UserId
from trade.acts import ApproveCount
from trade.decide import decide
from trade.guards import ALL, Guards
from trade.permissions import EVERYTHING
from trade.refusal import Why
from trade.scene import CountTotals, Scene
from trade.stocktake import STOCKTAKE, CountState, counted_it, p_complete_by_hand, to_look_for

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


ANA, MAX, LEO = UserId("ana"), UserId("max"), UserId("leo")
APPROVE = ApproveCount(count=CountId("c1"), business_day="2026-01-02")


def the_scene(state: CountState = CountState.FINISHED, *, guards: Guards = ALL, **more: object) -> Scene:
    """A count that Ana began and Leo counted again in part."""
    totals = CountTotals(
        count=CountId("c1"), place=CountPlace.SAFE, state=state, counted_by=(ANA, LEO), expected=3, found=3, **more
    )
    return Scene(count=totals, guards=guards, allowed=EVERYTHING)


def answer_to(by: UserId, scene: Scene):
    return decide(scene, APPROVE, by=by, new_id=str)


def test_who_counted_does_not_approve_and_somebody_else_does():
    for counter in (ANA, LEO):
        refusal = answer_to(counter, the_scene())
        assert refusal.code is Why.SAME_PERSON
        assert "somebody else" in refusal.why
    (approved,) = answer_to(MAX, the_scene())
    assert isinstance(approved, CountApproved)


def test_control_without_the_second_person_guard_ana_approves_her_own_count():
    answer = answer_to(ANA, the_scene(guards=Guards(second_person=False)))
    assert isinstance(answer[0], CountApproved)


def test_a_count_that_the_clock_began_may_be_approved_by_anybody_who_may_approve():
    assert not counted_it(HOUSE, (HOUSE,))
    scene = msgspec.structs.replace(the_scene(), count=msgspec.structs.replace(the_scene().count, counted_by=()))
    assert isinstance(answer_to(ANA, scene)[0], CountApproved)


@pytest.mark.parametrize("state", [state for state in CountState if state is not CountState.FINISHED])
def test_only_a_finished_count_is_approved(state):
    assert answer_to(MAX, the_scene(state)).code is Why.WRONG_STATE


def test_a_blind_count_is_approved_only_after_its_figures_were_submitted():
    assert "submits" in answer_to(MAX, the_scene(awaits_figures=True)).why


def test_every_state_of_a_count_is_reached_and_can_end_and_nothing_happens_after_its_end():
    assert STOCKTAKE.reachable() == STOCKTAKE.can_end() == set(CountState)
    assert not [state for state, _ in STOCKTAKE.table if state in STOCKTAKE.ends]


def test_a_piece_whose_tag_is_another_pieces_too_has_to_be_looked_for_by_hand():
    assert to_look_for([(Verdict.DUPLICATE, 0.5), (Verdict.HARD_TO_READ, 1.0)]) == 1
