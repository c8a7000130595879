"""Deliveries that are being put away: begun by a person, ended by a person or by their time, and counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from contract.facts import RestockBegan, RestockEnded
from contract.ids import ZoneId
from edge.books.rows import RestockRow
from edge.reconcile.detectors import Suspicion
from edge.reconcile.detectors.restock import Restock

MINUTES_MAX: Final = 240
"""Nobody puts one delivery away for longer; ask again."""
OPEN_MAX: Final = 8
MINUTE_US: Final = 60_000_000


class RestockRefusedError(Exception):
    """A delivery cannot begin or end so; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RestockNow:
    """One that is under way, for pages. Times are UTC µs."""

    restock: str
    zones: tuple[ZoneId, ...]
    until_us: int
    muted: int


class Missed(NamedTuple):
    """A piece that the books call missing: since when, and when an alarm last named it (UTC µs; 0: none)."""

    row: int
    zone: int
    since_us: int
    said_us: int


@dataclass(slots=True)
class _Open:
    restock: str
    zones: tuple[ZoneId, ...]
    until_us: int
    until_mono_us: int
    """A wall clock that is set back mutes nothing for longer."""
    rule: Restock


class Deliveries:
    """`zones`: the store's zones by index."""

    def __init__(self, zones: Mapping[ZoneId, int]) -> None:
        self.muted_total = 0
        self._zones = zones
        self._open: dict[str, _Open] = {}

    def load(self, rows: list[RestockRow], wall_us: int, mono_us: int, missed: Sequence[Missed] = ()) -> None:
        """Begin from what the books say; what was muted before the restart is not counted twice.

        `missed` without an alarm of its own since a delivery began, and in its zones, was muted by it.
        """
        self._open.clear()
        for row in rows:
            zones = tuple(msgspec.json.decode(row.zones, type=list[ZoneId]))
            self.began(RestockBegan(row.restock, zones, row.until_us), wall_us, mono_us)
            rule = self._open[row.restock].rule
            since = [one for one in missed if one.since_us >= row.began_us and one.said_us < row.began_us]
            rule.departed.update((one.row, one.zone) for one in since if not rule.zones or one.zone in rule.zones)

    def is_open(self, restock: str) -> bool:
        """Whether it is under way."""
        return restock in self._open

    def begin(self, restock: str, zones: tuple[ZoneId, ...], minutes: int, wall_us: int) -> RestockBegan:
        """The fact; call `began` once it is written. Raises `RestockRefusedError`."""
        unknown = [zone for zone in zones if zone not in self._zones]
        if unknown:
            raise RestockRefusedError(f"this store has no zone {unknown[0]}; name its own, or none for all of them")
        if not 1 <= minutes <= MINUTES_MAX:
            raise RestockRefusedError(f"a delivery mutes for 1 to {MINUTES_MAX} minutes, not {minutes}")
        if len(self._open) >= OPEN_MAX:
            raise RestockRefusedError(f"{OPEN_MAX} deliveries are under way; end one that has been put away")
        return RestockBegan(restock=restock, zones=zones, until_us=wall_us + minutes * MINUTE_US)

    def began(self, fact: RestockBegan, wall_us: int, mono_us: int) -> None:
        """It is in the books."""
        rule = Restock(frozenset(self._zones[zone] for zone in fact.zones if zone in self._zones))
        left_us = min(fact.until_us - wall_us, MINUTES_MAX * MINUTE_US)
        self._open[fact.restock] = _Open(fact.restock, fact.zones, fact.until_us, mono_us + left_us, rule)

    def end(self, restock: str, why: str) -> RestockEnded:
        """The fact; call `ended` once it is written. Raises `RestockRefusedError`."""
        one = self._open.get(restock)
        if one is None:
            raise RestockRefusedError("this delivery has ended already")
        return RestockEnded(restock=restock, muted=one.rule.muted, why=why)

    def ended(self, restock: str, missing: Callable[[], set[int]]) -> Suspicion | None:
        """It is in the books: what it did not bring back. `missing`: rows that presence still calls so."""
        one = self._open.pop(restock, None)
        return None if one is None else one.rule.over(missing())

    def due(self, wall_us: int, mono_us: int) -> Iterator[str]:
        """Those whose time is over, by either clock."""
        yield from [
            one.restock for one in self._open.values() if wall_us >= one.until_us or mono_us >= one.until_mono_us
        ]

    def mutes(self, suspicion: Suspicion) -> bool:
        """Whether a delivery explains it."""
        muted = any(one.rule.mutes(suspicion) for one in self._open.values())
        self.muted_total += int(muted)
        return muted

    @property
    def now(self) -> tuple[RestockNow, ...]:
        return tuple(RestockNow(one.restock, one.zones, one.until_us, one.rule.muted) for one in self._open.values())
