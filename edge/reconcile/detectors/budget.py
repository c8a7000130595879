"""One budget of false alarms per store and month, shared among detectors.

Each detector is metered: peaks of its statistic that came to nothing, and alarms that people closed as false. From them
comes what a threshold costs; a detector that needs less than its share leaves the rest to the others. Detectors without
a threshold (the gate, a return) are charged what they were seen to cost, before anything is shared out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.presence.evidence import PEAK_BINS, PEAK_NATS_PER_BIN
from edge.reconcile.presence.threshold import MONTH_S, NATS_PER_DAY_MAX, WATCHED_S_MIN, false_alarms_per_month

WEIGHTS: Final[Mapping[AlarmKind, float]] = {
    AlarmKind.MISSING: 1.1,
    AlarmKind.GROUP: 4.4,
    AlarmKind.JAM: 1.0,
    AlarmKind.CLONE: 0.5,
    AlarmKind.EXIT: 1.0,
    AlarmKind.AFTER_HOURS: 0.5,
    AlarmKind.RETURNED: 0.5,
    AlarmKind.OUT_OF_CASE: 0.5,
}
"""Customary shares; the first two as presence was tuned (`threshold.ALONE_SHARE`)."""
SAME_METER: Final[Mapping[AlarmKind, AlarmKind]] = {
    AlarmKind.TRAY: AlarmKind.GROUP,
    AlarmKind.FOIL: AlarmKind.GROUP,
    AlarmKind.TRAVEL: AlarmKind.CLONE,
}
"""Tray and foil are presence's group test under other names, and travel is a clone that is heard once."""
TUNED: Final[Mapping[AlarmKind, tuple[float, float]]] = {AlarmKind.JAM: (12.0, 80.0), AlarmKind.CLONE: (12.0, 60.0)}
"""Bars that this budget moves, from and to. Presence has its own way to set its two (`threshold.py`)."""
CHARGED: Final = (AlarmKind.EXIT, AlarmKind.AFTER_HOURS, AlarmKind.RETURNED, AlarmKind.OUT_OF_CASE)
"""Without a bar: what they cost is what people said was false."""
ALARMS_PER_MONTH_LEAST: Final = 0.01
"""Of a budget: one false alarm in eight years. Less is no watch at all, and no history is long enough to tell."""
LEFT_MIN: Final = 0.2
"""Of the budget this share is left to detectors with a bar, whatever the others cost."""
FALSE_KEPT_S: Final = 3 * MONTH_S
"""A false alarm is remembered for so long."""


def meter_of(kind: AlarmKind) -> AlarmKind:
    """Whose share an alarm of this kind is on."""
    return SAME_METER.get(kind, kind)


@dataclass
class Meter:
    """One detector. `peaks` int64[400], bins of 0.25 nats; `false_s`: when (on the store's watch) one was false."""

    bar_nats: float = 0.0
    peaks: NDArray[np.int64] = field(default_factory=lambda: np.zeros(PEAK_BINS, np.int64))
    false_s: list[float] = field(default_factory=list)

    def innocent(self, nats: float) -> None:
        """A peak of the statistic that came to nothing."""
        self.peaks[min(int(nats / PEAK_NATS_PER_BIN), PEAK_BINS - 1)] += 1


@dataclass(frozen=True, slots=True)
class Line:
    """One detector on the wall: weight and share of the month's false alarms, what it is expected to cost, its bar."""

    kind: AlarmKind
    weight: float
    share: float
    expected: float | None
    bar_nats: float
    false_lately: int


