"""What is wrong with the books, on the running floor: hours and acts go to `reconcile.book_errors`, looks come back.

An hour counts while the store is open, for at night pieces go to the safe as a matter of course. What is found is an
alarm of kind `books`, told once, that a person closes like any other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog

from contract.facts import AlarmKind, AlarmRaised, AnyFact, ExitSeen
from contract.ids import PieceId, ZoneId
from edge.books.db import Database
from edge.books.rows import EvidenceRow
from edge.floor.now import PadNow
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE
from edge.reconcile.blob import BlobDamagedError
from edge.reconcile.books.errors import BookErrors, Finding, Look, stranger
from edge.reconcile.books.notes import Cause, load
from edge.reconcile.detectors.scene import Suspicion

log = structlog.get_logger(__name__)

NAME: Final = "books"
HOUR_US: Final = 3_600_000_000
WISHES_MAX: Final = 30
"""Pieces people are asked to look for at a time; more come when these are done."""
ROUNDS_MIN: Final = 60
"""Witnessed rounds of a zone without which an hour says nothing of it."""
NAMES: Final = {
    Cause.SWAP: "Their tags are swapped",
    Cause.WRONG_TRAY: "It lies in the wrong place",
    Cause.UNBOOKED_MOVE: "Moved, and not booked",
    Cause.DOUBLE_TAG: "It carries two tags",
    Cause.DEAD_TAG: "Its tag is dead",
    Cause.UNBOOKED_SALE: "It seems sold, and not booked",
}
MENDS: Final = {
    Cause.SWAP: "hang each tag on its piece",
    Cause.WRONG_TRAY: "put it back, or book its new place",
    Cause.UNBOOKED_MOVE: "book the move, or put them back",
    Cause.DOUBLE_TAG: "cut off the one that is not its own",
    Cause.DEAD_TAG: "write it a new tag",
    Cause.UNBOOKED_SALE: "ask who sold it and book the sale, or report the loss",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece to look for, where the books have it, and why."""

    piece: PieceId
    zone: ZoneId
    why: str


