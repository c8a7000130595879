"""Stays: (piece, zone, from, to, rounds in which it was read), folded from rounds on the house thread; arrays only.

While a piece lies still it is one row an hour. Times are wall-clock UTC µs, for people.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId, ZoneId

LEFT_AFTER_US: Final = 300 * 1_000_000
STAY_US_MAX: Final = 3600 * 1_000_000


class StayColumns(NamedTuple):
    """Closed stays; columns of n. `zone` indexes the store's zones."""

    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    from_us: NDArray[np.int64]
    to_us: NDArray[np.int64]
    rounds: NDArray[np.int64]


class Stay(NamedTuple):
    piece: PieceId
    zone: ZoneId
    from_us: int
    to_us: int
    rounds: int


class Stays:
    """Open stays, by row and zone."""

    def __init__(self, zones: int) -> None:
        self._zones = zones
        self._from_us = np.zeros((0, zones), np.int64)
        self._to_us = np.zeros((0, zones), np.int64)
        self._rounds = np.zeros((0, zones), np.int32)

    def hear(self, now_us: int, rows: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """One round: each (row, zone) at most once."""
        self._grow(int(rows.max(initial=-1)) + 1)
        new = self._rounds[rows, zones] == 0
        self._from_us[rows[new], zones[new]] = now_us
        self._to_us[rows, zones] = now_us
        self._rounds[rows, zones] += 1

    def close(self, now_us: int, *, everything: bool = False) -> StayColumns:
        """Take out the stays that ended, and those an hour old. `everything`: at stop."""
        done = self._rounds > 0
        if not everything:
            done &= (now_us - self._to_us >= LEFT_AFTER_US) | (now_us - self._from_us >= STAY_US_MAX)
        return self._take(done)

    def close_row(self, row: int) -> StayColumns:
        """Take out all of one row: it is about to mean another piece."""
        done = np.zeros_like(self._rounds, np.bool_)
        done[row : row + 1] = self._rounds[row : row + 1] > 0
        return self._take(done)

    def open_of(self, row: int) -> list[tuple[int, int, int, int]]:
        """Open stays of a row: (zone, from, to, rounds)."""
        if row >= len(self._rounds):
            return []
        return [
            (zone, int(self._from_us[row, zone]), int(self._to_us[row, zone]), int(self._rounds[row, zone]))
            for zone in np.flatnonzero(self._rounds[row]).tolist()
        ]

    def _take(self, done: NDArray[np.bool_]) -> StayColumns:
        row, zone = np.nonzero(done)
        columns = StayColumns(
            row.astype(np.int32),
            zone.astype(np.int32),
            self._from_us[row, zone],
            self._to_us[row, zone],
            self._rounds[row, zone].astype(np.int64),
        )
        self._rounds[row, zone] = 0
        return columns

    def _grow(self, rows: int) -> None:
        more = rows - len(self._rounds)
        if more > 0:
            for name in ("_from_us", "_to_us", "_rounds"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros((more, self._zones), old.dtype)]))


def joined(rows: Sequence[Stay]) -> list[Stay]:
    """Rows of one piece as stays, oldest first: what was cut by the hour is joined, what came twice counts once."""
    distinct = {(row.zone, row.from_us): row for row in rows}
    out: list[Stay] = []
    for stay in sorted(distinct.values(), key=lambda row: (row.from_us, row.zone)):
        last = next((at for at in range(len(out) - 1, -1, -1) if out[at].zone == stay.zone), None)
        if last is not None and stay.from_us - out[last].to_us <= LEFT_AFTER_US:
            out[last] = out[last]._replace(to_us=stay.to_us, rounds=out[last].rounds + stay.rounds)
        else:
            out.append(stay)
    return out
