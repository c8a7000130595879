"""Four ways to say which zone a tag lies in, from points heard at known places (inference §3.1, §3.4).

Takes   `fit(features, at, layout)`: float64[n, 2 a] of a calibration, and where each was laid.
Gives   a model whose `scores(features)` are log likelihoods by zone, float64[m, z], up to a constant of each row.

None is best everywhere: a kernel over whitened points follows multipath where points are many, plain equalisation
bears with one point per zone. `choose` tries all on positions they have not seen. What is white is what lies in one
*position*, not in one zone: a zone's own spread is what tells its places apart (+1 to +2 points, `bench zones`).
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.zones.features import Floats

Zones = NDArray[np.int32]

SHRINK: Final = 0.2
"""Share of the pooled covariance that is taken from its diagonal."""
RIDGE_DB2: Final = 0.5
KERNEL_WIDTH: Final = 2.4
"""Units of the whitened space within which a calibration point speaks."""
NOWHERE_DB: Final = 60.0
"""A zone without an antenna is so far below the best one, for a model that knows antennas only."""
LEVEL_DB: Final = 4.0
"""Spread of one level about what equalisation or path loss expect."""


@dataclass(frozen=True, slots=True)
class Layout:
    """int32[a]: the zone each antenna watches; `zones` of the store, by index."""

    zone_of: Zones
    zones: int

    @property
    def antennas(self) -> int:
        return len(self.zone_of)


@dataclass(frozen=True, slots=True)
class Laid:
    """Where calibration tags lay: int32[n] zone, and int32[n] position, numbered through all zones."""

    zone: Zones
    position: Zones


class Model(Protocol):
    """A fitted model."""

    def scores(self, features: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Equalised:
    """Each antenna's level, less what it hears of its own zone; the zone of the best antenna."""

    own_dbm: Floats
    layout: Layout

    @classmethod
    def fit(cls, points: Floats, at: Laid, layout: Layout) -> "Equalised":
        zone = at.zone
        level, everywhere = points[:, : layout.antennas], float(points[:, : layout.antennas].mean())
        own = [level[zone == z, a].mean() if (zone == z).any() else everywhere for a, z in enumerate(layout.zone_of)]
        return cls(np.array(own), layout)

    def scores(self, features: Floats) -> Floats:
        over = features[:, : self.layout.antennas] - self.own_dbm
        best = np.full((len(features), self.layout.zones), -np.inf)
        for antenna, zone in enumerate(self.layout.zone_of.tolist()):
            best[:, zone] = np.maximum(best[:, zone], over[:, antenna])
        return np.asarray(np.maximum(best, best.max(axis=1, keepdims=True) - NOWHERE_DB) / LEVEL_DB)


@dataclass(frozen=True, slots=True)
class PathLoss:
    """A level falls with the distance by one law for all antennas, each with a gain of its own.

    Distance is known by its order only: antenna a is the k-th loudest from zone z. `expected` float64[z, a] dBm;
    `known` bool[z]: zones that were walked.
    """

    expected: Floats
    known: NDArray[np.bool_]
    spread_db: float

    @classmethod
    def fit(cls, points: Floats, at: Laid, layout: Layout) -> "PathLoss":
        level, a, zone = points[:, : layout.antennas], layout.antennas, at.zone
        known = np.bincount(zone, minlength=layout.zones) > 0
        mean = np.stack([level[zone == z].mean(axis=0) if known[z] else np.zeros(a) for z in range(layout.zones)])
        order = np.argsort(np.argsort(-mean[known], axis=1), axis=1)
        gain, law = np.zeros(a), np.zeros(a)
        for _ in range(20):  # alternating least squares of two small tables: it has settled long before
            left = mean[known] - gain
            law = np.array([left[order == k].mean() for k in range(a)])
            gain = (mean[known] - law[order]).mean(axis=0) if a > 1 else gain
        expected = np.zeros_like(mean)
        expected[known] = law[order] + gain
        off = level - expected[zone]
        return cls(expected, known, float(max(np.sqrt((off**2).mean()), 1.0)))

    def scores(self, features: Floats) -> Floats:
        level = features[:, : self.expected.shape[1]]
        away = ((level[:, None, :] - self.expected[None]) ** 2).sum(axis=2) / (2 * self.spread_db**2)
        return np.where(self.known, -away, -np.inf)


