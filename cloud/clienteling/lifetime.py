"""What clients will bring: how often they come (`visits`), times what a visit brings (`spend`), with intervals.

Few buy jewelry twice. Of a house where hardly anybody did, four parameters cannot be learnt; the model then pools all
clients into one rate, gives the interval of a Poisson count, says in `why` what is lacking, and knows of nobody
whether they are still alive. Intervals (90 %) otherwise come from a parametric bootstrap: clients are drawn from what
was learnt and learnt from again. They carry the uncertainty of the parameters, not the chance of one client's year.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cloud.clienteling import spend as money
from cloud.clienteling.spend import Spend
from cloud.clienteling.visits import History, Visits, alive, drawn, expected, log_likelihood

Floats = NDArray[np.float64]

REPEATERS_MIN: Final = 50
"""Clients who came back, below which the parameters of visits are not told apart."""
RESAMPLES: Final = 40
"""Of the bootstrap: each learns the parameters once more."""
RESAMPLED_MAX: Final = 20_000
"""Clients drawn in each; the spread is then scaled to how many there are."""
LOG_BOUND: Final = 7.0
"""Of the logarithm of each parameter (α in mean ages); one that ends there was not determined by the data."""
STARTS: Final = ((-1.0, -1.0, -0.3, 0.8), (0.5, 0.5, -1.5, 1.5))
"""Logarithms of r, α in mean ages, a and b from which is searched."""
TAIL: Final = 0.05
"""Of an interval, at each side."""


class Estimate(NamedTuple):
    """One number for each client, and between what it lies in 9 of 10 cases."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """What `fit` learnt, and of whom."""

    visits: Visits | None
    """None when it could not be learnt; `why` says why."""
    spend: Spend | None
    why: str
    """Empty, or what to show instead of one client's number."""
    seen: History
    mean_spend: Floats
    resampled: tuple[Visits, ...]
    """What the bootstrap learnt."""

    def alive(self) -> Estimate:
        """The probability that each client will come again; NaN between 0 and 1 where nothing is known."""
        if self.visits is None:
            clients = len(self.seen.age)
            return Estimate(np.full(clients, np.nan), np.zeros(clients), np.ones(clients))
        return self._spread(lambda of: alive(of, self.seen), self.visits)

    def expected(self, horizon: float) -> Estimate:
        """Visits of each client within `horizon`, in the unit of age. Raises `ValueError` when that is below 0."""
        if horizon < 0:
            raise ValueError("a horizon lies ahead: give a length of time of 0 or more")
        if self.visits is None:
            return self._pooled(horizon)
        return self._spread(lambda of: expected(of, self.seen, horizon), self.visits)

    def value(self, horizon: float) -> Estimate:
        """Minor units each client will bring within `horizon`, not discounted; NaN where no spend is known."""
        came = self.expected(horizon)
        if self.spend is not None:
            each = money.per_visit(self.spend, self.seen.frequency, self.mean_spend)
        else:
            known = self.mean_spend[self.mean_spend > 0]
            each = np.full(len(self.mean_spend), known.mean() if len(known) else np.nan)
        return Estimate(came.value * each, came.low * each, came.high * each)

    def _spread(self, what: Callable[[Visits], Floats], best: Visits) -> Estimate:
        value = what(best)
        low, high = np.quantile(np.stack([what(of) for of in self.resampled]), (TAIL, 1 - TAIL), axis=0)
        return Estimate(value, np.minimum(low, value), np.maximum(high, value))

    def _pooled(self, horizon: float) -> Estimate:
        """One rate for everybody, with the exact interval of a Poisson count."""
        from scipy.special import gammaincinv

        came, time = float(self.seen.frequency.sum()), float(self.seen.age.sum())
        rates = (came, float(gammaincinv(came, TAIL)) if came else 0.0, float(gammaincinv(came + 1, 1 - TAIL)))
        return Estimate(*(np.full(len(self.seen.age), rate * horizon / time) for rate in rates))


