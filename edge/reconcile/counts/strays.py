"""Which unknown tags lie here, and which are strays: the neighbour's stock through the wall, a client's own passing by.

Takes   of each tag and zone in how many rounds it was read, the first and the last of them, and its mean level;
        of each zone how loud and how often its own pieces were read in the same rounds.
Gives   which lie there. Strays are removed before anything is said of unknown tags, and before any estimate of them.

A stray is fainter and seldomer than what lies in the zone, and who passes by is silent before or after. None of these
alone tells: a badly hung tag is faint as well. So they are weighed together, in nats.
"""

from math import comb, lgamma
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL_LOWER_DB: Final = 14.0
"""How much fainter a stray is than what lies in the zone, in the middle;"""
LEVEL_SPREAD_DB: Final = 6.0
"""and how much either differs from tag to tag."""
STRAY_RATE: Final = (0.7, 5.0)
OWN_RATE: Final = (2.0, 1.0)
"""Shares of rounds, as Beta distributions: a stray is read in an eighth of them, what lies here in two thirds."""
PASSED: Final = 0.003
"""Reads that lie together so seldom by chance are of a tag that came and left."""


class Heard(NamedTuple):
    """Columns [k], one row for each tag and zone.

    rounds       int64[k]    rounds that read it; first, last int64[k]: of them, counted from 0
    of           int64[k]    rounds that could speak of its zone
    level_db     float64[k]  its mean level, NaN where its reader tells none
    own_db       float64[k]  the mean level of the zone's own pieces, NaN likewise
    """

    rounds: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    of: NDArray[np.int64]
    level_db: NDArray[np.float64]
    own_db: NDArray[np.float64]


def lying(heard: Heard) -> NDArray[np.bool_]:
    """Which of them lie in that zone."""
    out: NDArray[np.bool_] = ~_passed(heard) & (nats(heard) > 0)
    return out


def nats(heard: Heard) -> NDArray[np.float64]:
    """Log P(what was heard | lies here) - log P(… | stray)."""
    below = heard.own_db - heard.level_db
    level = ((below - LEVEL_LOWER_DB) ** 2 - below**2) / (2 * LEVEL_SPREAD_DB**2)
    # fainter than any stray is no sign of lying here, nor louder than any piece of being strange
    level = np.where(np.isnan(level), 0.0, np.clip(level, -4.0, 4.0))
    missed = np.maximum(heard.of - heard.rounds, 0)
    return np.asarray(level + _rate(heard.rounds, missed, OWN_RATE) - _rate(heard.rounds, missed, STRAY_RATE))


def _passed(heard: Heard) -> NDArray[np.bool_]:
    """All its reads lie closer together than a tag's that lies still would: it was carried past."""
    columns = (heard.rounds.tolist(), (heard.last - heard.first + 1).tolist(), heard.of.tolist())
    return np.array([_together(*each) < PASSED for each in zip(*columns, strict=True)], np.bool_)


def _together(reads: int, span: int, rounds: int) -> float:
    """P(that many reads, each in any of the rounds, all lie within so many rounds on end)."""
    if not 0 < reads <= span <= rounds:
        return 1.0
    return ((rounds - span + 1) * comb(span - 1, reads - 1) + comb(span - 1, reads)) / comb(rounds, reads)


def _rate(hits: NDArray[np.int64], misses: NDArray[np.int64], beta: tuple[float, float]) -> NDArray[np.float64]:
    """Log of the Beta-binomial, but for what does not depend on `beta`."""
    a, b = beta
    each = [_ln_beta(hit + a, miss + b) for hit, miss in zip(hits.tolist(), misses.tolist(), strict=True)]
    return np.array(each, np.float64) - _ln_beta(a, b)


def _ln_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
