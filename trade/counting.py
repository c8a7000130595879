"""Who answers for a count, and for which. Pure; what may happen to a count says `trade.stocktake`."""

from typing import Final

from contract.facts import AnyFact, CountApproved, Verdict
from contract.ids import UserId
from trade.acts import ApproveCount
from trade.refusal import Refusal, Why
from trade.scene import Scene
from trade.stocktake import STOCKTAKE, CountEvent, CountState, counted_it

STATE_WORDS: Final = {
    CountState.COUNTING: "still running",
    CountState.RECOUNTING: "being counted again",
    CountState.FINISHED: "finished",
    CountState.APPROVED: "approved already",
    CountState.ABANDONED: "abandoned",
}


def approve_count(scene: Scene, act: ApproveCount, by: UserId) -> tuple[AnyFact, ...] | Refusal:
    count = scene.count
    if count is None:
        return Refusal(Why.NOT_FOUND, f"There is no count {act.count}")
    if STOCKTAKE.after(count.state, CountEvent.APPROVE) is None:
        return Refusal(Why.WRONG_STATE, f"Count {act.count} is {STATE_WORDS[count.state]}: there is nothing to approve")
    if count.awaits_figures:
        return Refusal(Why.WRONG_STATE, "This count is blind: whoever counts submits what they found first")
    if scene.guards.second_person and counted_it(by, count.counted_by):
        return Refusal(
            Why.SAME_PERSON, "You counted this, or explained a piece of it: somebody else looks at it and approves it"
        )
    missing = tuple(v.piece for v in count.verdicts if v.verdict is Verdict.MISSING)
    return (
        CountApproved(
            count=act.count,
            place=count.place,
            business_day=act.business_day,
            expected=count.expected,
            found=count.found,
            missing=missing,
            p_complete=count.p_complete,
            verdicts=count.verdicts,
        ),
    )
