"""How much of a zone can be seen in this round: a forward filter over levels of visibility (inference §1.3).

Takes observed and expected reads per zone; gives `calm[z]` = P(undisturbed) and `v[z]` = mean visibility.
Pieces that go quiet *together* lower v and accuse nobody.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = np.array([1.0, 0.82, 0.6, 0.35, 0.12, 0.01])
DISTURBED_PER_S: Final = 1 / 900
CALM_AGAIN_PER_S: Final = 1 / 30
LEVEL_CHANGE_PER_S: Final = 0.10
OVERDISPERSION: Final = 1.3
SPREAD_FLOOR: Final = 0.3


Seconds = TypeVar("Seconds", float, NDArray[np.float64])


def rate(per_s: float, dt_s: Seconds) -> Seconds:
    """A chance per second as a chance per round of `dt_s` seconds."""
    stays: Seconds = (1.0 - per_s) ** dt_s
    return 1.0 - stays


def undisturbed(zones: int) -> NDArray[np.float64]:
    """`float64[zones, levels]`: where every filter starts."""
    belief = np.zeros((zones, len(LEVELS)))
    belief[:, 0] = 1.0
    return belief


def watch(
    belief: NDArray[np.float64],
    dt_s: NDArray[np.float64],
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    expected_squares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """One round of each zone: the new belief. `expected` = Σ p, `expected_squares` = Σ p² over its live pieces."""
    moved = _drift(np.ascontiguousarray(belief.T), dt_s)  # level by level: numpy is slow along rows of six
    mean = LEVELS[:, None] * expected
    spread = OVERDISPERSION * (mean - LEVELS[:, None] ** 2 * expected_squares) + SPREAD_FLOOR
    mean -= observed
    mean *= mean
    mean /= spread
    moved *= np.exp((mean.min(axis=0) - mean) / 2)
    moved /= np.sqrt(spread)
    moved /= moved.sum(axis=0)
    return moved.T


def _drift(belief: NDArray[np.float64], dt_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The belief float64[levels, z] a round later, before anything is read."""
    disturb, calm, change = _chances(dt_s)
    low, lows = belief[1:], len(belief) - 1
    total = low.sum(axis=0)
    out = np.empty_like(belief)
    out[0] = belief[0] * (1 - disturb) + total * calm
    out[1:] = belief[0] * disturb / lows
    out[1:] += (1 - calm) * ((1 - change) * low + change * (total - low) / (lows - 1))
    return out


def _chances(dt_s: NDArray[np.float64]) -> list[float] | list[NDArray[np.float64]]:
    """That a calm zone is disturbed, a disturbed one calm again, its level another: numbers if all rounds are alike."""
    per_s = DISTURBED_PER_S, CALM_AGAIN_PER_S, LEVEL_CHANGE_PER_S
    if len(dt_s) and (dt_s == dt_s[0]).all():
        return [rate(each, float(dt_s[0])) for each in per_s]
    return [rate(each, dt_s) for each in per_s]
