"""Disturbances of the radio by seed: shadows over part of a zone, fades of one piece (inference.md §1.1).

Each is a schedule drawn from its own generator, so that it depends on the seed and on time, never on who looked.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from simulator.store import Weather

SECOND_US: Final = 1_000_000
KEPT_US: Final = 10 * SECOND_US


class Shadow(msgspec.Struct, frozen=True):
    """From `start_us` to `end_us` the pieces with position in [low, high) answer `depth` times as often."""

    start_us: int
    end_us: int
    low: float
    high: float
    depth: float


class Shadows:
    """The shadows of one zone: a hand, a tray on top, a person leaning over. `shadow_every_s` 0: none."""

    def __init__(self, weather: Weather, rng: np.random.Generator, start_us: int) -> None:
        self._weather, self._rng = weather, rng
        self._next_us = start_us
        self._known: list[Shadow] = []
        self._next = self._draw()

    def at(self, now_us: int) -> list[Shadow]:
        """The shadows lying on the zone at a time; it may go back by as much as `KEPT_US`."""
        while self._next is not None and self._next.start_us <= now_us:
            self._known.append(self._next)
            self._next = self._draw()
        # Readers look a little after one another: an ended shadow is kept a while for the slower one.
        self._known = [shadow for shadow in self._known if shadow.end_us > now_us - KEPT_US]
        return [shadow for shadow in self._known if shadow.start_us <= now_us < shadow.end_us]

    def _draw(self) -> Shadow | None:
        weather, rng = self._weather, self._rng
        if weather.shadow_every_s <= 0:
            return None
        self._next_us += int(rng.exponential(weather.shadow_every_s) * SECOND_US)
        length_s = weather.shadow_median_s * float(rng.lognormal(0.0, 1.0))
        partial = rng.random() < weather.shadow_partial_share
        width = float(rng.uniform(0.2, 0.9)) if partial else 1.0
        low = float(rng.uniform(0.0, 1.0 - width)) if partial else 0.0
        depth = float(rng.uniform(0.0, 0.15)) if partial else float(rng.uniform(0.2, 0.8))
        return Shadow(self._next_us, self._next_us + int(length_s * SECOND_US), low, low + width, depth)


class Fades:
    """The first `n` tags, pieces, turn in their tray and go quiet for a while, alone. `fade_every_s` 0: none."""

    def __init__(self, weather: Weather, rng: np.random.Generator, n: int, start_us: int) -> None:
        self._weather, self._rng, self._n = weather, rng, n
        self._next_us = start_us
        self.began_us: npt.NDArray[np.int64] = np.zeros(n, dtype=np.int64)
        self.until_us: npt.NDArray[np.int64] = np.zeros(n, dtype=np.int64)
        self._step()

    def at(self, now_us: int, moved_us: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """True for each tag that is faded now: a piece that was moved since answers again. Shape of `moved_us`."""
        if self._weather.fade_every_s > 0 and self._n:
            while self._next_us <= now_us:
                row = int(self._rng.integers(self._n))
                self.began_us[row] = self._next_us
                length_us = int(self._rng.exponential(self._weather.fade_mean_s) * SECOND_US)
                self.until_us[row] = max(int(self.until_us[row]), self._next_us + length_us)
                self._step()
        faded = np.zeros(len(moved_us), dtype=np.bool_)
        faded[: self._n] = (self.until_us > now_us) & (moved_us[: self._n] <= self.began_us)
        return faded

    def _step(self) -> None:
        if self._weather.fade_every_s > 0 and self._n:
            self._next_us += max(1, int(self._rng.exponential(self._weather.fade_every_s / self._n) * SECOND_US))
