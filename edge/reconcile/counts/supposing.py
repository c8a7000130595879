"""What a store's counts leave likely of it: how its rounds depend on each other and what its pieces are like together.

These numbers are continuous, and thirty counts tell them apart more finely than a grid that could be weighed whole.
Nor can one be learned with the others held: with pieces taken to be a little harder to read than they are, blocked ones
pass for rounds that repeat the one before. So all are sought together: from the best of points spread evenly the way
leads uphill by the slope and bend of what is likely (Newton), and the bend at the top says how wide to look around it.
Nothing is drawn by chance. Everything happens in coordinates without walls, the log-odds of where a number lies between
its least and its greatest.
"""

from collections.abc import Callable, Generator
from typing import Final, NamedTuple

import numpy as np

from edge.reconcile.counts.blocking import Blocking, Floats

LOW: Final = np.array([np.log(4e-4), 0.05, 0.0, 0.0, 0.4, np.log(3.0)])
HIGH: Final = np.array([np.log(0.12), 0.95, 1.0, 0.08, 5.2, np.log(160.0)])
"""Share (its log), stay, freed, repeat, mean detectability of pieces (log-odds) and size of its Beta (its log): before
anything is known each value between is as likely, but of repeat.
"""
REPEAT: Final = 3
Open = tuple[int, ...]
BLOCKED: Final = tuple(range(6))
CLEAR: Final = (3, 4, 5)
"""Coordinates that are open where pieces are blocked, and where none ever is."""
CLEAR_WEIGHT: Final = 0.6
"""Before anything is known: that none ever is."""
CLEAR_SHARE: Final = 1e-6
REPEAT_USUAL: Final = 0.01
"""Rounds repeat the one before less rather than more: the mean of an exponential (real trace: .02 to .03)."""
DARKS: Final = (1e-6, *(float(x) for x in np.geomspace(5e-5, 3e-3, 8)))
DARK_WEIGHT: Final = 0.35
"""Before anything is known: that some pieces cannot be read in a count at all; how many, evenly in the log."""
DARK_PRIOR: Final = np.array([1 - DARK_WEIGHT, *[DARK_WEIGHT / (len(DARKS) - 1)] * (len(DARKS) - 1)])
SPREAD: Final = 128
"""Points that are looked at first."""
STEPS_MAX: Final = 12
"""Uphill."""
STEP_MAX: Final = 2.0
NEAR: Final = 0.02
"""A step that gains less than this many nats is the last."""
TINY: Final = 0.08
"""Differences by which slope and bend are told."""
BEND_MIN: Final = 0.1
"""No number is known so little that its log-odds spread wider than sqrt(10): what is thought before sees to that."""
WIDER: Final = 1.25
"""Points are spread so much wider than the bend says, because tails are longer."""

Weigh = Callable[["list[Guess]"], Generator[None, None, Floats]]
"""Log of P(all rounds | guess), for some of them, in steps."""


class Guess(NamedTuple):
    """One point: how rounds depend, and the Beta that pieces' detectabilities are drawn from."""

    blocking: Blocking
    hits: float
    misses: float


class Around(NamedTuple):
    """The top, float64[d], and float64[d, d] whose columns are standard deviations around it."""

    top: Floats
    axes: Floats

    def points(self, number: int) -> tuple[Floats, Floats]:
        """Points `float64[number, d]` spread as likely ones are, and the log of how dense they lie there."""
        unit = _evenly(number, len(self.top))
        scale = WIDER * np.sqrt(3) / np.pi
        dense = np.log(unit * (1 - unit) / scale).sum(axis=1) - np.linalg.slogdet(self.axes)[1]
        return self.top + (_log_odds(unit) * scale) @ self.axes.T, np.asarray(dense, np.float64)


