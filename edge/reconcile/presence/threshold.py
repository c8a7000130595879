"""The alarm threshold, from the store's own history (inference §1.5).

A gap that ended in a read was no theft. Its peak shows how far innocence can go here; an exponential fitted to the
highest of those peaks says which threshold costs how many false alarms. A budget is honest only if it is measured.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.presence.company import TRAY_NATS
from edge.reconcile.presence.evidence import FEW, GROUP, PEAK_NATS_PER_BIN, SINGLE, SMALL, TRAY
from edge.reconcile.presence.shapes import Rules

MONTH_S: Final = 30 * 86400.0
NATS_MIN: Final = 14.0
NATS_MAX: Final = 90.0
TRAY_NATS_MIN: Final = 5.0
GROUP_NATS_MIN: Final = 8.0
FEW_NATS_MIN: Final = 5.0
ALONE_SHARE: Final = 0.2
"""Customary share of single pieces in what presence may cost; trays and groups have the rest,"""
ALONE_LEAST: Final = 0.1
"""Of the former those of small zones, and all others, have as much as the harmless silences of theirs are of all, and
so much at least: a class of few silences would wait long for what costs the budget little;"""
TOGETHER: Final = {TRAY: 0.6, FEW: 0.3, GROUP: 0.1}
"""and of the rest each class so much: half a nat less is seconds for a single piece, and ten of them for a tray."""
NATS_PER_DAY_MAX: Final = 1.0
TAILS: Final = (60, 20, 5, 1)
"""A tail is fitted to so many of the highest gaps, and the gravest is believed: chance alone makes the many, and says
nothing of the few covers and fades that reach farther; the few alone say little of how far."""
START_NATS: Final = {SINGLE: TRAY_NATS, SMALL: TRAY_NATS, TRAY: 1.0, GROUP: TRAY_NATS, FEW: 1.0}
"""Where a tail begins at the earliest: a tray that is looked at was silent for some seconds already."""
PRIOR_GAPS: Final = {SINGLE: 5, SMALL: 5, TRAY: 20, GROUP: 10, FEW: 20}
PRIOR_EXCESS_NATS: Final = {SINGLE: 1.5, SMALL: 1.5, TRAY: 1.0, GROUP: 1.5, FEW: 1.0}
"""Before the tail is known it is taken to be this heavy, as firmly as so many gaps would say it: firmly for a tray, for
what it is weighed by is -log P of a cover that lasts so long, and exceeds any x with exp(-x) by construction."""
SHARE_MIN: Final = 1e-6
"""False alarms a month: a manager may leave presence none at all."""
WATCHED_S_MIN: Final = 86_400.0
"""A shorter history says nothing, for no store is the same by day and by night: the threshold stays, and what it costs
is not told. Minutes held against the prior alone would promise dozens of false alarms a month, or none."""


def false_alarms_per_month(peaks: NDArray[np.int64], store_s: float, nats: float, kind: int = SINGLE) -> float | None:
    """What this threshold is expected to cost; None while the history is too short to say.

    `peaks` int64[bins] is one row of `Evidence.peaks`, `kind` its class.
    """
    if store_s < WATCHED_S_MIN:
        return None
    costs = [tail.gaps * np.exp(-(nats - tail.start) / tail.excess) for tail in _tails(peaks, kind)]
    return float(max(costs) * MONTH_S / store_s)


def thresholds(
    peaks: NDArray[np.int64],
    store_s: float,
    rules: Rules,
    *,
    alone_per_month_max: float,
    together_per_month_max: float,
    days: float,
) -> Rules:
    """All thresholds for a budget, from the store's own harmless silences: `calibrate` for each class.

    `peaks` int64[5, bins] is `Evidence.peaks`; false alarms of single pieces, and of trays and groups together.
    """
    shares = {kind: part * alone_per_month_max for kind, part in alone_shares(peaks).items()}
    shares |= {kind: part * together_per_month_max for kind, part in TOGETHER.items()}

    def of(kind: int, nats: float, least: float) -> float:
        share = shares[kind]
        return calibrate(peaks[kind], store_s, nats, alarms_per_month_max=share, days=days, nats_min=least, kind=kind)

    return replace(
        rules,
        alarm_nats=of(SINGLE, rules.alarm_nats, NATS_MIN),
        small_nats=of(SMALL, rules.small_nats, NATS_MIN),
        tray_nats=of(TRAY, rules.tray_nats, TRAY_NATS_MIN),
        group_nats=of(GROUP, rules.group_nats, GROUP_NATS_MIN),
        few_nats=of(FEW, rules.few_nats, FEW_NATS_MIN),
    )


def alone_shares(peaks: NDArray[np.int64]) -> dict[int, float]:
    """What each class of single pieces has of what they may cost together: by its judged silences; half before any."""
    single, small = int(peaks[SINGLE].sum()), int(peaks[SMALL].sum())
    part = np.clip(small / (single + small), ALONE_LEAST, 1 - ALONE_LEAST) if single + small else 0.5
    return {SINGLE: 1 - float(part), SMALL: float(part)}


def calibrate(
    peaks: NDArray[np.int64],
    store_s: float,
    alarm_nats: float,
    *,
    alarms_per_month_max: float,
    days: float,
    nats_min: float = NATS_MIN,
    kind: int = SINGLE,
) -> float:
    """One threshold for a budget, moved from `alarm_nats` by at most a nat for each of `days` since the last time."""
    if store_s < WATCHED_S_MIN:
        return alarm_nats
    allowed = max(alarms_per_month_max, SHARE_MIN) * store_s / MONTH_S
    over = (tail for tail in _tails(peaks, kind) if tail.gaps > allowed)  # the few that may be wrong bind nothing
    wanted = max((tail.start + tail.excess * np.log(tail.gaps / allowed) for tail in over), default=0.0)
    step = NATS_PER_DAY_MAX * days
    return float(np.clip(np.clip(wanted, alarm_nats - step, alarm_nats + step), nats_min, NATS_MAX))


class _Tail(NamedTuple):
    """Peaks over a threshold: where it starts and their mean excess in nats, and how many they are, at least one."""

    start: float
    excess: float
    gaps: int


def _tails(peaks: NDArray[np.int64], kind: int) -> Iterator[_Tail]:
    """The whole tail from where it begins at the earliest, or as many of the highest gaps as each of `TAILS` says."""
    above = np.cumsum(peaks[::-1])[::-1]
    first, prior = int(START_NATS[kind] / PEAK_NATS_PER_BIN), PRIOR_GAPS[kind]
    starts = {int(np.searchsorted(-above, -most, side="right")) - 1 for most in TAILS if above[first] >= most}
    for start in starts | ({first} if above[first] < TAILS[0] else set()):
        middle = (np.arange(start, len(peaks)) + 0.5 - start) * PEAK_NATS_PER_BIN
        gaps, excess = int(above[start]), float((peaks[start:] * middle).sum())
        mean = (excess + prior * PRIOR_EXCESS_NATS[kind]) / (gaps + prior)
        yield _Tail(start * PEAK_NATS_PER_BIN, mean, max(gaps, 1))
