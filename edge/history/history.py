"""The history's files: what is written where, when it is merged, and what goes first when it grows too old or too big.

    stays/    who was where from when to when; sorted by piece, a month in one file
    hours/    stays summed by zone and hour, and
    trays/    by tray and day: both are kept when the stays they were made of are gone
    rates/    reads and rounds by antenna, zone and hour
    counted/  where a piece was believed, and where a count or a hand found it

All five are `Runs` (`runs.py`): parts of ten minutes become a day, days become a month. Runs in the pool of one.
"""

import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from contract.ids import PieceId, ZoneId
from edge.history import questions
from edge.history.duck import Duck, HistoryError
from edge.history.questions import DAY_US, By, Dwell, Span
from edge.history.rates import HOUR_US, Counted, Rate
from edge.history.runs import Run, Runs
from edge.history.stays import NO_PORT, PORT_BITS, Stay, StayColumns, joined

DAYS_MAX: Final = 400
BYTES_MAX: Final = 4 << 30
TOTAL_DAYS_MAX: Final = 3660
"""Totals, rates and counts are a hundredth of the stays, and say more the older they are: ten years."""
PARTS_MAX: Final = 24
"""Parts of a running day before they are merged: a question opens each file it asks."""
SPILL: Final = "spill"


class Keep(NamedTuple):
    """How much is kept. Above it the oldest stays go first, then the oldest sums."""

    days_max: int = DAYS_MAX
    bytes_max: int = BYTES_MAX
    total_days_max: int = TOTAL_DAYS_MAX


class Names(NamedTuple):
    """What the indices of stays mean: pieces and trays by row, zones and readers by configuration."""

    pieces: Sequence[PieceId | None]
    trays: Sequence[str]
    zones: Sequence[ZoneId]
    readers: Sequence[str] = ()


