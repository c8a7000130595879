"""One round of the filter for each piece: four ways to be present, one to be gone (inference §1.3).

A piece is there and clear, in a shadow that covers part of its zone, in a fade of its own, or in a long one. What no
way of being there explains is evidence that it is gone. Detectability and the rate of fades are learned on the way.
The arithmetic runs in place, in float32, over blocks of rows that stay in the cache: no array is made in a round.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.presence.company import CALM, LIT_READS, ZONE_NATS
from edge.reconcile.presence.evidence import PEAK_BINS, PEAK_NATS_PER_BIN, SINGLE, SMALL, STORIES, Evidence
from edge.reconcile.presence.visibility import rate

SHADOW_READS: Final = 0.08
FADE_READS: Final = 0.08
"""Share of the usual reads left in a shadow, in a fade: one number, so that one product serves both."""
assert SHADOW_READS == FADE_READS
SHADOW_PER_S: Final = 1 / 250_000
"""A cover over this piece that nothing else in the zone shows."""
SHADOW_DISTURBED_PER_S: Final = 0.1
SHADOW_LEAVES_CALM_PER_S: Final = 0.15
SHADOW_LEAVES_PER_S: Final = 1 / 40
FADE_PRIOR_S: Final = 7 * 86400.0
"""Before this store's own fades are known: one in a piece-week, worth one fade; a store that fades unlearns it soon."""
FADE_S: Final = 90.0
LONG_FADE_SHARE: Final = 0.02
LONG_FADE_TIMES: Final = 6.0
FADE_TRUST: Final = 20.0
"""Gaps that the customary fade length counts for, against those measured here."""
FADE_NATS: Final = 10.0
"""A gap of more than this, shadows explained away, that ended in a read was a fade."""
MEMORY_S: Final = 7200.0
"""Detectability is forgotten as exp(-dt / 2 h)."""
LEARN_NATS_MAX: Final = 12.0
"""Up to here silence still teaches that a piece is hard to read (the Polya rule); beyond, it is likely gone."""
BLOCK: Final = 20_000
"""Rows at a time: their columns and the scratch are some 2 MB."""

Floats = NDArray[np.float32]
By = Floats | np.float32
"""A column, or one number where all rows have the same."""

_SCRATCH: Final = 7


@dataclass(frozen=True, slots=True)
class Look:
    """One round's look at m rows of `columns` float32[13, m] (changed in place).

    seen  bool[m]    p  float32[m] learned detectability    v, calm  float32[m] of the piece's zone
    step_s  seconds this round stands for, one number or float32[m]
    """

    columns: Floats
    seen: NDArray[np.bool_]
    p: Floats
    v: Floats
    calm: Floats
    step_s: By


@dataclass(slots=True)
class Scratch:
    """Room for one block, kept from round to round."""

    room: Floats = field(default_factory=lambda: np.empty((_SCRATCH, 0), np.float32))

    def of(self, m: int) -> Floats:
        if self.room.shape[1] < m:
            self.room = np.empty((_SCRATCH, m), np.float32)
        return self.room[:, :m]


def weigh(look: Look, fade_s: float, fades_prior_s: float, scratch: Scratch) -> None:
    """Update story, evidence and detectability of the rows looked at; `fades_prior_s`: 0.5 over the store's rate."""
    clear, shadow, fade, long, nats, lone, _, hits, rounds, _, watched_s, silent, _ = look.columns
    missed, sign, a, b, q, dim, total = scratch.of(len(look.p))
    np.logical_not(look.seen, out=missed, casting="unsafe")
    np.multiply(missed, -2, out=sign)
    sign += 1
    np.less_equal(nats, LEARN_NATS_MAX, out=b, casting="unsafe")  # who still learns; used at the end
    learns = b
    learns *= look.calm  # in half a cover the other half is read as ever, and v would teach that it is read better
    np.multiply(look.p, look.v, out=q)
    _flow(look, fade_s, fades_prior_s, (a, dim, total))
    np.multiply(learns, np.expm1(-look.step_s / np.float32(MEMORY_S)), out=a)
    a += 1
    hits *= a
    rounds *= a
    learns *= clear  # as it was before the look: by the weight after it a miss would count less than a read
    # what each story says of this round: q if seen, 1 - q if not
    np.multiply(q, sign, out=a)
    np.multiply(a, np.float32(SHADOW_READS), out=dim)
    a += missed
    dim += missed
    clear *= a
    shadow *= dim
    fade *= dim
    long *= dim
    np.add(clear, shadow, out=total)
    total += fade
    total += long
    np.divide(1, total, out=a)
    look.columns[:STORIES] *= a
    np.log(total, out=total)
    nats -= total
    nats *= missed
    np.subtract(1, shadow, out=a)
    a *= q
    np.subtract(1, a, out=a)
    np.log(a, out=a)
    lone -= a
    lone *= missed
    silent += 1
    silent *= missed
    watched_s += look.step_s
    np.multiply(learns, look.v, out=a)
    rounds += a
    np.subtract(1, missed, out=missed)
    learns *= missed
    hits += learns


