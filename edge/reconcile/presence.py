"""Presence: rounds of reads in, changes of state out. The model of inference §1.3–1.5.

Takes   `Evidence` (changed in place), a `Placement` (where each piece belongs and whether it should be there) and a
        `Round` (what the zones whose readers worked *through the whole round* have read).
Gives   `Changes`: rows that became present, accusations with their numbers, zones that went blind or see again.

A silent reader gives no round, and no round gives no evidence: that is how a dead reader is not two hundred thefts.
Only a read at home speaks for home; a read elsewhere says *where* and withholds the accusation, no more.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import P_MAX, P_MIN
from edge.reconcile.columns import pick
from edge.reconcile.evidence import HARD, MISSING, PRESENT, PRIOR_HITS, PRIOR_ROUNDS, Evidence
from edge.reconcile.judge import Bench
from edge.reconcile.shapes import CUSTOMARY, Accusation, Changes, Placement, Round, Rules
from edge.reconcile.story import Look, weigh
from edge.reconcile.visibility import watch

__all__ = ["CUSTOMARY", "Accusation", "Changes", "Placement", "Round", "Rules", "step"]

LIVE_NATS_MAX: Final = 10.0
"""Pieces more surprising than this are left out of visibility: a thief must not blind the zone."""
STEP_S_MIN: Final = 0.05
STEP_S_MAX: Final = 10.0
"""A longer gap between rounds was not witnessed, and counts as one round of this length."""
P_LEAST, P_MOST = np.float32(P_MIN), np.float32(P_MAX)
HARD_EVERY_S: Final = 10.0
"""How often is looked for pieces that have become hard to read."""
HARD_BACK: Final = 0.7
"""A hard piece must be this much better than the limit to count as present again."""


def step(evidence: Evidence, placement: Placement, heard: Round, rules: Rules = CUSTOMARY) -> Changes:
    """Weigh one round. O(rows of the witnessed zones); no Python per piece."""
    evidence.grow(len(placement.home))
    assert len(placement.expected) == len(placement.tray) == len(placement.home) == evidence.rows
    _excuse(evidence, placement, heard.now_us)
    step_s = _pace(evidence, heard)
    read = _reads(evidence, placement, heard)
    # Home -1, nowhere, takes the last entry: nobody watches there.
    watched = placement.expected & np.take(np.append(heard.witnessed, False), placement.home, mode="wrap")
    known = (evidence.state == PRESENT) | (evidence.state == HARD)
    # What only a handheld has found is judged again from its next read by a witness: see `by_hand`.
    at = np.flatnonzero(watched & ((known & ~evidence.by_hand) | read))
    seen = pick(read, at)
    fresh = at[np.flatnonzero(~pick(known, at))]
    changes = Changes(present=fresh.astype(np.int32))
    if len(fresh):
        evidence.begin_anew(fresh, heard.now_us)
        evidence.state[fresh] = PRESENT
    if evidence.by_hand.any():
        evidence.by_hand[at] = False

    zone = pick(placement.home, at).astype(np.intp)
    p = np.clip(pick(evidence.hits, at) / pick(evidence.rounds, at), P_LEAST, P_MOST)
    _look_around(evidence, heard, step_s, _Seen(zone, p, seen, pick(evidence.nats, at) < LIVE_NATS_MAX))
    _turn(evidence, heard, rules, changes)
    weigh(evidence, Look(heard.now_us, at, seen, p, zone, evidence.visibility, evidence.calm, step_s))
    changes.accused = list(Bench(evidence, placement, rules, heard.now_us).accusations(at[np.flatnonzero(~seen)]))
    for accusation in changes.accused:
        evidence.state[list(accusation.rows)] = MISSING
    if heard.now_us - evidence.hard_us >= HARD_EVERY_S * 1e6:
        evidence.hard_us = heard.now_us
        _mark_hard(evidence, np.flatnonzero((evidence.state == PRESENT) | (evidence.state == HARD)), rules, changes)
    return changes


def _excuse(evidence: Evidence, placement: Placement, now_us: int) -> None:
    """Pieces that are not judged, or have another home than before, carry no silence over."""
    moved = evidence.home != placement.home
    excused = np.flatnonzero(moved | ~placement.expected)
    if len(excused):
        evidence.begin_anew(excused, now_us)
    if moved.any():
        evidence.hits[moved], evidence.rounds[moved] = PRIOR_HITS, PRIOR_ROUNDS
        evidence.home[moved] = placement.home[moved]


def _pace(evidence: Evidence, heard: Round) -> NDArray[np.float64]:
    """Seconds since each witnessed zone's last round; others keep their last pace."""
    gap = (heard.now_us - evidence.round_us) / 1e6
    first = evidence.round_us < 0
    step_s: NDArray[np.float64] = np.where(first, evidence.step_s, np.clip(gap, STEP_S_MIN, STEP_S_MAX))
    evidence.step_s = np.where(heard.witnessed, 0.9 * evidence.step_s + 0.1 * step_s, evidence.step_s)
    evidence.round_us[heard.witnessed] = heard.now_us
    if heard.witnessed.any():
        evidence.store_s += float(step_s[heard.witnessed].mean() * heard.witnessed.mean())
    return step_s


