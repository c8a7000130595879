"""What a read is worth as a place: one as loud as what lies there. A stray is heard too, and weaker.

The level of each zone is learned from pieces that lie in it: the RSSI that all but the faintest tenth exceed.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.detectors.scene import Scene
from edge.reconcile.pad import RSSI_ABSENT_CDBM

FAINTEST: Final = 0.1
"""A copy that lies in the faint corner of a case is still a copy; honest echoes are learned piece by piece."""
STEP_CDBM: Final = 5.0
"""How far one round moves a level."""
LEARNED_ROUNDS: Final = 60
"""Before so many rounds of its reader a zone's level is not known, and no read there is loud."""


@dataclass
class Strong:
    """Levels by zone, in hundredths of dBm."""

    zones: int
    level_cdbm: NDArray[np.float64] = field(init=False)
    rounds: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.level_cdbm, self.rounds = np.full(self.zones, np.nan), np.zeros(self.zones, np.int64)

    def of(self, scene: Scene) -> NDArray[np.bool_]:
        """bool[k]: which reads of the scene are loud. Learns from it."""
        told = scene.rssi_cdbm != RSSI_ABSENT_CDBM
        home = told & scene.placement.expected[scene.row] & (scene.placement.home[scene.row] == scene.zone)
        for zone in scene.zones.tolist():
            here = scene.rssi_cdbm[home & (scene.zone == zone)].astype(np.float64)
            if not len(here):
                continue
            self.rounds[zone] += 1
            if np.isnan(self.level_cdbm[zone]):
                self.level_cdbm[zone] = np.quantile(here, FAINTEST)
            below = float((here < self.level_cdbm[zone]).mean())
            self.level_cdbm[zone] += STEP_CDBM * (FAINTEST - below) / FAINTEST
        known = self.rounds[scene.zone] >= LEARNED_ROUNDS
        loud: NDArray[np.bool_] = told & known & (scene.rssi_cdbm >= self.level_cdbm[scene.zone])
        return loud
