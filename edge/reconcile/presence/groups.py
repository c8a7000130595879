"""The group test: what fell silent together (inference §1.4; docs/presence.md).

Reads cannot tell a lifted tray from a covered one. Four things can: covers let a few reads through, they do not end at
the edge of one tray, they go away, and they are seldom just so small a part of a zone. So a silence of a whole tray,
with everything beside it read as usual, is weighed by the reads that a cover would have let through, by how long covers
last here, and by how often so much of a zone is covered; a silence of some pieces of a zone by the first and the
third, against a threshold of its own. Both thresholds come from this store's harmless silences, within the one budget
(`threshold`).
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import P_MAX, P_MIN
from edge.reconcile.presence.evidence import (
    GROUP,
    HARD,
    MISSING,
    PEAK_BINS,
    PEAK_NATS_PER_BIN,
    PRESENT,
    SIZES,
    TRAY,
    UNKNOWN,
    Evidence,
)
from edge.reconcile.presence.shapes import Placement, Round
from edge.reconcile.presence.sight import rest_deficit

ABLE_P: Final = 0.15
"""A piece read less often says little about what covers it."""
ABLE_MIN: Final = 3
"""So many well read pieces make a tray whose silence can be judged,"""
REST_MIN: Final = 3
"""and so many others in its zone show where the silence ends. What is often covered alone needs more (`size_nats`)."""
LEAK_MAX: Final = 0.15
"""A cover lets through up to this share of the reads, any share as likely as another."""
QUIET_S: Final = 5.0
"""A tray silent for less is not looked at."""
DEFICIT_MAX: Final = 1.0
"""Standard deviations that the rest of the zone may be read less than usual: a cover that leaks is no tray's edge."""
BESIDE_READS: Final = 4.0
"""A neighbour is silent too when so many reads of it were to be expected since its last."""
CHANCE_READS: Final = 8.0
"""Nor one from which fewer reads were to be expected since: chance explains that."""
ONSET_S: Final = 3.0
CLEAR_WEIGHT: Final = 0.3
"""Weight of a round in what is read of a tray lately,"""
CLEAR_SHARE: Final = 0.5
"""and the share of what is due that says that nothing covers it: a read here and there is what a cover lets through. A
silence ends with it, a cover does not, and to take the one for the other made covers half as long as they are."""
KNOWN_EVERY_S: Final = 10.0
COVER_PRIOR: Final = 20.0
COVER_LN_S: Final = 2.8
COVER_SPREAD: Final = 1.0
"""Covers before this store's are known: lognormal about 17 s, as firmly as so many would say it."""
COVER_SPREAD_MIN: Final = 0.8
"""Forty covers of one length do not say that none is ever longer."""
SEEN_NATS: Final = 0.01
"""What a silent tray that was looked at has at least reached: it marks its silence as judged."""
SIZE_FIRM: Final = 1.0
"""A part of a zone is as often covered as others until so many covers were to be expected of it."""
SIZE_NATS_MAX: Final = 4.0
"""However seldom so small a part was covered, it takes more than that to say that a tray was lifted."""
SURE_S: Final = 10.0
"""A silence of a tray as long as this shows what lies under the same cover: by then nearly all others have been read.
The most that it was of its zone is the part that this cover teaches, whether the tray could be judged or not."""
LAPSE_S: Final = 10.0
"""A group silence that is not seen for so long is over."""
FEW_MIN: Final = 3
"""So many at least are few of a zone; two may have faded at one moment,"""
FEW_SIZE: Final = 4
"""and they are less than this size of `size_of`, under a sixth of it."""


class Quiet(NamedTuple):
    """A tray that is silent: its rows, and what speaks against a cover."""

    rows: NDArray[np.intp]
    nats: float


