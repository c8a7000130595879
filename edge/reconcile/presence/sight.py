"""Can a zone be judged? Observed against expected reads of its live pieces, by zone and by reader (inference §1.3).

A cover lies on one zone. When several zones of one reader fall together it is the reader: dead without saying so,
flapping or jammed. Then none of its zones is judged, nor for a while after: what comes back comes back piece by piece.

A zone's reference tag (`references`) is one more that is there. It alone tells a zone whose pieces are all gone from
one that is covered, and an empty zone that can be read from one that cannot.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.presence.company import TRAY_NATS
from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.shapes import Changes, Placement, Round, Rules
from edge.reconcile.presence.visibility import watch

LATELY: Final = 0.05
"""Weight of a round in what was read lately: some twenty rounds are remembered."""
EXPECTED_MIN: Final = 1.0
"""A zone of which less is expected in a round says nothing about its reader."""
FEW_READS: Final = 3.0
"""A zone of whose pieces less is expected in a round cannot judge itself; its reference tag does it."""
ZONES_MIN: Final = 2
LOW_SHARE: Final = 0.75
"""So many, and such a share, of a reader's zones must be low for it to be the reader's fault."""


class Seen(NamedTuple):
    """Columns [n] of all pieces; `live`: watched, and not yet so surprising that it would drag visibility down."""

    p: NDArray[np.float32]
    seen: NDArray[np.bool_]
    live: NDArray[np.bool_]


def look_around(evidence: Evidence, heard: Round, step_s: NDArray[np.float64], pieces: Seen) -> None:
    """Observed against expected reads of the live pieces of each zone, and of each reader."""
    lying, p = evidence.lying(), pieces.p * pieces.live
    observed = lying.total((pieces.seen & pieces.live).view(np.int8))
    expected = lying.total(p)
    p *= pieces.p
    squares = lying.total(p)
    if heard.standing is not None:
        there = heard.standing.p
        observed += heard.standing.read & (there > 0)
        expected += there
        squares += there * there
    on: NDArray[np.bool_] | slice = slice(None) if heard.witnessed.all() else heard.witnessed
    evidence.belief[on] = watch(evidence.belief[on], step_s[on], observed[on], expected[on], squares[on])
    evidence.observed, evidence.expected = observed, expected
    now = np.stack([observed, expected, expected - squares], axis=1)
    evidence.lately[on] += LATELY * (now[on] - evidence.lately[on])


def rest_deficit(evidence: Evidence, zone: int, strength: float, silent_rounds: float) -> float:
    """By how many standard deviations the rest of a zone is read less than usual, lately.

    The rest of a part that should be read `strength` times a round and has been silent for so many rounds.
    """
    observed, expected, variance = evidence.lately[zone].tolist()
    missing = strength * (1 - (1 - LATELY) ** silent_rounds)
    spread = (max(variance, 0.5) * LATELY / (2 - LATELY)) ** 0.5
    return float((expected - missing - observed) / spread)


def turn(evidence: Evidence, placement: Placement, heard: Round, rules: Rules, changes: Changes) -> None:
    """A zone that shows almost nothing for a while is blind; one that shows half of it again sees."""
    sight = _vouched(evidence, heard, rules, evidence.visibility)
    _readers(evidence, placement, heard, rules, sight)
    turning = np.where(evidence.blind, sight > rules.seeing_above, sight < rules.blind_below)
    evidence.turn_us[heard.witnessed & ~turning] = heard.now_us
    turned = heard.witnessed & turning & (heard.now_us - evidence.turn_us >= rules.blind_lag_s * 1e6)
    evidence.blind ^= turned
    changes.blind = np.flatnonzero(turned & evidence.blind).astype(np.int32)
    changes.seeing = np.flatnonzero(turned & ~evidence.blind).astype(np.int32)


def _vouched(evidence: Evidence, heard: Round, rules: Rules, sight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sight as reference tags have it: full where one is read, none where one is silent and no pieces say otherwise."""
    if heard.standing is None:
        return sight
    pieces_show = (evidence.expected >= EXPECTED_MIN) & (sight > rules.seeing_above)
    unlit = heard.standing.dark & ~pieces_show
    return np.where(heard.standing.sees, np.maximum(sight, 1.0), np.where(unlit, 0.0, sight))


def shown(evidence: Evidence, heard: Round, rules: Rules) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Visibility, and P(undisturbed), by which the pieces of each zone are weighed.

    Where nothing is read but the reference tag, the zone is not dark: what lay there is gone, or all of it is covered
    and the tag is not. And where few pieces lie, their own silence is no excuse for them.
    """
    v, calm = evidence.visibility, evidence.calm
    if heard.standing is None:
        return v, calm
    few = evidence.expected - heard.standing.p < FEW_READS
    lit = heard.standing.sees & (few | (v < rules.blind_below))
    return np.where(lit, 1.0, v), np.where(lit, 1.0, calm)


def keep_company(evidence: Evidence, heard: Round, watched: NDArray[np.bool_], zone: NDArray[np.intp]) -> None:
    """Where only the reference tag is still read nobody is alone, not even a single piece.

    Reads cannot tell whether all of it left or a hand lies over all but the tag; how long it lasts can (`groups`).
    """
    if heard.standing is None:
        return
    calm = watched & (evidence.nats <= TRAY_NATS)
    bare = heard.standing.sees & (np.bincount(zone[calm], minlength=evidence.zones) == 0)
    evidence.company_us[watched & bare[zone]] = heard.now_us


def _readers(evidence: Evidence, placement: Placement, heard: Round, rules: Rules, sight: NDArray[np.float64]) -> None:
    """Most zones of a reader low at the same time: that is the reader, and not a hand over each of them."""
    if placement.reader is None:
        return
    of = np.where(heard.witnessed, placement.reader, -1)
    on = np.flatnonzero((of >= 0) & (evidence.expected >= EXPECTED_MIN))
    if len(on):
        readers = int(of.max()) + 1
        zones = np.bincount(of[on], minlength=readers)
        low = np.bincount(of[on], (sight[on] < rules.seeing_above).astype(np.float64), readers)
        bad = (low >= ZONES_MIN) & (low >= LOW_SHARE * zones)
        evidence.trouble_us[(of >= 0) & bad[np.maximum(of, 0)]] = heard.now_us
    evidence.trouble = heard.now_us - evidence.trouble_us < rules.trouble_lasts_s * 1e6
