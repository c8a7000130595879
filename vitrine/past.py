"""The past of the demo's clients: who came when in two years, and what they took home. By seed; nobody is real."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from contract.feed import PieceCard
from vitrine.names import Named, invent

DAYS: Final = 760
"""A little more than two years, so that each tier's window is full."""
RETURNED: Final = 0.05
ONLY_LOOKED: Final = 0.12
"""Of clients: known, and have bought nothing."""
CAME_TOO: Final = 0.35
"""Visits without a purchase, for each one with."""


SHAPE: Final = 0.7
MEAN_A_YEAR: Final = 1.9
"""Of how often they come: Gamma between clients, so that many come once and a few often."""
GOES: Final = (0.8, 4.0)
"""After each purchase somebody may stay away for good: with a chance that is Beta between clients."""
RISES: Final = 0.07
"""Of clients: known for more than a year, they come often of late."""
OF_LATE_A_YEAR: Final = 7.0


@dataclass(frozen=True, slots=True)
class Purchase:
    """`days_ago`: the business day. `back_after`: days until it came back; None: it is theirs."""

    days_ago: int
    pieces: tuple[PieceCard, ...]
    discount_bp: int
    back_after: int | None


@dataclass(frozen=True, slots=True)
class Guest:
    """A client of the demo with everything that happened. `visits`: days ago on which they bought nothing."""

    named: Named
    first_days_ago: int
    purchases: tuple[Purchase, ...]
    visits: tuple[int, ...]
    likes: str
    birthday: dt.date | None
    may_email: bool | None


def guests(rng: np.random.Generator, pool: Sequence[PieceCard], count: int) -> list[Guest]:
    """`pool` is what they may have bought; each piece is sold once, so that it ends when the pool does."""
    left = sorted(pool, key=lambda card: (card.price_minor, card.piece))
    found = []
    for number in range(count):
        rises = rng.random() < RISES
        first = int(rng.integers(420 if rises else 20, DAYS))
        days = _came(rng, first, rises=rises)
        level = float(rng.lognormal(12.2, 0.9))
        metal = str(rng.choice(["yellow gold", "white gold", "rose gold", "platinum", ""]))
        looked_only = rng.random() < ONLY_LOOKED
        bought_on = () if looked_only else sorted(days, reverse=True)
        purchases = [_purchase(rng, left, day, level=level, metal=metal) for day in bought_on if left]
        looks = tuple(int(day) for day in rng.integers(1, first + 1, rng.poisson(CAME_TOO * len(days)) + looked_only))
        born = dt.date(1950, 1, 1) + dt.timedelta(days=int(rng.integers(0, 18_000)))
        said = rng.random()
        found.append(
            Guest(
                named=invent(rng, number + 11), first_days_ago=first, purchases=tuple(purchases), visits=looks,
                likes=metal if rng.random() < 0.3 else "", birthday=born if rng.random() < 0.45 else None,
                may_email=True if said < 0.6 else False if said < 0.75 else None,
            )
        )  # fmt: skip
    return found


def _came(rng: np.random.Generator, first: int, *, rises: bool) -> set[int]:
    """Days ago on which they bought, the first one among them."""
    days, ago = {first}, float(first)
    rate, goes = rng.gamma(SHAPE, MEAN_A_YEAR / SHAPE), rng.beta(*GOES)
    if rises:
        return days | {int(day) for day in rng.integers(1, 300, rng.poisson(OF_LATE_A_YEAR))}
    while rng.random() > goes:
        ago -= rng.exponential(365 / rate)
        if ago < 1:
            break
        days.add(int(ago))
    return days


def _purchase(rng: np.random.Generator, left: list[PieceCard], day: int, *, level: float, metal: str) -> Purchase:
    """One piece, sometimes two, near what they use to pay and of the metal they wear, if there is one."""
    taken = []
    for _ in range(1 + int(rng.random() < 0.15)):
        wanted = level * float(rng.lognormal(0, 0.35))
        near = sorted(range(len(left)), key=lambda at: abs(left[at].price_minor - wanted))[:12]
        if near:
            best = next((at for at in near if left[at].metal == metal), near[0])
            taken.append(left.pop(best))
    off = int(rng.choice([0, 0, 0, 0, 500, 1_000]))
    back = int(rng.integers(2, 20)) if rng.random() < RETURNED and day > 20 else None
    return Purchase(day, tuple(taken), off, back)
