"""Out through the gate and not sold. `edge/reconcile/gate.py` says who passed, the caller whether it may.

The first pieces are said at once, each by itself. From the third within five seconds on it is a bag or a box: its
pieces are gathered and said in one alarm with their number and value, as soon as no more of them come.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import Suspicion

BULK_PIECES: Final = 3
"""So many unsold pieces;"""
BULK_US: Final = 5_000_000
"""within so long are one bag (rfid.md §5)."""
BULK_QUIET_US: Final = 1_000_000
"""A bag is out when none of it has passed for so long;"""
BULK_HELD_US: Final = 5_000_000
"""and is said after so long; what still comes then is another, and one piece more is said alone."""
SAID: Final = -1
"""A passage that is on no bag's list any more."""


@dataclass
class Exits:
    """`peaceful_total`: passages that raised nothing."""

    peaceful_total: int = 0
    _lately: deque[tuple[int, int]] = field(default_factory=deque)
    """(µs, row) of the latest passages that were not peaceful."""
    _held: dict[int, None] = field(default_factory=dict)
    """Rows of the bag that is passing, all of them;"""
    _first_us: int = 0
    _begun_us: int = 0
    _last_us: int = 0
    _zone: int = 0
    _why: str = ""

    def passed(self, now_us: int, row: int, zone: int, *, peaceful: bool, why: str) -> Suspicion | None:
        """One passage. `why`: in the words of the books why it may leave, or why not. A bag is said by `due`."""
        if peaceful:
            self.peaceful_total += 1
            return None
        while self._lately and now_us - self._lately[0][0] > BULK_US:
            self._lately.popleft()
        self._lately.append((now_us, row))
        if len(self._lately) < BULK_PIECES and not self._held:
            return Suspicion(AlarmKind.EXIT, (row,), zone, 0.0, why, 1)
        if not self._held:
            self._begun_us, self._why = now_us, why
            unsaid = [each for each in self._lately if each[1] != SAID]
            self._first_us, self._held = unsaid[0][0], {each: None for _, each in unsaid}
        self._held[row] = None
        self._last_us, self._zone = now_us, zone
        return None

    def due(self, now_us: int) -> Suspicion | None:
        """The bag that has passed, once it is out or its time is over."""
        out = now_us - self._last_us >= BULK_QUIET_US or now_us - self._begun_us >= BULK_HELD_US
        if not self._held or not out:
            return None
        rows, self._held = tuple(self._held), {}
        self._lately = deque((at_us, SAID) for at_us, _ in self._lately)
        why = self._why
        if len(rows) > 1:
            lasted_s = max(1, round((self._last_us - self._first_us) / 1e6))
            why += f"; {len(rows)} pieces within {lasted_s} s: a bag, or a box"
        return Suspicion(AlarmKind.EXIT, rows, self._zone, 0.0, why, 1)
