"""What a tray's pieces say together: they lie in one place, so its multipath must not be counted eight times.

`Together` compares the mean of the tray with the means of calibrated positions: orientation of single tags averages
out, and what the place does to all of them stays one piece of evidence. `product` is for want of positions: a tempered
product of what each piece says by itself (inference §3.3).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.reconcile.zones.features import Floats
from edge.reconcile.zones.models import Laid, Layout, Whitening, Zones, squares

PLACE_VAR: Final = 0.75
"""What a tray's mean differs by from a position's a hand's breadth away, in the whitened space."""
PRODUCT_POWER: Final = 0.5
"""How much of each further piece's log posterior counts in a product."""


@dataclass(frozen=True, slots=True)
class Together:
    """Positions of a calibration: centre float64[p, 2 a] in the whitened space, zone int32[p], tags int[p]."""

    whitening: Whitening
    centre: Floats
    zone: Zones
    tags: Floats
    zones: int

    @classmethod
    def fit(cls, points: Floats, at: Laid, layout: Layout) -> "Together":
        whitening, which = Whitening.fit(points, at.position), np.unique(at.position)
        white = whitening(points)
        centre = np.stack([white[at.position == one].mean(axis=0) for one in which])
        zone = np.array([at.zone[at.position == one][0] for one in which], np.int32)
        tags = np.array([(at.position == one).sum() for one in which], np.float64)
        return cls(whitening, centre, zone, tags, layout.zones)

    def scores(self, tray: Floats) -> Floats:
        """Log likelihood by zone, float64[z], of pieces that lie on one tray: features float64[n, 2 a]."""
        away = squares(self.whitening(tray.mean(axis=0, keepdims=True)), self.centre)[0]
        variance = PLACE_VAR + 1 / len(tray) + 1 / self.tags
        near = -away / (2 * variance) - self.centre.shape[1] * np.log(variance / variance.min()) / 2
        density = np.bincount(self.zone, np.exp(near - near.max()), self.zones) / np.maximum(
            np.bincount(self.zone, minlength=self.zones), 1
        )
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(density) + near.max())


def product(each: Floats) -> Floats:
    """P(zone) float64[z] of a tray from P(zone) of its pieces, float64[n, z], each more than nothing everywhere."""
    total = (1.0 if len(each) == 1 else PRODUCT_POWER) * np.log(each).sum(axis=0)
    p = np.exp(total - total.max())
    return np.asarray(p / p.sum())
