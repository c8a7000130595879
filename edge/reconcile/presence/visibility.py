"""How much of a zone can be seen in this round: a forward filter over levels of visibility (inference §1.3).

Takes observed and expected reads per zone; gives `calm[z]` = P(undisturbed) and `v[z]` = mean visibility.
Pieces that go quiet *together* lower v and accuse nobody.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = np.array([1.0, 0.82, 0.6, 0.35, 0.12, 0.01])
DISTURBED_PER_S: Final = 1 / 900
CALM_AGAIN_PER_S: Final = 1 / 30
LEVEL_CHANGE_PER_S: Final = 0.10
OVERDISPERSION: Final = 1.3
SPREAD_FLOOR: Final = 0.3


def rate(per_s: float, dt_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A chance per second as a chance per round of `dt_s` seconds."""
    out: NDArray[np.float64] = 1.0 - (1.0 - per_s) ** dt_s
    return out


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
    moved = _drift(belief, dt_s)
    mean = LEVELS * expected[:, None]
    spread = OVERDISPERSION * (mean - LEVELS**2 * expected_squares[:, None]) + SPREAD_FLOOR
    log_likelihood = -((observed[:, None] - mean) ** 2) / (2 * spread) - np.log(spread) / 2
    moved *= np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    out: NDArray[np.float64] = moved / moved.sum(axis=1, keepdims=True)
    return out


def _drift(belief: NDArray[np.float64], dt_s: NDArray[np.float64]) -> NDArray[np.float64]:
    disturb, calm, change = (rate(r, dt_s)[:, None] for r in (DISTURBED_PER_S, CALM_AGAIN_PER_S, LEVEL_CHANGE_PER_S))
    low = belief[:, 1:]
    total = low.sum(axis=1, keepdims=True)
    out = np.empty_like(belief)
    out[:, :1] = belief[:, :1] * (1 - disturb) + total * calm
    out[:, 1:] = belief[:, :1] * disturb / low.shape[1]
    out[:, 1:] += (1 - calm) * ((1 - change) * low + change * (total - low) / (low.shape[1] - 1))
    return out