@dataclass(frozen=True, slots=True)
class Whitening:
    """Turns the spread of tags that lie in one group into the unit ball: `whiten` float64[2 a, 2 a]."""

    whiten: Floats

    @classmethod
    def fit(cls, points: Floats, group: Zones) -> "Whitening":
        centred, groups = points.copy(), np.unique(group)
        for one in groups:
            centred[group == one] -= points[group == one].mean(axis=0)
        spread = centred.T @ centred / max(len(points) - len(groups), 1)
        diagonal = np.diag(np.diag(spread))
        spread = (1 - SHRINK) * spread + SHRINK * diagonal + RIDGE_DB2 * np.eye(len(spread))
        return cls(np.linalg.cholesky(np.linalg.inv(spread)))

    def __call__(self, features: Floats) -> Floats:
        return features @ self.whiten


@dataclass(frozen=True, slots=True)
class Discriminant:
    """Shrunken linear discriminant analysis: one centre per zone in the whitened space."""

    whitening: Whitening
    centres: Floats
    known: NDArray[np.bool_]

    @classmethod
    def fit(cls, points: Floats, at: Laid, layout: Layout) -> "Discriminant":
        zone, whitening = at.zone, Whitening.fit(points, at.zone)
        white = whitening(points)
        known = np.bincount(zone, minlength=layout.zones) > 0
        nowhere = np.zeros(white.shape[1])
        centres = [white[zone == z].mean(axis=0) if known[z] else nowhere for z in range(layout.zones)]
        return cls(whitening, np.stack(centres), known)

    def scores(self, features: Floats) -> Floats:
        away = squares(self.whitening(features), self.centres) / 2
        return np.where(self.known, -away, -np.inf)


@dataclass(frozen=True, slots=True)
class Kernel:
    """The density of a zone's points about a tag in the whitened space."""

    whitening: Whitening
    points: Floats
    zone: Zones
    zones: int

    @classmethod
    def fit(cls, points: Floats, at: Laid, layout: Layout) -> "Kernel":
        whitening = Whitening.fit(points, at.position)
        return cls(whitening, whitening(points), at.zone, layout.zones)

    def scores(self, features: Floats) -> Floats:
        near = -squares(self.whitening(features), self.points) / (2 * KERNEL_WIDTH**2)
        top = near.max(axis=1, keepdims=True)
        density = np.exp(near - top) @ (self.zone[:, None] == np.arange(self.zones)).astype(np.float64)
        density /= np.maximum(np.bincount(self.zone, minlength=self.zones), 1)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(density) + top)


MODELS: Final[dict[str, type[Equalised] | type[PathLoss] | type[Discriminant] | type[Kernel]]] = {
    "equalised": Equalised,
    "path loss": PathLoss,
    "discriminant": Discriminant,
    "kernel": Kernel,
}


def squares(left: Floats, right: Floats) -> Floats:
    """Squared distances of every row of one to every row of the other: float64[n, m]."""
    both = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    return np.asarray(np.maximum(both, 0.0))


def posterior(scores: Floats, temperature: float) -> Floats:
    """P(zone) of each row. Scores that are nowhere are no verdict: every zone is as likely."""
    z = scores.shape[1]
    cool = scores / temperature
    top = cool.max(axis=1, keepdims=True, initial=-np.inf)
    p = np.exp(cool - np.where(np.isfinite(top), top, 0.0))
    total = p.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, p / np.maximum(total, 1e-300), 1 / z))
