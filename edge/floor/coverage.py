"""When each reader read and when it did not: a gap in coverage is itself a fact, said once, when it ends.

A gap begins when the reader was last heard, not when that was noticed, and ends when it reads again. What the books
say of a reader that was dark, or of a box that was not there, is an open gap too: it ends with the first reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.facts import CoverageGap, ReaderLink
from contract.ids import ReaderId
from edge.readers.health import Health

SHORTEST_US: Final = 1_000_000
"""Shorter than a round, which is not witnessed then: counted (`gaps_short_total`), not told."""
BOX_AWAY: Final = "this box was not running, or had not joined the store"


@dataclass(frozen=True, slots=True)
class Dark:
    """Not reading since then, UTC µs, and why. `heard_us`: the same by our monotonic clock, where it was running."""

    since_us: int
    why: str
    heard_us: int | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A stretch of reading as it was last seen: where it began and when the reader was heard, monotonic µs."""

    began_us: int
    heard_us: int


class Coverage:
    """Looked at once a tick. `dark`: the gaps that the books leave open; `since_us`: since when we look, monotonic."""

    def __init__(self, dark: Mapping[ReaderId, Dark], wall_us: Callable[[], int], since_us: int) -> None:
        self.gaps_short_total = 0
        self._dark = dict(dark)
        self._wall_us = wall_us
        self._since_us = since_us
        self._reading: dict[ReaderId, _Reading] = {}

    def look(self, reader: ReaderId, state: Health, now_us: int) -> CoverageGap | None:
        """The gap that has just ended, if one has."""
        before = self._reading.get(reader)
        utc_ahead_us = self._wall_us() - now_us
        if before is not None and (state.link is not ReaderLink.READING or state.alive_since_us != before.began_us):
            why = state.why or "the connection was made anew"
            self._dark[reader] = Dark(before.heard_us + utc_ahead_us, why, before.heard_us)
            del self._reading[reader]
        if state.link is not ReaderLink.READING:
            return None
        self._reading[reader] = _Reading(state.alive_since_us, state.last_heard_us)
        dark = self._dark.pop(reader, None)
        if dark is None:
            return None
        read_us = max(state.alive_since_us, self._since_us)
        until_us = read_us + utc_ahead_us
        # the box's calendar may have been set meanwhile: how long it was is not its to say
        from_us = dark.since_us if dark.heard_us is None else until_us - (read_us - dark.heard_us)
        if until_us - from_us < SHORTEST_US:
            self.gaps_short_total += 1
            return None
        return CoverageGap(reader=reader, from_us=from_us, until_us=until_us, why=dark.why)

    def dark_since_us(self, reader: ReaderId) -> int:
        """UTC µs; 0 while it reads, and for one that never has."""
        dark = self._dark.get(reader)
        return dark.since_us if dark is not None else 0
