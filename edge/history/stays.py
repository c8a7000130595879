"""Stays: (piece, zone, from, to, rounds in which it was read, what read it last). Arrays only, on the house thread.

While a piece lies still it is one row an hour. Times are wall-clock UTC µs, for people.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId, ZoneId

LEFT_AFTER_US: Final = 300 * 1_000_000
STAY_US_MAX: Final = 3600 * 1_000_000
STILL_US: Final = 60 * 1_000_000
"""For so long after its last read a piece is taken to lie where it was read: a stay that is cut by the hour goes on at
the next read, and what is hard to read is read once a minute."""
NO_PORT: Final = -1
"""In `port`: a person's scanner, or not told."""
PORT_BITS: Final = 16


class StayColumns(NamedTuple):
    """Closed stays; columns of n. `zone` indexes the store's zones; `port` is reader << 16 | antenna, or `NO_PORT`."""

    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    from_us: NDArray[np.int64]
    to_us: NDArray[np.int64]
    rounds: NDArray[np.int64]
    port: NDArray[np.int32]

    def of(self, at: NDArray[np.intp]) -> "StayColumns":
        """These of them."""
        return StayColumns(
            self.row[at], self.zone[at], self.from_us[at], self.to_us[at], self.rounds[at], self.port[at]
        )


class Stay(NamedTuple):
    """`reader` and `antenna` are what read it last there; no reader: a person's scanner. Antenna 0: not told."""

    piece: PieceId
    zone: ZoneId
    from_us: int
    to_us: int
    rounds: int
    reader: str = ""
    antenna: int = 0


GROWS_TO: Final = 125
"""Percent of what it holds, at least: pieces that come one by one must not copy all the others each time."""


class Stays:
    """Open stays, by row and zone."""

    def __init__(self, zones: int) -> None:
        self._zones = zones
        self._from_us = np.zeros((0, zones), np.int64)
        self._to_us = np.zeros((0, zones), np.int64)
        self._rounds = np.zeros((0, zones), np.int32)
        self._port = np.full((0, zones), NO_PORT, np.int32)

    def hear(self, now_us: int, rows: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """One round: each (row, zone) at most once."""
        self._grow(int(rows.max(initial=-1)) + 1)
        new = self._rounds[rows, zones] == 0
        self._from_us[rows[new], zones[new]] = now_us
        self._to_us[rows, zones] = now_us
        self._rounds[rows, zones] += 1

    def by(
        self, rows: NDArray[np.int32], zones: NDArray[np.int32], reader: int, antenna: NDArray[np.uint16] | None
    ) -> None:
        """What reads them now: a reader of the configuration, by index, and its antenna column; None: a scanner."""
        self._grow(int(rows.max(initial=-1)) + 1)
        self._port[rows, zones] = NO_PORT if antenna is None else (reader << PORT_BITS) | antenna.astype(np.int32)

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
        closed = self._take(done)
        self._port[row : row + 1] = NO_PORT
        return closed

    def open_of(self, row: int) -> list[tuple[int, int, int, int, int]]:
        """Open stays of a row: (zone, from, to, rounds, port)."""
        if row >= len(self._rounds):
            return []
        columns = (self._from_us, self._to_us, self._rounds, self._port)
        return [
            (zone, *(int(column[row, zone]) for column in columns))  # type: ignore[misc]  # mypy counts no generators
            for zone in np.flatnonzero(self._rounds[row]).tolist()
        ]

    def open_at(self, at_us: int) -> StayColumns:
        """Open stays that hold this moment."""
        row, zone = np.nonzero((self._rounds > 0) & (self._from_us <= at_us) & (self._to_us >= at_us - STILL_US))
        return StayColumns(
            row.astype(np.int32),
            zone.astype(np.int32),
            self._from_us[row, zone],
            self._to_us[row, zone],
            self._rounds[row, zone].astype(np.int64),
            self._port[row, zone],
        )

    def _take(self, done: NDArray[np.bool_]) -> StayColumns:
        row, zone = np.nonzero(done)
        columns = StayColumns(
            row.astype(np.int32),
            zone.astype(np.int32),
            self._from_us[row, zone],
            self._to_us[row, zone],
            self._rounds[row, zone].astype(np.int64),
            self._port[row, zone],
        )
        self._rounds[row, zone] = 0
        return columns

    def _grow(self, rows: int) -> None:
        if rows > len(self._rounds):
            more = max(rows, len(self._rounds) * GROWS_TO // 100) - len(self._rounds)
            for name, fill in (("_from_us", 0), ("_to_us", 0), ("_rounds", 0), ("_port", NO_PORT)):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.full((more, self._zones), fill, old.dtype)]))


def joined(rows: Sequence[Stay]) -> list[Stay]:
    """Rows of one piece as stays, oldest first: what was cut by the hour is joined, what came twice counts once."""
    distinct = {(row.zone, row.from_us): row for row in rows}
    out: list[Stay] = []
    newest: dict[ZoneId, int] = {}
    """Where in `out` the newest stay of a zone stands: to look back for it took a third of a question about a year."""
    for stay in sorted(distinct.values(), key=itemgetter(2, 1)):  # from_us, zone
        at = newest.get(stay.zone)
        if at is not None and stay.from_us - out[at].to_us <= LEFT_AFTER_US:
            before = out[at]
            out[at] = Stay(stay.piece, stay.zone, before.from_us, stay.to_us, before.rounds + stay.rounds, *stay[5:])
        else:
            newest[stay.zone] = len(out)
            out.append(stay)
    return out
