"""Learning from earlier counts: how rounds depend on each other in this store, and how readable each piece is.

For each supposition of a grid the chance of what every piece's rounds showed, with the piece's detectability integrated
over what the store's pieces are like (empirical Bayes: a Beta, and a share of pieces that are hard to read). Not only
the round of the first read tells, but all rounds of it, and how like each other a piece's own rounds are.
What is left is not one best value: the grid's posterior is gathered into a few suppositions, the dire ones apart.
"""

from collections.abc import Generator
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.counts.blocking import CUSTOMARY, Blocking, Floats, Suppositions
from edge.reconcile.counts.lessons import UNKNOWN, Lessons

COUNTS_MIN: Final = 3
"""Fewer earlier counts than this do not tell."""
PIECES_MAX: Final = 800
"""Pieces whose rounds are weighed for the store, within a second. Every piece's own are weighed for itself."""
SHARES: Final = (0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06)
STAYS: Final = (0.3, 0.5, 0.7, 0.85)
DARKS: Final = (1e-6, 1.5e-4, 6e-4)
DARK_WEIGHTS: Final = (0.65, 0.2, 0.15)
REPEATS: Final = (0.0, 0.03)
REPEAT_WEIGHTS: Final = (0.9, 0.1)
FREED: Final = (0.0, 0.3, 0.6, 0.9)
CLEAR_WEIGHT: Final = 0.6
"""Before anything is known: that nothing is ever blocked, against all other suppositions together."""
CLEAR_SHARE: Final = 1e-6
AT_ONCE: Final = 16
"""Suppositions of the grid weighed side by side, so that memory stays in the cache."""
KEPT: Final = 8
"""Suppositions that a count carries on."""
ROUNDS_JUDGED: Final = 4
"""By the chance of staying unread for so many rounds are they gathered: like with like."""

NODES: Final = 1 / (1 + np.exp(-np.linspace(-4.2, 7.4, 30)))
"""Detectabilities at which is integrated, evenly spaced in log-odds: .015 to .9994."""
MEANS: Final = tuple(float(x) for x in 1 / (1 + np.exp(-np.linspace(0.4, 5.2, 17))))
SIZES: Final = (3.0, 6.0, 10.0, 16.0, 25.0, 40.0, 64.0, 100.0, 160.0)
TAILS: Final = (0.001, 0.004, 0.01, 0.03)
TAIL_RANGE: Final = (0.03, 0.4)
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
    grid, weight = _grid(altered=bool(lessons.altered[told.any(axis=1)].any()))
    suppositions = Suppositions.of([Blocking(0.002, 0.5)])
    for _ in range(3):
        yield
        nature = _nature(_likelihood(kinds, times[some], suppositions)[:, 0])
        parts = []
        for low in range(0, len(grid), AT_ONCE):
            yield
            parts.append(_scores(kinds, times[some], grid[low : low + AT_ONCE], nature))
        score = np.concatenate(parts) + np.log(weight)
        best = Suppositions.of([grid[int(score.argmax())]])
        if best == suppositions:
            break
        suppositions = best
    yield
    gathered = _gather(Suppositions.of(grid, np.exp(score - score.max())), nature)
    hits, misses = np.zeros(size), np.zeros(size)
    own = _likelihood(kinds, times, suppositions)[:, 0] * nature
    hits[rows], misses[rows] = _betas(own / own.sum(axis=1, keepdims=True))
    return Learned(gathered, hits, misses, gone, rounds_min)


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


def _grid(*, altered: bool) -> tuple[list[Blocking], Floats]:
    """Suppositions and what they weigh before anything is known. Without altered rounds, what these are worth stays as
    open as it was: each supposition is held with two values of it.
    """
    freed = FREED if altered else (FREED[0], FREED[2])
    clear = [
        (Blocking(CLEAR_SHARE, STAYS[0], dark, repeat, freed[0]), CLEAR_WEIGHT * w * v)
        for (dark, w), (repeat, v) in product(
            zip(DARKS, DARK_WEIGHTS, strict=True), zip(REPEATS, REPEAT_WEIGHTS, strict=True)
        )
    ]
    each = (1 - CLEAR_WEIGHT) / (len(SHARES) * len(STAYS) * len(freed))
    blocked = [
        (Blocking(share, stay, dark, repeat, free), each * w * v)
        for share, stay, free, (dark, w), (repeat, v) in product(
            SHARES,
            STAYS,
            freed,
            zip(DARKS, DARK_WEIGHTS, strict=True),
            zip(REPEATS, REPEAT_WEIGHTS, strict=True),
        )
    ]
    both = clear + blocked
    return [one for one, _ in both], np.array([weight for _, weight in both])


