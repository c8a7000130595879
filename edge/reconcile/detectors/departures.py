"""Pieces that presence accuses: lifted with their tray, taken in one grab, one after the other, or one alone.

Presence says who is silent and how sure; here is said what that looks like. Each look is a module with a `tell` that
gives a sentence or None; the first of `LOOKS` that recognises itself names the alarm.
"""

from itertools import zip_longest
from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors import foil, several, silence, single, tray
from edge.reconcile.detectors.gone import Gone
from edge.reconcile.detectors.scene import Scene, Suspicion

LOOKS: Final = (
    (AlarmKind.TRAY, tray.tell),
    (AlarmKind.FOIL, foil.tell),
    (AlarmKind.GROUP, several.tell),
    (AlarmKind.MISSING, single.tell),
)


TOLD_US: Final = 1_800_000_000
"""A tray that was said is no news for so long, unless its pieces have been read again meanwhile."""


class Departures:
    """Names what presence accuses. A lifted tray is said whole, with the pieces that are silent and not accused yet:
    when they are, it is no news.
    """

    def __init__(self) -> None:
        self._said_us: dict[int, int] = {}

    def hear(self, scene: Scene) -> list[Suspicion]:
        """One suspicion for each accusation that is news, with the figures of its silence behind its own."""
        since_us = scene.now_us - TOLD_US
        self._said_us = {row: at_us for row, at_us in self._said_us.items() if at_us > since_us}
        found = []
        for accusation, per_month in zip_longest(scene.accused, scene.harmless):
            if all(row in self._said_us and scene.read_us[row] < self._said_us[row] for row in accusation.rows):
                continue
            said = _name(Gone.of(scene, accusation), per_month)
            if said.kind is AlarmKind.TRAY:
                self._said_us.update(dict.fromkeys(said.rows, scene.now_us))
            found.append(said)
        return found


def _name(gone: Gone, per_month: float | None) -> Suspicion:
    accusation = gone.accusation
    for kind, tell in LOOKS:
        why = tell(gone)
        if why is not None:
            rows = accusation.rows
            if kind is AlarmKind.TRAY:
                rows = tuple(sorted({*rows, *gone.tray_silent}))
            beside = kind in (AlarmKind.GROUP, AlarmKind.MISSING)  # the other two have said it
            said = f"{why} {silence.sentence(gone, per_month, neighbours=beside)}".strip()
            return Suspicion(kind, rows, accusation.zone, accusation.nats, said, accusation.rounds)
    raise AssertionError("a piece that is gone is at least gone alone")
