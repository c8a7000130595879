"""One EPC on two tags: its tag tells another TID than the bound one, or it is loud in two places at once.

A TID that does not fit is told twice before it is believed. Two places at once: loud here, loud there, and here again,
within seconds: a piece that is carried is loud there afterwards only. Places whose antennas hear each other's pieces
are learned (several honest pieces do the same there) and prove nothing; near ones are taken to overlap from the start.
A piece may be loud elsewhere by its own angle: where it is so in the first minutes after it was laid down, it may be
so later. A copy *begins* to answer while its original lies still.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.once import Once
from edge.reconcile.detectors.scene import Rows, Scene, Suspicion

TID_TOLD: Final = 2
FLIP_WITHIN_US: Final = 10_000_000
"""Loud here and there within so long is one flip;"""
FLIPS_WITHIN_US: Final = 60_000_000
"""and flips so close together are one story."""
NATS_PER_FLIP: Final = 4.0
TID_NATS: Final = 40.0
STORY_FLIPS: Final = 4
"""Fewer are a move and an echo, and say nothing of the antennas."""
OVERLAP_PIECES: Final = 3
"""So many different pieces that flip between two zones say that their antennas overlap."""
LEARN_US: Final = 600_000_000
"""So long after it was laid down a piece may show where else it is loud."""
ECHOES_MIN: Final = 6
"""Loud so often while it was new there, it is so by its angle; a rare reflection is not."""
LAID_NATS: Final = 14.0
"""Unread at home for longer than chance explains, it was in a hand: laid down anew."""
LAID_S: Final = (5.0, 30.0)
"""At the least and at the most: one that is hardly read at all."""
AGAIN_US: Final = 3_600_000_000
NEVER_US: Final = -(1 << 40)


@dataclass
class Clone:
    """`near` bool[z, z]: zones taken to overlap from the start. `bar_nats` is the budget's."""

    near: NDArray[np.bool_]
    bar_nats: float = 24.0
    _zone: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _at_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _home_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Last read at home;"""
    _laid_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """and since when it lies there."""
    _home: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    _echoes: dict[int, Counter[int]] = field(default_factory=dict)
    """row → zones where it was loud by its own angle, and how often."""
    _flips: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    """row → (µs, from, to) of its latest flips;"""
    _peaks: dict[int, float] = field(default_factory=dict)
    """and what its story came to, in nats."""
    _now_us: int = 0
    _pairs: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    _wrong_tid: dict[int, int] = field(default_factory=dict)
    _said: Once[int] = field(default_factory=lambda: Once(AGAIN_US))
    _innocent: list[float] = field(default_factory=list)

    def hear(self, scene: Scene, loud: NDArray[np.bool_]) -> list[Suspicion]:
        """`loud` bool[k] by `Strong`."""
        self._grow(len(scene.state))
        found = [*self._tids(scene)]
        self._lay(scene)
        rows, zones = scene.row[loud], scene.zone[loud]
        other = (self._zone[rows] >= 0) & (self._zone[rows] != zones)
        fresh = other & (scene.now_us - self._at_us[rows] <= FLIP_WITHIN_US)
        fresh &= ~self.near[self._zone[rows], zones]
        self._now_us = scene.now_us
        for row, zone in zip(rows[fresh].tolist(), zones[fresh].tolist(), strict=True):
            found += self._flip(scene.now_us, row, int(self._zone[row]), zone)
        self._zone[rows], self._at_us[rows] = zones, scene.now_us
        return found

    def overlaps(self, one: int, other: int) -> bool:
        """Whether pieces between these zones are loud in both."""
        return bool(self.near[one, other]) or len(self._pairs.get(_pair(one, other), ())) >= OVERLAP_PIECES

    def innocent(self) -> list[float]:
        """Peaks in nats of stories that came to nothing, or turned out to be overlaps, since it was asked last."""
        for row in [row for row, story in self._flips.items() if self._now_us - story[-1][0] > FLIPS_WITHIN_US]:
            del self._flips[row]
            self._came_to_nothing(row)
        out, self._innocent = self._innocent, []
        return out

    def _came_to_nothing(self, row: int) -> None:
        """The story of this row is over; one that was said is a person's to judge."""
        peak = self._peaks.pop(row, 0.0)
        if 0.0 < peak < self.bar_nats:
            self._innocent.append(peak)

    def _flip(self, now_us: int, row: int, was: int, zone: int) -> list[Suspicion]:
        if self.overlaps(was, zone) or self._echo(now_us, row, was, zone):
            return []
        story = [each for each in self._flips.get(row, []) if now_us - each[0] <= FLIPS_WITHIN_US]
        if not story:
            self._came_to_nothing(row)
        story.append((now_us, was, zone))
        self._flips[row] = story
        between = [each for each in story if {each[1], each[2]} == {was, zone}]
        nats = NATS_PER_FLIP * (len(between) - 1)  # once is a move
        self._peaks[row] = max(self._peaks.get(row, 0.0), nats)
        if len(between) >= STORY_FLIPS:
            pieces = self._pairs.setdefault(_pair(was, zone), set())
            if len(pieces) < OVERLAP_PIECES:
                pieces.add(row)
            if len(pieces) >= OVERLAP_PIECES:
                self._innocent.append(self._peaks.pop(row))
                return []
        if nats < self.bar_nats or not self._said.first(row, now_us):
            return []
        lasts = (now_us - between[0][0]) / 1e6
        why = (
            f"Loud in two places that do not hear each other, to and fro {len(between)} times in {lasts:.0f} s: "
            "two tags answer with its one number."
        )
        return [Suspicion(AlarmKind.CLONE, (row,), zone, nats, why, len(between))]

    def _lay(self, scene: Scene) -> None:
        """Pieces that were in a hand lie at another angle: what was learned of them is void."""
        home = scene.placement.home
        at = scene.row[home[scene.row] == scene.zone]
        explained_s = np.clip(LAID_NATS / -np.log1p(-np.clip(scene.p[at], 0.01, 0.99)), *LAID_S)
        anew = at[(scene.now_us - self._home_us[at] > explained_s * 1e6) | (self._home[at] != home[at])]
        self._laid_us[anew], self._home[anew] = scene.now_us, home[anew]
        self._home_us[at] = scene.now_us
        for row in anew.tolist():
            self._echoes.pop(row, None)

    def _echo(self, now_us: int, row: int, was: int, zone: int) -> bool:
        """Whether the piece does this by its own angle; learns it while it is new there."""
        echoes = self._echoes.setdefault(row, Counter())
        if now_us - self._laid_us[row] < LEARN_US:
            echoes.update((was, zone))
            return True
        home = int(self._home[row])
        return all(echoes[each] >= ECHOES_MIN or each == home for each in (was, zone))

    def _tids(self, scene: Scene) -> list[Suspicion]:
        found = []
        for row in scene.tid_row[~scene.tid_fits].tolist():
            told = self._wrong_tid[row] = self._wrong_tid.get(row, 0) + 1
            if told < TID_TOLD or not self._said.first(row, scene.now_us):
                continue
            why = f"Its number (EPC) was told {told} times by a chip that is not its own (TID): a copied tag."
            zone = int(scene.zones[0])
            found.append(Suspicion(AlarmKind.CLONE, (row,), zone, TID_NATS, why, told))
        return found

    def forget(self, rows: Rows) -> None:
        """These rows mean other pieces, or other tags, now."""
        self._grow(int(rows.max(initial=-1)) + 1)
        self._zone[rows] = self._home[rows] = -1
        self._at_us[rows] = self._laid_us[rows] = 0
        self._home_us[rows] = NEVER_US
        for row in rows.tolist():
            for known in (self._echoes, self._flips, self._peaks, self._wrong_tid):
                known.pop(row, None)
            self._said.forget(row)

    def _grow(self, rows: int) -> None:
        more = rows - len(self._zone)
        if more > 0:
            self._zone = np.concatenate([self._zone, np.full(more, -1, np.int32)])
            self._at_us = np.concatenate([self._at_us, np.zeros(more, np.int64)])
            self._home_us = np.concatenate([self._home_us, np.full(more, NEVER_US, np.int64)])
            self._laid_us = np.concatenate([self._laid_us, np.zeros(more, np.int64)])
            self._home = np.concatenate([self._home, np.full(more, -1, np.int32)])


def _pair(one: int, other: int) -> tuple[int, int]:
    return (min(one, other), max(one, other))
