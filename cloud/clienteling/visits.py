"""BG/NBD: how often clients come, and when they stay away for good.

Fader, Hardie and Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005). Columns: `frequency`, visits
after the first; `recency`, the time from the first to the last; `age`, from the first until now; one unit for all.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS_MAX: Final = 20_000
"""Visits of one drawn client."""
ONE: Final = 1e-6
"""How near to 1 `a` may come, where the formula of the expectation divides by a - 1."""


class Visits(NamedTuple):
    """A client comes at a rate from Gamma(r, α), and leaves for good after a visit with a chance from Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float


class History(NamedTuple):
    """See the head of this file."""

    frequency: Floats
    recency: Floats
    age: Floats


def log_likelihood(of: Visits, seen: History) -> float:
    from scipy.special import gammaln

    r, alpha, a, b = of
    counts, row = np.unique(seen.frequency, return_inverse=True)
    once = (
        gammaln(r + counts) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
    )  # fmt: skip
    here = -(r + seen.frequency) * np.log(alpha + seen.age)
    gone = (np.log(a) - np.log(b + np.maximum(counts, 1) - 1))[row]
    gone -= (r + seen.frequency) * np.log(alpha + seen.recency)
    gone[seen.frequency == 0] = -np.inf
    return float((once[row] + np.logaddexp(here, gone)).sum())


def _odds_gone(of: Visits, seen: History) -> Floats:
    """Odds that a client stayed away for good after the last visit."""
    r, alpha, a, b = of
    x = seen.frequency
    left = np.log((alpha + seen.age) / (alpha + seen.recency)) * (r + x)
    return np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * np.exp(np.minimum(left, 700)), 0.0)


def alive(of: Visits, seen: History) -> Floats:
    """The probability that each client will still come. Of one who came once it is 1: the model lets nobody go before
    a second visit, so that little can be read from it.
    """
    return np.asarray(1 / (1 + _odds_gone(of, seen)), np.float64)


def expected(of: Visits, seen: History, horizon: float) -> Floats:
    """Visits of each client within `horizon` from now."""
    from scipy.special import hyp2f1

    r, alpha, a, b = of
    a = a if abs(a - 1) > ONE else 1 + ONE
    x, age = seen.frequency, seen.age
    z = horizon / (alpha + age + horizon)
    still = ((alpha + age) / (alpha + age + horizon)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    return np.asarray(np.maximum((a + b + x - 1) / (a - 1) * (1 - still), 0) / (1 + _odds_gone(of, seen)), np.float64)


def drawn(of: Visits, age: Floats, rng: np.random.Generator) -> History:
    """Clients of these ages as the model makes them."""
    rate = rng.gamma(of.r, 1 / of.alpha, len(age))
    leaves = rng.beta(of.a, of.b, len(age))
    frequency, recency, now = np.zeros(len(age)), np.zeros(len(age)), np.zeros(len(age))
    coming = np.flatnonzero(rate > 0)
    for _ in range(ROUNDS_MAX):
        if not len(coming):
            break
        now[coming] += rng.exponential(1 / rate[coming])
        coming = coming[now[coming] <= age[coming]]
        frequency[coming] += 1
        recency[coming] = now[coming]
        coming = coming[rng.random(len(coming)) >= leaves[coming]]
    return History(frequency, recency, np.asarray(age, np.float64))
