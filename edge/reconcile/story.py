"""One round of the filter for each piece: four ways to be present, one to be gone (inference §1.3).

A piece is there and clear, in a shadow that covers part of its zone, in a fade of its own, or in a long one. What no
way of being there explains is evidence that it is gone. Detectability and the rate of fades are learned on the way.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import P_MAX
from edge.reconcile.columns import Floats, Rows, blocks, pick, put
from edge.reconcile.evidence import PEAK_BINS, PEAK_NATS_PER_BIN, Evidence
from edge.reconcile.visibility import rate

SHADOW_READS: Final = 0.08
FADE_READS: Final = 0.08
"""Share of the usual reads left in a shadow, in a fade."""
SHADOW_PER_S: Final = 1 / 4000
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


Zonal = NDArray[np.float64]
ONE: Final = np.float32(1)


@dataclass(frozen=True, slots=True)
class Look:
    """One round's look at m pieces (columns [m]) of z zones (columns [z]).

    at    intp[m] rows, ascending    seen  bool[m]    p  [m] learned detectability    zone  intp[m]
    v     [z] visibility  calm  [z] P(undisturbed)    step_s  [z] seconds this round stands for
    """

    now_us: int
    at: Rows
    seen: NDArray[np.bool_]
    p: Floats
    zone: Rows
    v: Zonal
    calm: Zonal
    step_s: Zonal

    def part(self, part: slice) -> "Look":
        """Some of the pieces."""
        return replace(self, at=self.at[part], seen=self.seen[part], p=self.p[part], zone=self.zone[part])


class _Chances(NamedTuple):
    """What a round's length and a zone's state make of the rates, by zone: float32[z]; `fade_per_s` of the store."""

    v: Floats
    step_s: Floats
    into_shadow: Floats
    out_shadow: Floats
    out_fade: Floats
    out_long: Floats
    keep: Floats

    def of(self, zone: Rows) -> "_Chances":
        """By piece."""
        return _Chances(*(np.take(column, zone, mode="clip") for column in self))


def _chances(evidence: Evidence, look: Look) -> _Chances:
    dt, calm, fade_s = look.step_s, look.calm, fade_length_s(evidence)
    return _Chances(
        *(
            column.astype(np.float32)
            for column in (
                look.v,
                dt,
                rate(SHADOW_PER_S, dt) + rate(SHADOW_DISTURBED_PER_S, dt) * (1 - calm),
                rate(SHADOW_LEAVES_CALM_PER_S, dt) * calm + rate(SHADOW_LEAVES_PER_S, dt) * (1 - calm),
                rate(1 / fade_s, dt),
                rate(1 / (LONG_FADE_TIMES * fade_s), dt),
                np.exp(-dt / MEMORY_S),
            )
        )
    )


def weigh(evidence: Evidence, look: Look) -> None:
    """Update story, evidence and detectability of the pieces looked at."""
    chances = _chances(evidence, look)
    prior_s = fade_prior(evidence)
    _end_gaps(evidence, look.at[np.flatnonzero(look.seen)], look.now_us)
    for part in blocks(len(look.at)):
        block = look.part(part)
        _weigh(evidence, block, chances.of(block.zone), prior_s)


def _weigh(evidence: Evidence, look: Look, chance: _Chances, prior_s: np.float32) -> None:
    """A block of them."""
    at, v = look.at, chance.v
    hit = look.seen.astype(np.float32)
    silent = ONE - hit
    watched_s = pick(evidence.watched_s, at)
    into_fade = (pick(evidence.fades, at) + np.float32(0.5)) / (watched_s + prior_s) * chance.step_s
    told = _tell(tuple(pick(story, at) for story in evidence.story), look.p, hit, into_fade, chance)
    total = told[0] + told[1] + told[2] + told[3]
    told /= total
    nats, lone = pick(evidence.nats, at), pick(evidence.lone_nats, at)
    learn = (nats <= LEARN_NATS_MAX).astype(np.float32)
    missed = np.log(ONE - np.minimum(look.p * (ONE - told[1]) * v, np.float32(P_MAX)))
    for story, weight in zip(evidence.story, told, strict=True):
        put(story, at, weight)
    put(evidence.nats, at, (nats - np.log(total)) * silent)
    put(evidence.lone_nats, at, (lone - missed) * silent)
    put(evidence.silent_rounds, at, (pick(evidence.silent_rounds, at) + 1) * ~look.seen)
    put(evidence.watched_s, at, watched_s + chance.step_s)
    evidence.pieces_s += float(chance.step_s.sum())
    forget = learn * (chance.keep - ONE)
    gain = learn * told[0]
    hits, rounds = pick(evidence.hits, at), pick(evidence.rounds, at)
    put(evidence.hits, at, hits + hits * forget + hit * gain)
    put(evidence.rounds, at, rounds + rounds * forget + v * gain)


def fade_length_s(evidence: Evidence) -> float:
    """Mean length of a fade in this store, as far as it is known."""
    return (FADE_S * FADE_TRUST + evidence.fade_gaps_s) / (FADE_TRUST + evidence.fade_gaps)


def fade_prior(evidence: Evidence) -> np.float32:
    """Seconds of watching that the store's own rate of fades counts for, against a piece's own history."""
    return np.float32(0.5 * (evidence.pieces_s + FADE_PRIOR_S) / (evidence.fade_gaps + 1))


def fades_per_s(evidence: Evidence, at: Rows) -> Floats:
    """How often each of these rows fades: its own history, shrunk to the store's."""
    return (evidence.fades[at] + np.float32(0.5)) / (evidence.watched_s[at] + fade_prior(evidence))


