"""When to stop counting: ours, the peers and the oracle, over thousands of counts of one shelf at once.

Ours here is the arithmetic of `edge.reconcile.counts.count.Count`, its constants and functions, on all counts' unread
pieces side by side; tests/bench holds the two against each other, round by round.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.worlds import Bools, Counted, Floats, Shelf
from edge.reconcile.counts.blocking import CUSTOMARY, Blocking, Fading, Suppositions, Unread, one_more
from edge.reconcile.counts.count import COMPLETE_AT, MISSING_BELOW, NORMAL, ROUNDS_MIN, Care, present_unread
from edge.reconcile.counts.learning import GONE_PRIOR, ROUNDS_UNTAUGHT_MIN, learn
from edge.reconcile.counts.lessons import ROUNDS_KEPT, UNKNOWN, Lessons

UNTAUGHT_HITS, UNTAUGHT_MISSES = 18.0, 2.0
"""Of a piece of which neither presence nor a count has told."""
EARLIER_COUNTS: Final = 30
"""What a store has counted before: two weeks of opening and closing."""
AT_ONCE: Final = 500
"""Counts reckoned side by side, so that memory stays small."""
PIECE_EDGES: Final = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
"""Bins of P(present) of one piece."""
SURE: Final = 1e7
"""Rounds that the oracle's p of a piece counts for."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """hits, misses  float64[n], the Beta of each piece's detectability       prior  P(present) before reading"""

    suppositions: Suppositions
    hits: Floats
    misses: Floats
    prior: float


@dataclass(frozen=True, slots=True)
class Reckoned:
    """By count and round, `[counts, rounds]`: what was said, what was so, and by bin of pieces how much of it was so.

    p         P(complete)              gain      finds hoped for in one more round
    complete  nothing that is there is unread
    wrongly   pieces called missing that are there        rightly   called missing and gone
    unsure    to be checked by hand                       decided   those that one more silent round would decide
    pieces    float64[3, bins] of unread pieces: sum of P(present), how many were there, how many
    """

    p: Floats
    gain: Floats
    complete: Bools
    wrongly: Ints
    rightly: Ints
    unsure: Ints
    decided: Ints
    pieces: Floats


class Stopped(NamedTuple):
    """By count: rounds it took; whether it then said what was not so; how many of those gone it named; how many pieces
    it listed to be checked by hand.
    """

    rounds: Ints
    wrong: Bools
    named: Ints
    listed: Ints


def taught(shelf: Shelf, *, altered: bool) -> Knowledge:
    """What a store has learned from its earlier counts, each of which ended as a store's first counts do; all of their
    pieces were read later, or a person found that they were missing.
    """
    earlier = shelf.count(EARLIER_COUNTS, ROUNDS_KEPT, altered=altered)
    n = shelf.family.pieces
    first = Knowledge(CUSTOMARY, np.full(n, UNTAUGHT_HITS), np.full(n, UNTAUGHT_MISSES), 1 - GONE_PRIOR)
    rounds = np.maximum(ours(reckon(earlier, first, altered=altered), NORMAL).rounds, ROUNDS_UNTAUGHT_MIN)
    lessons, rows = Lessons(), np.arange(n, dtype=np.int32)
    for reads, there, took in zip(earlier.reads, earlier.there, rounds.tolist(), strict=True):
        lessons.take(rows, _codes(reads[:took]), sum(1 << each for each in range(1, took)) if altered else 0)
        lessons.missing(rows[~there])
        lessons.there(rows[there])
    known = learn(lessons)
    return Knowledge(known.suppositions, known.hits, known.misses, 1 - known.gone)


def omniscient(shelf: Shelf) -> Knowledge:
    """The oracle's: every piece's p, and how this family blocks, frees and loses them."""
    family = shelf.family
    blocking = Blocking(family.blocked or 1e-12, family.stays, family.dark, 0.0, family.freed)
    return Knowledge(Suppositions.of([blocking]), shelf.p * SURE, (1 - shelf.p) * SURE, 1 - family.gone)


def reckon(counted: Counted, known: Knowledge, *, altered: bool) -> Reckoned:
    """All rounds of all counts, whether or not anybody would have stopped before."""
    counts, rounds, _ = counted.reads.shape
    shape = (counts, rounds)
    p, gain, complete = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.bool_)
    wrongly, rightly, unsure, decided = (np.zeros(shape, np.int64) for _ in range(4))
    out = Reckoned(p, gain, complete, wrongly, rightly, unsure, decided, _bins())
    for low in range(0, counts, AT_ONCE):
        part = slice(low, low + AT_ONCE)
        _reckon(out, part, counted.reads[part], counted.there[part], known, altered=altered)
    return out


def _reckon(out: Reckoned, part: slice, reads: Bools, there: Bools, known: Knowledge, *, altered: bool) -> None:
    counts, rounds, n = reads.shape
    which, piece = np.divmod(np.arange(counts * n), n)
    then: Unread | None = None
    for each in range(rounds):
        keep = ~reads[which, each, piece]
        which, piece = which[keep], piece[keep]
        if then is None:
            unread = _one_more(Unread.before(Fading.never(len(which)), known.suppositions), piece, known, altered=False)
        else:
            unread = then.take(keep)
        then = _one_more(unread, piece, known, altered=altered)
        is_there, prior = there[which, piece], np.full(len(which), known.prior)
        now, next_ = unread.chance(known.suppositions), then.chance(known.suppositions)
        present, later = present_unread(prior, now), present_unread(prior, next_)
        missing = present < MISSING_BELOW
        out.p[part, each] = np.exp(np.bincount(which, np.log1p(-np.minimum(present, 1 - 1e-12)), counts))
        out.gain[part, each] = np.bincount(which, present * (1 - next_ / now), counts)
        out.complete[part, each] = np.bincount(which, is_there, counts) == 0
        for column, chosen in (
            (out.wrongly, missing & is_there),
            (out.rightly, missing & ~is_there),
            (out.unsure, ~missing),
            (out.decided, ~missing & (later < MISSING_BELOW)),
        ):
            column[part, each] = np.bincount(which, chosen, counts)
        out.pieces[:] += _bins(present, is_there)


def _one_more(unread: Unread, piece: NDArray[np.intp], known: Knowledge, *, altered: bool) -> Unread:
    never = Fading.never(len(piece))
    return one_more(unread, known.hits[piece], known.misses[piece], known.suppositions, never, altered=altered)


def _bins(said: Floats | None = None, so: Bools | None = None) -> Floats:
    if said is None or so is None:
        return np.zeros((3, len(PIECE_EDGES) - 1))
    weights = (said, so.astype(np.float64), np.ones(len(said)))
    return np.stack([np.histogram(said, PIECE_EDGES, weights=each)[0] for each in weights])


def ours(said: Reckoned, care: Care) -> Stopped:
    """`Count.why_stop`: complete, or another round would find or decide too little; or the rounds run out."""
    counts, rounds = said.p.shape
    round_ = np.arange(1, rounds + 1)
    futile = (round_ >= ROUNDS_MIN) & (said.gain < care.gain_min)
    if care.decide:
        futile &= said.decided == 0
    ends = (said.p >= COMPLETE_AT) | futile | (round_ >= min(rounds, care.rounds_max))
    at = ends.argmax(axis=1)
    here = (np.arange(counts), at)
    boastful = (said.p[here] >= COMPLETE_AT) & ~said.complete[here]
    return Stopped(at + 1, np.asarray(boastful | (said.wrongly[here] > 0)), said.rightly[here], said.unsure[here])


def nothing_new(counted: Counted) -> Stopped:
    """Stop at the first round that reads nothing new, and call the rest missing."""
    found = np.logical_or.accumulate(counted.reads, axis=1).sum(axis=2)
    fresh = np.diff(found, axis=1) > 0
    fresh[:, -1] = False
    return _rest_is_missing(counted, (~fresh).argmax(axis=1) + 1)


def fixed(counted: Counted, rounds: int) -> Stopped:
    """So many rounds, and the rest is missing."""
    return _rest_is_missing(counted, np.full(len(counted.reads), rounds - 1))


def chao2(counted: Counted) -> Stopped:
    """Stop once capture–recapture says that nothing is left with the certainty that we ask for: exp(-Chao2)."""
    times = np.cumsum(counted.reads, axis=1)
    at = np.full(len(counted.reads), counted.reads.shape[1] - 1)
    going = np.ones(len(at), np.bool_)
    for each in range(1, counted.reads.shape[1]):
        once, twice = ((times[:, each] == k).sum(axis=1) for k in (1, 2))
        ends = going & (np.exp(-each / (each + 1) * once * (once - 1) / (2 * (twice + 1))) >= COMPLETE_AT)
        at[ends], going = each, going & ~ends
    return _rest_is_missing(counted, at)


def _rest_is_missing(counted: Counted, at: Ints) -> Stopped:
    read = np.logical_or.accumulate(counted.reads, axis=1)[np.arange(len(at)), at]
    wrong = np.asarray((counted.there & ~read).any(axis=1), np.bool_)
    return Stopped(at + 1, wrong, (~counted.there).sum(axis=1), np.zeros(len(at), np.int64))


def _codes(reads: Bools) -> NDArray[np.uint8]:
    """bool[rounds, n] → the codes of `Lessons`, as `Count.story` gives them."""
    out = np.ones(reads.shape[1], np.uint8)
    for read in reads:
        out = (out << 1 | read).astype(np.uint8)
    return np.where(reads.any(axis=0), out, out | np.uint8(UNKNOWN))
