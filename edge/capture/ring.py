"""The files of captures: a ring of the last minutes, and those kept because an alarm was raised. Bounded both.

    ring/00000012.capture          the oldest goes when minutes or bytes are too many
    kept/<alarm>/00000012.capture  the same file by a second name: what goes from the ring stays here

Owned by the pool of one. A file that grows is kept at once by its second name: it goes on growing under both.
"""

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from edge.capture.frames import MAGIC, Event, frame

SUFFIX: Final = ".capture"
KEPT_MAX: Final = 100
"""Alarms whose capture is kept."""


class Bounds(NamedTuple):
    """`segments` of the ring, and bytes of the ring and of what is kept."""

    segments: int
    bytes_max: int
    kept_bytes_max: int


class Ring:
    """One writer. Raises `OSError`."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.ring, self.kept = folder / "ring", folder / "kept"
        self._bounds = bounds
        self._path: Path | None = None

    def begin(self, number: int, events: Sequence[Event]) -> None:
        """A new segment; the oldest ones go. One that finds no room is not there."""
        self.close()
        self.ring.mkdir(parents=True, exist_ok=True)
        path = self.ring / f"{number:08d}{SUFFIX}"
        try:
            path.write_bytes(MAGIC + frame(events))
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        self._path = path
        self._drop()

    def write(self, events: Sequence[Event]) -> None:
        """Events of the running segment; lost where there is none. One that finds no room ends its segment."""
        if self._path is None:
            return
        whole = self._path.stat().st_size
        try:
            with self._path.open("ab") as file:
                file.write(frame(events))
                large = file.tell() > self._bounds.bytes_max // 2
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._path, whole)
            self.close()
            raise
        if large:
            self._drop()

    def close(self) -> None:
        self._path = None

    def keep(self, alarm: str) -> None:
        """The running segment and the one before, for this alarm."""
        into = self.kept / alarm
        into.mkdir(parents=True, exist_ok=True)
        for path in self.segments()[-2:]:
            with contextlib.suppress(FileExistsError):
                (into / path.name).hardlink_to(path)
        self._drop_kept()

    def segments(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.ring.glob(f"*{SUFFIX}"))

    def _drop(self) -> None:
        """The running segment stays, however big: its end is known by its minutes."""
        found = self.segments()
        total = sum(path.stat().st_size for path in found)
        for at, path in enumerate(found[:-1]):
            if len(found) - at <= self._bounds.segments and total <= self._bounds.bytes_max:
                break
            total -= path.stat().st_size
            path.unlink(missing_ok=True)

    def _drop_kept(self) -> None:
        found = sorted((each for each in self.kept.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
        sizes = [sum(path.stat().st_size for path in each.iterdir()) for each in found]
        left, total = len(found), sum(sizes)
        for each, size in zip(found[:-1], sizes[:-1], strict=True):
            if left <= KEPT_MAX and total <= self._bounds.kept_bytes_max:
                break
            shutil.rmtree(each)
            left, total = left - 1, total - size


def last_number(folder: Path) -> int:
    """Of the newest segment there; 0: none."""
    return max((int(path.stem) for path in (folder / "ring").glob(f"*{SUFFIX}") if path.stem.isdigit()), default=0)


def of_alarm(folder: Path, alarm: str) -> list[Path]:
    """The capture kept for an alarm; nothing where there is none. Its name is a part of a path: checked."""
    if not alarm or any(letter in alarm for letter in "/\\.") or "\0" in alarm:
        return []
    return sorted((folder / "kept" / alarm).glob(f"*{SUFFIX}"))
