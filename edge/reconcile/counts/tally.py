"""Two sets held against each other: what ought to lie where, and what was heard where. No Python per piece.

Takes   `home int32[n]`: by row the zone a piece is expected in, `NOWHERE` where it is not expected at all;
        `rows int32[k]`, `zones int32[k]`: reads in any order and any number, `rows` -1 = a tag that is no piece.
Gives   `Tally`: each expected row is found, elsewhere or missing; each other row that was heard is unexpected.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NOWHERE: Final = -1


class Tally(NamedTuple):
    """Rows, ascending; the first three are all expected rows, each once.

    found       int32[a]  heard in the zone where it is expected
    elsewhere   int32[b]  heard in other zones only; `elsewhere_zone` int32[b]: the last of them
    missing     int32[c]  not heard
    unexpected  int32[d]  heard and not expected; `unexpected_zone` int32[d]: where last
    strangers             reads of tags that are no piece
    """

    found: NDArray[np.int32]
    elsewhere: NDArray[np.int32]
    elsewhere_zone: NDArray[np.int32]
    missing: NDArray[np.int32]
    unexpected: NDArray[np.int32]
    unexpected_zone: NDArray[np.int32]
    strangers: int


def tally(home: NDArray[np.int32], rows: NDArray[np.int32], zones: NDArray[np.int32]) -> Tally:
    """Hold what was heard against what is expected. O(n + k)."""
    assert len(rows) == len(zones), "each read has its zone"
    known = rows >= 0
    strangers = len(rows) - int(np.count_nonzero(known))
    if strangers:
        rows, zones = rows[known], zones[known]
    last = np.full(len(home), NOWHERE, np.int32)
    last[rows] = zones
    # apart from `last`: a later read elsewhere must not hide one at home
    at_home = np.zeros(len(home), np.bool_)
    at_home[rows[zones == home[rows]]] = True
    expected, heard = home != NOWHERE, last != NOWHERE
    elsewhere = _rows(expected & heard & ~at_home)
    unexpected = _rows(heard & ~expected)
    return Tally(
        found=_rows(expected & at_home),
        elsewhere=elsewhere,
        elsewhere_zone=last[elsewhere],
        missing=_rows(expected & ~heard),
        unexpected=unexpected,
        unexpected_zone=last[unexpected],
        strangers=strangers,
    )


def _rows(which: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.flatnonzero(which).astype(np.int32)
