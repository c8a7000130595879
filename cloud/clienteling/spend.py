"""Gamma-Gamma: what a visit of each client brings, drawn towards everybody's the fewer visits it is known from.

Fader, Hardie and Lee, "RFM and CLV", Journal of Marketing Research 42 (2005). Assumes that who comes often does not for
that reason spend more or less a time. Money in minor units of one currency, as floats: estimates, never postings.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOG_BOUND: Final = 9.0
"""Of the logarithms of p, q - 1 and γ (in mean spends)."""


class Spend(NamedTuple):
    """What a visit brings is Gamma(p, ν); the ν of a client is drawn from Gamma(q, γ), q > 1."""

    p: float
    q: float
    gamma: float


def log_likelihood(of: Spend, frequency: Floats, mean_spend: Floats) -> float:
    """Of clients with at least one visit counted in `frequency`, each with a mean above 0."""
    from scipy.special import gammaln

    p, q, gamma = of
    px = p * frequency
    return float(
        (
            gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma) + (px - 1) * np.log(mean_spend)
            + px * np.log(frequency) - (px + q) * np.log(gamma + frequency * mean_spend)
        ).sum()
    )  # fmt: skip


def fit(frequency: Floats, mean_spend: Floats) -> Spend:
    """By maximum likelihood, over clients with a visit and a mean above 0; there has to be one."""
    from scipy.optimize import minimize

    rows = (frequency > 0) & (mean_spend > 0)
    x, scale = frequency[rows], float(mean_spend[rows].mean())
    mean = mean_spend[rows] / scale

    def of(logs: Floats) -> Spend:
        p, q, gamma = (float(value) for value in np.exp(logs))
        return Spend(p, 1 + q, gamma)

    found = minimize(
        lambda logs: -log_likelihood(of(logs), x, mean) / len(x),
        np.array((1.0, 1.0, 0.5)), method="L-BFGS-B", bounds=[(-LOG_BOUND, LOG_BOUND)] * 3,
    )  # fmt: skip
    p, q, gamma = of(found.x)
    return Spend(p, q, gamma * scale)


def per_visit(of: Spend, frequency: Floats, mean_spend: Floats) -> Floats:
    """Minor units of the next visit of each client; `mean_spend` of one without visits is not looked at."""
    p, q, gamma = of
    brought = np.where(frequency > 0, frequency * mean_spend, 0)
    return np.asarray(p * (gamma + brought) / (p * frequency + q - 1), np.float64)
