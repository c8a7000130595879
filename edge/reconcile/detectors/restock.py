"""A delivery is being put away: mass movement in its zones accuses nobody until it is over, and is counted.

It is no cloak for a thief: the gate, copied tags and jammed readers are never muted, and what is still missing when the
delivery is over is said then, in one alarm.
"""

from dataclasses import dataclass, field
from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import Suspicion

MUTED: Final = frozenset(
    {
        AlarmKind.MISSING,
        AlarmKind.GROUP,
        AlarmKind.TRAY,
        AlarmKind.FOIL,
        AlarmKind.TRAVEL,
        AlarmKind.RETURNED,
        AlarmKind.AFTER_HOURS,
        AlarmKind.OUT_OF_CASE,
    }
)
DEPARTED: Final = frozenset({AlarmKind.MISSING, AlarmKind.GROUP, AlarmKind.TRAY, AlarmKind.FOIL})


@dataclass
class Restock:
    """One delivery. `zones` by index; empty: everywhere."""

    zones: frozenset[int]
    muted: int = 0
    departed: dict[int, int] = field(default_factory=dict)
    """Rows whose departure was muted, and their zones."""

    def mutes(self, suspicion: Suspicion) -> bool:
        """Whether this is the delivery's doing; counts it."""
        if suspicion.kind not in MUTED or (self.zones and suspicion.zone not in self.zones):
            return False
        self.muted += 1
        if suspicion.kind in DEPARTED:
            self.departed.update(dict.fromkeys(suspicion.rows, suspicion.zone))
        return True

    def over(self, still_missing: set[int]) -> Suspicion | None:
        """What the delivery did not bring back; `still_missing`: rows that presence still calls missing."""
        rows = tuple(sorted(row for row in self.departed if row in still_missing))
        if not rows:
            return None
        many = f"{len(rows)} pieces are" if len(rows) > 1 else "A piece is"
        muted = f"{self.muted} alarms were" if self.muted != 1 else "1 alarm was"
        why = f"{many} still not read after the delivery" + (f" that {muted} muted for." if self.muted else ".")
        kind = AlarmKind.GROUP if len(rows) > 1 else AlarmKind.MISSING
        return Suspicion(kind, rows, self.departed[rows[0]], 0.0, why, 0)
