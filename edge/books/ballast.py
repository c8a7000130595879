"""A file that is only there to be deleted: when the disk is full, its room lets the open shift be closed (law 8)."""

import os
import shutil
from pathlib import Path
from typing import Final

BALLAST_BYTES: Final = 4 << 20
"""A Z with its journal row is some kilobytes; the write-ahead log may grow by a few pages for each."""
ROOM_TIMES: Final = 4
"""The ballast is only laid down where this many times its size is free: it must not fill the disk itself."""


class Ballast:
    """One file in the data directory."""

    def __init__(self, folder: Path, size: int = BALLAST_BYTES) -> None:
        self._path = folder / "ballast"
        self._size = size

    def keep(self) -> None:
        """Lay it down where it is missing and there is room. Raises nothing: without it the shop still sells."""
        try:
            if self._path.exists() or shutil.disk_usage(self._path.parent).free < ROOM_TIMES * self._size:
                return
            with self._path.open("wb") as file:
                # Real bytes: a sparse file would hold no room at all.
                file.write(os.urandom(4096) * (self._size // 4096))
        except OSError:
            self.drop()

    def drop(self) -> bool:
        """Give its room back; false when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
