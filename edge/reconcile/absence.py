"""How likely is one round's silence, or one read, if the piece is there: the one formula of the house.

Counts ask it; presence reckons the same in place, a block of rows at a time (`story.weigh`), and a test holds the two
equal: they must never disagree about what a miss is worth.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

P_MAX: Final = 0.97
"""No piece is believed to be read more surely than this: a miss is always possible (inference §1.3)."""
P_MIN: Final = 0.002
"""Nor less surely: below this a piece is silent for practical purposes, and evidence from it is worthless."""


def absence(p: ArrayLike, v: ArrayLike, seen: ArrayLike) -> NDArray[Any]:
    """P(what this round showed | present).

    p      chance that the piece is read in an undisturbed round (learned)
    v      share of its neighbourhood that is visible in this round, 0–1
    seen   whether it was read

    Floating columns or numbers of one kind, which is kept.

    Log of it, summed over misses and negated, is the evidence in nats that the piece is gone.
    """
    q = np.minimum(np.multiply(p, v), P_MAX)
    return np.where(seen, q, 1 - q)
