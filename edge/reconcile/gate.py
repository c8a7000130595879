"""The exit: which pieces went through it. Whether that was peaceful is the caller's to say (sold list, transfer, memo).

Takes   reads of the gate's antennas, as they come. Gives rows that passed, once per passage.

A piece passes when it is very near, or when its level rose as sharply as that of somebody who walks *through*. Bodies
take up to 15 dB, so the level alone cannot tell through from past; the shape can. At a walk v past an antenna at
distance b the level is c - 22 log10 hypot(b, v (t - t0)), whatever c a body leaves of it. Through a gate b / v is about
half a second, past it two, and what lies there has no shape at all. The two are compared by likelihood over a grid.
Rule of the field (rfid.md §5): eligible for some minutes after it appears, and again once it has been out of sight.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.pad import RSSI_ABSENT_CDBM

TRACKED_MAX: Final = 4096
FULL_FOR_US: Final = 1_000_000
READS_KEPT_MAX: Final = 96
"""Of one piece, the newest: eight seconds at twelve reads a second."""
LOOK_EVERY_US: Final = 200_000
THROUGH_S: Final = np.array([0.25, 0.5, 0.9])
"""b / v of who walks through, from a run to a stroll;"""
PAST_S: Final = np.array([1.5, 2.1, 3.5, 1e6])
"""of who walks past, and of what lies there."""
SLOPE_DB: Final = 22.0
NOISE_DB: Final = 3.5
PLACES: Final = 9
"""Moments of the nearest approach that are tried."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """RSSI in hundredths of dBm. A passage: `reads_min` reads within `window_s`, and either the median of the last
    `loud_reads` is `loud_cdbm`, or the shape speaks for it with `shape_nats`. A reader too slow to draw a
    shape (`sparse_per_s`) has the rise alone, within `sparse_s` of its appearing: `rise_cdbm`, to `near_cdbm` at least.
    One that tells no RSSI has `sudden_s`: read often so soon after it appeared.
    """

    reads_min: int = 3
    window_s: float = 8.0
    loud_reads: int = 5
    loud_cdbm: int = -5500
    shape_nats: float = 3.0
    sparse_per_s: float = 4.0
    sparse_s: float = 4.0
    rise_cdbm: int = 600
    near_cdbm: int = -6900
    sudden_s: float = 3.0
    eligible_s: float = 180.0
    unseen_s: float = 60.0


CUSTOMARY: Final = GateRules()


@dataclass(slots=True)
class _Seen:
    first_us: int
    last_us: int
    looked_us: int = 0
    at_us: list[int] = field(default_factory=list)
    rssi_cdbm: list[int] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    done: bool = False


@dataclass(slots=True)
class Gate:
    """One gate. No clock: times are the caller's monotonic µs."""

    rules: GateRules = CUSTOMARY
    overflow_total: int = 0
    """Reads not followed because `TRACKED_MAX` pieces are."""
    _seen: dict[int, _Seen] = field(default_factory=dict)
    _full_us: int = -FULL_FOR_US
    """When it was found full last: a flood is not searched for room read by read."""

    def hear(
        self, now_us: int, rows: NDArray[np.int32], rssi_cdbm: NDArray[np.int16], reads: NDArray[np.uint16]
    ) -> list[int]:
        """Reads of this gate since the last call; gives the rows that have just passed, in order."""
        passed = []
        for row, rssi, count in zip(rows.tolist(), rssi_cdbm.tolist(), reads.tolist(), strict=True):
            seen = self._follow(now_us, row)
            if seen is not None and self._passes(seen, now_us, rssi, count):
                seen.done = True
                passed.append(row)
        return passed

    def reads_of(self, row: int) -> tuple[int, float]:
        """Reads of its passage so far, and the seconds between the first and the last of them."""
        seen = self._seen.get(row)
        return (0, 0.0) if seen is None else (sum(seen.reads), (seen.at_us[-1] - seen.at_us[0]) / 1e6)

    def _follow(self, now_us: int, row: int) -> _Seen | None:
        seen = self._seen.get(row)
        if seen is not None and now_us - seen.last_us < self.rules.unseen_s * 1e6:
            return seen
        if seen is None and len(self._seen) >= TRACKED_MAX:
            if now_us - self._full_us >= FULL_FOR_US:
                self._full_us = now_us
                self._forget(now_us)
            if len(self._seen) >= TRACKED_MAX:
                self.overflow_total += 1
                return None
        seen = self._seen[row] = _Seen(now_us, now_us)
        return seen

    def _passes(self, seen: _Seen, now_us: int, rssi: int, count: int) -> bool:
        rules = self.rules
        seen.last_us = now_us
        seen.at_us.append(now_us)
        seen.rssi_cdbm.append(rssi)
        seen.reads.append(max(count, 1))
        since_us = now_us - rules.window_s * 1e6
        while seen.at_us[0] < since_us or len(seen.at_us) > READS_KEPT_MAX:
            for column in (seen.at_us, seen.rssi_cdbm, seen.reads):
                column.pop(0)
        age_s = (now_us - seen.first_us) / 1e6
        if seen.done or age_s > rules.eligible_s or sum(seen.reads) < rules.reads_min:
            return False
        told = [level for level in seen.rssi_cdbm if level != RSSI_ABSENT_CDBM]
        if not told:
            return age_s <= rules.sudden_s
        if len(told) >= rules.reads_min and float(np.median(told[-rules.loud_reads :])) >= rules.loud_cdbm:
            return True
        if len(told) < rules.sparse_per_s * age_s + 1:
            return age_s <= rules.sparse_s and _came_near(told, rules)
        if len(told) < rules.loud_reads or now_us - seen.looked_us < LOOK_EVERY_US:
            return False
        seen.looked_us = now_us
        at = [at_us for at_us, level in zip(seen.at_us, seen.rssi_cdbm, strict=True) if level != RSSI_ABSENT_CDBM]
        return shape_nats(np.array(at) / 1e6, np.array(told) / 100) >= rules.shape_nats

    def _forget(self, now_us: int) -> None:
        limit = now_us - self.rules.unseen_s * 1e6
        self._seen = {row: seen for row, seen in self._seen.items() if seen.last_us > limit}


def _came_near(told: list[int], rules: GateRules) -> bool:
    """For few reads: the mean of the last three above that of the first two, for one read alone is mostly noise."""
    if len(told) < rules.loud_reads:
        return False
    rise = float(np.mean(told[-3:]) - np.mean(told[:2]))
    return max(told) >= rules.near_cdbm and rise >= rules.rise_cdbm


def shape_nats(at_s: NDArray[np.float64], rssi_dbm: NDArray[np.float64]) -> float:
    """Log P(levels | walked through) - log P(levels | walked past, or lying): best of each grid. Columns of n reads."""
    t0 = np.linspace(at_s[0], at_s[-1], PLACES)
    away_s = at_s[None, :] - t0[:, None]

    def best(grid: NDArray[np.float64]) -> float:
        level = -SLOPE_DB * np.log10(np.hypot(grid[:, None, None], away_s[None]))
        off = rssi_dbm - level
        off -= off.mean(axis=2, keepdims=True)
        return float((off**2).sum(axis=2).min())

    return (best(PAST_S) - best(THROUGH_S)) / (2 * NOISE_DB**2)
