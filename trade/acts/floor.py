"""Acts that answer for what the floor found."""

from contract.ids import AlarmId, CountId
from trade.acts.act import Act


class ApproveCount(Act, frozen=True, tag="count.approve"):
    """A person answers for a finished count; its figures go from the books into the trade log."""

    count: CountId
    business_day: str


class CloseAlarm(Act, frozen=True, tag="alarm.close"):
    alarm: AlarmId
    outcome: str
    note: str = ""
