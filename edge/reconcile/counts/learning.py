"""Learning from earlier counts: how rounds depend on each other in this store, and how readable each piece is.

For each guess the chance of what every piece's rounds showed, with the piece's detectability integrated over what the
store's pieces are like (a Beta, and a share of pieces that are hard to read). Not only the round of the first read
tells, but all rounds of it, and how like each other a piece's own rounds are. `supposing` says where to guess.
What is left is not one best guess: what is likely is gathered into a few suppositions, the dire ones apart.
"""

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.counts.blocking import CUSTOMARY, Blocking, Floats, Suppositions
from edge.reconcile.counts.chances import NODES, Kinds, chances
from edge.reconcile.counts.lessons import UNKNOWN, Lessons
from edge.reconcile.counts.supposing import (
    BLOCKED,
    CLEAR,
    CLEAR_WEIGHT,
    DARK_PRIOR,
    DARKS,
    Guess,
    climb,
    guesses,
    log_prior,
)

COUNTS_MIN: Final = 3
"""Fewer earlier counts than this do not tell."""
PIECES_MAX: Final = 800
"""Pieces whose rounds are weighed for the store, within a second. Every piece's own are weighed for itself."""
AT_ONCE: Final = 16
"""Guesses weighed side by side, so that memory stays in the cache."""
KEPT: Final = 8
"""Suppositions that a count carries on."""
ROUNDS_JUDGED: Final = 4
"""By the chance of staying unread for so many rounds are they gathered: like with like."""
POINTS: Final = 64
"""Guesses around each top that are weighed in the end, each with every share of pieces that cannot be read."""
CLIMBS: Final = 2
"""The second with the hard and the unreadable pieces that the first has told of."""
TAILS: Final = (0.001, 0.004, 0.01, 0.03)
TAIL_RANGE: Final = (0.03, 0.4)
LEAST_LIKELY: Final = 1e-30
"""No piece is more of a wonder than this, whatever the guess: single precision ends a little below."""
TRUST_MAX: Final = 400.0
UNTAUGHT_COUNTS: Final = 30
ROUNDS_UNTAUGHT_MIN: Final = 4
"""The first counts of a store go on for so many rounds even when all is found: they teach the later ones."""
GONE_PRIOR: Final = 0.002
GONE_TRUST: Final = 2000.0
"""Share of expected pieces that are missing, and pieces that this customary value counts for."""


class Learned(NamedTuple):
    """suppositions    how rounds depend on each other        gone  share of expected pieces that are not there
    hits, misses  float64[n]  by row, the Beta of its detectability; 0 where no count has told of it
    rounds_min    rounds that the next count hears even when all is found
    """

    suppositions: Suppositions
    hits: Floats
    misses: Floats
    gone: float
    rounds_min: int


NOTHING: Final = Learned(CUSTOMARY, np.zeros(0), np.zeros(0), GONE_PRIOR, ROUNDS_UNTAUGHT_MIN)


def learn(lessons: Lessons) -> Learned:
    """Everything that the lessons tell; `NOTHING` from too few counts. Takes a second; `steps` takes it in pieces."""
    going = steps(lessons)
    while True:
        try:
            next(going)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]


def steps(lessons: Lessons) -> Generator[None, None, Learned]:
    """`learn` in steps of some hundredths of a second, so that a tick can do one; the lessons may change meanwhile."""
    told = (lessons.codes > 1) & (lessons.codes < UNKNOWN)
    if min(lessons.counts, int(told.any(axis=1).sum())) < COUNTS_MIN:
        return NOTHING
    size, rounds_min = lessons.rows, ROUNDS_UNTAUGHT_MIN if lessons.counts < UNTAUGHT_COUNTS else 1
    gone = (lessons.gone + GONE_PRIOR * GONE_TRUST) / (lessons.checked + GONE_TRUST)
    rows = np.flatnonzero(told.any(axis=0))
    kinds, times = _tally(lessons, rows, told)
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), PIECES_MAX)).astype(np.intp))
    likely = yield from _likely(kinds, times[some])
    nature = _natures([likely.best], likely.tail)[:, 0]
    gathered = _gather(Suppositions.of([each.blocking for each in likely.guesses], likely.weight), nature)
    hits, misses = np.zeros(size), np.zeros(size)
    own = _likelihood(kinds, times, Suppositions.of([likely.best.blocking]))[:, 0] * nature
    hits[rows], misses[rows] = _betas(own / own.sum(axis=1, keepdims=True))
    return Learned(gathered, hits, misses, gone, rounds_min)


