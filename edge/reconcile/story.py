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


@dataclass(frozen=True, slots=True)
class Look:
    """One round's look at m pieces; columns of length m.

    at    intp[m] rows    seen  bool[m]     p     [m] learned detectability
    v     [m] visibility of the zone        calm  [m] P(zone undisturbed)     step_s [m] seconds this round stands for
    """

    now_us: int
    at: NDArray[np.intp]
    seen: NDArray[np.bool_]
    p: NDArray[np.floating]
    v: NDArray[np.float64]
    calm: NDArray[np.float64]
    step_s: NDArray[np.float64]


def weigh(evidence: Evidence, look: Look) -> None:
    """Update story, evidence and detectability of the pieces looked at."""
    told = _tell(evidence, look)
    total = told.sum(axis=1)
    told /= total[:, None]
    at, seen = look.at, look.seen
    learn = evidence.nats[at] <= LEARN_NATS_MAX
    _end_gaps(evidence, at[seen], look.now_us)
    lone = np.log(absence(look.p * (1 - told[:, 1]), look.v, seen=False))
    evidence.story[at] = told
    evidence.nats[at] = np.where(seen, 0.0, evidence.nats[at] - np.log(total))
    evidence.lone_nats[at] = np.where(seen, 0.0, evidence.lone_nats[at] - lone)
    evidence.silent_rounds[at] = np.where(seen, 0, evidence.silent_rounds[at] + 1)
    evidence.watched_s[at] += look.step_s
    evidence.pieces_s += float(look.step_s.sum())
    keep = np.exp(-look.step_s / MEMORY_S)
    clear = told[:, 0]
    evidence.hits[at] = np.where(learn, evidence.hits[at] * keep + seen * clear, evidence.hits[at])
    evidence.rounds[at] = np.where(learn, evidence.rounds[at] * keep + look.v * clear, evidence.rounds[at])


def _tell(evidence: Evidence, look: Look) -> NDArray[np.float64]:
    """`float64[m, 4]`: each story's weight after this round, times how well it explains it; not normalised."""
    dt, calm, seen = look.step_s, look.calm, look.seen
    clear, shadow, fade, long = evidence.story[look.at].T.astype(np.float64)
    fade_s = (FADE_S * FADE_TRUST + evidence.fade_gaps_s) / (FADE_TRUST + evidence.fade_gaps)
    per_s = (evidence.fade_gaps + 1) / (evidence.pieces_s + FADE_PRIOR_S)
    into_fade = (evidence.fades[look.at] + 0.5) / (evidence.watched_s[look.at] + 0.5 / per_s) * dt
    into_long = into_fade * LONG_FADE_SHARE
    into_shadow = rate(SHADOW_PER_S, dt) + rate(SHADOW_DISTURBED_PER_S, dt) * (1 - calm)
    out_shadow = rate(SHADOW_LEAVES_CALM_PER_S, dt) * calm + rate(SHADOW_LEAVES_PER_S, dt) * (1 - calm)
    out_fade, out_long = rate(1 / fade_s, dt), rate(1 / (LONG_FADE_TIMES * fade_s), dt)
    stay = np.maximum(1 - into_shadow - into_fade - into_long, 0.0)
    q = np.minimum(look.p * look.v, P_MAX)
    in_fade = absence(q, FADE_READS, seen)
    return np.stack(
        [
            (clear * stay + shadow * out_shadow + fade * out_fade + long * out_long) * absence(look.p, look.v, seen),
            (shadow * (1 - out_shadow) + clear * into_shadow) * absence(q, SHADOW_READS, seen),
            (fade * (1 - out_fade) + clear * into_fade) * in_fade,
            (long * (1 - out_long) + clear * into_long) * in_fade,
        ],
        axis=1,
    )


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
