"""The way of stays from the rounds to the files, and of a piece's story back. Nothing here is needed to sell.

The house collects stays and hands closed ones to a pool of one; only there a file is touched and DuckDB imported.
A write that fails is tried again with the next one; above `STAYS_PENDING_MAX` the oldest are lost, and counted.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Final, NamedTuple

import numpy as np
import structlog

from contract.facts import AnyFact
from contract.ids import PieceId
from edge.floor.history import History
from edge.floor.rounds import Heard, Round
from edge.floor.stays import Stay, StayColumns, Stays
from edge.floor.stock import Stock

log = structlog.get_logger(__name__)

CLOSE_EVERY_US: Final = 60_000_000
WRITE_EVERY_US: Final = 600_000_000
"""A file each ten minutes at most: a day then has few enough parts to be read at once."""
STAYS_PENDING_MAX: Final = 200_000
DAY_US: Final = 86_400_000_000


class Chapter(NamedTuple):
    """Closed stays that wait for the disk; `stays.row` is a place in `pieces`, whatever rows mean by then."""

    pieces: tuple[PieceId | None, ...]
    stays: StayColumns


class Chronicle:
    """Owned by the house thread; only `kept` runs in the pool. `wall_us` dates the stays, for people."""

    def __init__(self, stock: Stock, history: History, pool: Executor, wall_us: Callable[[], int]) -> None:
        self.stays_lost_total = 0
        self.stays_written_total = 0
        self.writes_failed_total = 0
        self._stock = stock
        self._zones = tuple(zone.id for zone in stock.zones.zones)
        self._stays = Stays(len(self._zones))
        self._history = history
        self._pool = pool
        self._wall_us = wall_us
        self._last_us = 0
        self._pending: list[Chapter] = []
        self._writing: list[Chapter] = []
        self._written: Future[None] | None = None
        self._closed_us = self._wrote_us = 0
        self._tidied_day = -1

    # --- the house thread -------------------------------------------------------------------------------------

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline. It has nothing to say: no facts."""
        del heard
        for one in rounds:
            self._stays.hear(self._now_us(), one.row, one.zone)
        if now_us - self._closed_us >= CLOSE_EVERY_US:
            self._closed_us = now_us
            self._keep(self._stays.close(self._now_us()))
        if now_us - self._wrote_us >= WRITE_EVERY_US:
            self._wrote_us = now_us
            self._write()
        return []

    def part(self, row: int) -> None:
        """This row is about to mean another piece: what it meant so far belongs to the one that goes."""
        self._keep(self._stays.close_row(row))

    def recent(self, piece: PieceId) -> list[Stay]:
        """Stays of a piece that may not be on disk yet: open ones and those that wait."""
        self._collect()
        row = self._stock.catalogue.row_of(piece)
        stays = [stay for chapter in (*self._writing, *self._pending) for stay in self._stays_in(chapter, piece)]
        if row is not None:
            stays += [Stay(piece, self._zones[zone], *span) for zone, *span in self._stays.open_of(row)]
        return stays

    def stop(self) -> None:
        """The last thing: close everything and hand it over."""
        self._keep(self._stays.close(self._now_us(), everything=True))
        self._collect()
        self._write(last=True)

    # --- the pool ---------------------------------------------------------------------------------------------

    def kept(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of a piece on disk that touch a span. Raises `HistoryError`."""
        return self._history.rows_of(piece, from_us, to_us)

    # --- inside -----------------------------------------------------------------------------------------------

    def _now_us(self) -> int:
        """The wall clock, never backwards: a stay ends after it began."""
        self._last_us = max(self._last_us, self._wall_us())
        return self._last_us

    def _keep(self, closed: StayColumns) -> None:
        if not len(closed.row):
            return
        pieces = self._stock.catalogue.pieces
        names = tuple(pieces[row] for row in closed.row.tolist())
        self._pending.append(Chapter(names, closed._replace(row=np.arange(len(names), dtype=np.int32))))
        self._bound()

    def _bound(self) -> None:
        while len(self._pending) > 1 and sum(len(chapter.pieces) for chapter in self._pending) > STAYS_PENDING_MAX:
            self.stays_lost_total += len(self._pending.pop(0).pieces)

    def _stays_in(self, chapter: Chapter, piece: PieceId) -> list[Stay]:
        """Stays of one piece in a chapter."""
        places = [at for at, name in enumerate(chapter.pieces) if name == piece]
        return [
            Stay(piece, self._zones[zone], from_us, to_us, rounds)
            for zone, from_us, to_us, rounds in zip(
                *(column[places].tolist() for column in chapter.stays[1:]), strict=True
            )
        ]

    def _write(self, *, last: bool = False) -> None:
        """Hand what waits to the pool, one file at a time; at the very end without waiting for the one before."""
        self._collect()
        if not self._pending or (self._written is not None and not last):
            return
        chapters, self._pending = self._pending, []
        self._writing = self._writing + chapters
        tidy = self._last_us // DAY_US != self._tidied_day
        self._tidied_day = self._last_us // DAY_US
        try:
            self._written = self._pool.submit(self._put, chapters, self._last_us, tidy=tidy)
        except RuntimeError as error:  # the pool has been shut down: the box is stopping
            self._fail(error)

    def _put(self, chapters: Sequence[Chapter], now_us: int, *, tidy: bool) -> None:
        """In the pool."""
        if tidy:
            self._history.tidy(now_us)
        whole = bound(chapters)
        self._history.write(whole.stays, whole.pieces, self._zones)

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
    row, zone, *rest = (np.concatenate(columns) for columns in zip(*(each.stays for each in chapters), strict=True))
    return Chapter(pieces, StayColumns(np.arange(len(row), dtype=np.int32), zone, *rest))