@dataclass
class Budget:
    """`watched_s`: seconds this store was watched, all its life long."""

    alarms_per_month_max: float = 1.0
    weights: dict[AlarmKind, float] = field(default_factory=lambda: dict(WEIGHTS))
    meters: dict[AlarmKind, Meter] = field(default_factory=lambda: {kind: Meter() for kind in WEIGHTS})
    watched_s: float = 0.0

    def __post_init__(self) -> None:
        for kind in TUNED:
            self.meters[kind].bar_nats = max(self.meters[kind].bar_nats, 20.0)

    def closed(self, kind: AlarmKind, nats: float, *, false: bool) -> None:
        """A person said what an alarm was. A false one teaches: its evidence was innocent after all."""
        meter = self.meters.get(meter_of(kind))
        if not false or meter is None:  # books that are wrong are no detector of thieves: on nobody's share
            return
        meter.false_s = [at_s for at_s in meter.false_s if self.watched_s - at_s <= FALSE_KEPT_S]
        meter.false_s.append(self.watched_s)
        if meter_of(kind) in TUNED:
            meter.innocent(nats)

    def shares(self) -> dict[AlarmKind, float]:
        """False alarms a month each detector may cost; together never above the budget."""
        charged = {kind: self._told_false(kind) for kind in CHARGED}
        most = (1 - LEFT_MIN) * self.alarms_per_month_max
        over = sum(charged.values()) / most if most else 0.0
        out = {kind: cost / max(over, 1.0) for kind, cost in charged.items()}
        left = self.alarms_per_month_max - sum(out.values())
        wanting: dict[AlarmKind, float] = {kind: weight for kind, weight in self.weights.items() if kind not in CHARGED}
        needs: dict[AlarmKind, float] = {kind: need for kind in wanting if (need := self._need(kind)) is not None}
        return out | share_out(left, wanting, needs)

    def calibrate(self, days: float) -> None:
        """Move bars towards their shares, by at most a nat a day."""
        if self.watched_s < WATCHED_S_MIN:
            return
        shares = self.shares()
        for kind, (least, most) in TUNED.items():
            meter = self.meters[kind]
            wanted = bar_for(meter.peaks, self.watched_s, shares[kind], least, most)
            step = NATS_PER_DAY_MAX * days
            meter.bar_nats = float(np.clip(wanted, meter.bar_nats - step, meter.bar_nats + step))

    def lines(self) -> tuple[Line, ...]:
        """For the wall, in the order of their weights."""
        shares = self.shares()
        return tuple(
            Line(
                kind,
                self.weights.get(kind, 0.0),
                shares[kind],
                self._expected(kind),
                self.meters[kind].bar_nats,
                self._false_lately(kind),
            )
            for kind in sorted(WEIGHTS, key=lambda kind: -self.weights.get(kind, 0.0))
        )

    def _expected(self, kind: AlarmKind) -> float | None:
        if kind in TUNED:
            return false_alarms_per_month(self.meters[kind].peaks, self.watched_s, self.meters[kind].bar_nats)
        return self._told_false(kind) if self.watched_s >= WATCHED_S_MIN else None

    def _need(self, kind: AlarmKind) -> float | None:
        """What a detector costs at its lowest bar; None: nobody knows yet, or it wants all it can get."""
        if kind not in TUNED:
            return None
        return false_alarms_per_month(self.meters[kind].peaks, self.watched_s, TUNED[kind][0])

    def _told_false(self, kind: AlarmKind) -> float:
        """False alarms a month, by what people said in the last three."""
        watched_s = min(max(self.watched_s, MONTH_S), FALSE_KEPT_S)
        lately = [at_s for at_s in self.meters[kind].false_s if self.watched_s - at_s <= FALSE_KEPT_S]
        return len(lately) * MONTH_S / watched_s

    def _false_lately(self, kind: AlarmKind) -> int:
        return sum(self.watched_s - at_s <= MONTH_S for at_s in self.meters[kind].false_s)


def share_out(
    total: float, weights: Mapping[AlarmKind, float], needs: Mapping[AlarmKind, float]
) -> dict[AlarmKind, float]:
    """Shares by weight; who needs less than its share takes what it needs, and the others share the rest."""
    out: dict[AlarmKind, float] = {}
    open_, left = dict(weights), total
    while open_:
        sum_ = sum(open_.values())
        if sum_ <= 0:
            return out | dict.fromkeys(open_, 0.0)
        content = [kind for kind in open_ if kind in needs and needs[kind] < left * open_[kind] / sum_]
        if not content:
            return out | {kind: left * weight / sum_ for kind, weight in open_.items()}
        for kind in content:
            out[kind] = needs[kind]
            del open_[kind]
        left = max(0.0, left - sum(needs[kind] for kind in content))
    return out


def bar_for(peaks: NDArray[np.int64], watched_s: float, alarms_per_month: float, least: float, most: float) -> float:
    """The lowest bar within `least` and `most` that costs no more than so many false alarms a month."""
    low, high = least, most
    cost = false_alarms_per_month(peaks, watched_s, low)
    if cost is None or cost <= alarms_per_month:
        return low
    for _ in range(30):
        middle = (low + high) / 2
        cost = false_alarms_per_month(peaks, watched_s, middle)
        low, high = (middle, high) if cost is None or cost > alarms_per_month else (low, middle)
    return high