def _flow(look: Look, fade_s: float, fades_prior_s: float, room: tuple[Floats, Floats, Floats]) -> None:
    """Weights before the round is looked at: who goes into a shadow or fade, and who comes out of it."""
    clear, shadow, fade, long, *_ = look.columns
    fades, watched_s = look.columns[9], look.columns[10]
    into, out, fading = room
    dt = look.step_s
    calm, disturbed = _rate(SHADOW_PER_S, dt), _rate(SHADOW_DISTURBED_PER_S, dt)
    np.multiply(look.calm, -disturbed, out=into)
    into += calm + disturbed
    into *= clear
    leaves, stays = _rate(SHADOW_LEAVES_CALM_PER_S, dt), _rate(SHADOW_LEAVES_PER_S, dt)
    np.multiply(look.calm, stays - leaves, out=out)
    out += 1 - stays
    np.add(watched_s, np.float32(fades_prior_s), out=fading)
    np.divide(clear, fading, out=fading)
    fading *= dt
    clear[:] = fades  # the clear weight is what the others leave, and is made anew below
    clear += np.float32(0.5)
    fading *= clear
    shadow *= out
    shadow += into
    fade *= 1 - _rate(1 / fade_s, dt)
    fade += fading
    fading *= np.float32(LONG_FADE_SHARE)
    long *= 1 - _rate(1 / (LONG_FADE_TIMES * fade_s), dt)
    long += fading
    np.subtract(1, shadow, out=clear)
    clear -= fade
    clear -= long
    np.maximum(clear, np.float32(0), out=clear)


def _rate(per_s: float, dt: By) -> By:
    """A chance per second as one per round."""
    if isinstance(dt, np.float32):
        return np.float32(rate(per_s, float(dt)))
    return rate(per_s, dt.astype(np.float64)).astype(np.float32)


def fade_length_s(evidence: Evidence) -> float:
    """Mean length of a fade in this store, as far as it is known."""
    return (FADE_S * FADE_TRUST + evidence.fade_gaps_s) / (FADE_TRUST + evidence.fade_gaps)


def fades_prior_s(evidence: Evidence) -> float:
    """Seconds of watching that the store's own rate of fades is worth for a piece, at half a fade."""
    return 0.5 * (evidence.pieces_s + FADE_PRIOR_S) / (evidence.fade_gaps + 1)


def fades_per_s(evidence: Evidence, at: NDArray[np.intp]) -> Floats:
    """How often each of these rows fades: its own history, shrunk to the store's."""
    watched_s = evidence.watched_s[at] + np.float32(fades_prior_s(evidence))
    out: Floats = (evidence.fades[at] + np.float32(0.5)) / watched_s
    return out


def end_gaps(evidence: Evidence, seen: NDArray[np.bool_], read: NDArray[np.intp], now_us: int) -> None:
    """A read ends the gap: its peak is history for the threshold, and a lone surprising gap was a fade.

    `seen` bool[n], `read` the same as rows. Called before the round is weighed.
    """
    judged = evidence.peak > 0
    judged &= seen
    ended = np.flatnonzero(judged)
    if len(ended):
        bins = np.minimum((evidence.peak[ended] / PEAK_NATS_PER_BIN).astype(np.intp), PEAK_BINS - 1)
        small = np.take(evidence.small, evidence.home[ended])
        for kind, those in ((SINGLE, bins[~small]), (SMALL, bins[small])):
            evidence.peaks[kind] += np.bincount(those, minlength=PEAK_BINS)
        evidence.peak[ended] = 0.0
        evidence.company_nats[ended] = 0.0
    surprising = evidence.lone_nats > FADE_NATS
    surprising &= seen
    faded = np.flatnonzero(surprising)
    if len(faded):
        evidence.fades[faded] += 1
        evidence.fade_gaps += len(faded)
        evidence.fade_gaps_s += float((now_us - evidence.read_us[faded]).sum() / 1e6)
    evidence.read_us[read] = now_us
    lit = _lit(evidence, seen)
    onset_us = evidence.onset_us[lit]
    evidence.onset_us[read] = now_us
    evidence.onset_us[lit] = onset_us


def _lit(evidence: Evidence, seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows whose moment outlives this read. A cover lets some through, and seldom two soon after each other.

    In a disturbed zone evidence hardly grows: there a silence is told by the reads that were to be expected in it.
    """
    long = evidence.silent_rounds > LIT_READS - 1  # a learned p may be a little above one; most reads end here
    long |= evidence.nats > ZONE_NATS
    at = np.flatnonzero(long & seen)
    disturbed = evidence.calm[evidence.home[at]] < CALM
    expected = evidence.silent_rounds[at] * evidence.hits[at] / evidence.rounds[at]
    lit: NDArray[np.intp] = at[(evidence.nats[at] > ZONE_NATS) | (disturbed & (expected > LIT_READS))]
    return lit