class _Likely(NamedTuple):
    """What the rounds leave likely: guesses with their weights, the best of them, its share of hard pieces."""

    guesses: list[Guess]
    weight: Floats
    best: Guess
    tail: float


def _likely(kinds: Kinds, times: Floats) -> Generator[None, None, _Likely]:
    """Around two tops: that none is ever blocked, and that some are."""
    every: list[Guess] = []
    logs: list[Floats] = []
    tail, dark = TAILS[0], DARKS[0]
    for free, weight in ((CLEAR, CLEAR_WEIGHT), (BLOCKED, 1 - CLEAR_WEIGHT)):
        top: Floats | None = None
        for _ in range(CLIMBS):
            around = yield from climb(free, top, partial(_weighed, kinds, times, tail), dark)
            top = around.top
            (middle,) = guesses(free, top[None], dark)
            tails = [_scores(kinds, times, [middle.blocking], _natures([middle], each)) for each in TAILS]
            tail = TAILS[int(np.argmax(np.concatenate(tails)))]
            log = yield from _weighed(kinds, times, tail, _darks([middle]))
            dark = float(np.average(DARKS, weights=np.exp(log - log.max()) * DARK_PRIOR))
        points, dense = around.points(POINTS)
        before = np.log(weight / POINTS) + log_prior(free, points) - dense
        each_dark = _darks(guesses(free, points, dark))
        log = yield from _weighed(kinds, times, tail, each_dark)
        every += each_dark
        logs.append(log + (before[:, None] + np.log(DARK_PRIOR)).ravel())
    log = np.concatenate(logs)
    return _Likely(every, np.exp(log - log.max()), every[int(log.argmax())], tail)


def _weighed(kinds: Kinds, times: Floats, tail: float, each: list[Guess]) -> Generator[None, None, Floats]:
    """`float64[h]`: log P(all rounds | guess), a few guesses a step."""
    parts = []
    for low in range(0, len(each), AT_ONCE):
        yield
        part = each[low : low + AT_ONCE]
        parts.append(_scores(kinds, times, [one.blocking for one in part], _natures(part, tail)))
    return np.concatenate(parts)


def _darks(each: list[Guess]) -> list[Guess]:
    """Each with every share of pieces that cannot be read."""
    return [one._replace(blocking=replace(one.blocking, dark=dark)) for one in each for dark in DARKS]


def _natures(each: list[Guess], tail: float) -> Floats:
    """`float64[nodes, h]`: weights of the nodes, a Beta and a share of hard pieces."""
    hard = _flat(*TAIL_RANGE)
    return np.stack([(1 - tail) * _beta(one.hits, one.misses) + tail * hard for one in each], axis=1)


