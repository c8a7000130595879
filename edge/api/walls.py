"""What walls show just now, by number, so that a page is sent what changed since and no more (`wall/shown.py`)."""

from dataclasses import dataclass, field
from typing import Final

from contract.ids import UserId

SHOWN_MAX: Final = 64
"""Above it the oldest is forgotten, and the page that shows it is sent the whole."""


@dataclass(slots=True)
class Walls:
    """Owned by the loop thread."""

    _shown: dict[int, tuple[UserId, object]] = field(default_factory=dict)
    _newest: int = 0

    def keep(self, shown: object, who: UserId, now_us: int) -> int:
        """Its number, made of the time (UTC µs): a page of before the box was started again has no number of now."""
        self._newest = max(self._newest + 1, now_us)
        self._shown[self._newest] = (who, shown)
        while len(self._shown) > SHOWN_MAX:
            del self._shown[next(iter(self._shown))]
        return self._newest

    def of(self, number: int, who: UserId) -> object | None:
        """What this person's page shows, where that is still known."""
        user, found = self._shown.get(number, (who, None))
        return found if user == who else None
