"""Off its place for too long: shown, tried on, and not laid back.

What is read elsewhere (a pad, a bench, another case) is not missing, and presence withholds. What a person has declared
(a tray for a client, a cart) is not judged at all. Both have a time by which they ought to lie in their place again.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import Rows, Scene, Suspicion

HEARD_WITHIN_US: Final = 60_000_000
"""A piece that nobody hears at all is presence's, not ours."""
LOOK_EVERY_US: Final = 10_000_000


@dataclass
class OutOfCase:
    """`limit_s`: how long a piece may be off its place."""

    limit_s: float
    _away_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Since when: 0 while at home."""
    _heard_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _said: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    _looked_us: int = 0

    def hear(self, scene: Scene) -> list[Suspicion]:
        """Each piece once for each time that it is out."""
        self._grow(len(scene.state))
        home = scene.placement.home[scene.row] == scene.zone
        back, out = scene.row[home], scene.row[~home & ~scene.stays[scene.zone] & scene.placement.vouches[scene.zone]]
        self._heard_us[out] = scene.now_us
        self._away_us[out[self._away_us[out] == 0]] = scene.now_us
        self._away_us[back], self._said[back] = 0, False
        if scene.now_us - self._looked_us < LOOK_EVERY_US:
            return []
        self._looked_us = scene.now_us
        n = len(scene.state)
        begins = scene.shown & (self._away_us[:n] == 0)
        self._away_us[:n][begins] = scene.now_us
        watched = (scene.placement.expected & (scene.now_us - self._heard_us[:n] <= HEARD_WITHIN_US)) | scene.shown
        # neither shown nor heard elsewhere any more: sold, or presence's to judge
        self._away_us[:n][~watched] = 0
        late = watched & (self._away_us[:n] > 0) & (scene.now_us - self._away_us[:n] >= self.limit_s * 1e6)
        found = []
        for row in np.flatnonzero(late & ~self._said[:n]).tolist():
            self._said[row] = True
            minutes = (scene.now_us - int(self._away_us[row])) / 60e6
            how = "shown to a client" if scene.shown[row] else "read elsewhere"
            why = f"Off its place for {minutes:.0f} min, {how}; {self.limit_s / 60:.0f} min are allowed."
            zone = int(scene.placement.home[row])
            found.append(Suspicion(AlarmKind.OUT_OF_CASE, (row,), zone, 0.0, why, 1))
        return found

    def forget(self, rows: Rows) -> None:
        """These rows mean other pieces, or other tags, now."""
        self._grow(int(rows.max(initial=-1)) + 1)
        self._away_us[rows], self._heard_us[rows], self._said[rows] = 0, -(1 << 60), False

    def _grow(self, rows: int) -> None:
        more = rows - len(self._said)
        if more > 0:
            self._away_us = np.concatenate([self._away_us, np.zeros(more, np.int64)])
            self._heard_us = np.concatenate([self._heard_us, np.full(more, -(1 << 60), np.int64)])
            self._said = np.concatenate([self._said, np.zeros(more, np.bool_)])
