"""Where pieces lie: windows of rounds into `reconcile.zones`, and the rows whose place has changed.

A zone that a reader could not vouch for in a window (dead, disconnected, waiting for its door) falls out of the
picture of that window: what lies there waits, since its strays read next door would look like a move. All other zones
go on.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.config import LIES_IN
from edge.floor.calibrated import Calibrated
from edge.floor.rounds import Round
from edge.floor.zonemap import NO_ZONE, ZoneMap
from edge.reconcile.zones.choose import Chosen
from edge.reconcile.zones.strongest import WINDOW_ROUNDS, Moved, Read, Whereabouts

ROUNDS_MIN: Final = 2 * WINDOW_ROUNDS - 2
WINDOW_US: Final = 2 * WINDOW_ROUNDS * 1_000_000
"""Twice what the arithmetic asks at least: a piece read in every third round must still be heard three times."""


class Placed(NamedTuple):
    """A piece that lies in `zone` now, by index, and how sure that is."""

    row: int
    zone: int
    p: float


class Places:
    """`hear` rounds, `close` windows; `readers` are the fixed ones, whose zones wait while they are no witnesses.
    `lies` is changed by nobody else once a row has been placed.
    """

    def __init__(self, zones: ZoneMap, readers: tuple[ReaderId, ...]) -> None:
        self.calibrated: Calibrated | None = None
        """By the walk with the reference tray; without, the strongest antenna says where a piece lies."""
        self._zones = zones
        self.stays = np.array([zone.kind in LIES_IN for zone in zones.zones], np.bool_)
        self._watches = {
            reader: zones.zones_of(reader) for reader in readers if self.stays[zones.zones_of(reader)].any()
        }
        self._model = Whereabouts(len(zones.zones))
        self._window: list[Round] = []
        self._began_us = 0
        self.windows_total = 0
        self.windows_unwitnessed_total = 0
        """Windows in which a zone had to wait, because a reader of it was no witness."""

    def settle(self, rows: NDArray[np.int32], lies: NDArray[np.int32]) -> None:
        """These rows are new, or somebody said where they are. `lies` is the whole column."""
        self._model.grow(len(lies), lies)
        if len(rows):
            self._model.settle(rows, lies[rows])
        if self.calibrated is not None:
            self.calibrated.settle(rows, lies)

    def use(self, chosen: Chosen | None, lies: NDArray[np.int32]) -> None:
        """Say where pieces lie by this calibration from now on, or by the strongest antenna."""
        self._window.clear()
        self.calibrated = None if chosen is None else Calibrated(self._zones, chosen)
        if self.calibrated is not None:
            self.calibrated.settle(np.arange(len(lies), dtype=np.int32), lies)
        else:
            self._model = Whereabouts(len(self._zones.zones))
            self._model.grow(len(lies), lies)

    def hear(self, one: Round, lies: NDArray[np.int32]) -> list[Placed]:
        """One witnessed round: rows that lay nowhere are placed where they were read best."""
        if one.reader not in self._watches:
            return []
        if self.calibrated is not None:
            self.calibrated.hear(one, len(lies))
        else:
            self._window.append(one)
        return self.first(one, lies)

    def first(self, one: Round, lies: NDArray[np.int32]) -> list[Placed]:
        """Rows that lay nowhere lie where they were read best."""
        lost = self.stays[one.zone] & (lies[one.row] == NO_ZONE)
        best: dict[int, tuple[int, int]] = {}
        for row, zone, rssi in zip(
            one.row[lost].tolist(), one.zone[lost].tolist(), one.rssi_cdbm[lost].tolist(), strict=True
        ):
            best[row] = max(best.get(row, (-1 << 15, NO_ZONE)), (rssi, zone))
        return [Placed(row, zone, 0.5) for row, (_, zone) in best.items()]

    def close(self, now_us: int, lies: NDArray[np.int32], tray: NDArray[np.int32]) -> list[Placed]:
        """At the end of a window, slice by slice: rows that lie elsewhere than `lies` says. `tray`: what lies together,
        -1 = none.
        """
        if self.calibrated is not None:
            moved = self.calibrated.close(now_us, lies, tray)
            return _placed(moved, lies) if moved is not None else []
        if self._model.looking:
            return _placed(self._model.go_on(), lies)
        if now_us - self._began_us < WINDOW_US:
            return []
        window, self._window, self._began_us = self._window, [], now_us
        seen = self._seen(window)
        if seen.all():
            self.windows_total += 1
        else:
            self.windows_unwitnessed_total += 1
        self._model.grow(len(lies), lies)
        for one in window:
            here = self.stays[one.zone]
            self._model.hear(Read(one.row[here], one.zone[here], one.rssi_cdbm[here]))
        self._model.begin(seen)
        return _placed(self._model.go_on(), lies) if self._model.looking else []

    def _seen(self, window: list[Round]) -> NDArray[np.bool_]:
        """Zones that each of their readers vouched for: a reader that has lost an antenna hears those pieces next door
        only, and that would look like a move.
        """
        seen = np.ones(len(self.stays), np.bool_)
        for reader, zones in self._watches.items():
            given = np.zeros(len(self.stays), np.int32)
            for one in window:
                if one.reader == reader:
                    given[one.zones] += 1
            seen[zones[given[zones] < ROUNDS_MIN]] = False
        return seen


def _placed(moved: Moved, lies: NDArray[np.int32]) -> list[Placed]:
    columns = (moved.rows.tolist(), moved.zones.tolist(), moved.p.tolist())
    return [Placed(row, zone, p) for row, zone, p in zip(*columns, strict=True) if lies[row] != zone]
