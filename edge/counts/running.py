"""A count while it runs, and what pages see of it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import CountPlace, CountTotal, CountVerdict
from contract.ids import CountId, ReaderId, ZoneId
from edge.books.db import Database
from edge.books.rows import CountRow, totals_of, zones_of
from edge.floor.rounds import Round
from edge.floor.strangers import Strangers
from edge.readers.base import Look
from edge.reconcile.counts.count import Count

ALL_BUT: Final = 0.05
"""Less doubt than a tenth of a piece is not told as a figure."""


@dataclass(frozen=True, slots=True)
class ZoneNeeds:
    """`expected` pieces belong there. Of the `unread` ones `hoped` are believed there (the sum of their P), and `gone`
    would be called missing if it ended now. `untagged`: only a hand can count them. `rounds` that could speak of it.
    """

    zone: ZoneId
    expected: int
    unread: int
    hoped: float
    gone: int
    untagged: int
    rounds: int

    @property
    def open(self) -> int:
        """Unread pieces about which silence has not decided yet."""
        return self.unread - self.gone

    def sentence(self) -> str:
        """`3 of 40 unread: 1 as good as missing, about 1.6 still there`."""
        if self.unread and not self.rounds:
            return f"{self.unread} of {self.expected} unread; no round has seen this place yet"
        said = []
        if self.unread:
            gone = f"{self.gone} as good as missing" if self.gone else ""
            said.append(f"{self.unread} of {self.expected} unread: " + ", ".join(filter(None, (gone, self._hope()))))
        if self.untagged:
            said.append(f"{self.untagged} without a tag, to be counted by hand")
        return "; ".join(said) or "all read"

    def _hope(self) -> str:
        if not self.open:
            return ""
        if self.hoped >= self.open - ALL_BUT:
            return "probably all still there" if self.open == self.unread else "the others probably still there"
        return f"about {self.hoped:.1f} still there".replace(".0 ", " ")


@dataclass(frozen=True, slots=True)
class CountNow:
    """A count as pages see it while it runs; `zones` are (zone, expected, found)."""

    count: CountId
    round: int
    zones: tuple[tuple[ZoneId, int, int], ...]
    found: int = 0
    expected: int = 0
    p_complete: float = 0.0
    unread_expected: float = 0.0
    elapsed_s: float = 0.0
    left_s: float = 0.0
    """Expected seconds until it ends."""
    slower: str = ""
    """Why it takes longer than it should, in one sentence; empty while it does not."""
    needs: tuple[ZoneNeeds, ...] = ()
    """What it still needs, zone by zone."""
    look: str = ""
    """How its readers read at this moment, in words; empty where they only ever read as always."""


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier looks of this count said: a recount changes only what it looks at."""

    number: int = 0
    zones: tuple[ZoneId, ...] = ()
    verdicts: tuple[CountVerdict, ...] = ()
    totals: tuple[CountTotal, ...] = ()


def before(row: CountRow, db: Database) -> Before:
    """What the looks of a count have said so far."""
    verdicts = tuple(db.rows("verdicts", CountVerdict, count=row.count))
    return Before(number=row.number, zones=zones_of(row), verdicts=verdicts, totals=totals_of(row))


@dataclass(slots=True)
class Running:
    count: CountId
    place: CountPlace
    zones: tuple[int, ...]
    rows: NDArray[np.int32]
    """Every row expected at the start, tagged or not; the tagged ones are the count's."""
    home: NDArray[np.int32]
    """Beside `rows`: where each belonged at the start."""
    tagged: NDArray[np.bool_]
    model: Count
    readers: frozenset[ReaderId]
    witnessed: NDArray[np.int32]
    """By zone: rounds of this count that could speak about it."""
    reads: NDArray[np.int32]
    """By tagged row: rounds that read it, anywhere."""
    strangers: Strangers
    round_s: float
    """Seconds a round should take,"""
    expected_s: float
    """and the whole count, by the model."""
    began_us: int
    heard_us: int
    before: Before = field(default_factory=Before)
    buffer: dict[ReaderId, Round] = field(default_factory=dict)
    looks: dict[ReaderId, Look] = field(default_factory=dict)
    """By reader: how it looked in its last round."""
    joined: dict[int, int] = field(default_factory=dict)
    """Rows that came to belong here after the start, and when that was first noticed (UTC µs)."""
