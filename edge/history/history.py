"""The history's files: what is written where, when it is merged, and what goes first when it grows too old or too big.

    stays/    who was where from when to when; sorted by piece, a month in one file
    hours/    stays summed by zone and hour, and
    trays/    by tray and day: both are kept when the stays they were made of are gone
    rates/    reads and rounds by antenna, zone and hour
    counted/  where a piece was believed, and where a count or a hand found it

All five are `Runs` (`runs.py`): parts of ten minutes become a day, days become a month. Runs in a thread of its own.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import structlog

from contract.ids import PieceId, ZoneId
from edge.history import questions
from edge.history.duck import Duck, HistoryError
from edge.history.questions import DAY_US, By, Dwell, Lay, Span
from edge.history.rates import HOUR_US, Counted, Rate
from edge.history.runs import Run, Runs
from edge.history.stays import NO_PORT, PORT_BITS, STILL_US, Stay, StayColumns, joined

DAYS_MAX: Final = 400
BYTES_MAX: Final = 4 << 30
TOTAL_DAYS_MAX: Final = 3660
"""Totals, rates and counts are a hundredth of the stays, and say more the older they are: ten years."""
PARTS_MAX: Final = 24
"""Parts of a running day before they are merged: a question opens each file it asks."""
SPILL: Final = "spill"
MEND: Final = (
    "its rows are missing from history; restore it from a backup without the last part of its name, or delete it"
)

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


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


class Files(NamedTuple):
    """Files of one folder that are to be read."""

    runs: Runs
    some: list[Run]


class History:
    """Owned by the pool. Everything raises `HistoryError`, and selling goes on."""

    def __init__(self, folder: Path, keep: Keep = Keep()) -> None:  # noqa: B008 — immutable
        self.dropped_total = 0
        """Files dropped for age or size."""
        self.damaged = 0
        """Files that cannot be read and were set aside, for a person to look at; after the last tidying."""
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
            with self.duck.work():
                for runs in (self.stays, *self._sums):
                    runs.sweep()
            self._merge(self.stays, today, whole=False)
            self._sum_up(today)
            self._merge(self.stays, month, whole=True)
            for runs in self._sums:
                self._merge(runs, today, whole=False)
                self._merge(runs, month, whole=True)
            with self.duck.work():
                return self._drop(now_us)
        except HistoryError:
            with contextlib.suppress(OSError):  # what cannot be merged, and still the folder stays bounded
                self._drop(now_us)
            raise

    def _merge(self, runs: Runs, before: str, *, whole: bool) -> None:
        """Days, or whole months, that are over; and a running day whose parts have become many."""
        groups = runs.groups(lambda run: day_of(run.to_us)[: 7 if whole else 10], before=before)
        if not whole:
            running = [run for run in runs.all() if day_of(run.to_us) >= before]
            groups += [running] if len(running) > PARTS_MAX else []
        for group in groups:
            self._ask(lambda duck, some: runs.merge(duck, some) if len(some) > 1 else None, Files(runs, group))

    def _sum_up(self, today: str) -> None:
        """Totals of every run of stays whose day is over: the same numbers, in the other folder."""
        for totals, by in ((self.hours, By.HOUR), (self.trays, By.TRAY)):
            done = totals.last
            for run in self.stays.all():
                if run.first > done and day_of(run.to_us) < today:
                    self._ask(partial(_put_totals, totals, by), Files(self.stays, [run]))

    def _ask(self, work: Callable[..., Result], *given: Files) -> Result:
        """`work(cursor, files, …)`; where it fails because some of them are damaged, those are set aside and it is done
        with the rest. Raises `HistoryError`.
        """
        try:
            with self.duck.work() as duck:
                return work(duck, *(each.some for each in given))
        except HistoryError:
            hurt = [[run for run in each.some if not self._is_sound(run)] for each in given]
            if not any(hurt) or (hurt == [each.some for each in given] and sum(map(len, hurt)) > 1):
                raise  # it was something else: a full disk, or one that reads nothing at all
            for each, some in zip(given, hurt, strict=True):
                self._set_aside(each.runs, some)
            sound = [[run for run in each.some if run not in some] for each, some in zip(given, hurt, strict=True)]
        with self.duck.work() as duck:
            return work(duck, *sound)

    def _is_sound(self, run: Run) -> bool:
        """Whether a file can be read to its end."""
        try:
            with self.duck.work() as duck:
                questions.read_whole(duck, run)
        except HistoryError as error:
            log.warning("history_file_damaged", file=str(run.path), why=str(error), mend=MEND)
            return False
        return True

    def _set_aside(self, runs: Runs, some: list[Run]) -> None:
        with self.duck.work():
            for run in some:
                runs.set_aside(run)
                self.damaged += 1

    def _drop(self, now_us: int) -> int:
        """The oldest stays first; sums only when they are older than ten years, or alone too big."""
        sums = [run for runs in self._sums for run in runs.all()]
        aside = [run for runs in (self.stays, *self._sums) for run in runs.damaged()]
        stays = self.stays.all()
        gone = [run for run in stays if run.to_us < now_us - self._keep.days_max * DAY_US]
        gone += [run for run in sums if run.to_us < now_us - self._keep.total_days_max * DAY_US]
        gone += [run for run in aside if run.to_us < now_us - self._keep.days_max * DAY_US]
        total = sum(run.size for run in (*stays, *sums, *aside) if run not in gone)
        for run in (*aside, *stays[:-1], *sorted(sums, key=lambda run: run.to_us)):
            if total <= self._keep.bytes_max:
                break
            if run not in gone:
                gone.append(run)
                total -= run.size
        for run in gone:
            run.path.unlink(missing_ok=True)
        self.bytes, self.dropped_total = total, self.dropped_total + len(gone)
        self.damaged = sum(run not in gone for run in aside)
        return len(gone)

    # --- asking -----------------------------------------------------------------------------------------------

    def where_was(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """Stays of one piece that touch a span, oldest first; hourly rows of one stay are joined."""
        return joined(self.rows_of(piece, from_us, to_us))

    def rows_of(self, piece: PieceId, from_us: int, to_us: int) -> list[Stay]:
        """The same as they were written, an hour a row."""
        stays = Files(self.stays, self.stays.touching(from_us, to_us))
        return self._ask(lambda duck, some: questions.rows_of(duck, some, piece, from_us, to_us), stays)

    def last_seen(self, piece: PieceId) -> Stay | None:
        """The newest stay of a piece: when it was seen last, and by what."""
        return self._ask(lambda duck, some: questions.last_seen(duck, some, piece), Files(self.stays, self.stays.all()))

    def lay_at(self, at_us: int) -> list[Lay]:
        """Where each piece lay at a moment of the past."""
        stays = Files(self.stays, self.stays.touching(at_us - STILL_US, at_us))
        return self._ask(lambda duck, some: questions.lay_at(duck, some, at_us), stays)

    def dwell(self, span: Span, by: By) -> list[Dwell]:
        """Piece-seconds by zone or hour within whole hours, by tray within whole days, by piece to the second."""
        stays = self.stays.touching(span.from_us, span.to_us)
        if by is By.PIECE:
            return self._ask(lambda duck, some: questions.dwell_by_piece(duck, some, span), Files(self.stays, stays))
        totals = self.trays if by is By.TRAY else self.hours
        done = totals.last
        return self._ask(
            lambda duck, summed, young: questions.dwell(duck, summed, young, span, by),
            Files(totals, totals.touching(span.from_us, span.to_us)),
            Files(self.stays, [run for run in stays if run.first > done]),
        )

    def read_rates(self, span: Span) -> list[Rate]:
        """Reads and rounds of every antenna in every hour of a span, those without a read too."""
        rates = Files(self.rates, self.rates.touching(span.from_us - HOUR_US, span.to_us))
        return self._ask(lambda duck, some: questions.read_rates(duck, some, span), rates)

    def accuracy(self, span: Span) -> list[Counted]:
        """Believed against counted, summed over a span."""
        counted = Files(self.counted, self.counted.touching(span.from_us, span.to_us))
        return self._ask(lambda duck, some: questions.accuracy(duck, some, span), counted)

    @property
    def why_less(self) -> str:
        """Why an answer may lack rows, in words; empty: it lacks none."""
        some = "1 file was" if self.damaged == 1 else f"{self.damaged} files were"
        return f"{some} damaged and set aside (.damaged): {MEND}" if self.damaged else ""

    def files(self) -> Iterable[Run]:
        """Every file that holds rows."""
        return (run for runs in (self.stays, *self._sums) for run in runs.all())


def day_of(us: int) -> str:
    """`2026-11-22`, in UTC."""
    return datetime.fromtimestamp(us / 1e6, UTC).date().isoformat()


def _put_totals(totals: Runs, by: By, duck: Any, stays: list[Run]) -> None:
    for run in stays:
        totals.put(duck.sql(questions.summed([run], by)), run.first, run.last, run.from_us, run.to_us)
