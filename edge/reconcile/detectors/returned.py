"""Read again although it ought not to be: a piece that was missing, or one that was sold and never left.

A missing piece that lies on the pad is the oldest trick of all: brought back for money that nobody paid.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.once import Once
from edge.reconcile.detectors.scene import Rows, Scene, Suspicion
from edge.reconcile.presence.evidence import MISSING

ROUNDS_MIN: Final = 3
"""Rounds that read it, so that no reflection brings a piece back;"""
WITHIN_US: Final = 30_000_000
SOLD_LIES_US: Final = 1_800_000_000
"""A sold piece is wrapped, engraved, waited for; after so long in its case it was never handed over."""
AGAIN_US: Final = 86_400_000_000
FOLLOWED_MAX: Final = 1024


@dataclass(slots=True)
class _Back:
    since_us: int
    last_us: int
    rounds: int = 1


@dataclass
class Returned:
    """Follows few pieces: those that ought not to be read."""

    dropped_total: int = 0
    _missing: dict[int, _Back] = field(default_factory=dict)
    _sold: dict[int, _Back] = field(default_factory=dict)
    _said: Once[int] = field(default_factory=lambda: Once(AGAIN_US))

    def hear(self, scene: Scene) -> list[Suspicion]:
        """Missing pieces in any place but the gate; sold ones where pieces lie."""
        vouches = scene.placement.vouches[scene.zone]
        away = vouches & (scene.state[scene.row] == MISSING)
        sold = scene.stays[scene.zone] & scene.sold[scene.row]
        found = []
        for row, zone in _pairs(scene, away):
            back = self._follow(self._missing, row, scene.now_us, WITHIN_US)
            if back is not None and back.rounds >= ROUNDS_MIN and self._said.first(row, scene.now_us):
                where = "where it is shown or sold" if not scene.stays[zone] else "in its case again"
                why = (
                    f"Never sold, called missing, and now read in {back.rounds} rounds within "
                    f"{(scene.now_us - back.since_us) / 1e6:.0f} s {where}."
                )
                found.append(Suspicion(AlarmKind.RETURNED, (row,), zone, 0.0, why, back.rounds))
        for row, zone in _pairs(scene, sold):
            back = self._follow(self._sold, row, scene.now_us, SOLD_LIES_US)
            lasts_us = 0 if back is None else scene.now_us - back.since_us
            if back is not None and lasts_us >= SOLD_LIES_US and self._said.first(row, scene.now_us):
                why = f"Sold, and read in its case for {lasts_us / 60e6:.0f} min: not handed over, or taken back."
                found.append(Suspicion(AlarmKind.RETURNED, (row,), zone, 0.0, why, back.rounds))
        return found

    def forget(self, rows: Rows) -> None:
        """These rows mean other pieces, or other tags, now."""
        for row in rows.tolist():
            self._missing.pop(row, None)
            self._sold.pop(row, None)
            self._said.forget(row)

    def _follow(self, followed: dict[int, _Back], row: int, now_us: int, lost_us: int) -> _Back | None:
        back = followed.get(row)
        if back is None or now_us - back.last_us > lost_us:
            if row not in followed and len(followed) >= FOLLOWED_MAX:
                self._forget(followed, now_us - lost_us)
            if row not in followed and len(followed) >= FOLLOWED_MAX:
                self.dropped_total += 1
                return None
            back = followed[row] = _Back(now_us, now_us)
            return back
        back.rounds, back.last_us = back.rounds + 1, now_us
        return back

    def _forget(self, followed: dict[int, _Back], since_us: int) -> None:
        """Those unread for so long: sold and carried away, or found and lost again."""
        for row in [row for row, back in followed.items() if back.last_us < since_us]:
            del followed[row]


def _pairs(scene: Scene, which: NDArray[np.bool_]) -> list[tuple[int, int]]:
    return list(zip(scene.row[which].tolist(), scene.zone[which].tolist(), strict=True))
