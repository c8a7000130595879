"""An accusation of presence, measured: how much of which tray, and how far apart the last reads lie."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.detectors.scene import Scene
from edge.reconcile.presence.shapes import Accusation

STILL_READ_US: Final = 10_000_000
"""A mate that was read so lately is there."""
P_LEAST: Final = 0.02
"""Nobody is read less often than this and still judged."""


@dataclass(frozen=True, slots=True)
class Gone:
    """`lag_s` float64[k]: of each piece, how long before the group's last read its own was; `p` float64[k].

    `trays`: trays concerned (none known: empty). of `tray_pieces` pieces of the first of them the rows
    `tray_silent` are silent; `others_read` of `others` pieces of the zone are read as always. `neighbours`: those and
    the rest of the tray, of which `neighbours_read` are read.
    """

    accusation: Accusation
    lag_s: NDArray[np.float64]
    p: NDArray[np.float64]
    trays: tuple[int, ...]
    tray_pieces: int
    tray_silent: tuple[int, ...]
    others: int
    others_read: int
    neighbours: int = 0
    neighbours_read: int = 0

    @staticmethod
    def of(scene: Scene, accusation: Accusation) -> "Gone":
        """Measure an accusation in the scene that it was made in."""
        rows = np.array(accusation.rows, np.intp)
        last = scene.read_us[rows]
        placement = scene.placement
        known = placement.tray[rows]
        trays = tuple(int(tray) for tray in np.unique(known[known >= 0]))
        read = scene.now_us - scene.read_us <= STILL_READ_US
        of_tray = placement.expected & (placement.tray == trays[0]) if trays else np.zeros(len(read), np.bool_)
        others = placement.expected & (placement.home == accusation.zone)
        others[rows] = False
        beside = others.copy()
        others &= ~of_tray
        return Gone(
            accusation=accusation,
            lag_s=np.asarray((last.max() - last) / 1e6, np.float64),
            p=np.maximum(scene.p[rows].astype(np.float64), P_LEAST),
            trays=trays,
            tray_pieces=int(of_tray.sum()),
            tray_silent=tuple(np.flatnonzero(of_tray & ~read).tolist()),
            others=int(others.sum()),
            others_read=int((others & read).sum()),
            neighbours=int(beside.sum()),
            neighbours_read=int((beside & read).sum()),
        )

    @property
    def pieces(self) -> int:
        return len(self.lag_s)

    @property
    def spread_s(self) -> float:
        """Between the first and the last of their last reads."""
        return float(self.lag_s.max())