class History:
    """Owned by the pool of one. Everything raises `HistoryError`, and selling goes on."""

    def __init__(self, folder: Path, keep: Keep = Keep()) -> None:  # noqa: B008 — immutable
        self.dropped_total = 0
        """Files dropped for age or size."""
        self.bytes = 0
        """On the disk, after the last tidying."""
        self.duck = Duck(folder / SPILL)
        self.stays = Runs(folder / "stays", "piece, from_us")
        self.hours = Runs(folder / "hours", "zone, nth")
        self.trays = Runs(folder / "trays", "zone, tray, nth")
        self.rates = Runs(folder / "rates", "zone, reader, antenna, hour")
        self.counted = Runs(folder / "counted", "at_us, believed, counted")
        self._sums = (self.hours, self.trays, self.rates, self.counted)
        self._keep = keep

    # --- writing ----------------------------------------------------------------------------------------------

    def write(self, stays: StayColumns, names: Names) -> Run | None:
        """A part of stays, durable when this returns. None: there was nothing to write."""
        pieces = np.array(names.pieces, object)[stays.row]
        if not (pieces != None).any():  # noqa: E711 — element by element
            return None
        told = stays.port != NO_PORT
        readers = np.array([*names.readers, ""], object)
        columns = {
            "piece": pieces,
            "zone": np.array(names.zones, object)[stays.zone],
            "tray": np.array(names.trays, object)[stays.row],
            "reader": readers[np.where(told, stays.port >> PORT_BITS, len(names.readers))],
            "antenna": np.where(told, stays.port & ((1 << PORT_BITS) - 1), 0).astype(np.uint16),
            "from_us": stays.from_us,
            "to_us": stays.to_us,
            "rounds": stays.rounds.astype(np.int32),
        }
        with self.duck.work() as duck:
            duck.register("closed", columns)
            rows = duck.sql("SELECT * FROM closed WHERE piece IS NOT NULL")
            return self.stays.add(rows, int(stays.from_us.min()), int(stays.to_us.max()))

    def write_rates(self, rates: Sequence[Rate]) -> Run | None:
        hours = [one.hour * HOUR_US for one in rates]
        return self._write(self.rates, Rate._fields, rates, hours)

    def write_counted(self, counted: Sequence[Counted]) -> Run | None:
        return self._write(self.counted, Counted._fields, counted, [one.at_us for one in counted])

    def _write(self, runs: Runs, fields: Sequence[str], rows: Sequence[Any], times: list[int]) -> Run | None:
        if not rows:
            return None
        columns = {name: np.array(each) for name, each in zip(fields, zip(*rows, strict=True), strict=True)}
        with self.duck.work() as duck:
            duck.register("said", columns)
            return runs.add(duck.sql("SELECT * FROM said"), min(times), max(times))

    # --- tidying ----------------------------------------------------------------------------------------------

    def tidy(self, now_us: int) -> int:
        """Merge what is over, sum up its stays, and drop what is too old or too much. Gives how many files went.

        Power may fail anywhere in it: the next time goes on from the listing (`runs.py`).
        """
        today, month = day_of(now_us), day_of(now_us)[:7]
        try:
            with self.duck.work() as duck:
                for runs in (self.stays, *self._sums):
                    runs.sweep()
                self._merge(duck, self.stays, today, whole=False)
                self._sum_up(duck, today)
                self._merge(duck, self.stays, month, whole=True)
                for runs in self._sums:
                    self._merge(duck, runs, today, whole=False)
                    self._merge(duck, runs, month, whole=True)
                return self._drop(now_us)
        except HistoryError:
            with contextlib.suppress(OSError):  # a damaged file is not merged, and still the folder stays bounded
                self._drop(now_us)
            raise

    def _merge(self, duck: Any, runs: Runs, before: str, *, whole: bool) -> None:
        """Days, or whole months, that are over; and a running day whose parts have become many."""
        for group in runs.groups(lambda run: day_of(run.to_us)[: 7 if whole else 10], before=before):
            runs.merge(duck, group)
        if not whole:
            running = [run for run in runs.all() if day_of(run.to_us) >= before]
            if len(running) > PARTS_MAX:
                runs.merge(duck, running)

    def _sum_up(self, duck: Any, today: str) -> None:
        """Totals of every run of stays whose day is over: the same numbers, in the other folder."""
        for totals, by in ((self.hours, By.HOUR), (self.trays, By.TRAY)):
            done = totals.last
            for run in self.stays.all():
                if run.first > done and day_of(run.to_us) < today:
                    rows = duck.sql(questions.summed([run], by))
                    totals.put(rows, run.first, run.last, run.from_us, run.to_us)

    def _drop(self, now_us: int) -> int:
        """The oldest stays first; sums only when they are older than ten years, or alone too big."""
        sums = [run for runs in self._sums for run in runs.all()]
        stays = self.stays.all()
        gone = [run for run in stays if run.to_us < now_us - self._keep.days_max * DAY_US]
        gone += [run for run in sums if run.to_us < now_us - self._keep.total_days_max * DAY_US]
        total = sum(run.size for run in (*stays, *sums) if run not in gone)
        for run in (*stays[:-1], *sorted(sums, key=lambda run: run.to_us)):
            if total <= self._keep.bytes_max:
                break
            if run not in gone:
                gone.append(run)
                total -= run.size
        for run in gone:
            run.path.unlink(missing_ok=True)
        self.bytes, self.dropped_total = total, self.dropped_total + len(gone)
        return len(gone)

    # --- asking -----------------------------------------------------------------------------------------------

    def where_was(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of one piece that touch a span, oldest first; hourly rows of one stay are joined."""
        return joined(self.rows_of(piece, from_us, to_us))

    def rows_of(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """The same as they were written, an hour a row."""
        with self.duck.work() as duck:
            return questions.rows_of(duck, self.stays.touching(from_us, to_us), piece, from_us, to_us)

    def last_seen(self, piece: PieceId) -> Stay | None:
        """The newest stay of a piece: when it was seen last, and by what. Newest files first, the first hit is it."""
        with self.duck.work() as duck:
            for run in reversed(self.stays.all()):
                found = questions.rows_of(duck, [run], piece, 0, run.to_us)
                if found:
                    return max(found, key=lambda stay: stay.to_us)
        return None

    def dwell(self, span: Span, by: By) -> list[Dwell]:
        """Piece-seconds by zone or hour within whole hours, by tray within whole days, by piece to the second."""
        with self.duck.work() as duck:
            stays = self.stays.touching(span.from_us, span.to_us)
            if by is By.PIECE:
                return questions.dwell_by_piece(duck, stays, span)
            totals = self.trays if by is By.TRAY else self.hours
            done = totals.last
            young = [run for run in stays if run.first > done]
            return questions.dwell(duck, totals.touching(span.from_us, span.to_us), young, span, by)

    def read_rates(self, span: Span) -> list[Rate]:
        """Reads and rounds of every antenna in every hour of a span, those without a read too."""
        with self.duck.work() as duck:
            return questions.read_rates(duck, self.rates.touching(span.from_us - HOUR_US, span.to_us), span)

    def accuracy(self, span: Span) -> list[Counted]:
        """Believed against counted, summed over a span."""
        with self.duck.work() as duck:
            return questions.accuracy(duck, self.counted.touching(span.from_us, span.to_us), span)

    def files(self) -> Iterable[Run]:
        """Every file that holds rows."""
        return (run for runs in (self.stays, *self._sums) for run in runs.all())


def day_of(us: int) -> str:
    """`2026-11-22`, in UTC."""
    return datetime.fromtimestamp(us / 1e6, UTC).date().isoformat()