def hear_trays(evidence: Evidence, placement: Placement, heard: Round, read: NDArray[np.intp]) -> None:
    """Note which trays were read at all; a tray that was silent and is read again was covered.

    Only a witnessed round counts as silence. `read`: rows read at home.
    """
    trays = evidence.trays
    if heard.now_us - trays.known_us >= KNOWN_EVERY_S * 1e6 or len(trays.zone_able) != evidence.zones:
        know(evidence, placement, heard.now_us)
    known = len(trays.silent_s)
    reads = np.bincount(placement.tray.take(read) + 1, minlength=known + 1)[1 : known + 1]  # -1 is on no tray
    again = reads > 0
    ended = np.flatnonzero((trays.peak > 0) & again)
    if len(ended):
        _learn(evidence, TRAY, trays.peak[ended])
        trays.peak[ended] = 0.0
    passed_s = np.where(heard.witnessed, evidence.step_s, 0.0)[trays.zone] * (trays.zone >= 0)
    trays.silent_s += passed_s
    trays.silent_s[again] = 0.0
    trays.reads += np.where(passed_s > 0, CLEAR_WEIGHT, 0.0) * (reads - trays.reads)
    clear = trays.reads >= CLEAR_SHARE * trays.strength
    trays.cover_s += passed_s
    _uncovered(evidence, np.flatnonzero(clear & trays.judged & again))
    part = trays.part[clear & again]
    evidence.cover_parts[:, 0] += np.bincount(part[part >= 0], minlength=SIZES)
    trays.part[clear] = -1
    trays.cover_s[clear] = 0.0
    trays.judged[clear] = False


def _uncovered(evidence: Evidence, ended: NDArray[np.intp]) -> None:
    """Learn how long covers last: from the first read that is lacking to the last, leaks and all."""
    trays = evidence.trays
    ended = ended[trays.zone[ended] >= 0]
    length_s = np.maximum(trays.cover_s[ended], 1.0)
    for zone, ln in zip(trays.zone[ended].tolist(), np.log(length_s).tolist(), strict=True):
        evidence.covers[zone] += (1.0, ln, ln * ln)


def know(evidence: Evidence, placement: Placement, now_us: int) -> None:
    """How well each tray and zone can be read, by the pieces that are there now."""
    trays = evidence.trays
    _watched(evidence, now_us)
    there = placement.expected & ((evidence.state == PRESENT) | (evidence.state == HARD)) & (placement.home >= 0)
    p = evidence.detectability()
    able = there & (p >= ABLE_P)
    trays.zone_able = evidence.lying().total(able.view(np.int8)).astype(np.int64)
    number = int(placement.tray.max(initial=-1)) + 1
    if trays.group_peak.shape[1] != evidence.zones:
        trays.group_peak = np.zeros((2, evidence.zones))
        trays.group_us = np.zeros((2, evidence.zones), np.int64)
    on = np.flatnonzero(there & (placement.tray >= 0))
    tray, size = placement.tray[on], max(number, len(trays.silent_s))
    if len(trays.silent_s) < size:
        # after a restart a silence goes on, and its cover: the members remember how many rounds of it there were
        trays.silent_s = np.full(size, np.inf)
        np.minimum.at(trays.silent_s, tray, evidence.silent_rounds[on] * evidence.step_s[placement.home[on]])
        trays.silent_s[np.isinf(trays.silent_s)] = 0.0
        new = slice(len(trays.peak), size)
        silent_s = np.where(trays.silent_s[new] >= QUIET_S, trays.silent_s[new], 0.0)
        trays.peak, trays.cover_s = np.append(trays.peak, np.zeros(len(silent_s))), np.append(trays.cover_s, silent_s)
        trays.judged = np.append(trays.judged, np.zeros(len(silent_s), np.bool_))
        trays.part = np.append(trays.part, np.full(len(silent_s), -1, np.int8))
        trays.reads = np.append(trays.reads, np.where(silent_s > 0, 0.0, np.inf))
    trays.strength = np.bincount(tray, p[on], size).astype(np.float64)
    trays.reads = np.minimum(trays.reads, trays.strength)  # what is new there, or was much more, counts as read
    trays.able = np.bincount(tray[able[on]], minlength=size)
    trays.zone = np.full(size, -1, np.int32)
    trays.zone[tray] = placement.home[on]
    trays.zone[tray[trays.zone[tray] != placement.home[on]]] = -1
    rest = trays.zone_able[trays.zone] - trays.able
    judged = (trays.zone >= 0) & (trays.able >= ABLE_MIN) & (rest >= REST_MIN)
    places, zone_places = np.bincount(placement.tray[placement.tray >= 0], minlength=size), _places(evidence, placement)
    trays.size = np.where(judged, size_of(places, zone_places[trays.zone]), -1).astype(np.int8)
    trays.known_us = now_us