def _tally(lessons: Lessons, rows: NDArray[np.intp], told: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """Kinds `int64[u, 2]` of (code, altered), and how often each row showed each, `float64[len(rows), u]`."""
    codes = np.where(told, lessons.codes, 0)[:, rows].astype(np.int64)
    lengths = np.frexp(codes)[1] - 1
    altered = lessons.altered[:, None].astype(np.int64) & ((1 << lengths) - 1) & ~1
    keys, which = np.unique(codes << 8 | altered, return_inverse=True)
    which = which.reshape(codes.shape)
    times = np.zeros((len(rows), len(keys)))
    for each in which:
        times[np.arange(len(rows)), each] += 1
    told_of = keys >> 8 > 0
    return np.stack([keys >> 8, keys & 0xFF], axis=1)[told_of], times[:, told_of]


def _likelihood(kinds: Kinds, times: Floats, suppositions: Suppositions) -> Floats:
    """`float64[n, h, nodes]`, of each piece up to a factor: P(its rounds | detectability, supposition)."""
    flat = np.log(chances(kinds, suppositions)).reshape(len(kinds), -1)
    log = (times @ flat).reshape(len(times), len(suppositions.weight), len(NODES))
    return np.asarray(np.exp(log - log.max(axis=2, keepdims=True)), np.float64)


def _scores(kinds: Kinds, times: Floats, each: list[Blocking], natures: Floats) -> Floats:
    """`float64[h]`: log P(all rounds | supposition), detectability integrated over the nature of each."""
    flat = np.log(chances(kinds, Suppositions.of(each))).astype(np.float32).reshape(len(kinds), -1)
    log = (times.astype(np.float32) @ flat).reshape(len(times), len(each), len(NODES))
    most = log.max(axis=2)
    log -= most[..., None]
    likely = np.einsum("nhp,ph->nh", np.exp(log, out=log), natures.astype(np.float32))
    integrated = np.log(np.maximum(likely, LEAST_LIKELY)) + most
    return np.asarray(integrated.sum(axis=0, dtype=np.float64), np.float64)


def _beta(hits: float, misses: float) -> Floats:
    """Weights of the nodes of a Beta; in log-odds its density has the powers without their minus one."""
    log = hits * np.log(NODES) + misses * np.log1p(-NODES)
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum(), np.float64)


def _flat(low: float, high: float) -> Floats:
    weight = np.where((low <= NODES) & (high >= NODES), NODES * (1 - NODES), 0.0)
    return np.asarray(weight / weight.sum(), np.float64)


def _betas(weight: Floats) -> tuple[Floats, Floats]:
    """Betas with the mean and variance of weights `[n, nodes]`."""
    mean = weight @ NODES
    variance = np.maximum(weight @ NODES**2 - mean**2, 1e-12)
    size = np.clip(mean * (1 - mean) / variance - 1, 1.0, TRUST_MAX)
    return mean * size, (1 - mean) * size


def _gather(suppositions: Suppositions, nature: Floats) -> Suppositions:
    """As few as a count carries: neighbours by the chance of staying unread, the dire ones apart."""
    unread = chances(np.array([[1 << ROUNDS_JUDGED, 0]]), suppositions)[0] @ nature
    order = np.argsort(-unread)
    gone_by = np.cumsum(suppositions.weight[order])
    edges = np.array([0.02, 0.06, 0.15, 0.3, 0.5, 0.7, 0.85])
    stratum = np.searchsorted(edges, gone_by, side="left")
    assert len(edges) == KEPT - 1
    each: list[Blocking] = []
    weights: list[float] = []
    for which in range(KEPT):
        chosen = order[stratum == which]
        weight = suppositions.weight[chosen]
        if not weight.sum() > 0:
            continue
        share, dark, repeat = (
            float(np.average(column[chosen], weights=weight))
            for column in (suppositions.share, suppositions.dark, suppositions.repeat)
        )
        # of the blocked ones so many stay in an equal round, and so many in an altered one: each is kept, not its parts
        blocked, stays, free = (
            weight * suppositions.share[chosen],
            suppositions.stay[chosen],
            suppositions.freed[chosen],
        )
        stay = float(np.average(stays, weights=blocked))
        freed = 1 - float(np.average(stays * (1 - free), weights=blocked)) / stay
        each.append(Blocking(share, stay, dark, repeat, freed))
        weights.append(float(weight.sum()))
    return Suppositions.of(each, weights)
