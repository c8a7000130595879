"""Read loud in two places between which nobody walks in that time."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.once import Once
from edge.reconcile.detectors.scene import Rows, Scene, Suspicion

Floats = NDArray[np.float64]
WALK_M_PER_S: Final = 2.5
"""A hurried walk; nobody runs with a tray."""
REACH_M: Final = 1.5
"""An antenna hears loudly so far beyond its zone."""
ROUND_S: Final = 1.0
"""A read is dated by its round."""
LOUD_ROUNDS: Final = 2
"""So many rounds it must have been loud in the first place: one read may be a reflection."""
AGAIN_US: Final = 3_600_000_000


def needs_s(distance_m: Floats) -> Floats:
    """The least time between places so far apart, edge to edge."""
    return np.asarray(np.maximum(0.0, distance_m - 2 * REACH_M) / WALK_M_PER_S)


@dataclass
class Travel:
    """`apart_m` float64[z, z]: from edge to edge of the zones."""

    apart_m: NDArray[np.float64]
    _zone: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _at_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _rounds: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _said: Once[int] = field(default_factory=lambda: Once(AGAIN_US))

    def hear(self, scene: Scene, loud: NDArray[np.bool_]) -> list[Suspicion]:
        """`loud` bool[k] by `Strong`."""
        self._grow(len(scene.state))
        rows, zones = scene.row[loud], scene.zone[loud]
        was, took_s = self._zone[rows], (scene.now_us - self._at_us[rows]) / 1e6
        apart_m = self.apart_m[was, zones]
        least_s = needs_s(apart_m)
        too_fast = (was >= 0) & (least_s > took_s + ROUND_S) & (self._rounds[rows] >= LOUD_ROUNDS)
        found = []
        for at in np.flatnonzero(too_fast).tolist():
            row, zone, least, took = int(rows[at]), int(zones[at]), float(least_s[at]), float(took_s[at])
            if not self._said.first(row, scene.now_us):
                continue
            why = f"Read {apart_m[at]:.0f} m away after {took:.0f} s; a walk takes {least:.0f} s at least."
            found.append(Suspicion(AlarmKind.TRAVEL, (row,), zone, least - took, why, LOUD_ROUNDS))
        self._rounds[rows] = np.where(was == zones, self._rounds[rows] + 1, 1)
        self._zone[rows], self._at_us[rows] = zones, scene.now_us
        return found

    def forget(self, rows: Rows) -> None:
        """These rows mean other pieces, or other tags, now."""
        self._grow(int(rows.max(initial=-1)) + 1)
        self._zone[rows], self._at_us[rows], self._rounds[rows] = -1, 0, 0
        for row in rows.tolist():
            self._said.forget(row)

    def _grow(self, rows: int) -> None:
        more = rows - len(self._zone)
        if more > 0:
            self._zone = np.concatenate([self._zone, np.full(more, -1, np.int32)])
            self._at_us = np.concatenate([self._at_us, np.zeros(more, np.int64)])
            self._rounds = np.concatenate([self._rounds, np.zeros(more, np.int32)])