def _tell(story: tuple[Floats, ...], p: Floats, hit: Floats, into_fade: Floats, chance: _Chances) -> Floats:
    """`float32[4, m]`: each story's weight after this round, times how well it explains it; not normalised."""
    clear, shadow, fade, long = story
    into_long = into_fade * np.float32(LONG_FADE_SHARE)
    out_shadow, out_fade, out_long = shadow * chance.out_shadow, fade * chance.out_fade, long * chance.out_long
    stay = np.maximum(ONE - chance.into_shadow - into_fade - into_long, np.float32(0))
    # What a round showed is as likely as 1 - q for a miss, q for a read: `base + sign q` (`absence`, without a choice).
    q = np.minimum(p * chance.v, np.float32(P_MAX))
    base, sign = ONE - hit, hit + hit - ONE
    told = np.empty((4, len(p)), np.float32)
    told[0] = (clear * stay + out_shadow + out_fade + out_long) * (base + sign * q)
    told[1] = (shadow - out_shadow + clear * chance.into_shadow) * (base + sign * (q * np.float32(SHADOW_READS)))
    in_fade = base + sign * (q * np.float32(FADE_READS))
    told[2] = (fade - out_fade + clear * into_fade) * in_fade
    told[3] = (long - out_long + clear * into_long) * in_fade
    return told


def _end_gaps(evidence: Evidence, read: NDArray[np.intp], now_us: int) -> None:
    """A read ends the gap: its peak is history for the threshold, and a lone surprising gap was a fade."""
    ended = read[np.take(evidence.peak, read, mode="clip") >= PEAK_NATS_PER_BIN]
    bins = np.minimum((evidence.peak[ended] / PEAK_NATS_PER_BIN).astype(np.intp), PEAK_BINS - 1)
    evidence.peaks += np.bincount(bins, minlength=PEAK_BINS)
    faded = read[np.take(evidence.lone_nats, read, mode="clip") > FADE_NATS]
    evidence.fades[faded] += 1
    evidence.fade_gaps += len(faded)
    evidence.fade_gaps_s += float((now_us - evidence.read_us[faded]).sum() / 1e6)
    evidence.peak[read] = 0.0
    evidence.read_us[read] = evidence.company_us[read] = now_us
