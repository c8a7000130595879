"""Files that grow: each holds a run of parts by number, and one that holds more of them makes the others void.

A file is called `00000012-00000030.1794830400-1794916800.parquet`: the numbers of the first and last part it holds,
and from which UTC second to which its rows reach. Parts are numbered as they are written. Merging 12 to 30 writes their
rows beside, makes them durable, and renames them to that name; from this moment, and not before, files within 12 to 30
are void and may go. So the folder's listing is always the truth: power that fails in between neither loses a row nor
gives one twice, and there is no list of files that could be lost.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NAME: Final = re.compile(r"(\d{8})-(\d{8})\.(\d+)-(\d+)\.parquet")
BESIDE: Final = ".beside"
DAMAGED: Final = ".damaged"
"""What is put behind the name of a file that cannot be read: it holds no rows any more, and can be looked at."""
ROWS_PER_GROUP: Final = 32_768
"""Sorted by piece, a piece's month lies in one group or two, and the footer's statistics say in which. To read one
piece unpacks the times of its whole group. Smaller groups cost more in the footer than they save: one piece of 3 M rows
takes as long of 32,768 as of 65,536 and two thirds more of 8,192."""
ROWS_PER_DAYS_GROUP: Final = 4_096
"""A piece has some twenty rows a day. Of twenty days it takes half as long so (25 ms of 49), and until the month is
over the files are 8 % larger."""
DAYS_US: Final = 2 * 86_400 * 1_000_000
"""What reaches over less is a day, or a part of one."""
SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One file. `from_us` and `to_us`: no row of it is outside, in UTC µs."""

    first: int
    last: int
    from_us: int
    to_us: int
    path: Path
    size: int = 0

    def within(self, other: "Run") -> bool:
        """Whether the other holds everything of this one."""
        if not (other.first <= self.first and self.last <= other.last):
            return False
        wider = (other.first, other.last) != (self.first, self.last)
        return wider or self.path.name < other.path.name


class Runs:
    """The files of one folder, oldest first. One writer; `order` is how rows are sorted."""

    def __init__(self, folder: Path, order: str) -> None:
        self.folder = folder
        self._order = order

    def all(self) -> list[Run]:
        """What holds the rows: no file that another makes void. Raises `OSError`."""
        found = self._listed()
        return [run for run in found if not any(run.within(other) for other in found)]

    def touching(self, from_us: int, to_us: int) -> list[Run]:
        """Those that may hold rows of a span."""
        return [run for run in self.all() if run.to_us >= from_us and run.from_us <= to_us]

    @property
    def last(self) -> int:
        """The number of the newest part there ever was here; 0: none."""
        return max((run.last for run in (*self._listed(), *self.damaged())), default=0)

    def add(self, rows: Any, from_us: int, to_us: int) -> Run:
        """A new part, under the next number."""
        number = self.last + 1
        return self.put(rows, number, number, from_us, to_us)

    def merge(self, duck: Any, runs: list[Run]) -> Run:
        """Several neighbours as one, sorted; they are removed once it is there."""
        assert len(runs) > 1, "one file needs no merging"
        rows = duck.read_parquet([str(run.path) for run in runs])
        span = min(run.from_us for run in runs), max(run.to_us for run in runs)
        whole = self.put(rows, runs[0].first, runs[-1].last, *span)
        for run in runs:
            run.path.unlink(missing_ok=True)
        return whole

    def sweep(self) -> int:
        """Remove what an interrupted merge left: void files, and files not finished. Gives how many."""
        if not self.folder.is_dir():
            return 0
        live = {run.path for run in self.all()}
        void = [run.path for run in self._listed() if run.path not in live]
        void += self.folder.glob(f"*{BESIDE}")
        for path in void:
            path.unlink(missing_ok=True)
        return len(void)

    def set_aside(self, run: Run) -> Path:
        """A file that cannot be read, out of the way of the others. Gives where it is now."""
        return run.path.rename(run.path.with_name(run.path.name + DAMAGED))

    def damaged(self) -> list[Run]:
        """Files that were set aside, oldest first."""
        if not self.folder.is_dir():
            return []
        aside = [path for path in self.folder.glob(f"*{DAMAGED}") if NAME.fullmatch(path.name.removesuffix(DAMAGED))]
        return sorted(_run(path) for path in aside)

    def groups(self, key: Callable[[Run], str], *, before: str) -> list[list[Run]]:
        """Neighbours of one key, where there are several and the key is before another: days or months now over."""
        found: list[list[Run]] = []
        for run in self.all():
            if found and key(found[-1][-1]) == key(run):
                found[-1].append(run)
            else:
                found.append([run])
        return [each for each in found if len(each) > 1 and key(each[0]) < before]

    def put(self, rows: Any, first: int, last: int, from_us: int, to_us: int) -> Run:
        """Rows of the parts `first` to `last`: written beside, made durable, renamed. There whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        span = (from_us // SECOND_US, -(-to_us // SECOND_US))
        path = self.folder / f"{first:08d}-{last:08d}.{span[0]}-{span[1]}.parquet"
        beside = path.with_suffix(BESIDE)
        group = ROWS_PER_DAYS_GROUP if to_us - from_us < DAYS_US else ROWS_PER_GROUP
        rows.order(self._order).write_parquet(str(beside), compression="zstd", row_group_size=group)
        _make_durable(beside)
        beside.replace(path)
        _make_durable(self.folder)
        return _run(path)

    def _listed(self) -> list[Run]:
        if not self.folder.is_dir():
            return []
        return sorted(_run(path) for path in self.folder.iterdir() if NAME.fullmatch(path.name))


def _run(path: Path) -> Run:
    match = NAME.fullmatch(path.name.removesuffix(DAMAGED))
    assert match is not None, f"{path.name} is no run"
    first, last, from_s, to_s = map(int, match.groups())
    return Run(first, last, from_s * SECOND_US, to_s * SECOND_US, path, path.stat().st_size)


def _make_durable(path: Path) -> None:
    """Fsync of a file, or of a folder's listing."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
