"""Out through the gate and not sold. `edge/reconcile/gate.py` says who passed, the caller whether it may."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import Suspicion

BULK_PIECES: Final = 3
"""So many unsold pieces;"""
BULK_US: Final = 5_000_000
"""within so long are one bag (rfid.md §5)."""


@dataclass
class Exits:
    """`peaceful_total`: passages that raised nothing."""

    peaceful_total: int = 0
    _lately: deque[int] = field(default_factory=deque)

    def passed(self, now_us: int, row: int, zone: int, *, peaceful: bool, why: str) -> Suspicion | None:
        """One passage. `why`: in the words of the books why it may leave, or why not."""
        if peaceful:
            self.peaceful_total += 1
            return None
        while self._lately and now_us - self._lately[0] > BULK_US:
            self._lately.popleft()
        self._lately.append(now_us)
        said = why
        if len(self._lately) >= BULK_PIECES:
            said = f"{why}; number {len(self._lately)} within {BULK_US // 1_000_000} s: a bag"
        return Suspicion(AlarmKind.EXIT, (row,), zone, 0.0, said, 1)

    @property
    def bulk(self) -> bool:
        """Whether the last passage was one of many."""
        return len(self._lately) >= BULK_PIECES