def fit(
    recency: ArrayLike,
    frequency: ArrayLike,
    age: ArrayLike,
    spend: ArrayLike,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Model:
    """Learns from one row for each client.

    `frequency`: visits after the first. `recency`: from the first to the last, 0 for who came once. `age`: from the
    first until now. `spend`: the mean of a visit after the first, in minor units of one currency; of who came once, of
    the first, which tells only a house without repeaters what a visit is worth. `rng`: of the bootstrap. Raises
    `ValueError` when a row cannot be.
    """
    seen = History(*(np.asarray(column, np.float64) for column in (frequency, recency, age)))
    mean_spend = np.asarray(spend, np.float64)
    _checked(seen, mean_spend)
    repeaters = int((seen.frequency > 0).sum())
    paid = int(((seen.frequency > 0) & (mean_spend > 0)).sum())
    worth = money.fit(seen.frequency, mean_spend) if paid >= REPEATERS_MIN else None
    if repeaters < REPEATERS_MIN:
        why = f"only {repeaters} of {len(seen.age)} clients came back; {REPEATERS_MIN} are needed to tell them apart"
        return Model(None, worth, why, seen, mean_spend, ())
    best = _learnt(seen, [np.array(start) for start in STARTS])
    if best is None:
        why = "the visits fit no model of clients who come and one day stay away: all are given one rate"
        return Model(None, worth, why, seen, mean_spend, ())
    return Model(best, worth, "", seen, mean_spend, tuple(_resampled(best, seen, rng, resamples)))


def _checked(seen: History, mean_spend: Floats) -> None:
    if not len(seen.age) or len({len(column) for column in (*seen, mean_spend)}) != 1:
        raise ValueError("each client has one frequency, recency, age and spend, and there is at least one client")
    if not all(np.isfinite(column).all() for column in (*seen, mean_spend)) or (mean_spend < 0).any():
        raise ValueError("frequency, recency, age and spend are finite and not negative: take returns off first")
    if ((seen.age <= 0) | (seen.recency < 0) | (seen.recency > seen.age) | (seen.frequency < 0)).any():
        raise ValueError("a client's last visit lies between the first and now, and the first before now")
    if ((seen.frequency > 0) != (seen.recency > 0)).any():
        raise ValueError("recency is 0 for those who came once, and above 0 for all others: join visits of one day")


def _learnt(seen: History, starts: list[Floats]) -> Visits | None:
    """The likeliest parameters; None when the search ends where nothing is determined."""
    from scipy.optimize import minimize

    unit = float(seen.age.mean())
    scaled = History(seen.frequency, seen.recency / unit, seen.age / unit)

    def of(logs: Floats) -> Visits:
        return Visits(*(float(value) for value in np.exp(logs)))

    found = [
        minimize(
            lambda logs: -log_likelihood(of(logs), scaled) / len(seen.age),
            start, method="L-BFGS-B", bounds=[(-LOG_BOUND, LOG_BOUND)] * 4, options={"ftol": 1e-11},
        )
        for start in starts
    ]  # fmt: skip
    best = min(found, key=lambda one: one.fun)
    if (np.abs(best.x) > LOG_BOUND - 0.01).any():
        return None
    r, alpha, a, b = of(best.x)
    return Visits(r, alpha * unit, a, b)


def _resampled(best: Visits, seen: History, rng: np.random.Generator, resamples: int) -> list[Visits]:
    clients = min(len(seen.age), RESAMPLED_MAX)
    shrink = np.sqrt(clients / len(seen.age))
    centre = np.log(best)
    learnt = []
    for _ in range(resamples):
        age = rng.choice(seen.age, clients, replace=False)
        start = centre - np.array((0, np.log(age.mean()), 0, 0))
        again = _learnt(drawn(best, age, rng), [start])
        if again is not None:
            learnt.append(Visits(*np.exp(centre + shrink * (np.log(again) - centre)).tolist()))
    return learnt or [best]
