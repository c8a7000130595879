"""Counts of safe and shelves: an expected list, witnessed rounds, and a verdict for every piece with its probability.

A count hears one combined round a second from all its fixed readers, and takes as found what handhelds read meanwhile.
It ends when everything expected is found, missing, explained or to be checked by hand; a silent reader makes it wait,
and then say so, never guess.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from contract.facts import (
    AnyFact,
    CountAbandoned,
    CountPlace,
    CountProgress,
    CountStarted,
)
from contract.ids import CountId, ZoneId
from edge.books.rows import CountRow, zones_of
from edge.config import EdgeConfig, ZoneKind
from edge.counts.report import CountNow, Report, Running
from edge.floor.pipeline import Pipeline
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.reconcile.counts import Count
from edge.reconcile.expected import expect
from trade.stocktake import CountState

GAIN_MIN: Final = 0.02
"""Expected finds below which another round is not worth its second (inference §2.3: careful)."""
ROUNDS_MAX: Final = 60
"""Rounds for the pieces that are hard to read; after a minute a hand is quicker than the radio."""
PATIENCE_US: Final = 60_000_000
"""How long a count waits for a reader that gives no rounds."""
COUNTS_SHOWN_MAX: Final = 50
KINDS: Final = {
    CountPlace.SAFE: frozenset({ZoneKind.SAFE}),
    CountPlace.SHELF: frozenset({ZoneKind.CASE, ZoneKind.SHELF}),
}


class CountRefusedError(Exception):
    """This count cannot be begun; the message says why and what to do."""


class CountImpossibleError(CountRefusedError):
    """Nor will it be possible later: this store has no such place, or nobody reads there."""


class Counting:
    """Owned by the house thread. `now` is swapped whole, for anybody to read."""

    def __init__(self, config: EdgeConfig, stock: Stock, pipeline: Pipeline) -> None:
        self.config = config
        self.stock = stock
        self.pipeline = pipeline
        self.now: Mapping[CountId, CountNow] = {}
        self.report = Report(config, stock, pipeline)
        self._running: dict[CountId, Running] = {}
        pipeline.detectors.append(self.hear)

    def load(self, rows: list[CountRow], now_us: int) -> None:
        """Counts that were running when the box stopped begin their rounds again."""
        self._running.clear()
        for row in rows:
            if row.state is CountState.COUNTING:
                try:
                    self._begin(row.count, row.place, zones_of(row), now_us)
                except CountRefusedError:
                    continue  # its zones or readers are gone from the configuration: a person abandons it

    def start(self, count: CountId, place: CountPlace, zones: tuple[ZoneId, ...], now_us: int) -> tuple[AnyFact, ...]:
        """Facts that begin a count; nothing when it runs already. Raises `CountRefusedError`.

        zones: empty for every zone of that place.
        """
        if count in self._running:
            return ()
        running = self._begin(count, place, zones, now_us)
        names = tuple(self.config.zones[zone].id for zone in running.zones)
        return (CountStarted(count=count, place=place, zones=names, expected=len(running.rows)),)

    def abandon(self, count: CountId, reason: str) -> tuple[AnyFact, ...]:
        """Raises `CountRefusedError` when it does not run."""
        if count not in self._running:
            raise CountRefusedError(f"Count {count} is not running")
        del self._running[count]
        return (CountAbandoned(count=count, reason=reason),)

    def forget(self, count: CountId) -> None:
        """The books did not take its beginning."""
        self._running.pop(count, None)

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline: this tick's witnessed rounds, and what handhelds read."""
        swept = [one for one in heard if one.reader not in self.stock.zones.fixed]
        facts: list[AnyFact] = []
        for running in list(self._running.values()):
            for found in swept:
                if found.arrived_us >= running.began_us:
                    running.model.find(found.row, found.zone)
            for one in rounds:
                # What was read before somebody said "count" may have left since.
                if one.reader in running.readers and one.began_us >= running.began_us:
                    if one.reader in running.buffer:
                        facts += self._round(running, now_us)
                    running.buffer[one.reader] = one
            reading = {r for r in running.readers if self.pipeline.health[r].witnesses}
            if running.buffer and reading <= running.buffer.keys():
                facts += self._round(running, now_us)
            if running.count in self._running and now_us - running.heard_us > PATIENCE_US:
                silent = ", ".join(sorted(running.readers - reading)) or "its readers"
                facts += self._finish(running, f"no rounds for a minute: {silent} not reading", now_us)
        return facts

    # --- steps ------------------------------------------------------------------------------------------------

    def _begin(self, count: CountId, place: CountPlace, zones: tuple[ZoneId, ...], now_us: int) -> Running:
        chosen = self._zones(place, zones)
        for other in self._running.values():
            if set(other.zones) & set(chosen):
                raise CountRefusedError(f"Count {other.count} is under way there; wait for it or abandon it")
        watched = {
            reader: set(self.stock.zones.zones_of(reader).tolist()) & set(chosen) for reader in self.stock.zones.fixed
        }
        readers = frozenset(reader for reader, seen in watched.items() if seen)
        unwatched = set(chosen) - set().union(*watched.values())
        if unwatched:
            name = self.config.zones[min(unwatched)].name
            raise CountImpossibleError(f"No reader watches {name}; count it by hand")
        size = len(self.stock)
        home, expected = self.stock.home[:size], self.stock.expected[:size]
        rows = np.flatnonzero(expected & np.isin(home, chosen)).astype(np.int32)
        tagged = np.array([bool(self.stock.catalogue.epc_of(row)) for row in rows.tolist()], np.bool_)
        self.pipeline.evidence.grow(size)
        listed = expect(self.pipeline.evidence, rows[tagged], home[rows[tagged]], now_us)
        running = Running(
            count=count,
            place=place,
            zones=chosen,
            rows=rows,
            tagged=tagged,
            model=Count(listed, len(self.config.zones), rounds_max=ROUNDS_MAX),
            readers=readers,
            witnessed=np.zeros(len(self.config.zones), np.bool_),
            began_us=now_us,
            heard_us=now_us,
        )
        self._running[count] = running
        self._show()
        return running

    def _zones(self, place: CountPlace, asked: tuple[ZoneId, ...]) -> tuple[int, ...]:
        fitting = [i for i, zone in enumerate(self.config.zones) if zone.kind in KINDS[place]]
        for zone in asked:
            if zone not in self.stock.zones.index:
                raise CountImpossibleError(f"There is no zone {zone}")
            if self.stock.zones.index[zone] not in fitting:
                raise CountImpossibleError(f"Zone {zone} does not belong to the {place}")
        chosen = [i for i in fitting if not asked or self.config.zones[i].id in asked]
        if not chosen:
            raise CountImpossibleError(f"This store has no {place} to count")
        return tuple(chosen)

    def _round(self, running: Running, now_us: int) -> list[AnyFact]:
        rounds = list(running.buffer.values())
        running.buffer.clear()
        running.heard_us = now_us
        witnessed = np.zeros(len(self.config.zones), np.bool_)
        for one in rounds:
            witnessed[one.zones] = True
        running.witnessed |= witnessed
        rows = np.concatenate([one.row for one in rounds])
        zones = np.concatenate([one.zone for one in rounds])
        inside = np.isin(zones, running.zones)
        said = running.model.hear(rows[inside], zones[inside], witnessed)
        self._show()
        facts: list[AnyFact] = [
            CountProgress(
                count=running.count,
                round=said.round,
                found=said.found,
                expected=len(running.rows),
                p_complete=round(said.p_complete, 6),
                unread_expected=round(said.unread_expected, 4),
            )
        ]
        stop = running.model.why_stop(GAIN_MIN)
        return facts if stop is None else facts + self._finish(running, str(stop), now_us)

    def _finish(self, running: Running, why: str, now_us: int) -> list[AnyFact]:
        self._show()
        del self._running[running.count]
        return [self.report.finished(running, why, now_us)]

    def _show(self) -> None:
        """Swap what pages see of running counts; finished ones keep their last picture until the box restarts."""
        shown = dict(self.now)
        for running in self._running.values():
            listed = running.model.expected
            read = running.model.p_present() >= 1.0
            found = np.bincount(listed.home[read], minlength=len(self.config.zones))
            asked = np.bincount(self.stock.home[running.rows], minlength=len(self.config.zones))
            tallies = tuple((self.config.zones[z].id, int(asked[z]), int(found[z])) for z in running.zones)
            shown[running.count] = CountNow(running.count, running.model.round, tallies)
        while len(shown) > COUNTS_SHOWN_MAX:
            shown.pop(next(iter(shown)))
        self.now = shown
