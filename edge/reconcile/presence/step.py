"""Presence: rounds of reads in, changes of state out. The model of inference §1.3–1.5 (docs/presence.md).

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
from edge.reconcile.presence.company import TRAY_NATS
from edge.reconcile.presence.evidence import HARD, PRESENT, PRIOR_HITS, PRIOR_ROUNDS, Evidence
from edge.reconcile.presence.groups import hear_trays
from edge.reconcile.presence.judge import Bench
from edge.reconcile.presence.shapes import CUSTOMARY, Accusation, Changes, Placement, Round, Rules
from edge.reconcile.presence.sight import Seen, keep_company, look_around, shown, turn
from edge.reconcile.presence.story import (
    BLOCK,
    By,
    Floats,
    Look,
    Scratch,
    end_gaps,
    fade_length_s,
    fades_prior_s,
    weigh,
)

__all__ = ["CUSTOMARY", "Accusation", "Changes", "Placement", "Round", "Rules", "step"]

LIVE_NATS_MAX: Final = 10.0
"""Pieces more surprising than this are left out of visibility: a thief must not blind the zone. Not those in company,
or the zone would look undisturbed while half of it is covered."""
IN_COMPANY_US: Final = 12_000_000
STEP_S_MIN: Final = 0.05
STEP_S_MAX: Final = 10.0
"""A longer gap between rounds was not witnessed, and counts as one round of this length."""
HARD_EVERY_S: Final = 10.0
"""How often is looked for pieces that have become hard to read."""
HARD_BACK: Final = 0.7
"""A hard piece must be this much better than the limit to count as present again."""

_scratch: Final = Scratch()


def step(evidence: Evidence, placement: Placement, heard: Round, rules: Rules = CUSTOMARY) -> Changes:
    """Weigh one round. O(rows) in a few passes over float32 columns; no Python per piece."""
    evidence.grow(len(placement.home))
    assert len(placement.expected) == len(placement.tray) == len(placement.home) == evidence.rows
    _excuse(evidence, placement, heard.now_us)
    step_s = _pace(evidence, heard)
    read = _reads(evidence, placement, heard)
    known = (evidence.state == PRESENT) | (evidence.state == HARD)
    # What only a handheld has found is judged again from its next read by a witness: see `by_hand`.
    watched = _watched(placement, heard) & ((known & ~evidence.by_hand) | read)
    read &= watched
    new = np.flatnonzero(read & ~known)
    changes = Changes(present=new.astype(np.int32))
    if len(new):
        evidence.begin_anew(new, heard.now_us)
        evidence.state[new] = PRESENT
    evidence.by_hand &= ~watched

    p = np.divide(evidence.hits, evidence.rounds)
    np.clip(p, np.float32(P_MIN), np.float32(P_MAX), out=p)
    zone = evidence.lying().zone
    live = (evidence.nats < LIVE_NATS_MAX) | (evidence.company_us >= heard.now_us - IN_COMPANY_US)
    live &= watched
    look_around(evidence, heard, step_s, Seen(p, read, live))
    turn(evidence, placement, heard, rules, changes)
    rows = np.flatnonzero(read)
    end_gaps(evidence, read, rows, heard.now_us)
    hear_trays(evidence, placement, heard, rows)
    _weigh(evidence, _Scene(zone, p, read, watched, step_s, *shown(evidence, heard, rules)))
    keep_company(evidence, heard, watched, zone)
    silent = watched & ((evidence.nats > TRAY_NATS) | (evidence.onset_us < evidence.read_us))
    changes.accused = list(Bench(evidence, placement, rules, heard).accusations(np.flatnonzero(silent)))
    if heard.now_us - evidence.hard_us >= HARD_EVERY_S * 1e6:
        evidence.hard_us = heard.now_us
        _mark_hard(evidence, np.flatnonzero((evidence.state == PRESENT) | (evidence.state == HARD)), rules, changes)
    return changes


def _excuse(evidence: Evidence, placement: Placement, now_us: int) -> None:
    """Pieces that are not judged, or have another home than before, carry no silence over."""
    moved = evidence.home != placement.home
    excused = np.flatnonzero(moved | ~placement.expected)
    if not len(excused):
        return
    evidence.begin_anew(excused, now_us)
    at = np.flatnonzero(moved)
    if len(at):
        evidence.hits[at], evidence.rounds[at] = PRIOR_HITS, PRIOR_ROUNDS
        evidence.lie(at, placement.home[at])


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
    rows = heard.rows.astype(np.intp)
    at_home = placement.home.take(rows) == heard.zones
    read = np.zeros(evidence.rows, np.bool_)
    evidence.heard_us[rows] = heard.now_us
    if at_home.all():
        read[rows] = True
        return read
    read[rows[at_home]] = True
    strays = rows[~at_home]
    evidence.away_zone[strays] = heard.zones[~at_home]
    evidence.away_us[strays] = heard.now_us
    return read


def _watched(placement: Placement, heard: Round) -> NDArray[np.bool_]:
    """Rows of pieces that ought to lie in a zone which this round witnessed."""
    at = placement.expected & (placement.home >= 0)
    return at if heard.witnessed.all() else at & heard.witnessed[placement.home]


class _Scene(NamedTuple):
    """Columns [n] of this round; `step_s`, `v` and `calm` [z]."""

    zone: NDArray[np.intp]
    p: Floats
    read: NDArray[np.bool_]
    watched: NDArray[np.bool_]
    step_s: NDArray[np.float64]
    v: NDArray[np.float64]
    calm: NDArray[np.float64]


def _weigh(evidence: Evidence, scene: _Scene) -> None:
    """The watched rows, a block at a time: in place where most are watched, else gathered and put back."""
    fade_s, prior_s = fade_length_s(evidence), fades_prior_s(evidence)
    if np.count_nonzero(scene.watched) * 2 < evidence.rows:
        at = np.flatnonzero(scene.watched)
        for first in range(0, len(at), BLOCK):
            some = at[first : first + BLOCK]
            columns = evidence.columns[:, some]
            weigh(_look(scene, columns, some), fade_s, prior_s, _scratch)
            evidence.columns[:, some] = columns
    else:
        others = np.flatnonzero(~scene.watched)
        kept = evidence.columns[:, others]
        for first in range(0, evidence.rows, BLOCK):
            block = slice(first, first + BLOCK)
            weigh(_look(scene, evidence.columns[:, block], block), fade_s, prior_s, _scratch)
        evidence.columns[:, others] = kept
    evidence.pieces_s += float(evidence.lying().total(scene.watched.view(np.int8)) @ scene.step_s)


def _look(scene: _Scene, columns: Floats, rows: NDArray[np.intp] | slice) -> Look:
    zone = scene.zone[rows]
    v, calm = (by.astype(np.float32).take(zone, mode="clip") for by in (scene.v, scene.calm))
    low, high = float(scene.step_s.min(initial=np.inf)), float(scene.step_s.max(initial=0))
    step_s: By = np.float32(low) if low == high else scene.step_s.astype(np.float32)[zone]
    return Look(columns, scene.read[rows], scene.p[rows], v, calm, step_s)


def _mark_hard(evidence: Evidence, at: NDArray[np.intp], rules: Rules, changes: Changes) -> None:
    """Pieces whose theft would take too long to notice are said to be hard to read: counts vouch for them."""
    p = np.maximum(evidence.hits[at] / evidence.rounds[at], P_MIN)
    zone = np.maximum(evidence.home[at], 0)
    bar = np.where(evidence.small[zone], rules.small_nats, rules.alarm_nats)
    wait_s = bar / p * evidence.step_s[zone]
    known = evidence.rounds[at] >= rules.hard_known_rounds
    state = evidence.state[at]
    changes.hard = at[(state == PRESENT) & known & (wait_s > rules.hard_after_s)].astype(np.int32)
    better = at[(state == HARD) & (wait_s < rules.hard_after_s * HARD_BACK)].astype(np.int32)
    evidence.state[changes.hard] = HARD
    evidence.state[better] = PRESENT
    changes.present = np.concatenate([changes.present, better])
