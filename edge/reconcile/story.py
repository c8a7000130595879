"""One round of the filter for each piece: four ways to be present, one to be gone (inference §1.3).

A piece is there and clear, in a shadow that covers part of its zone, in a fade of its own, or in a long one. What no
way of being there explains is evidence that it is gone. Detectability and the rate of fades are learned on the way.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import P_MAX, absence
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


Floats = NDArray[np.float32]
Zonal = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """One round's look at m pieces (columns [m]) of z zones (columns [z]).

    at    intp[m] rows    seen  bool[m]    p  [m] learned detectability    zone  int32[m]
    v     [z] visibility  calm  [z] P(undisturbed)    step_s  [z] seconds this round stands for
    """

    now_us: int
    at: NDArray[np.intp]
    seen: NDArray[np.bool_]
    p: Floats
    zone: NDArray[np.int32]
    v: Zonal
    calm: Zonal
    step_s: Zonal

    def rows(self, by_zone: Zonal) -> Floats:
        """A column by zone as a column by piece."""
        return by_zone.astype(np.float32)[self.zone]


def weigh(evidence: Evidence, look: Look) -> None:
    """Update story, evidence and detectability of the pieces looked at."""
    at, seen = look.at, look.seen
    v, step_s = look.rows(look.v), look.rows(look.step_s)
    told = _tell(evidence, look, v, step_s)
    total = told.sum(axis=0)
    told /= total
    nats = evidence.nats[at]
    learn = nats <= LEARN_NATS_MAX
    _end_gaps(evidence, at[seen], look.now_us)
    missed = np.log(absence(look.p * (1 - told[1]), v, seen=False))
    evidence.story[:, at] = told
    evidence.nats[at] = np.where(seen, np.float32(0), nats - np.log(total))
    evidence.lone_nats[at] = np.where(seen, np.float32(0), evidence.lone_nats[at] - missed)
    evidence.silent_rounds[at] = np.where(seen, 0, evidence.silent_rounds[at] + 1)
    evidence.watched_s[at] += step_s
    evidence.pieces_s += float(step_s.sum())
    keep = look.rows(np.exp(-look.step_s / MEMORY_S))
    hits, rounds = evidence.hits[at], evidence.rounds[at]
    evidence.hits[at] = np.where(learn, hits * keep + seen * told[0], hits)
    evidence.rounds[at] = np.where(learn, rounds * keep + v * told[0], rounds)


def fade_length_s(evidence: Evidence) -> float:
    """Mean length of a fade in this store, as far as it is known."""
    return (FADE_S * FADE_TRUST + evidence.fade_gaps_s) / (FADE_TRUST + evidence.fade_gaps)


def fades_per_s(evidence: Evidence, at: NDArray[np.intp]) -> Floats:
    """How often each of these rows fades: its own history, shrunk to the store's."""
    per_s = (evidence.fade_gaps + 1) / (evidence.pieces_s + FADE_PRIOR_S)
    return (evidence.fades[at] + np.float32(0.5)) / (evidence.watched_s[at] + np.float32(0.5 / per_s))


def _tell(evidence: Evidence, look: Look, v: Floats, step_s: Floats) -> Floats:
    """`float32[4, m]`: each story's weight after this round, times how well it explains it; not normalised."""
    dt, calm, seen, one = look.step_s, look.calm, look.seen, np.float32(1)
    clear, shadow, fade, long = evidence.story[:, look.at]
    fade_s = fade_length_s(evidence)
    into_fade = fades_per_s(evidence, look.at) * step_s
    into_long = into_fade * np.float32(LONG_FADE_SHARE)
    into_shadow = look.rows(rate(SHADOW_PER_S, dt) + rate(SHADOW_DISTURBED_PER_S, dt) * (1 - calm))
    out_shadow = look.rows(rate(SHADOW_LEAVES_CALM_PER_S, dt) * calm + rate(SHADOW_LEAVES_PER_S, dt) * (1 - calm))
    out_fade, out_long = look.rows(rate(1 / fade_s, dt)), look.rows(rate(1 / (LONG_FADE_TIMES * fade_s), dt))
    stay = np.maximum(one - into_shadow - into_fade - into_long, np.float32(0))
    q = np.minimum(look.p * v, np.float32(P_MAX))
    in_fade = absence(q, np.float32(FADE_READS), seen)
    told = np.empty((4, len(look.at)), np.float32)
    told[0] = (clear * stay + shadow * out_shadow + fade * out_fade + long * out_long) * absence(look.p, v, seen)
    told[1] = (shadow * (one - out_shadow) + clear * into_shadow) * absence(q, np.float32(SHADOW_READS), seen)
    told[2] = (fade * (one - out_fade) + clear * into_fade) * in_fade
    told[3] = (long * (one - out_long) + clear * into_long) * in_fade
    return told


def _end_gaps(evidence: Evidence, read: NDArray[np.intp], now_us: int) -> None:
    """A read ends the gap: its peak is history for the threshold, and a lone surprising gap was a fade."""
    ended = read[evidence.silent_rounds[read] > 0]
    bins = np.minimum((evidence.peak[ended] / PEAK_NATS_PER_BIN).astype(np.intp), PEAK_BINS - 1)
    evidence.peaks += np.bincount(np.maximum(bins, 0), minlength=PEAK_BINS)
    faded = ended[evidence.lone_nats[ended] > FADE_NATS]
    evidence.fades[faded] += 1
    evidence.fade_gaps += len(faded)
    evidence.fade_gaps_s += float((now_us - evidence.read_us[faded]).sum() / 1e6)
    evidence.peak[read] = 0.0
    evidence.read_us[read] = evidence.company_us[read] = now_us
