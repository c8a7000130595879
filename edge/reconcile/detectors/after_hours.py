"""Something stirs while the store is closed: a piece moves or leaves, a door opens, somebody walks."""

from dataclasses import dataclass, field
from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors.once import Once
from edge.reconcile.detectors.scene import Scene, Suspicion

AGAIN_US: Final = 600_000_000
"""One alarm a zone and ten minutes; a patrol walks through many."""
QUIET: Final = f"more of this in the same place is not said again for {AGAIN_US // 60_000_000} min"


@dataclass
class AfterHours:
    """Nothing is said while the store is open, or while nobody has said when it is."""

    _said: Once[int] = field(default_factory=lambda: Once(AGAIN_US))

    def hear(self, scene: Scene) -> list[Suspicion]:
        """Moves of the round, doors and motion of this moment."""
        if scene.is_open is not False:
            return []
        found = []
        where: dict[int, list[int]] = {}
        for row in scene.moved.tolist():
            where.setdefault(int(scene.placement.home[row]), []).append(row)
        for zone, rows in where.items():
            if self._said.first(zone, scene.now_us):
                many = f"{len(rows)} pieces" if len(rows) > 1 else "1 piece"
                why = f"{many} changed place while the store is closed; {QUIET}."
                found.append(Suspicion(AlarmKind.AFTER_HOURS, tuple(rows), zone, 0.0, why, 1))
        for zone in scene.stirring:
            if self._said.first(zone, scene.now_us):
                why = f"A door stands open, or somebody moves, while the store is closed; {QUIET}."
                found.append(Suspicion(AlarmKind.AFTER_HOURS, (), zone, 0.0, why, 1))
        return found
