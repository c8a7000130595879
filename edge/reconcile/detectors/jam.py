"""A reader is jammed, or flooded: it reads far less than it did in *all* of its zones, or hears tags nobody issued.

A cover takes a case; a jammer takes the reader. So each round the zone that fares best speaks for the reader, and its
evidence is summed (CUSUM, a repeated sequential test): log-likelihood of two fifths of the reads against all of them,
as of counts, capped a round, for reads of a round are not independent (reliability.md §4: 25 times over-dispersed).
A blocker answers with made-up EPCs: new strangers a second are counted beside it.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.detectors.scene import EVERYWHERE, Scene, Suspicion
from edge.reconcile.presence.evidence import HARD, PRESENT

LEFT: Final = 0.4
"""The alternative: so much of the reads is left."""
ROUND_NATS_MAX: Final = 2.0
"""Up, of one round;"""
ROUND_NATS_MIN: Final = -4.0
"""and down: a reader that reads again is well."""
EXPECTED_MIN: Final = 3.0
"""Reads expected of a zone in a round, less of which says nothing; such zones are pooled."""
STRANGERS_PER_S: Final = 10.0
"""New tags a second, for so long as the window, that no carton brings."""
FLOOD_WINDOW_S: Final = 10.0
FLOOD_NATS_MAX: Final = 100.0
GONE_NATS: Final = 10.0
"""A piece whose own silence says so much has left, and is no part of what the reader ought to read."""
PEAK_MIN: Final = 1.0
"""A sum that came back to nothing from lower than this never was a surprise."""
LOG_LEFT: Final = float(np.log(LEFT))


@dataclass
class _Reader:
    nats: float = 0.0
    peak: float = 0.0
    since_us: int = 0
    rounds: int = 0
    said: bool = False


@dataclass
class Jam:
    """`bar_nats` is the budget's. `innocent` gives the peaks of sums that came to nothing since it was asked last."""

    bar_nats: float = 20.0
    _readers: dict[int, _Reader] = field(default_factory=dict)
    _strangers: list[tuple[int, int]] = field(default_factory=list)
    _flood_said: bool = False
    _innocent: list[float] = field(default_factory=list)

    def hear(self, scene: Scene) -> list[Suspicion]:
        """At most one suspicion a reader and trouble: it must read well again before it is suspected anew."""
        return [*self._drowned(scene), *self._flooded(scene)]

    def innocent(self) -> list[float]:
        """Peaks in nats, for the budget to learn from."""
        out, self._innocent = self._innocent, []
        return out

    def nats_of(self, reader: int) -> float:
        """What is held against this reader now."""
        return self._readers[reader].nats if reader in self._readers else 0.0

    def weigh(
        self, reader: int, expected: NDArray[np.float64], observed: NDArray[np.float64], now_us: int
    ) -> tuple[float, str] | None:
        """A round of one reader, by zone: its evidence in nats and the sentence, when that is news."""
        if expected.sum() < EXPECTED_MIN:
            return None
        told = expected >= EXPECTED_MIN
        if told.any():
            e, o = expected[told], observed[told]
        else:
            e, o = expected.sum(keepdims=True), observed.sum(keepdims=True)
        best = min(each * (1 - LEFT) + read * LOG_LEFT for each, read in zip(e.tolist(), o.tolist(), strict=True))
        step = min(max(best, ROUND_NATS_MIN), ROUND_NATS_MAX)
        one = self._readers.setdefault(reader, _Reader())
        if one.nats == 0.0:
            one.since_us, one.rounds = now_us, 0
        one.nats, one.rounds = max(0.0, one.nats + step), one.rounds + 1
        one.peak = max(one.peak, one.nats)
        if one.nats == 0.0:
            if not one.said and one.peak > PEAK_MIN:
                self._innocent.append(one.peak)
            one.peak, one.said = 0.0, False
        if one.said or one.nats < self.bar_nats:
            return None
        one.said = True
        share, lasts = float(o.sum() / e.sum()), (now_us - one.since_us) / 1e6
        return one.nats, (
            f"The reader reads {share:.0%} of what it read before, in all of its {len(expected)} zones, for "
            f"{lasts:.0f} s and {one.rounds} rounds: jammed, or ill. Nothing there is called missing meanwhile."
        )

    def _drowned(self, scene: Scene) -> list[Suspicion]:
        expected, observed = expected_observed(scene)
        news = self.weigh(scene.reader, expected, observed, scene.now_us)
        if news is None:
            return []
        zone = int(scene.zones[0]) if len(scene.zones) else EVERYWHERE
        return [Suspicion(AlarmKind.JAM, (), zone, news[0], news[1], self._readers[scene.reader].rounds)]

    def _flooded(self, scene: Scene) -> list[Suspicion]:
        if scene.strangers:
            self._strangers.append((scene.now_us, scene.strangers))
        begins = scene.now_us - FLOOD_WINDOW_S * 1e6
        self._strangers = [each for each in self._strangers if each[0] > begins]
        new = sum(number for _, number in self._strangers)
        flood = new >= STRANGERS_PER_S * FLOOD_WINDOW_S
        first, self._flood_said = flood and not self._flood_said, flood
        if not first:
            return []
        why = f"{new:,} tags that nobody issued were heard in {FLOOD_WINDOW_S:.0f} s: a blocker, or a carton of others."
        zone = int(scene.zones[0]) if len(scene.zones) else EVERYWHERE
        return [Suspicion(AlarmKind.JAM, (), zone, FLOOD_NATS_MAX, why, len(self._strangers))]


def expected_observed(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reads at home that the watched zones ought to give this round, and those they gave: float64[w] each."""
    placement, size = scene.placement, len(scene.placement.vouches)
    there = ((scene.state == PRESENT) | (scene.state == HARD)) & (scene.nats < GONE_NATS)
    known = placement.expected & (placement.home >= 0) & there
    at = np.flatnonzero(known)
    expected = np.bincount(placement.home[at], scene.p[at], size)
    here = known[scene.row] & (placement.home[scene.row] == scene.zone)
    observed = np.bincount(scene.zone[here], minlength=size).astype(np.float64)
    return np.asarray(expected[scene.zones], np.float64), observed[scene.zones]
