"""Pieces that presence accuses: lifted with their tray, taken in one grab, one after the other, or one alone.

Presence says who is silent and how sure; here is said what that looks like. Each look is a module with a `tell` that
gives a sentence or None; the first of `LOOKS` that recognises itself names the alarm.
"""

from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors import foil, several, single, tray
from edge.reconcile.detectors.gone import Gone
from edge.reconcile.detectors.scene import Scene, Suspicion

LOOKS: Final = (
    (AlarmKind.TRAY, tray.tell),
    (AlarmKind.FOIL, foil.tell),
    (AlarmKind.GROUP, several.tell),
    (AlarmKind.MISSING, single.tell),
)


class Departures:
    """Names what presence accuses. Keeps nothing."""

    def hear(self, scene: Scene) -> list[Suspicion]:
        """One suspicion for each accusation, with the sentence of presence behind its own."""
        return [_name(Gone.of(scene, accusation)) for accusation in scene.accused]


def _name(gone: Gone) -> Suspicion:
    for kind, tell in LOOKS:
        why = tell(gone)
        if why is not None:
            said = f"{why} {gone.accusation.sentence()}".strip()
            rows, accusation = gone.accusation.rows, gone.accusation
            return Suspicion(kind, rows, accusation.zone, accusation.nats, said, accusation.rounds)
    raise AssertionError("a piece that is gone is at least gone alone")
