"""Counts of safe and shelves: an expected list, witnessed rounds, and a verdict for every piece with its probability.

A count hears one combined round a second from all its readers. It ends when everything expected is found, missing,
explained or to be checked by hand; a silent reader makes it wait, and then say so, never guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import (
    AnyFact,
    CountAbandoned,
    CountFinished,
    CountPlace,
    CountProgress,
    CountStarted,
    CountVerdict,
    ReaderLink,
    Verdict,
)
from contract.ids import CountId, PieceId, ReaderId, ZoneId
from edge.books.rows import CountRow, CountState, zones_of
from edge.config import EdgeConfig, ZoneKind
from edge.floor.pipeline import Pipeline
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE
from edge.reconcile.counts import Count, expect
from trade.custody import TokenState

GAIN_MIN: Final = 0.1
"""Expected finds below which another round is not worth its second (inference §2.3: normal care)."""
PATIENCE_US: Final = 60_000_000
"""How long a count waits for a reader that gives no rounds."""
COUNTS_SHOWN_MAX: Final = 50
FOUND: Final = (Verdict.FOUND, Verdict.MISPLACED)
KINDS: Final = {
    CountPlace.SAFE: frozenset({ZoneKind.SAFE}),
    CountPlace.SHELF: frozenset({ZoneKind.CASE, ZoneKind.SHELF}),
}


class CountRefusedError(Exception):
    """This count cannot be begun; the message says why and what to do."""


class CountImpossibleError(CountRefusedError):
    """Nor will it be possible later: this store has no such place, or nobody reads there."""


@dataclass(frozen=True, slots=True)
class CountNow:
    """A count as pages see it while it runs; `zones` are (zone, expected, found)."""

    count: CountId
    round: int
    zones: tuple[tuple[ZoneId, int, int], ...]


@dataclass(slots=True)
class _Running:
    count: CountId
    place: CountPlace
    zones: tuple[int, ...]
    rows: NDArray[np.int32]
    """Every row expected at the start, tagged or not; the tagged ones are the count's."""
    tagged: NDArray[np.bool_]
    model: Count
    readers: frozenset[ReaderId]
    began_us: int
    heard_us: int
    buffer: dict[ReaderId, Round] = field(default_factory=dict)


