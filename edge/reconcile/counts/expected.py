"""The expected list of a count, with what presence has learned of each piece (inference §2.2: r, a, b, fades)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.counts.blocking import Fading
from edge.reconcile.counts.learning import NOTHING, Learned
from edge.reconcile.presence.evidence import UNKNOWN, Evidence
from edge.reconcile.presence.story import fade_length_s, fades_per_s

GONE_S: Final = 3600.0
"""A piece that a witness has read goes astray so slowly: after an hour the read is worth no more than the books."""
GONE_MIN: Final = 1e-4
"""No read before the count makes a piece surer than this: it may have been taken a second later."""
ROUND_S: Final = 1.0
TRUST_ROUNDS_MAX: Final = 50.0
"""Detectability from presence counts for no more rounds than this: those rounds were not independent."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected list; columns of n pieces.

    rows  int32[n]  and `home` int32[n], the zone each belongs to
    hits, misses  float[n]  Beta counts of its detectability per round        prior  float[n]  P(present) before reading
    fading        how these pieces fade; None: they do not
    """

    rows: NDArray[np.int32]
    home: NDArray[np.int32]
    hits: NDArray[np.float64]
    misses: NDArray[np.float64]
    prior: NDArray[np.float64]
    fading: Fading | None = None


def expect(
    evidence: Evidence, rows: NDArray[np.int32], home: NDArray[np.int32], now_us: int, learned: Learned = NOTHING
) -> Expected:
    """The expected list, with what presence has learned: detectability, fades, who was read a moment ago, and silence
    that speaks against being there. Earlier counts know better how a count reads a piece, and how many pieces are gone.
    """
    rounds = np.maximum(evidence.rounds[rows].astype(np.float64), 1e-3)
    trust = np.minimum(rounds, TRUST_ROUNDS_MAX)
    hits = trust * np.clip(evidence.hits[rows] / rounds, 0.01, 0.99)
    misses = trust - hits
    known = np.flatnonzero(rows < len(learned.hits))
    known = known[learned.hits[rows[known]] > 0]
    hits[known], misses[known] = learned.hits[rows[known]], learned.misses[rows[known]]
    # Silence counts from the last read at home or from being excused: only a read anywhere since makes it a read.
    read_s = (now_us - np.minimum(evidence.read_us[rows], evidence.heard_us[rows])) / 1e6
    gone = np.clip(learned.gone / GONE_S * read_s, GONE_MIN, learned.gone)
    there = (1 - gone) * np.exp(-evidence.nats[rows].astype(np.float64))
    return Expected(rows, home, hits, misses, there / (there + gone), _fading(evidence, rows))


def _fading(evidence: Evidence, rows: NDArray[np.int32]) -> Fading:
    """Fades as presence tells them; a piece it has never read may be in one like any other."""
    enter = fades_per_s(evidence, rows.astype(np.intp)).astype(np.float64) * ROUND_S
    length = fade_length_s(evidence) / ROUND_S
    usual = enter * length / (1 + enter * length)
    told = evidence.story[2:, rows].sum(axis=0, dtype=np.float64)
    return Fading(np.where(evidence.state[rows] == UNKNOWN, usual, told), enter, 1 - 1 / length)
