"""What a store is told of clients whose data it may hold."""

from contract.feed.body import FeedBody
from contract.ids import PersonId


class ForgetCard(FeedBody, frozen=True, tag="forget"):
    """This person was erased: destroy what is kept of them, and keep nothing that comes later. Never taken back."""

    person: PersonId
