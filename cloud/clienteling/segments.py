"""Who a client is to the house, by what they bought: tiers with hysteresis, quintiles of RFM, those who lapse.

Columns in, columns out. Money is net of returns, in minor units of one currency, over a rolling window of the caller's.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TIERS_MAX: Final = 20
QUINTILES: Final = 5
OVERDUE: Final = 2.0
"""A client lapses after this many of their usual times between visits without one."""
QUIET_DAYS: Final = 365.0
"""Without a visit, for whoever came too seldom to have a usual time."""
VISITS_FOR_RHYTHM: Final = 3
OVERDUE_DAYS_MIN: Final = 90.0
"""Nobody lapses sooner, however often they came: who had a ring sized came thrice in a week."""


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    from_minor: int
    """Net spend of the window that leads into this tier."""
    stays_from_minor: int
    """Net spend that keeps a client in it; below `from_minor`, so that one month more or less moves nobody down."""


def tiers(spend_minor: Ints, before: Ints, steps: tuple[Tier, ...]) -> Ints:
    """The tier of each client: 0 for none, n for `steps[n - 1]`.

    `before`: the tier each was in. Up is at once, down only below what keeps a client in their tier, and then to the
    highest tier that their spend would keep or reach. Raises `ValueError` when the steps do not ascend.
    """
    enter = np.asarray([step.from_minor for step in steps], np.int64)
    stay = np.asarray([step.stays_from_minor for step in steps], np.int64)
    if len(steps) > TIERS_MAX or (np.diff(enter) <= 0).any() or (np.diff(stay) <= 0).any() or (stay > enter).any():
        raise ValueError(
            f"at most {TIERS_MAX} tiers, each above the one below, and none kept by more than leads into it"
        )
    if len(before) and (before.min() < 0 or before.max() > len(steps)):
        raise ValueError("a tier from before is 0 or one of the steps: map renamed tiers first")
    reached = np.searchsorted(enter, spend_minor, side="right")
    kept = np.minimum(np.searchsorted(stay, spend_minor, side="right"), before)
    return np.asarray(np.maximum(reached, kept), np.int64)


class Rfm(NamedTuple):
    """1…5 each, 5 the best; 0 for who bought nothing in the window."""

    recency: Ints
    frequency: Ints
    money: Ints


def rfm(days_since: Floats, visits: Ints, spend_minor: Ints) -> Rfm:
    """Quintiles among those who bought (`visits` > 0). Equal values get equal quintiles, the middle one of theirs:
    where most came once, all who came once are one group, and not five.
    """
    bought = visits > 0
    return Rfm(
        _quintiles(-days_since, bought), _quintiles(visits.astype(np.float64), bought),
        _quintiles(spend_minor.astype(np.float64), bought),
    )  # fmt: skip


def _quintiles(values: Floats, among: Flags) -> Ints:
    found = np.zeros(len(values), np.int64)
    known = np.sort(values[among])
    if len(known):
        below = np.searchsorted(known, values[among], side="left")
        upto = np.searchsorted(known, values[among], side="right")
        middle = (below + upto) / 2 / len(known)
        found[among] = np.clip(np.ceil(middle * QUINTILES), 1, QUINTILES).astype(np.int64)
    return found


def lapsing(days_since: Floats, visits: Ints, days_first_to_last: Floats) -> Flags:
    """Who stayed away longer than they use to: `OVERDUE` of their own times between visits, or `QUIET_DAYS` for whoever
    came fewer than `VISITS_FOR_RHYTHM` times. Somebody who never bought does not lapse.
    """
    usual = days_first_to_last / np.maximum(visits - 1, 1)
    limit = np.where(visits >= VISITS_FOR_RHYTHM, np.maximum(OVERDUE * usual, OVERDUE_DAYS_MIN), QUIET_DAYS)
    return np.asarray((visits > 0) & (days_since > limit), np.bool_)
