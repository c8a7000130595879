"""A refusal that waits for somebody else's word."""

from contract.feed import StaffCard
from web.problems import ProblemError
from web.words import _


class ApprovalNeededError(ProblemError):
    """Refused until somebody who may has looked at these words. `asked` names the act, `people` are who could."""

    notice = "edge/_approval.html"

    def __init__(self, asked: str, words: str, people: tuple[StaffCard, ...], *, trouble: str = "") -> None:
        super().__init__(403, "needs-approval", _("Somebody else must approve this"), words)
        self.asked = asked
        self.people = people
        self.trouble = trouble