def guesses(free: Open, points: Floats, dark: float) -> list[Guess]:
    """What points `float64[n, d]` stand for."""
    low, high = LOW[list(free)], HIGH[list(free)]
    plain = low + (high - low) / (1 + np.exp(-points))
    return [_guess(dict(zip(free, each, strict=True)), dark) for each in plain.tolist()]


def log_prior(free: Open, points: Floats) -> Floats:
    """Log of the density before anything is known, `float64[n]`."""
    between = 1 / (1 + np.exp(-points))
    width = HIGH[REPEAT] / REPEAT_USUAL
    rare = np.log(width / -np.expm1(-width)) - width * between[:, free.index(REPEAT)]
    return np.asarray(np.log(np.maximum(between * (1 - between), 1e-300)).sum(axis=1) + rare, np.float64)


def climb(free: Open, start: Floats | None, weigh: Weigh, dark: float) -> Generator[None, None, Around]:
    """To the top, from `start` or from the best of everywhere."""

    def height(points: Floats) -> Generator[None, None, Floats]:
        log = yield from weigh(guesses(free, points, dark))
        return np.asarray(log + log_prior(free, points), np.float64)

    if start is None:
        spread = _log_odds(_evenly(SPREAD, len(free)))
        log = yield from height(spread)
        start = spread[int(log.argmax())]
    top, pattern = start, _pattern(len(free))
    for _ in range(STEPS_MAX):
        log = yield from height(top + TINY * pattern)
        slope, bend = _slope_and_bend(log, len(free))
        values, vectors = np.linalg.eigh(-bend)
        step = vectors @ ((slope @ vectors) / np.maximum(values, BEND_MIN))
        step *= min(1.0, STEP_MAX / float(np.abs(step).max()))
        tries = top + np.array([1.0, 0.5, 0.2, 0.05])[:, None] * step
        then = yield from height(tries)
        best = int(then.argmax())
        gained = float(then[best] - log[0])
        if gained > 0:
            top = tries[best]
        if gained < NEAR:
            break
    return Around(top, vectors / np.sqrt(np.maximum(values, BEND_MIN)))


def _guess(at: dict[int, float], dark: float) -> Guess:
    """CLEAR leaves share, stay and freed out."""
    share = float(np.exp(at[0])) if 0 in at else CLEAR_SHARE
    mean, size = 1 / (1 + float(np.exp(-at[4]))), float(np.exp(at[5]))
    return Guess(Blocking(share, at.get(1, 0.5), dark, at[REPEAT], at.get(2, 0.5)), mean * size, (1 - mean) * size)


def _evenly(number: int, dimensions: int) -> Floats:
    """Roberts' sequence: multiples of powers of 1/x, modulo 1, fill a box evenly, where x^(d+1) = x + 1."""
    x = 2.0
    for _ in range(40):
        x = (1 + x) ** (1 / (dimensions + 1))
    steps = x ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + np.arange(1, number + 1)[:, None] * steps) % 1.0, np.float64)


def _log_odds(unit: Floats) -> Floats:
    inside = np.clip(unit, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


def _pattern(dimensions: int) -> Floats:
    """The point itself, both ways along each axis, then along each two at once."""
    one = np.eye(dimensions)
    both = [one[a] + one[b] for a in range(dimensions) for b in range(a)]
    return np.concatenate([np.zeros((1, dimensions)), one, -one, np.array(both)])


def _slope_and_bend(log: Floats, dimensions: int) -> tuple[Floats, Floats]:
    """From heights at `_pattern`."""
    here, up, down = log[0], log[1 : dimensions + 1], log[dimensions + 1 : 2 * dimensions + 1]
    slope = (up - down) / (2 * TINY)
    bend = np.diag((up + down - 2 * here) / TINY**2)
    both = iter(log[2 * dimensions + 1 :])
    for a in range(dimensions):
        for b in range(a):
            # f(a+b) - f(a) - f(b) + f is the mixed difference, to first order
            bend[a, b] = bend[b, a] = (next(both) - up[a] - up[b] + here) / TINY**2
    return slope, bend
