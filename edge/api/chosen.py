"""What people chose for their pages at this box, until the feed says it back: the office keeps it, and may be away."""

import msgspec

from contract.feed import StaffCard
from contract.ids import UserId


class Chosen:
    """Languages chosen at this box, one for each person at most. A card that changed since was told of it."""

    def __init__(self) -> None:
        self._by: dict[UserId, tuple[StaffCard, str]] = {}

    def keep(self, card: StaffCard, language: str) -> None:
        self._by[card.user] = (card, language)

    def card(self, card: StaffCard | None) -> StaffCard | None:
        """As it will be once the office has heard."""
        if card is None or card.user not in self._by:
            return card
        before, language = self._by[card.user]
        if card != before:
            del self._by[card.user]
            return card
        return msgspec.structs.replace(card, language=language)
