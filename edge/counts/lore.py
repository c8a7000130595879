"""What this store's counts have taught, kept in the books' evidence: learned anew after each, a little every tick."""

import copy
from collections.abc import Generator, Iterable
from typing import Final

import numpy as np
import structlog

from contract.ids import PieceId
from edge.books.db import Database
from edge.books.rows import EvidenceRow
from edge.floor.stock import Stock
from edge.reconcile.counts.count import Count
from edge.reconcile.counts.learning import NOTHING, Learned, steps
from edge.reconcile.counts.lessons import UNKNOWN, Lessons, LessonsDamagedError, load
from edge.reconcile.presence.evidence import LONG_AGO_US, Evidence

log = structlog.get_logger(__name__)

LESSONS: Final = "counts"


class Lore:
    """Owned by the house thread. `learned` is what the next count begins with."""

    def __init__(self, stock: Stock) -> None:
        self.learned: Learned = NOTHING
        self.lessons = Lessons()
        self._stock = stock
        self._owners: list[PieceId | None] = []
        """Whose lessons each row has: rows are used again."""
        self._ended_us = LONG_AGO_US
        self._learning: Learning | None = None
        self._blob: bytes | None = None

    def load(self, db: Database, now_us: int) -> None:
        """Begin from the blob. What was read while the box was off nobody knows: only reads from now on settle."""
        kept = db.one("evidence", EvidenceRow, name=LESSONS)
        self.lessons, self.learned, self._ended_us = Lessons(), NOTHING, now_us
        if kept is not None:
            try:
                self.lessons = load(kept.body, self._stock.catalogue.pieces)
            except LessonsDamagedError as error:
                log.warning("lessons_damaged", why=str(error))
        self._owners = list(self._stock.catalogue.pieces)
        self._learning = Learning(self.lessons)
        self._blob = None

    def body(self) -> bytes:
        """For the books: every minute, and made anew only after a count has taught."""
        if self._blob is None:
            self._blob = self.lessons.save(self._stock.catalogue.pieces)
        return self._blob

    def ended(self, model: Count, evidence: Evidence, now_us: int) -> None:
        """A count has ended: what it saw teaches, once it is known what was there."""
        self.settle(evidence)
        codes, altered = model.story()
        self.lessons.take(model.expected.rows, codes, altered)
        self._ended_us = now_us
        self._learning = Learning(self.lessons)

    def settle(self, evidence: Evidence) -> None:
        """Pieces that were read at home since the last count were there when it did not read them."""
        pieces = self._stock.catalogue.pieces
        known = self._owners[: self.lessons.rows]
        others = [row for row, piece in enumerate(known) if pieces[row] is not piece and pieces[row] != piece]
        self.lessons.clear(np.array(others, np.int32))
        self._owners = list(pieces)
        self._blob = None
        waiting = np.flatnonzero((self.lessons.codes >= UNKNOWN).any(axis=0))
        waiting = waiting[waiting < evidence.rows]
        read_us = np.minimum(evidence.read_us[waiting], evidence.heard_us[waiting])
        self.lessons.there(waiting[read_us > self._ended_us].astype(np.int32))

    def missing(self, pieces: Iterable[PieceId], evidence: Evidence) -> None:
        """A person answers for it that these were not there; one read since the count was there all the same."""
        self.settle(evidence)
        rows = (self._stock.catalogue.row_of(piece) for piece in pieces)
        self.lessons.missing(np.array([row for row in rows if row is not None], np.int32))

    def tick(self) -> None:
        """One step of learning, if there is any to do."""
        if self._learning is None:
            return
        learned = self._learning.step()
        if learned is not None:
            self.learned, self._learning = learned, None


class Learning:
    """Learning under way, from the lessons of its beginning. A capture keeps those and how far it was: what it is in
    the middle of cannot be kept still, and is done again.
    """

    UNKEPT = frozenset({"_steps"})

    def __init__(self, lessons: Lessons) -> None:
        self._lessons = copy.deepcopy(lessons)
        self._done = 0
        self._steps: Generator[None, None, Learned] | None = None

    def step(self) -> Learned | None:
        """One step; what was learned, after the last."""
        again = 0
        if self._steps is None:
            self._steps, again = steps(self._lessons), self._done
        self._done += 1
        try:
            for _ in range(again + 1):
                next(self._steps)
        except StopIteration as ended:
            learned: Learned = ended.value
            return learned
        return None
