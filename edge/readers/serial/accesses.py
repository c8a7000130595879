"""What is wanted of tags before a serial module, one after the other. No input or output."""

from collections import deque
from collections.abc import Callable
from typing import Final

from edge.readers.access import Access
from edge.readers.base import ReaderError, UnreachableError
from edge.readers.health import Health

ACCESSES_PENDING_MAX: Final = 64

Told = Callable[[bytes | ReaderError], None]
"""Gets what was read (nothing, for a write or a lock), or what went wrong. Called once."""


class Accesses:
    """Those that wait, in order, and the one under way."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._waiting: deque[tuple[Access, Told]] = deque()
        self._under_way: tuple[Access, Told] | None = None

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def under_way(self) -> Access | None:
        return self._under_way[0] if self._under_way is not None else None

    def want(self, access: Access, told: Told, *, works: bool) -> None:
        """`works`: the module is known and set; else nothing is taken for later, when nobody expects it any more."""
        if not works:
            told(UnreachableError(f"reader {self._health.reader} is not reading; try again when it is"))
        elif len(self._waiting) >= ACCESSES_PENDING_MAX:
            self._health.accesses_refused_total += 1
            told(UnreachableError(f"{ACCESSES_PENDING_MAX} accesses wait at reader {self._health.reader}; try later"))
        else:
            self._waiting.append((access, told))

    def give_up(self, told: Told) -> None:
        """Nobody waits for it any more: it is not begun. One under way ends as it would have."""
        self._waiting = deque(each for each in self._waiting if each[1] is not told)

    def begin(self) -> None:
        """The module is paused: the next is under way, if one still waits."""
        if self._waiting:
            self._under_way = self._waiting.popleft()
            self._health.accesses_total += 1

    def end(self, outcome: bytes | ReaderError) -> None:
        """Tell whoever wanted the one under way what became of it."""
        if self._under_way is not None:
            told, self._under_way = self._under_way[1], None
            self._health.accesses_failed_total += isinstance(outcome, ReaderError)
            told(outcome)

    def abandon(self, why: str) -> None:
        """The module went away: nobody waits for it in vain."""
        self.end(UnreachableError(f"the reader went away, and perhaps it was done: read the tag ({why})"))
        waiting, self._waiting = self._waiting, deque()
        for _, told in waiting:
            told(UnreachableError(f"the reader went away: {why}"))
