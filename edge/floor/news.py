"""What the floor has to say: states and alarms as facts, each said once, kept until they are written.

Facts wait here, bounded, while the disk is full or the box may not decide.
"""

from collections.abc import Iterable
from typing import Final

from contract.facts import AlarmRaised, AnyFact, PiecePresence, PresenceState
from contract.ids import HOUSE, PieceId
from edge.books.journal import Books
from edge.books.rows import PresenceRow
from edge.floor.stock import Stock
from edge.reconcile.presence.shapes import Accusation, Changes

FACTS_PENDING_MAX: Final = 50_000


class News:
    """`shown` is the state last said of each piece. Counters are read by `/metrics`."""

    def __init__(self, stock: Stock) -> None:
        self.shown: dict[PieceId, PresenceState] = {}
        self.facts_total = 0
        self.facts_dropped_total = 0
        self.alarms_total = 0
        self.moves_total = 0
        self._stock = stock
        self._zones = stock.zones.zones
        self._pending: list[AnyFact] = []

    def load(self, shown: Iterable[PresenceRow]) -> None:
        """Begin from what the books say; what waited is void, for it was said of older books."""
        self._pending.clear()
        self.shown = {row.piece: row.state for row in shown}

    def say(self, facts: list[AnyFact]) -> None:
        """Keep facts to be written. Above `FACTS_PENDING_MAX` they are dropped and counted."""
        if not facts:
            return  # several times a tick
        room = max(0, FACTS_PENDING_MAX - len(self._pending))
        self.facts_dropped_total += max(0, len(facts) - room)
        self.alarms_total += sum(isinstance(fact, AlarmRaised) for fact in facts)
        self._pending += facts[:room]

    def changed(self, changes: Changes) -> None:
        """What a round changed."""
        for rows, state in ((changes.present, PresenceState.PRESENT), (changes.hard, PresenceState.HARD_TO_READ)):
            for row in rows.tolist():
                self.state(row, state, "")
        for accusation in changes.accused:
            self._accuse(accusation)

    def state(self, row: int, state: PresenceState, why: str) -> None:
        """A piece is in this state now; nothing when that was said already."""
        piece = self._stock.catalogue.pieces[row]
        if piece is not None and self.shown.get(piece) is not state:
            self.shown[piece] = state
            self._presence(piece, row, state, why)

    def moved(self, row: int, why: str, p_zone: float | None = None) -> bool:
        """A piece of known state lies elsewhere now; false when nobody expects it to lie anywhere."""
        piece = self._stock.catalogue.pieces[row]
        if piece is None or piece not in self.shown or not self._stock.expected[row]:
            return False
        self.moves_total += 1
        self._presence(piece, row, self.shown[piece], why, p_zone)
        return True

    def write(self, books: Books, at_us: int) -> tuple[AnyFact, ...]:
        """Write what waits, in one transaction; gives what was written. Raises what the disk raises."""
        if not self._pending or not books.serving:
            return ()
        facts = tuple(self._pending)
        with books.transaction() as tx:
            tx.write(at_us=at_us, by=HOUSE, why="tick", facts=facts)
        self._pending.clear()
        self.facts_total += len(facts)
        return facts

    def _presence(self, piece: PieceId, row: int, state: PresenceState, why: str, p_zone: float | None = None) -> None:
        zone = self._zones[int(self._stock.lies[row])].id
        self.say([PiecePresence(piece=piece, state=state, zone=zone, why=why, p_zone=p_zone)])

    def _accuse(self, accusation: Accusation) -> None:
        """The pieces are missing; the alarm about them is the watch's to word (`floor/alarms/watch.py`)."""
        for row in accusation.rows:
            self.state(row, PresenceState.MISSING, accusation.sentence())
