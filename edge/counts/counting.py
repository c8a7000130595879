"""Counts of safe and shelves: an expected list, witnessed rounds, and a verdict for every piece with its probability.

A count hears one combined round a second from all its fixed readers, and takes as found what handhelds read meanwhile.
It ends when everything expected is found, missing, explained or to be checked by hand; a silent reader makes it wait,
and then say so, never guess.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contract.facts import (
    AnyFact,
    CountAbandoned,
    CountApproved,
    CountPlace,
    CountProgress,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CountVerdict,
    Verdict,
    ZoneQuantity,
)
from contract.ids import CountId, PieceId, ReaderId, UserId, ZoneId
from edge.books.db import Database
from edge.books.rows import CountRow, VerdictTallyRow, recounting_of, totals_of, zones_of
from edge.config import EdgeConfig, ZoneKind
from edge.counts.duration import TAGS_PER_S_USUAL, round_s, rounds_left
from edge.counts.happened import Happened
from edge.counts.looks import Looks
from edge.counts.lore import LESSONS, Lore
from edge.counts.picture import picture
from edge.counts.report import Report
from edge.counts.running import Before, CountNow, Running, before
from edge.counts.totals import tray_of
from edge.floor.pipeline import Pipeline
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.strangers import Strangers
from edge.reconcile.counts.count import CAREFUL, Count
from edge.reconcile.counts.expected import expect
from trade.stocktake import STOCKTAKE, TO_LOOK_FOR, CountEvent, CountState

CARE: Final = CAREFUL._replace(rounds_max=60)
"""Rounds for the pieces that are hard to read; after a minute a hand is quicker than the radio."""
CARE_VARYING: Final = CARE._replace(rounds_max=30)
"""A reader that looks otherwise each time spends a second on changing: as many seconds, half the rounds."""
PATIENCE_US: Final = 60_000_000
"""How long a count waits for a reader that gives no rounds."""
COUNTS_SHOWN_MAX: Final = 50
SHOW_EVERY_US: Final = 1_000_000
"""How often the seconds left are reckoned anew while no round comes."""
KINDS: Final = {
    CountPlace.SAFE: frozenset({ZoneKind.SAFE}),
    CountPlace.SHELF: frozenset({ZoneKind.CASE, ZoneKind.SHELF}),
}


class CountRefusedError(Exception):
    """This count cannot be begun; the message says why and what to do."""


class CountImpossibleError(CountRefusedError):
    """Nor will it be possible later: this store has no such place, or nobody reads there."""


class Counting:
    """Owned by the house thread. `now` is swapped whole, for anybody to read. `wall_us` only dates what is told."""

    def __init__(self, config: EdgeConfig, stock: Stock, pipeline: Pipeline, wall_us: Callable[[], int]) -> None:
        self.config = config
        self.stock = stock
        self.pipeline = pipeline
        self.now: Mapping[CountId, CountNow] = {}
        self.looks = Looks(pipeline)
        self.tags_per_s: Mapping[ReaderId, float] = {}
        """By reader, what its mode allows; of others the usual."""
        self._wall_us = wall_us
        self.report = Report(config, stock, pipeline, Happened(config, stock, self._books_db, wall_us))
        self.lore = Lore(stock)
        self._running: dict[CountId, Running] = {}
        self._shown_us = 0
        pipeline.keeps[LESSONS] = self.lore.body
        pipeline.listeners.append(self.hear)

    def _books_db(self) -> Database:
        """The books as they are now: a rejoin opens others."""
        return self.pipeline.books.db

    def load(self, rows: list[CountRow], db: Database, now_us: int) -> None:
        """Counts that were running when the box stopped begin their rounds again."""
        self._running.clear()
        self.lore.load(db, now_us)
        for row in rows:
            try:
                if row.state is CountState.COUNTING:
                    self._begin(row.count, row.place, zones_of(row), Before(), now_us)
                elif row.state is CountState.RECOUNTING:
                    self._begin(row.count, row.place, recounting_of(row), before(row, db), now_us)
            except CountRefusedError:
                continue  # its zones or readers are gone from the configuration: a person abandons it

    def start(
        self,
        count: CountId,
        place: CountPlace,
        zones: tuple[ZoneId, ...],
        now_us: int,
        *,
        why: str = "",
        due_us: int = 0,
        blind: bool = False,
    ) -> tuple[AnyFact, ...]:
        """Facts that begin a count; nothing when it runs already. Raises `CountRefusedError`.

        zones: empty for every zone of that place. why, due_us: the schedule's name and time, UTC µs.
        """
        if count in self._running:
            return ()
        running = self._begin(count, place, zones, Before(), now_us)
        names = tuple(self.config.zones[zone].id for zone in running.zones)
        expected = len(running.rows)
        return (
            CountStarted(count=count, place=place, zones=names, expected=expected, why=why, due_us=due_us, blind=blind),
        )

    def recount(
        self, row: CountRow, db: Database, zones: tuple[ZoneId, ...], reason: str, now_us: int
    ) -> tuple[AnyFact, ...]:
        """Facts that have some zones of a finished count counted again. Raises `CountRefusedError`."""
        check_step(row, CountEvent.RECOUNT)
        counted, zones = zones_of(row), tuple(dict.fromkeys(zones))
        if not zones:
            raise CountRefusedError("Name the zones to count again")
        for zone in zones:
            if zone not in counted:
                name = self.report.happened.called(zone)
                raise CountRefusedError(f"{name} was not part of this count; begin another one for it")
        if row.expected and not totals_of(row):
            raise CountRefusedError("An earlier version counted this and kept no totals; begin a new count")
        self._begin(row.count, row.place, zones, before(row, db), now_us)
        return (CountRecounting(count=row.count, zones=zones, number=row.number + 1, reason=reason),)

    def submit(self, row: CountRow, quantities: Mapping[ZoneId, int]) -> tuple[AnyFact, ...]:
        """Facts that take down what a person counted blind. Raises `CountRefusedError`."""
        if not row.blind or row.submitted:
            raise CountRefusedError("Figures of this count are shown already: there is nothing to submit")
        if row.state in STOCKTAKE.ends:
            raise CountRefusedError(f"This count is {row.state}: there is nothing to submit")
        lacking = [zone for zone in zones_of(row) if zone not in quantities]
        strange = [zone for zone in quantities if zone not in zones_of(row)]
        if lacking or strange:
            names = ", ".join(map(self.report.happened.called, zones_of(row)))
            raise CountRefusedError(f"Give one figure for each zone of this count: {names}")
        told = tuple(ZoneQuantity(zone=zone, quantity=quantities[zone]) for zone in zones_of(row))
        return (CountSubmitted(count=row.count, quantities=told),)

    def explain(
        self, row: CountRow, db: Database, piece: PieceId, reason: str, by: UserId, *, found: bool
    ) -> tuple[AnyFact, ...]:
        """Facts by which a person answers for a piece that a finished count did not read: `found`, it is here and in
        hand; else it is rightly elsewhere, as `reason` says. Nothing when they said so already. Raises
        `CountRefusedError`.
        """
        check_step(row, CountEvent.EXPLAIN)
        blind = {zone for each in db.rows("counts_blind", CountRow) for zone in zones_of(each)}
        if not blind.isdisjoint(zones_of(row)):  # which pieces it looks for would tell what the books expect there
            raise CountRefusedError("A blind count of this place waits for its figures: submit them, and explain then")
        reason = reason.strip()
        if not found and not reason:
            raise CountRefusedError("Say where the piece is and why: whoever approves the count reads it")
        verdicts = {each.piece: each for each in db.rows("verdicts", CountVerdict, count=row.count)}
        was, card = verdicts.get(piece), self.stock.cards.get(piece)
        if was is None or not (was.by or was.verdict in TO_LOOK_FOR):
            raise CountRefusedError(f"{card.title if card else piece} is not one that this count looks for")
        verdict, p_present = (Verdict.FOUND, 1.0) if found else (Verdict.EXPLAINED, 0.0)
        if (was.verdict, was.note, was.by) == (verdict, reason, by):
            return ()  # asked for twice
        tray = tray_of(totals_of(row), was.zone, card, was.verdict, verdict)
        if tray is None:
            raise CountRefusedError("The totals of this count do not know the piece; begin a new count")
        said = msgspec.structs.replace(
            was, verdict=verdict, p_present=p_present, note=reason, at_us=self._wall_us(), by=by
        )
        return (self.report.explained(row.count, verdicts, said, tray),)

    def abandon(self, row: CountRow, reason: str) -> tuple[AnyFact, ...]:
        """Raises `CountRefusedError` when it has ended already. Nothing else of the store changes by it."""
        check_step(row, CountEvent.ABANDON)
        self.forget(row.count)
        return (CountAbandoned(count=row.count, reason=reason),)

    def approved(self, fact: CountApproved) -> None:
        """A person answers for a count: what it lacked is gone, or was elsewhere, and teaches the next ones so."""
        elsewhere = (each.piece for each in fact.verdicts if each.by and each.verdict is Verdict.EXPLAINED)
        self.lore.missing((*fact.missing, *elsewhere), self.pipeline.evidence)

    def forget(self, count: CountId) -> None:
        """It runs no longer: abandoned, or the books did not take its beginning."""
        running = self._running.pop(count, None)
        if running is not None:
            busy = {reader for other in self._running.values() for reader in other.readers}
            self.looks.as_always(running.readers - busy)

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline: this tick's witnessed rounds, and what handhelds read."""
        facts: list[AnyFact] = []
        self.lore.tick()
        for running in list(self._running.values()):
            for found in heard:
                if found.arrived_us >= running.began_us:
                    self._hear(running, found)
            for one in rounds:
                # What was read before somebody said "count" may have left since; a change of look spoils its round.
                began_us = max(running.began_us, self.looks.of(one.reader).since_us)
                if one.reader in running.readers and one.began_us >= began_us:
                    if one.reader in running.buffer:
                        facts += self._round(running, now_us)
                    running.buffer[one.reader] = one
            reading = {r for r in running.readers if self.pipeline.readers[r].witnesses}
            if running.count in self._running and running.buffer and reading <= running.buffer.keys():
                facts += self._round(running, now_us)
            if running.count in self._running and now_us - running.heard_us > PATIENCE_US:
                silent = ", ".join(sorted(running.readers - reading)) or "its readers"
                facts += self._finish(running, f"no rounds for a minute: {silent} not reading", now_us)
        if self._running and now_us - self._shown_us >= SHOW_EVERY_US:
            self._show(now_us)
        return facts

    # --- steps ------------------------------------------------------------------------------------------------

    def _begin(
        self, count: CountId, place: CountPlace, zones: tuple[ZoneId, ...], earlier: Before, now_us: int
    ) -> Running:
        chosen = self._zones(place, zones)
        for other in self._running.values():
            if set(other.zones) & set(chosen):
                names = ", ".join(self.config.zones[zone].name for zone in sorted(set(other.zones) & set(chosen)))
                raise CountRefusedError(f"{names}: a count is under way there; wait for it or abandon it")
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
        tagged = np.array([self.stock.catalogue.is_tagged(row) for row in rows.tolist()], np.bool_)
        self.pipeline.evidence.grow(size)
        self.lore.settle(self.pipeline.evidence)
        learned = self.lore.learned
        listed = expect(self.pipeline.evidence, rows[tagged], home[rows[tagged]], now_us, learned)
        round_s = max(self._round_s(reader, home[rows]) for reader in readers)
        p = listed.hits / (listed.hits + listed.misses)
        varying = any(self.looks.able(reader) is not None for reader in readers)
        care = CARE_VARYING if varying else CARE
        running = Running(
            count=count,
            place=place,
            zones=chosen,
            rows=rows,
            home=home[rows].copy(),
            tagged=tagged,
            model=Count(listed, len(self.config.zones), learned.suppositions, care=care, rounds_min=learned.rounds_min),
            readers=readers,
            witnessed=np.zeros(len(self.config.zones), np.int32),
            reads=np.zeros(int(tagged.sum()), np.int32),
            strangers=Strangers(self.stock.zones),
            round_s=round_s,
            expected_s=round_s * max(min(rounds_left(p, listed.prior), care.rounds_max), 1),
            began_us=now_us,
            heard_us=now_us,
            before=earlier,
        )
        self._running[count] = running
        self._show(now_us)
        return running

    def _round_s(self, reader: ReaderId, homes: NDArray[np.int32]) -> float:
        """How long this reader needs to hear what lies in its zones."""
        in_view = int(np.isin(homes, self.stock.zones.zones_of(reader)).sum())
        return round_s(in_view, self.tags_per_s.get(reader, TAGS_PER_S_USUAL))

    def _hear(self, running: Running, found: Heard) -> None:
        """Finds of a handheld, and tags that nobody knows."""
        if found.reader not in self.stock.zones.fixed:
            running.model.find(found.row, found.zone)
        elif found.reader not in running.readers:
            return
        if len(found.unknown):
            running.strangers.hear(found, np.isin(found.unknown_zone, running.zones))

    def _zones(self, place: CountPlace, asked: tuple[ZoneId, ...]) -> tuple[int, ...]:
        fitting = [i for i, zone in enumerate(self.config.zones) if zone.kind in KINDS[place]]
        for zone in asked:
            if zone not in self.stock.zones.index:
                raise CountImpossibleError(f"There is no zone {zone}")
            if self.stock.zones.index[zone] not in fitting:
                name = self.config.zones[self.stock.zones.index[zone]].name
                raise CountImpossibleError(f"{name} does not belong to the {place}")
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
        running.witnessed += witnessed
        rows = np.concatenate([one.row for one in rounds])
        zones = np.concatenate([one.zone for one in rounds])
        inside = np.isin(zones, running.zones)
        listed = running.rows[running.tagged]
        running.reads += np.isin(listed, rows[inside])
        unknown = running.strangers.hear_rounds(rounds, self.stock.home)
        looks = {one.reader: self.looks.of(one.reader) for one in rounds}
        altered = any(running.looks.get(reader, look).number != look.number for reader, look in looks.items())
        running.looks |= looks
        said = running.model.hear(rows[inside], zones[inside], witnessed, unknown, altered=altered)
        self._join(running)
        self._show(now_us)
        facts: list[AnyFact] = []
        if not running.before.number:
            facts.append(
                CountProgress(
                    count=running.count,
                    round=said.round,
                    found=said.found,
                    expected=len(running.rows),
                    p_complete=round(said.p_complete, 6),
                    unread_expected=round(said.unread_expected, 4),
                )
            )
        stop = running.model.why_stop()
        if stop is not None:
            return facts + self._finish(running, str(stop), now_us)
        for reader in looks:
            self.looks.vary(reader)
        return facts

    def _join(self, running: Running) -> None:
        """Pieces that came to belong here since the start: received, brought back, moved."""
        size = len(self.stock)
        here = np.flatnonzero(self.stock.expected[:size] & np.isin(self.stock.home[:size], running.zones))
        for row in np.setdiff1d(here, running.rows).tolist():
            running.joined.setdefault(row, self._wall_us())

    def _finish(self, running: Running, why: str, now_us: int) -> list[AnyFact]:
        self._show(now_us)
        self.forget(running.count)
        self.lore.ended(running.model, self.pipeline.evidence, now_us)
        return [self.report.finished(running, why, now_us)]

    # --- what pages see ---------------------------------------------------------------------------------------

    def _show(self, now_us: int) -> None:
        """Swap what pages see of running counts; finished ones keep their last picture until the box restarts."""
        self._shown_us = now_us
        shown = dict(self.now)
        for running in self._running.values():
            look = self.looks.words(running.readers)
            shown[running.count] = picture(running, self.config.zones, self.pipeline.readers, now_us, look)
        while len(shown) > COUNTS_SHOWN_MAX:
            shown.pop(next(iter(shown)))
        self.now = shown


def check_step(row: CountRow, event: CountEvent) -> None:
    """Raises `CountRefusedError` where the table of counts has no such step."""
    if STOCKTAKE.after(row.state, event) is None:
        raise CountRefusedError(f"This count is {row.state}: there is nothing to {event}")


def standing_of(row: CountRow, tally: Iterable[VerdictTallyRow]) -> str:
    """Another after each look of a count and each answer."""
    return f"{row.number}-{max((each.answered_us for each in tally), default=0)}"


def check_shown(row: CountRow, tally: Iterable[VerdictTallyRow], shown: str) -> None:
    """Who approves a count is held to what they were shown. Raises `CountRefusedError` when it is another now."""
    if shown != standing_of(row, tally):
        raise CountRefusedError("Somebody answered for a piece or counted again meanwhile: read it, and approve it")
