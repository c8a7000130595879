"""Who looks after which alarm. Said, not kept: the outcome is what the journal remembers (ADR 36).

Every wall of the store shows it and falls silent for that alarm. It is forgotten when the box is started again, and the
alarm sounds again: nobody is then known to look after it.
"""

from dataclasses import dataclass, field
from typing import Final

from contract.ids import AlarmId, UserId

HEEDED_MAX: Final = 1_000
"""Above it the oldest word is forgotten."""


@dataclass(frozen=True, slots=True)
class Heed:
    by: UserId
    since_us: int


@dataclass(slots=True)
class Heeding:
    """Owned by the loop thread."""

    _heeds: dict[AlarmId, Heed] = field(default_factory=dict)

    def take(self, alarm: AlarmId, by: UserId, now_us: int) -> None:
        """Whoever came first keeps it: two people at two walls do not take it from each other."""
        self._heeds.setdefault(alarm, Heed(by, now_us))
        while len(self._heeds) > HEEDED_MAX:
            del self._heeds[next(iter(self._heeds))]

    def of(self, alarm: str) -> Heed | None:
        return self._heeds.get(AlarmId(alarm))

    def over(self, alarm: AlarmId) -> None:
        """It is closed."""
        self._heeds.pop(alarm, None)