class Looking:
    """Owned by the house thread; `wanted` is swapped whole, for anybody to read.

    `lying` gives the unknown tags that lie here, by zone (strays are nobody's business), `pads` what lies on them now,
    `is_open` whether the store is open, `alarm` puts a suspicion into words.
    """

    def __init__(
        self,
        stock: Stock,
        *,
        lying: Callable[[], Mapping[int, int]],
        pads: Callable[[], tuple[PadNow, ...]],
        is_open: Callable[[], bool],
        alarm: Callable[[Suspicion], AlarmRaised],
    ) -> None:
        self.wanted: tuple[Wanted, ...] = ()
        self.errors = BookErrors()
        self._stock = stock
        self._zones = stock.zones.zones
        self._lying = lying
        self._pads = pads
        self._is_open = is_open
        self._alarm = alarm
        self._ends_us = 0
        self._reads = np.zeros((0, len(self._zones)), np.int32)
        self._rounds = np.zeros(len(self._zones), np.int64)
        self._strangers = np.full(stock.catalogue.unknown_epcs_max, NO_ZONE, np.int32)
        """By the catalogue's index of an unknown tag: the zone it lay in last in this hour."""
        self._on_pad: tuple[PadNow, ...] = ()

    def hear(self, _: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline; facts when an hour ends and something has become clear."""
        if not self._is_open():
            self._ends_us = 0
            return []
        if not self._ends_us:
            self._begin(now_us)
        for tag, zone in self._lying().items():
            self._strangers[tag] = zone
        self._grow()
        for each in rounds:
            self._reads[each.row, each.zone] += 1
            self._rounds[each.zones] += 1
        self._look_at_pads()
        if now_us < self._ends_us:
            return []
        self._end_hour()
        self._begin(now_us)
        return self._told()

    def passed(self, facts: Iterable[AnyFact]) -> None:
        """What the floor has written: who went through a gate."""
        for fact in facts:
            row = self._stock.catalogue.row_of(fact.piece) if isinstance(fact, ExitSeen) else None
            if row is not None:
                self._grow()
                self.errors.passed(self._hour, row)

    def looked(self, piece: PieceId, tags: Iterable[str], *, found: bool) -> list[AnyFact]:
        """A person looked; `tags` as a pad read them. Facts when that made something clear."""
        row = self._stock.catalogue.row_of(piece)
        if row is None:
            return []
        self._grow()
        self.errors.looked(Look(row, found, tuple(self._rows_of(tags))))
        return self._told()

    def body(self) -> bytes:
        """What was gathered, for the row `NAME` beside presence's evidence."""
        return self.errors.notes.save(self._stock.catalogue.pieces)

    def load(self, db: Database) -> None:
        """Take up what was gathered; damaged notes are begun anew."""
        kept = db.one("evidence", EvidenceRow, name=NAME)
        if kept is None:
            return
        try:
            self.errors = BookErrors(load(kept.body, self._stock.catalogue.pieces))
        except BlobDamagedError as error:
            log.warning("book_notes_damaged", why=str(error))

    def forget_rows(self, rows: Iterable[int]) -> None:
        """These rows mean other pieces now."""
        self._grow()
        rows = list(rows)
        self.errors.notes.forget(rows)
        self._reads[rows] = 0

    # --- inside -----------------------------------------------------------------------------------------------

    @property
    def _hour(self) -> int:
        """The hour under way; the notes have the last one that ended."""
        return self.errors.notes.hour + 1

    def _begin(self, now_us: int) -> None:
        self._ends_us = now_us + HOUR_US
        self._reads[:] = 0
        self._rounds[:] = 0
        self._strangers[:] = NO_ZONE

    def _grow(self) -> None:
        size = len(self._stock)
        self.errors.notes.grow(size)
        if len(self._reads) < size:
            more = np.zeros((size - len(self._reads), len(self._zones)), np.int32)
            self._reads = np.concatenate([self._reads, more])

    def _look_at_pads(self) -> None:
        pads = self._pads()
        if pads is self._on_pad:
            return
        before = {pad.zone: pad for pad in self._on_pad}
        for pad in pads:
            if pad.settled and pad != before.get(pad.zone):
                rows = [row for piece in pad.pieces if (row := self._stock.catalogue.row_of(piece)) is not None]
                self.errors.padded(self._hour, [*rows, *self._rows_of(pad.strangers)])
        self._on_pad = pads

    def _end_hour(self) -> None:
        """The hour's best zone of each piece and stranger; a zone that was hardly watched keeps its pieces as heard."""
        hour = self._hour
        size = len(self._stock)
        home = np.where(self._stock.expected[:size], self._stock.home[:size], NO_ZONE)
        for row in np.flatnonzero(home != self.errors.notes.zone[:size]).tolist():
            self.errors.booked(row, int(home[row]))
        rows = np.flatnonzero(self._reads[:size].any(axis=1))
        unwatched = np.flatnonzero((home >= 0) & (self._rounds[home] < ROUNDS_MIN) & ~self._reads[:size].any(axis=1))
        tags = np.concatenate([rows, unwatched]).astype(np.int32)
        zones = np.concatenate([self._reads[rows].argmax(axis=1), home[unwatched]]).astype(np.int32)
        unknown = np.flatnonzero(self._strangers != NO_ZONE)
        strange = np.array([stranger(index) for index in unknown.tolist()], np.int32)
        self.errors.heard(hour, np.concatenate([tags, strange]), np.concatenate([zones, self._strangers[unknown]]))

    def _told(self) -> list[AnyFact]:
        """Swap what people are asked for; an alarm for everything that has become clear."""
        self.wanted = tuple(
            Wanted(piece, self._zones[int(self.errors.notes.zone[wish.row])].id, wish.why)
            for wish in self.errors.to_look_for(WISHES_MAX)
            if (piece := self._stock.catalogue.pieces[wish.row]) is not None
        )
        return [self._alarm(self._suspicion(finding)) for finding in self.errors.newly_named()]

    def _suspicion(self, finding: Finding) -> Suspicion:
        told = finding.why.format(*(self._zones[zone].name for zone in finding.zones))
        why = f"{NAMES[finding.cause]}: {told}; {MENDS[finding.cause]}."
        zone = int(self._stock.lies[finding.rows[0]])
        return Suspicion(kind=AlarmKind.BOOKS, rows=finding.rows, zone=zone, nats=0.0, why=why)

    def _rows_of(self, epcs: Iterable[str]) -> list[int]:
        """Rows these tags are bound to; of one that no piece has, its number as a stranger. A tag that the catalogue
        does not know at all (typed, or above its cap) is left out: it would be taken for somebody else's.
        """
        found = map(self._stock.catalogue.find, epcs)
        return [row if row >= 0 else stranger(unknown) for row, unknown in found if max(row, unknown) >= 0]