class Counting:
    """Owned by the house thread. `now` is swapped whole, for anybody to read."""

    def __init__(self, config: EdgeConfig, stock: Stock, pipeline: Pipeline) -> None:
        self.config = config
        self.stock = stock
        self.pipeline = pipeline
        self.now: Mapping[CountId, CountNow] = {}
        self._running: dict[CountId, _Running] = {}
        self._now_us = 0
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
        """A tick of the pipeline: this tick's witnessed rounds."""
        del heard
        self._now_us = now_us
        facts: list[AnyFact] = []
        for running in list(self._running.values()):
            for one in rounds:
                # What was read before somebody said "count" may have left since.
                if one.reader in running.readers and one.began_us >= running.began_us:
                    if one.reader in running.buffer:
                        facts += self._round(running, now_us)
                    running.buffer[one.reader] = one
            reading = {r for r in running.readers if self.pipeline.health[r].link is ReaderLink.READING}
            if running.buffer and reading <= running.buffer.keys():
                facts += self._round(running, now_us)
            if running.count in self._running and now_us - running.heard_us > PATIENCE_US:
                silent = ", ".join(sorted(running.readers - reading)) or "its readers"
                facts += self._finish(running, f"no rounds for a minute: {silent} not reading")
        return facts

    # --- steps ------------------------------------------------------------------------------------------------

    def _begin(self, count: CountId, place: CountPlace, zones: tuple[ZoneId, ...], now_us: int) -> _Running:
        chosen = self._zones(place, zones)
        for other in self._running.values():
            if set(other.zones) & set(chosen):
                raise CountRefusedError(f"Count {other.count} is under way there; wait for it or abandon it")
        watched = {
            reader.id: set(self.stock.zones.zones_of(reader.id).tolist()) & set(chosen)
            for reader in self.config.readers
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
        listed = expect(self.pipeline.evidence, rows[tagged], home[rows[tagged]])
        running = _Running(
            count=count,
            place=place,
            zones=chosen,
            rows=rows,
            tagged=tagged,
            model=Count(listed, len(self.config.zones)),
            readers=readers,
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

    def _round(self, running: _Running, now_us: int) -> list[AnyFact]:
        rounds = list(running.buffer.values())
        running.buffer.clear()
        running.heard_us = now_us
        witnessed = np.zeros(len(self.config.zones), np.bool_)
        for one in rounds:
            witnessed[one.zones] = True
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
        return facts if stop is None else facts + self._finish(running, str(stop))

    def _finish(self, running: _Running, why: str) -> list[AnyFact]:
        self._show()
        del self._running[running.count]
        said = running.model.progress()
        verdicts = self._verdicts(running)
        lacking = {verdict.piece for verdict in verdicts if verdict.verdict not in FOUND}
        pieces = [self.stock.catalogue.pieces[row] for row in running.rows.tolist()]
        cards = [self.stock.cards[piece] for piece in pieces if piece in self.stock.cards and piece not in lacking]
        return [
            CountFinished(
                count=running.count,
                place=running.place,
                rounds=said.round,
                expected=len(running.rows),
                found=len(cards),
                p_complete=round(said.p_complete, 6),
                why_stopped=why,
                verdicts=verdicts,
                value_minor=sum(card.price_minor for card in cards),
                weight_mg=sum(card.weight_mg for card in cards),
                currency=self.config.currency,
                unknown_tags=running.model.unknown_tags()[0],
            )
        ]

    def _verdicts(self, running: _Running) -> tuple[CountVerdict, ...]:
        """Everything but what was simply found; a piece that has left with our consent meanwhile is explained."""
        out: list[CountVerdict] = []
        for judged in running.model.verdicts():
            piece = self.stock.catalogue.pieces[judged.row]
            if piece is not None and judged.verdict is not Verdict.FOUND:
                out.append(self._explained(piece, judged.verdict, judged.zone, judged.p_present))
        for row in running.rows[~running.tagged].tolist():
            piece = self.stock.catalogue.pieces[row]
            if piece is not None:
                zone = self.config.zones[int(self.stock.home[row])].id
                note = self.stock.epc_refused.get(piece, "it has no tag")
                out.append(
                    CountVerdict(piece=piece, verdict=Verdict.CHECK_BY_HAND, zone=zone, p_present=0.5, note=note)
                )
        return (*out, *self._away(running))

    def _explained(self, piece: PieceId, verdict: Verdict, zone: int, p_present: float) -> CountVerdict:
        away = self.stock.status_of(piece).away_because
        elsewhere = self._elsewhere(piece, zone)
        note = away
        if away and verdict in (Verdict.MISSING, Verdict.CHECK_BY_HAND):
            verdict = Verdict.EXPLAINED
        elif elsewhere is not None and verdict in (Verdict.MISSING, Verdict.CHECK_BY_HAND):
            verdict, zone, p_present = Verdict.MISPLACED, elsewhere, 1.0
        if verdict is Verdict.MISPLACED:
            home = self.stock.cards[piece].home_zone if piece in self.stock.cards else ""
            note = f"belongs to {home}"
        return CountVerdict(
            piece=piece, verdict=verdict, zone=self.config.zones[zone].id, p_present=round(p_present, 4), note=note
        )

    def _elsewhere(self, piece: PieceId, zone: int) -> int | None:
        """Another zone that has read the piece just now, outside of this count."""
        last = self.stock.last_seen(piece)
        if last is None or not self.pipeline.seen(piece, self._now_us):
            return None
        return last.zone if last.zone not in (NO_ZONE, zone) else None

    def _away(self, running: _Running) -> list[CountVerdict]:
        """Pieces of these zones that this store holds and that are out with our consent since before the count."""
        size = len(self.stock)
        rows = np.flatnonzero(np.isin(self.stock.home[:size], running.zones) & ~self.stock.expected[:size])
        known = set(running.rows.tolist())
        out = []
        for row in rows.tolist():
            piece = self.stock.catalogue.pieces[row]
            if piece is None or row in known or self.stock.status_of(piece).custody is not TokenState.HERE:
                continue
            zone = self.config.zones[int(self.stock.home[row])].id
            note = self.stock.status_of(piece).away_because
            out.append(CountVerdict(piece=piece, verdict=Verdict.EXPLAINED, zone=zone, p_present=0.0, note=note))
        return out

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
