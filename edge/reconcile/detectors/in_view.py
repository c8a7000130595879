"""Tags that lie near the gate: learned each day, shown, and not believed to pass until they come much nearer.

A tray by the door is read all day. What is heard at the gate in many quarters of an hour lies there; its usual level is
kept, and only well above it does it count as on its way out. So a piece stolen from that tray is still heard leaving.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOT_US: Final = 900_000_000
SLOTS_MIN: Final = 3
"""Heard in so many different quarters of an hour, it lies there;"""
FORGET_US: Final = 86_400_000_000
"""and a day later it has gone, unless it was heard again."""
SILENT_SLOTS_MAX: Final = 8
"""Unheard for longer than two hours it begins anew: who passes the gate every morning does not lie there."""
NEARER_CDBM: Final = 1200
"""Above its usual level by so much it is on its way."""
WEIGHT: Final = 0.05
TRACKED_MAX: Final = 4096
FULL_FOR_US: Final = 1_000_000


@dataclass(slots=True)
class _Lying:
    level_cdbm: float
    slot: int
    slots: int = 1
    last_us: int = 0


@dataclass
class InView:
    """One gate."""

    overflow_total: int = 0
    _lying: dict[int, _Lying] = field(default_factory=dict)
    _full_us: int = -FULL_FOR_US
    """When it was found full last: a flood is not searched for room read by read."""

    def hear(self, now_us: int, rows: NDArray[np.int32], rssi_cdbm: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Reads of the gate; bool[k]: which may be believed to be on their way out."""
        slot = now_us // SLOT_US
        believed = np.ones(len(rows), np.bool_)
        for at, (row, rssi) in enumerate(zip(rows.tolist(), rssi_cdbm.tolist(), strict=True)):
            known = self._lying.get(row)
            if known is None or now_us - known.last_us > FORGET_US:
                self._begin(row, rssi, slot, now_us)
                continue
            lies = known.slots >= SLOTS_MIN
            believed[at] = not lies or rssi >= known.level_cdbm + NEARER_CDBM
            if not (lies and believed[at]):
                known.level_cdbm += WEIGHT * (rssi - known.level_cdbm)
            known.slots = 1 if not lies and slot - known.slot > SILENT_SLOTS_MAX else known.slots + (slot != known.slot)
            known.slot, known.last_us = slot, now_us
        return believed

    def rows(self, now_us: int) -> tuple[int, ...]:
        """Rows that lie in view of the gate, to be shown."""
        return tuple(
            row
            for row, one in sorted(self._lying.items())
            if one.slots >= SLOTS_MIN and now_us - one.last_us <= FORGET_US
        )

    def forget(self, row: int) -> None:
        """This row means another piece now."""
        self._lying.pop(row, None)

    def _begin(self, row: int, rssi: int, slot: int, now_us: int) -> None:
        if len(self._lying) >= TRACKED_MAX and now_us - self._full_us >= FULL_FOR_US:
            self._full_us = now_us
            self._lying = {row: one for row, one in self._lying.items() if now_us - one.last_us <= FORGET_US}
        if len(self._lying) >= TRACKED_MAX:
            self.overflow_total += 1
            return
        self._lying[row] = _Lying(float(rssi), slot, last_us=now_us)