def _likelihood(kinds: NDArray[np.int64], times: Floats, suppositions: Suppositions) -> Floats:
    """`float64[n, h, nodes]`, of each piece up to a factor: P(its rounds | detectability, supposition)."""
    flat = np.log(_chances(kinds, suppositions)).reshape(len(kinds), -1)
    log = (times @ flat).reshape(len(times), len(suppositions.weight), len(NODES))
    return np.asarray(np.exp(log - log.max(axis=2, keepdims=True)), np.float64)


def _scores(kinds: NDArray[np.int64], times: Floats, grid: list[Blocking], nature: Floats) -> Floats:
    """`float64[h]`: log P(all rounds | supposition), detectability integrated over `nature`."""
    same, often = np.unique(times.astype(np.float32), axis=0, return_counts=True)
    flat = np.log(_chances(kinds, Suppositions.of(grid))).astype(np.float32).reshape(len(kinds), -1)
    log = (same @ flat).reshape(len(same), len(grid), len(NODES))
    most = log.max(axis=2)
    log -= most[..., None]
    integrated = np.log(np.exp(log, out=log) @ nature.astype(np.float32)) + most
    return np.asarray(often @ integrated.astype(np.float64), np.float64)


def _chances(kinds: NDArray[np.int64], suppositions: Suppositions) -> Floats:
    """`float64[u, h, nodes]`: P(what the rounds of a kind showed | there, detectability, supposition)."""
    codes, altered = kinds[:, 0], kinds[:, 1]
    lengths = np.frexp(codes)[1] - 1
    share = suppositions.share[None, :, None]
    repeat = suppositions.repeat[None, :, None]
    shape = (len(codes), len(suppositions.weight), len(NODES))
    clear, blocked = np.broadcast_to(1 - share, shape), np.broadcast_to(share, shape)
    before = np.zeros(len(codes), np.bool_)
    for each in range(int(lengths.max())):
        goes_on = (each < lengths)[:, None, None]
        read = (codes >> np.maximum(lengths - 1 - each, 0) & 1).astype(np.bool_)
        now, held = clear, blocked
        shown = np.where(read[:, None, None], NODES, 1 - NODES)
        if each:
            stay, enter = suppositions.stays((altered >> each & 1).astype(np.bool_))
            stay, enter = stay.T[:, :, None], enter.T[:, :, None]
            now, held = clear * (1 - enter) + blocked * (1 - stay), blocked * stay + clear * enter
            shown = shown * (1 - repeat) + repeat * (read == before)[:, None, None]
        clear = np.where(goes_on, now * shown, clear)
        blocked = np.where(goes_on, held * ~read[:, None, None], blocked)
        before = read
    dark = suppositions.dark[None, :, None]
    silent = (codes == 1 << lengths)[:, None, None]
    out: Floats = dark * silent + (1 - dark) * (clear + blocked)
    return np.maximum(out, 1e-300)


def _nature(likelihood: Floats) -> Floats:
    """Weights of the nodes: the Beta and the share of hard pieces that make `likelihood[n, nodes]` most likely."""
    each = [
        (1 - tail) * _beta(mean * size, (1 - mean) * size) + tail * _flat(*TAIL_RANGE)
        for mean, size, tail in product(MEANS, SIZES, TAILS)
    ]
    natures = np.stack(each, axis=1)
    score = np.log(likelihood @ natures).sum(axis=0)
    out: Floats = natures[:, int(score.argmax())]
    return out


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
    unread = _chances(np.array([[1 << ROUNDS_JUDGED, 0]]), suppositions)[0] @ nature
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