def _places(evidence: Evidence, placement: Placement) -> NDArray[np.int64]:
    """By zone: what a cover may lie over, also where a piece is hard to read, or has left."""
    return np.bincount(placement.home[placement.home >= 0], minlength=evidence.zones)


def size_of(part: int | NDArray[np.int64], whole: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Half octaves of a part of a zone, in places: 0 is half of it and more, 5 less than an eighth."""
    octaves = np.log2(np.maximum(whole, 1) / np.maximum(part, 1))
    size: NDArray[np.int64] = np.clip(np.ceil(2 * octaves - 2), 0, SIZES - 1).astype(np.int64)
    return size


def size_nats(evidence: Evidence) -> NDArray[np.float64]:
    """By part of a zone: -log of how many covers lay over so much of theirs, compared with over as much as a tray is.

    0 until covers were seen, and never more than `SIZE_NATS_MAX` either way.
    """
    covers, watched_s = evidence.cover_parts.T
    among = covers @ watched_s / max(watched_s.sum(), 1.0)
    nats: NDArray[np.float64] = -np.log((covers + SIZE_FIRM) / (among + SIZE_FIRM))
    return np.clip(nats, -SIZE_NATS_MAX, SIZE_NATS_MAX)


def _watched(evidence: Evidence, now_us: int) -> None:
    trays = evidence.trays
    since_s = (now_us - trays.known_us) / 1e6
    if since_s <= 2 * KNOWN_EVERY_S:  # else the box was off, or has just begun
        evidence.cover_parts[:, 1] += np.bincount(trays.size[trays.size >= 0], minlength=SIZES) * since_s


def quiet_trays(evidence: Evidence, placement: Placement, heard: Round) -> Iterator[Quiet]:
    """Whole trays in silence while all else in their zone is read as usual."""
    trays = evidence.trays
    waiting = (trays.silent_s >= QUIET_S) & (trays.size >= 0)
    waiting &= trays.strength * trays.silent_s >= CHANCE_READS * evidence.step_s[trays.zone]
    at = np.flatnonzero(waiting)
    zone = trays.zone[at]
    at = at[heard.witnessed[zone] & ~evidence.withheld[zone]]
    if not len(at):
        return
    rare = size_nats(evidence)
    rows = silent_beside(evidence, evidence.detectability())
    home, tray = placement.home[rows], placement.tray[rows]
    row_silent_s = evidence.silent_rounds[rows] * evidence.step_s[home]
    for number in at.tolist():
        zone_of, silent_s, strength = (
            int(trays.zone[number]),
            float(trays.silent_s[number]),
            float(trays.strength[number]),
        )
        beside = (home == zone_of) & (tray != number) & (row_silent_s >= silent_s - ONSET_S)
        rounds = silent_s / float(evidence.step_s[zone_of])
        here = evidence.lying().rows(zone_of)
        judged = placement.expected[here] & ~evidence.by_hand[here] & (evidence.state[here] == PRESENT)
        members = here[judged & (placement.tray[here] == number)]
        if not len(members):
            continue
        part = int(size_of(*_may_be_covered(evidence, placement, zone_of, members)))
        if silent_s >= SURE_S:
            trays.part[number] = part if trays.part[number] < 0 else min(part, trays.part[number])
        if beside.any() or rest_deficit(evidence, zone_of, strength, rounds) > DEFICIT_MAX:
            continue
        nats = max(against_cover(evidence, zone_of, strength, silent_s) + float(rare[part]), SEEN_NATS)
        trays.peak[number], trays.judged[number] = max(trays.peak[number], nats), True
        yield Quiet(members, nats)


def against_cover(evidence: Evidence, zone: int, strength: float, silent_s: float) -> float:
    """-log P(a cover lets no read through, and lasts so long): `strength` expected reads a round, uncovered."""
    rounds = silent_s / max(float(evidence.step_s[zone]), 1e-3)
    leaks = math.log1p(LEAK_MAX * strength * rounds)
    return leaks + lasting_nats(evidence.covers, zone, silent_s)


def lasting_nats(covers: NDArray[np.float64], zone: int, silent_s: float) -> float:
    """-log P(a cover lasts so long): lognormal, by this zone's covers, shrunk to the store's, and those to custom."""
    many, total, squares = np.add.reduce(covers, axis=0).tolist()
    share = COVER_PRIOR / (many + COVER_PRIOR)
    count, own, own_squares = covers[zone].tolist()
    count += COVER_PRIOR
    mean = (own + share * (total + COVER_PRIOR * COVER_LN_S)) / count
    square = (own_squares + share * (squares + COVER_PRIOR * (COVER_LN_S**2 + COVER_SPREAD**2))) / count
    spread = max(square - mean * mean, COVER_SPREAD_MIN**2) ** 0.5
    x = (math.log(max(silent_s, 1e-3)) - mean) / spread
    y = abs(x)
    tail = math.exp(-y * y / 2) / math.sqrt(2 * math.pi) * 4 / (3 * y + math.sqrt(y * y + 8))  # Q(y), within 2 %
    return -math.log(tail if x > 0 else 1 - tail)


def _learn(evidence: Evidence, kind: int, peaks: NDArray[np.float64]) -> None:
    bins = np.minimum((peaks / PEAK_NATS_PER_BIN).astype(np.intp), PEAK_BINS - 1)
    evidence.peaks[kind] += np.bincount(bins, minlength=PEAK_BINS)


def silent_beside(evidence: Evidence, p: NDArray[np.float32]) -> NDArray[np.intp]:
    """Well read pieces, by `p`, of which several reads were to be expected since their last: covered, or gone."""
    silent = evidence.silent_rounds * p > BESIDE_READS
    silent &= p >= ABLE_P
    silent &= evidence.state == PRESENT
    return np.flatnonzero(silent)


def few_of_zone(evidence: Evidence, placement: Placement, rows: NDArray[np.intp], strength: float) -> bool:
    """Whether these, silent since one moment, are a small part of their zone, and all else in it is read as usual.

    A cover is seldom so small. Two may have faded by chance, and a small zone shows no edge. `strength`: how many of
    `rows` should be read in a round.
    """
    zone = int(placement.home[rows[0]])
    if len(rows) < FEW_MIN:
        return False
    if rest_deficit(evidence, zone, strength, float(evidence.silent_rounds[rows].min())) > DEFICIT_MAX:
        return False
    covered, whole = _may_be_covered(evidence, placement, zone, rows)
    return whole - covered >= REST_MIN and int(size_of(covered, whole)) >= FEW_SIZE


def _may_be_covered(evidence: Evidence, placement: Placement, zone: int, rows: NDArray[np.intp]) -> tuple[int, int]:
    """How many of a zone's pieces one cover over `rows` may lie over, and how many belong there.

    Whoever was not read since that moment may lie under it, by how surely it would have been read: one that is seldom
    read says a little, one that is missing would not be read in any case, and a single read may have come through.
    """
    here = evidence.lying().rows(zone)
    here = here[placement.expected[here] & (evidence.state[here] != UNKNOWN)]
    gone = evidence.state[here] == MISSING
    since_us = evidence.read_us[rows].max() + ONSET_S * 1e6
    unread = here[~gone & (evidence.onset_us[here] <= since_us)]
    rounds = float(evidence.silent_rounds[rows].min())
    surely = 1 - (1 - np.clip(evidence.hits[unread] / evidence.rounds[unread], P_MIN, P_MAX)) ** rounds
    return int(np.count_nonzero(gone)) + round(float(surely.sum(dtype=np.float64))), len(here)


def groups_over(evidence: Evidence, nats: dict[tuple[int, int], float], now_us: int) -> None:
    """Silences of groups that go on, by class and zone, with what each reached; the others have ended, harmlessly.

    One that is not seen for a moment has not ended: who belongs to it changes from round to round.
    """
    trays = evidence.trays
    for place, zone in np.argwhere(trays.group_peak).tolist():
        if now_us - trays.group_us[place, zone] > LAPSE_S * 1e6:
            _learn(evidence, GROUP + place, trays.group_peak[place, zone : zone + 1])
            trays.group_peak[place, zone] = 0.0
    for (kind, zone), value in nats.items():
        at = kind - GROUP, zone
        trays.group_peak[at], trays.group_us[at] = max(trays.group_peak[at], value), now_us
