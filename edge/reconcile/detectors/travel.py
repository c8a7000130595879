"""Read loud in two places between which nobody walks in that time."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import Scene, Suspicion

WALK_M_PER_S: Final = 2.5
"""A hurried walk; nobody runs with a tray."""
REACH_M: Final = 1.5
"""An antenna hears loudly so far beyond its zone."""
ROUND_S: Final = 1.0
"""A read is dated by its round."""
LOUD_ROUNDS: Final = 2
"""So many rounds it must have been loud in the first place: one read may be a reflection."""
AGAIN_US: Final = 3_600_000_000


def needs_s(distance_m: float) -> float:
    """The least time between two places so far apart, edge to edge."""
    return max(0.0, distance_m - 2 * REACH_M) / WALK_M_PER_S


def impossible(distance_m: float, took_s: float) -> bool:
    """Whether nobody walks so far in this time, as precisely as rounds tell it."""
    return needs_s(distance_m) > took_s + ROUND_S


@dataclass
class Travel:
    """`apart_m` float64[z, z]: from edge to edge of the zones."""

    apart_m: NDArray[np.float64]
    _zone: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _at_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _rounds: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _said_us: dict[int, int] = field(default_factory=dict)

    def hear(self, scene: Scene, loud: NDArray[np.bool_]) -> list[Suspicion]:
        """`loud` bool[k] by `Strong`."""
        self._grow(len(scene.state))
        rows, zones = scene.row[loud], scene.zone[loud]
        was, took_us = self._zone[rows], scene.now_us - self._at_us[rows]
        least_s = np.where(was >= 0, self.apart_m[was, zones] - 2 * REACH_M, 0) / WALK_M_PER_S
        too_fast = (was >= 0) & (least_s > took_us / 1e6 + ROUND_S) & (self._rounds[rows] >= LOUD_ROUNDS)
        found = []
        for row, zone in zip(rows[too_fast].tolist(), zones[too_fast].tolist(), strict=True):
            if scene.now_us - self._said_us.get(row, -AGAIN_US) < AGAIN_US:
                continue
            self._said_us[row] = scene.now_us
            apart_m = float(self.apart_m[self._zone[row], zone])
            took_s = (scene.now_us - int(self._at_us[row])) / 1e6
            why = f"Read {apart_m:.0f} m away after {took_s:.0f} s; a walk takes {needs_s(apart_m):.0f} s at least."
            found.append(Suspicion(AlarmKind.TRAVEL, (row,), zone, needs_s(apart_m) - took_s, why, LOUD_ROUNDS))
        self._rounds[rows] = np.where(was == zones, self._rounds[rows] + 1, 1)
        self._zone[rows], self._at_us[rows] = zones, scene.now_us
        return found

    def _grow(self, rows: int) -> None:
        more = rows - len(self._zone)
        if more > 0:
            self._zone = np.concatenate([self._zone, np.full(more, -1, np.int32)])
            self._at_us = np.concatenate([self._at_us, np.zeros(more, np.int64)])
            self._rounds = np.concatenate([self._rounds, np.zeros(more, np.int32)])
