"""Where pieces lie in a store that was walked with the reference tray: rounds, antenna by antenna, into windows.

A window is as many rounds as the arithmetic wants, or what a minute gave. An antenna whose reader was no witness for
enough of it, or was disconnected, tells nothing in it: what it no longer hears has not moved.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId
from edge.floor.rounds import Round
from edge.floor.zonemap import ZoneMap
from edge.readers.base import RSSI_ABSENT_CDBM
from edge.reconcile.zones.choose import Chosen
from edge.reconcile.zones.features import Window
from edge.reconcile.zones.finder import WINDOW_ROUNDS, Finder
from edge.reconcile.zones.strongest import Moved

WINDOW_US_MAX: Final = 60_000_000
WITNESS_ROUNDS_MIN: Final = 5
WITNESS_SHARE_MIN: Final = 0.5
"""Of the rounds of the antenna that had most of them."""
UNTOLD_DBM: Final = -60.0
"""A reader that tells no level: every antenna of it hears alike, and only read rates speak."""
EVIDENCE: Final = "zones"


class Calibrated:
    """Owned by the house thread. Sums float32[n, a] of the window that is open."""

    def __init__(self, zones: ZoneMap, chosen: Chosen) -> None:
        self.finder = Finder(chosen, len(zones.zones), len(zones.antennas))
        self.windows_total = 0
        self._reader = [each.reader for each in zones.antennas]
        self._zone = np.array([each.zone for each in zones.antennas], np.int32)
        self._names = ([str(zone.id) for zone in zones.zones], [each.name for each in zones.antennas])
        self._rounds = np.zeros(len(zones.antennas), np.float32)
        self._sum_dbm = self._read = np.zeros((0, len(zones.antennas)), np.float32)
        self._began_us = -1

    def settle(self, rows: NDArray[np.int32], lies: NDArray[np.int32]) -> None:
        """These rows are new, or somebody said where they are."""
        self.finder.grow(len(lies), lies)
        if len(rows):
            self.finder.settle(rows, lies[rows])

    def hear(self, one: Round, rows: int) -> None:
        """Add a witnessed round."""
        if one.by_antenna is None:
            return
        self._make_room(rows)
        watched = np.isin(self._zone, one.zones) & np.array([reader == one.reader for reader in self._reader])
        self._rounds[watched] += 1
        row, antenna, cdbm = one.by_antenna.row, one.by_antenna.antenna, one.by_antenna.rssi_cdbm
        told = np.where(cdbm == RSSI_ABSENT_CDBM, UNTOLD_DBM, cdbm / 100).astype(np.float32)
        # what an antenna heard while its zone had no witness (another antenna of it was down) is no part of its level
        self._sum_dbm[row, antenna] += told * watched[antenna]
        self._read[row, antenna] += watched[antenna]

    def close(self, now_us: int, lies: NDArray[np.int32], tray: NDArray[np.int32]) -> Moved | None:
        """What has moved, some ticks after a window is full; else None. A tick looks at so many rows, no more."""
        if self.finder.looking:
            return self.finder.go_on()
        if self._began_us < 0:
            self._began_us = now_us
        most = float(self._rounds.max(initial=0))
        if most < WINDOW_ROUNDS and now_us - self._began_us < WINDOW_US_MAX:
            return None
        self._began_us = now_us
        self._make_room(len(lies))
        self.finder.grow(len(lies), lies)
        witness = self._rounds >= max(WITNESS_ROUNDS_MIN, WITNESS_SHARE_MIN * most)
        read = np.minimum(self._read, self._rounds) * witness
        window = Window((self._sum_dbm / np.maximum(self._read, 1)).astype(np.float32), read, self._rounds * witness)
        self._sum_dbm, self._read = np.zeros_like(self._sum_dbm), np.zeros_like(self._read)
        self._rounds[:] = 0
        if not witness.any():
            return None
        self.windows_total += 1
        self.finder.begin(window, tray)
        return self.finder.go_on()

    def save(self, pieces: Sequence[PieceId | None]) -> bytes:
        """What was learned of places, for a restart."""
        return self.finder.save(pieces, *self._names)

    def resume(self, blob: bytes, pieces: Sequence[PieceId | None]) -> NDArray[np.int32]:
        """Raises `FinderDamagedError`."""
        return self.finder.resume(blob, pieces, *self._names)

    def _make_room(self, rows: int) -> None:
        more = rows - len(self._read)
        if more > 0:
            wide = np.zeros((more, len(self._rounds)), np.float32)
            self._sum_dbm, self._read = np.concatenate([self._sum_dbm, wide]), np.concatenate([self._read, wide])
