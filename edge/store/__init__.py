"""One store, as the house thread runs it: books, stock, the tick, the desk, counts, and what the cloud says.

Every method runs on the house thread (or inline in a test). Whatever writes goes through `notice`, so that stock and
pages hear of it in the same turn.
"""

from typing import Final

from contract.facts import AnyFact, CountFinished
from contract.ids import HOUSE
from edge.books.rows import CountRow, Mode, zones_of
from edge.floor.pipeline import Outcome
from edge.store.clients import OfClients
from edge.store.memos import Memos
from edge.store.office import Office
from edge.store.watch import Watching
from trade.acts import Sight

CHORES_EVERY_US: Final = 10_000_000


class Store(Office, OfClients, Memos, Watching):
    """The whole of it: every 20 ms a tick, every ten seconds the chores, and at the end what was learned is kept."""

    def tick(self, now_us: int, *, writing: bool) -> None:
        if self.zoning.adopted:
            self.zoning.adopted = False
            self.ear.began_anew()
        out = self.turn(now_us, writing=writing)
        self.ear.ticked(now_us, writing=writing, health=self.pipeline.readers, facts=out.written)
        if writing and self.mode is Mode.ACTIVE:
            for zone, pieces in out.met.items():
                self.act(Sight(pieces=tuple(sorted(pieces)), zone=zone), HOUSE)
        if writing and now_us - self._chores_us >= CHORES_EVERY_US:
            self._chores_us = now_us
            self._do_chores()
        if self.zoning.changed(writing=writing):
            out.woke.add("zones")
        if self.passes.changed(now_us):
            out.woke.add("passes")
        for name in sorted(out.woke):
            self.wakes.tell(name)
        if out.drive:
            self.wakes.outputs()
        if out.written:
            self._counted(out.written)
            self.wakes.uplink()

    def turn(self, now_us: int, *, writing: bool) -> Outcome:
        """What a tick makes of the reads: all that a replay does of it (`vitrine/replay.py`)."""
        out = self.pipeline.tick(now_us, writing=writing)
        self.looking.passed(out.written)
        return out

    def _counted(self, facts: tuple[AnyFact, ...]) -> None:
        """Counts that ended tell the history how often a piece lay where it was believed."""
        ended = {
            fact.count: self.books.db.one("count", CountRow, count=fact.count)
            for fact in facts
            if isinstance(fact, CountFinished)
        }
        if self.chronicle is not None and ended:
            self.chronicle.counted(facts, {count: zones_of(row) for count, row in ended.items() if row is not None})

    def _do_chores(self) -> None:
        """What may wait some seconds: counts the office asked for, the ballast."""
        if self.books.path is not None:
            self.ballast.keep()
        if self.mode is Mode.ACTIVE:
            self._take_requests()
            self._begin_due()
            self._remind_of_memos()
            for restock in self.pipeline.watch.deliveries.due(self.clock.wall_us(), self.clock.mono_us()):
                self.end_restock(restock, "its time was over", HOUSE)

    def stop(self) -> None:
        """The last thing the house does: keep what was learned."""
        if self.chronicle is not None:
            self.chronicle.stop()
        self.ear.stop()
        self.pipeline.save(self.clock.mono_us())