def _reads(evidence: Evidence, placement: Placement, heard: Round) -> NDArray[np.bool_]:
    """Which rows were read at home; reads elsewhere are noted as where the piece may be."""
    at_home = placement.home[heard.rows] == heard.zones
    read = np.zeros(evidence.rows, np.bool_)
    read[heard.rows[at_home]] = True
    evidence.heard_us[heard.rows] = heard.now_us
    strays = heard.rows[~at_home]
    evidence.away_zone[strays] = heard.zones[~at_home]
    evidence.away_us[strays] = heard.now_us
    return read


class _Seen(NamedTuple):
    """Columns of the pieces watched; `live`: not yet so surprising that they would drag visibility down."""

    zone: NDArray[np.intp]
    p: NDArray[np.float32]
    seen: NDArray[np.bool_]
    live: NDArray[np.bool_]


def _look_around(evidence: Evidence, heard: Round, step_s: NDArray[np.float64], pieces: _Seen) -> None:
    """Observed against expected reads of the live pieces of each zone."""
    p = pieces.p * pieces.live
    observed, expected, squares = (
        np.bincount(pieces.zone, column, evidence.zones).astype(np.float64)
        for column in (pieces.seen & pieces.live, p, p * p)
    )
    on = np.flatnonzero(heard.witnessed)
    evidence.belief[on] = watch(evidence.belief[on], step_s[on], observed[on], expected[on], squares[on])


def _turn(evidence: Evidence, heard: Round, rules: Rules, changes: Changes) -> None:
    """A zone that shows almost nothing for a while is blind; one that shows half of it again sees."""
    sight = evidence.visibility
    turning = np.where(evidence.blind, sight > rules.seeing_above, sight < rules.blind_below)
    evidence.turn_us[heard.witnessed & ~turning] = heard.now_us
    turned = heard.witnessed & turning & (heard.now_us - evidence.turn_us >= rules.blind_lag_s * 1e6)
    evidence.blind ^= turned
    changes.blind = np.flatnonzero(turned & evidence.blind).astype(np.int32)
    changes.seeing = np.flatnonzero(turned & ~evidence.blind).astype(np.int32)


def _mark_hard(evidence: Evidence, at: NDArray[np.intp], rules: Rules, changes: Changes) -> None:
    """Pieces whose theft would take too long to notice are said to be hard to read: counts vouch for them."""
    p = np.maximum(evidence.hits[at] / evidence.rounds[at], P_MIN)
    wait_s = rules.alarm_nats / p * evidence.step_s[np.maximum(evidence.home[at], 0)]
    known = evidence.rounds[at] >= rules.hard_known_rounds
    state = evidence.state[at]
    changes.hard = at[(state == PRESENT) & known & (wait_s > rules.hard_after_s)].astype(np.int32)
    better = at[(state == HARD) & (wait_s < rules.hard_after_s * HARD_BACK)].astype(np.int32)
    evidence.state[changes.hard] = HARD
    evidence.state[better] = PRESENT
    changes.present = np.concatenate([changes.present, better])
