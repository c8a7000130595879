"""Clients who come more often than they used to, before anybody noticed: P(rate of late > k × rate before).

Visits are Poisson, rates have a Gamma prior that the house's own clients give. The probability is exact: a ratio of two
Gamma variables is a Beta variable in disguise. Somebody who bought once of late rises never, whatever the numbers say.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FACTOR: Final = 1.5
SURE: Final = 0.8
VISITS_MIN: Final = 2
"""Visits of late, below which nobody rises."""
SHAPE_MIN, SHAPE_MAX = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Prior:
    """Rates are Gamma(shape, 1 / time): a client has `shape` visits in `time` before we know them."""

    shape: float
    time: float


def prior(visits: Ints, time: Floats) -> Prior:
    """By moments, of clients each seen for `time`. Raises `ValueError` when nobody was seen at all."""
    total = float(time.sum())
    if total <= 0:
        raise ValueError("a prior needs clients who have been seen for a while: give times above 0")
    mean = max(float(visits.sum()), 0.5) / total
    among = time > 0
    noise = (visits[among] - mean * time[among]) ** 2 - mean * time[among]
    spread = max(float(noise.sum()) / float((time[among] ** 2).sum()), 0.0)
    shape = float(np.clip(mean**2 / spread, SHAPE_MIN, SHAPE_MAX)) if spread > 0 else SHAPE_MAX
    return Prior(shape, shape / mean)


class Span(NamedTuple):
    """What clients did in one stretch of time, a row each."""

    visits: Ints
    time: Floats
    """How much of it each client was known, in one unit for all spans."""
    spend_minor: Ints
    """Net, in minor units of one currency."""


def probability(late: Span, before: Span, of: Prior, *, factor: float = FACTOR) -> Floats:
    """P(rate of late > `factor` × rate before) of each client, given the visits in both."""
    from scipy.special import betainc

    late_time, before_time = late.time + of.time, before.time + of.time
    # Of two Gamma rates, late/(late + before) in units of their times is a Beta variable: its tail above the bar.
    bar = factor * late_time / (factor * late_time + before_time)
    return np.asarray(1 - betainc(late.visits + of.shape, before.visits + of.shape, bar), np.float64)


def rising(late: Span, before: Span, of: Prior, *, factor: float = FACTOR, sure: float = SURE) -> Flags:
    """Who comes more often with more than `sure`, twice or more of late, and spends more per time than before."""
    often = probability(late, before, of, factor=factor) > sure
    more = late.spend_minor * before.time >= before.spend_minor * late.time
    return np.asarray(often & (late.visits >= VISITS_MIN) & (late.spend_minor > 0) & more, np.bool_)
