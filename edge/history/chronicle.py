"""The way of stays from the rounds to the files, and of a piece's story back. Nothing here is needed to sell.

The house collects stays and hands closed ones to a thread of its own; only there a file is touched and DuckDB is
imported. A write that fails is tried again with the next one; above `STAYS_PENDING_MAX` the oldest are lost, and
counted.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Final, NamedTuple

import numpy as np
import structlog

from contract.facts import AnyFact
from contract.ids import PieceId, ReaderId, ZoneId
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE
from edge.history.duck import HistoryError
from edge.history.history import History, Names
from edge.history.questions import Lay
from edge.history.rates import Counted, Rate, Rates, counted_by, swept_by, together
from edge.history.stays import NO_PORT, PORT_BITS, STILL_US, Stay, StayColumns, Stays

log = structlog.get_logger(__name__)

FOLD_EVERY_US: Final = 1_000_000
"""Reads of a second are summed at once: tick by tick it costs five times as much."""
CLOSE_EVERY_US: Final = 60_000_000
WRITE_EVERY_US: Final = 600_000_000
"""A file each ten minutes at most: a day then has few enough parts to be read at once."""
REST_AFTER_US: Final = 10_000_000
"""DuckDB that nobody has asked for so long is closed: within twice that its memory is back."""
CLOCK_BACK_MAX_US: Final = 60_000_000
"""By so much a clock may be set back without a word: time stands still for a moment. More is a wrong date set right."""
STAYS_PENDING_MAX: Final = 200_000
SUMS_PENDING_MAX: Final = 20_000
"""Rates and counts that wait for the disk: days of them."""


class Chapter(NamedTuple):
    """Closed stays that wait for the disk; `stays.row` is a place in `pieces`, whatever rows mean by then."""

    pieces: tuple[PieceId | None, ...]
    trays: tuple[str, ...]
    stays: StayColumns


class Sums(NamedTuple):
    """Rates and counts that wait for the disk."""

    rates: tuple[Rate, ...] = ()
    counted: tuple[Counted, ...] = ()


class Chronicle:
    """Owned by the house thread; only what asks `history` runs in the pool. `wall_us` dates the stays, for people."""

    def __init__(
        self, stock: Stock, history: History, pool: Executor, wall_us: Callable[[], int], readers: Sequence[ReaderId]
    ) -> None:
        self.stays_lost_total = 0
        self.sums_lost_total = 0
        self.stays_written_total = 0
        self.writes_failed_total = 0
        self.tidies_failed_total = 0
        self.clock_set_back_total = 0
        self.history = history
        """To be asked in the pool only."""
        self._stock = stock
        self._zones = tuple(zone.id for zone in stock.zones.zones)
        self._readers = tuple(readers)
        self._reader_at = {reader: at for at, reader in enumerate(self._readers)}
        self._stays = Stays(len(self._zones))
        self._rates = Rates(stock)
        self._counted: list[Counted] = []
        self._heard: list[Heard] = []
        self._heard_us = 0
        """The wall clock of the first of these."""
        self._pool = pool
        self._wall_us = wall_us
        self._last_us = 0
        self._pending: list[Chapter] = []
        self._writing: list[Chapter] = []
        self._sums = Sums()
        self._written: Future[None] | None = None
        self._closed_us = self._wrote_us = self._rested_us = 0
        self._works = 0
        """What DuckDB had worked when it was last looked at."""

    # --- the house thread -------------------------------------------------------------------------------------

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline. It has nothing to say: no facts."""
        wall_us = self._now_us()
        if self._heard and not 0 <= wall_us - self._heard_us < FOLD_EVERY_US:
            self._fold()
        if heard and not self._heard:
            self._heard_us = wall_us
        self._heard += heard
        for one in heard:
            if one.reader not in self._stock.zones.fixed:
                self._seen_by_hand(one, wall_us)
        for each in rounds:
            self._stays.hear(wall_us, each.row, each.zone)
        self._rates.witnessed(rounds, wall_us)
        if now_us - self._closed_us >= CLOSE_EVERY_US:
            self._closed_us = now_us
            self._fold()
            self._keep(self._stays.close(wall_us))
        if now_us - self._wrote_us >= WRITE_EVERY_US:
            self._wrote_us = now_us
            self._write()
        if now_us - self._rested_us >= REST_AFTER_US:
            self._rested_us = now_us
            self._rest()
        return []

    def scanned(self, pieces: Sequence[PieceId], zone: ZoneId) -> None:
        """A person's scanner saw these pieces there."""
        at = self._stock.zones.index.get(zone, NO_ZONE)
        rows = [row for piece in pieces if (row := self._stock.catalogue.row_of(piece)) is not None]
        if at != NO_ZONE and rows:
            self._fold()
            seen = np.unique(np.array(rows, np.int32))
            zones = np.full(len(seen), at, np.int32)
            self._stays.by(seen, zones, 0, None)
            self._stays.hear(self._now_us(), seen, zones)
            self._counted += swept_by(seen, zones, self._stock, self._now_us())

    def counted(self, facts: tuple[AnyFact, ...], zones: dict[str, tuple[ZoneId, ...]]) -> None:
        """Counts that ended, with the zones they were of: how often the believed place was the counted one."""
        self._counted += counted_by(facts, self._stock, zones, self._now_us())

    def part(self, row: int) -> None:
        """This row is about to mean another piece: what it meant so far belongs to the one that goes."""
        self._fold()
        self._keep(self._stays.close_row(row))

    def recent(self, piece: PieceId) -> list[Stay]:
        """Stays of a piece that may not be on disk yet: open ones and those that wait."""
        self._collect()
        self._fold()
        row = self._stock.catalogue.row_of(piece)
        stays = [stay for chapter in (*self._writing, *self._pending) for stay in self._stays_in(chapter, piece)]
        if row is not None:
            stays += [self._stay(piece, values) for values in self._stays.open_of(row)]
        return stays

    def lay_at(self, at_us: int) -> list[Lay]:
        """What lay where at a moment, as far as it may not be on disk yet; a piece read in two zones comes twice."""
        self._collect()
        self._fold()
        catalogue, open_ones = self._stock.catalogue.pieces, self._stays.open_at(at_us)
        found = self._lays(open_ones, [catalogue[row] for row in open_ones.row.tolist()])
        for chapter in (*self._writing, *self._pending):
            stays = chapter.stays
            at = np.flatnonzero((stays.from_us <= at_us) & (stays.to_us >= at_us - STILL_US))
            here = stays.of(at)
            found += self._lays(here, [chapter.pieces[row] for row in here.row.tolist()])
        return found

    def stop(self) -> None:
        """The last thing: close everything and hand it over."""
        self._fold()
        self._keep(self._stays.close(self._now_us(), everything=True))
        self._collect()
        self._write(last=True)

    # --- the pool ---------------------------------------------------------------------------------------------

    def kept(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of a piece on disk that touch a span. Raises `HistoryError`."""
        return self.history.rows_of(piece, from_us, to_us)

    # --- inside -----------------------------------------------------------------------------------------------

    def _now_us(self) -> int:
        """The wall clock, never backwards while a stay is open: it ends after it began.

        A clock that was years ahead and is set right must not stop history for years: what is open ends in the wrong
        time it began in, and the right one begins.
        """
        wall_us = self._wall_us()
        if wall_us < self._last_us - CLOCK_BACK_MAX_US:
            self._fold()
            self._keep(self._stays.close(self._last_us, everything=True))
            self.clock_set_back_total += 1
            self._last_us = wall_us
        self._last_us = max(self._last_us, wall_us)
        return self._last_us

    def _fold(self) -> None:
        """What read each piece last, and how often antennas read, of the reads since the last time."""
        heard, self._heard = self._heard, []
        for one in together(heard):
            self._stays.by(one.row, one.zone, self._reader_at[one.reader], one.antenna)
            if one.reader in self._stock.zones.fixed:
                self._rates.read(one, self._heard_us)

    def _seen_by_hand(self, one: Heard, wall_us: int) -> None:
        """A handheld has no rounds; what it read was there at that moment, and says where a piece was believed."""
        key = np.unique(one.zone.astype(np.int64) << 32 | one.row)
        row, zone = (key & 0xFFFFFFFF).astype(np.int32), (key >> 32).astype(np.int32)
        self._stays.hear(wall_us, row, zone)
        self._counted += swept_by(row, zone, self._stock, wall_us)

    def _keep(self, closed: StayColumns) -> None:
        if not len(closed.row):
            return
        catalogue, cards = self._stock.catalogue.pieces, self._stock.cards
        names = tuple(catalogue[row] for row in closed.row.tolist())
        trays = tuple("" if name is None or name not in cards else cards[name].tray for name in names)
        self._pending.append(Chapter(names, trays, closed._replace(row=np.arange(len(names), dtype=np.int32))))
        self._bound()

    def _bound(self) -> None:
        while len(self._pending) > 1 and sum(len(chapter.pieces) for chapter in self._pending) > STAYS_PENDING_MAX:
            self.stays_lost_total += len(self._pending.pop(0).pieces)

    def _stay(self, piece: PieceId, stay: tuple[int, int, int, int, int]) -> Stay:
        zone, from_us, to_us, rounds, port = stay
        reader = "" if port == NO_PORT else str(self._readers[port >> PORT_BITS])
        antenna = 0 if port == NO_PORT else port & ((1 << PORT_BITS) - 1)
        return Stay(piece, self._zones[zone], from_us, to_us, rounds, reader, antenna)

    def _lays(self, stays: StayColumns, pieces: Sequence[PieceId | None]) -> list[Lay]:
        """`pieces`: whose each stay is; None: nobody's any more."""
        named = zip(pieces, stays.zone.tolist(), stays.rounds.tolist(), strict=True)
        return [Lay(piece, self._zones[zone], rounds) for piece, zone, rounds in named if piece is not None]

    def _stays_in(self, chapter: Chapter, piece: PieceId) -> list[Stay]:
        """Stays of one piece in a chapter."""
        places = [at for at, name in enumerate(chapter.pieces) if name == piece]
        columns = (column[places].tolist() for column in chapter.stays[1:])
        return [self._stay(piece, values) for values in zip(*columns, strict=True)]

    def _write(self, *, last: bool = False) -> None:
        """Hand what waits to the pool, one file at a time; at the very end without waiting for the one before."""
        self._collect()
        self._fold()
        self._sums = Sums((*self._sums.rates, *self._rates.take()), (*self._sums.counted, *self._counted))
        self._counted = []
        for waiting in self._sums:
            self.sums_lost_total += max(0, len(waiting) - SUMS_PENDING_MAX)
        self._sums = Sums(self._sums.rates[-SUMS_PENDING_MAX:], self._sums.counted[-SUMS_PENDING_MAX:])
        if not (self._pending or any(self._sums)) or (self._written is not None and not last):
            return
        chapters, self._pending = self._pending, []
        sums, self._sums = self._sums, Sums()
        self._writing = self._writing + chapters
        try:
            self._written = self._pool.submit(self._put, chapters, sums, self._last_us)
        except RuntimeError as error:  # the pool has been shut down: the box is stopping
            self._fail(error)

    def _put(self, chapters: Sequence[Chapter], sums: Sums, now_us: int) -> None:
        """In the pool. Stays come last, for a write that fails is done again; the sums of ten minutes are lost with it.

        What cannot be tidied, a damaged file say, keeps nothing from being written.
        """
        try:
            self.history.tidy(now_us)
        except HistoryError as error:
            self.tidies_failed_total += 1
            log.warning("history_not_tidied", why=str(error), mend="look at the named file; it is tried again")
        self.history.write_rates(sums.rates)
        self.history.write_counted(sums.counted)
        if chapters:
            whole = bound(chapters)
            names = Names(whole.pieces, whole.trays, self._zones, [str(reader) for reader in self._readers])
            self.history.write(whole.stays, names)

    def _rest(self) -> None:
        """Close DuckDB, in the pool, when nothing was worked since the last time."""
        duck, works = self.history.duck, self._works
        self._works = duck.begun
        if duck.is_open and self._works == works:
            with suppress(RuntimeError):  # the pool has been shut down: the box is stopping
                self._pool.submit(duck.rest, works)

    def _collect(self) -> None:
        """What became of the last write. Whatever went wrong there, the house goes on: it is only history."""
        if self._written is None or not self._written.done():
            return
        error, self._written = self._written.exception(), None
        if error is not None:
            self._fail(error)
            return
        self.stays_written_total += sum(len(chapter.pieces) for chapter in self._writing)
        self._writing = []

    def _fail(self, error: BaseException) -> None:
        log.warning(
            "history_not_written", why=str(error), mend="free space in the data directory; tried again by itself"
        )
        self.writes_failed_total += 1
        self._pending, self._writing = self._writing + self._pending, []
        self._bound()


def bound(chapters: Sequence[Chapter]) -> Chapter:
    """Several chapters as one."""
    pieces = tuple(piece for chapter in chapters for piece in chapter.pieces)
    trays = tuple(tray for chapter in chapters for tray in chapter.trays)
    row, *rest = (np.concatenate(columns) for columns in zip(*(each.stays for each in chapters), strict=True))
    return Chapter(pieces, trays, StayColumns(np.arange(len(row), dtype=np.int32), *rest))
