"""The exit: which pieces went through it. Whether that was peaceful is the caller's to say (sold list, transfer, memo).

Takes   reads of the gate's antennas, as they come. Gives rows that passed, once per passage.

A piece passes when it is read often within a short window, strongly, and came nearer on the way: a tray that lies near
the door is read for hours and never passes. Rule of the field (rfid.md §5): eligible for some minutes after it
appears, and again once it has been out of sight.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.pad import RSSI_ABSENT_CDBM

TRACKED_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class GateRules:
    """RSSI in hundredths of dBm. A passage: `reads_min` reads within `window_s`, the strongest at least `near_cdbm`,
    and either `rise_cdbm` above the first of this appearance or within `sudden_s` of appearing.
    """

    reads_min: int = 3
    window_s: float = 3.0
    near_cdbm: int = -6900
    rise_cdbm: int = 600
    sudden_s: float = 3.0
    eligible_s: float = 180.0
    unseen_s: float = 60.0


CUSTOMARY: Final = GateRules()


@dataclass(slots=True)
class _Seen:
    first_us: int
    first_cdbm: int
    last_us: int
    window_us: int
    window_reads: int = 0
    window_best: int = RSSI_ABSENT_CDBM
    done: bool = False


@dataclass(slots=True)
class Gate:
    """One gate. No clock: times are the caller's monotonic µs."""

    rules: GateRules = CUSTOMARY
    overflow_total: int = 0
    """Reads not followed because `TRACKED_MAX` pieces are."""
    _seen: dict[int, _Seen] = field(default_factory=dict)

    def hear(
        self, now_us: int, rows: NDArray[np.int32], rssi_cdbm: NDArray[np.int16], reads: NDArray[np.uint16]
    ) -> list[int]:
        """Reads of this gate since the last call; gives the rows that have just passed, in order."""
        passed = []
        for row, rssi, count in zip(rows.tolist(), rssi_cdbm.tolist(), reads.tolist(), strict=True):
            seen = self._follow(now_us, row, rssi)
            if seen is not None and self._passes(seen, now_us, rssi, count):
                seen.done = True
                passed.append(row)
        return passed

    def _follow(self, now_us: int, row: int, rssi: int) -> _Seen | None:
        seen = self._seen.get(row)
        if seen is not None and now_us - seen.last_us < self.rules.unseen_s * 1e6:
            return seen
        if seen is None and len(self._seen) >= TRACKED_MAX:
            self._forget(now_us)
            if len(self._seen) >= TRACKED_MAX:
                self.overflow_total += 1
                return None
        seen = self._seen[row] = _Seen(now_us, rssi, now_us, now_us)
        return seen

    def _passes(self, seen: _Seen, now_us: int, rssi: int, count: int) -> bool:
        rules = self.rules
        seen.last_us = now_us
        if now_us - seen.window_us > rules.window_s * 1e6:
            seen.window_us, seen.window_reads, seen.window_best = now_us, 0, RSSI_ABSENT_CDBM
        seen.window_reads += max(count, 1)
        seen.window_best = max(seen.window_best, rssi)
        age_s = (now_us - seen.first_us) / 1e6
        if seen.done or age_s > rules.eligible_s or seen.window_reads < rules.reads_min:
            return False
        if seen.window_best == RSSI_ABSENT_CDBM:
            return age_s <= rules.sudden_s
        came_near = seen.window_best - seen.first_cdbm >= rules.rise_cdbm or age_s <= rules.sudden_s
        return seen.window_best >= rules.near_cdbm and came_near

    def _forget(self, now_us: int) -> None:
        limit = now_us - self.rules.unseen_s * 1e6
        self._seen = {row: seen for row, seen in self._seen.items() if seen.last_us > limit}
