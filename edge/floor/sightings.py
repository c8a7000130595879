"""Who read each piece last, where and when: since this box started, by catalogue row. Times are monotonic µs.

Nothing of it is written: a piece that was not read since the start was not seen, whatever the books remember.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER_US: Final = -(1 << 62)
NOWHERE: Final = -1
SCANNER: Final = -1
"""In `reader`: a person's scanner, or nobody yet."""


class Sighting(NamedTuple):
    """The last read of one row: monotonic µs, zone and reader by index (`NOWHERE`, `SCANNER`)."""

    at_us: int
    zone: int
    reader: int


class Sightings:
    """Arrays at least as long as the catalogue."""

    def __init__(self) -> None:
        self.at_us = np.empty(0, np.int64)
        self.zone = np.empty(0, np.int32)
        self.reader = np.empty(0, np.int32)

    def grow(self, more: int) -> None:
        self.at_us = np.concatenate([self.at_us, np.full(more, NEVER_US, np.int64)])
        self.zone = np.concatenate([self.zone, np.full(more, NOWHERE, np.int32)])
        self.reader = np.concatenate([self.reader, np.full(more, SCANNER, np.int32)])

    def clear(self, rows: NDArray[np.int32]) -> None:
        """These rows mean other pieces, or other tags, now."""
        self.at_us[rows], self.zone[rows], self.reader[rows] = NEVER_US, NOWHERE, SCANNER

    def saw(
        self, rows: NDArray[np.int32], zone: NDArray[np.int32], reader: NDArray[np.intp], at_us: NDArray[np.int64]
    ) -> None:
        """Reads in the order in which they came; columns of n."""
        self.at_us[rows] = at_us
        self.zone[rows] = zone
        self.reader[rows] = reader

    def scanned(self, row: int, zone: int, at_us: int) -> None:
        """A person's scanner read it."""
        self.at_us[row], self.zone[row], self.reader[row] = at_us, zone, SCANNER

    def last(self, row: int) -> Sighting | None:
        """None: not since the start."""
        at_us = int(self.at_us[row])
        return None if at_us == NEVER_US else Sighting(at_us, int(self.zone[row]), int(self.reader[row]))

    def since_start(self, count: int) -> NDArray[np.bool_]:
        """`bool[count]`: which rows have been read since the box started."""
        return np.asarray(self.at_us[:count] > NEVER_US, np.bool_)
