"""What an associate earns by selling."""

from contract.feed.body import FeedBody
from contract.feed.people import Role
from contract.ids import UserId


class CommissionCard(FeedBody, frozen=True, tag="commission"):
    """A rate of a role, or of one person (`user`), whose own wins. It holds from `from_day`, a business day, until a
    newer one of the same role or person; a rate of nothing ends it. Basis points of what is sold, less tax.
    """

    commission: str
    rate_bp: int
    from_day: str
    role: Role | None = None
    user: UserId = UserId("")
