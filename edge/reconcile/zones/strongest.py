"""Where each piece is: a posterior over zones that stays until something moves (inference §3.2).

Takes   per round, columns (row, zone, strongest RSSI); every `WINDOW_ROUNDS` of them make a window.
Gives   `Moved` pieces with their new zone and how sure that is; `zone_of`, `p_zone` at any time.

RSSI is frozen while a piece lies still, so a second window of the same is no second piece of evidence: multiplying
windows makes one certain of the wrong zone. The posterior changes only when the signature changes for three windows.
Strongest antenna with sticky priors: a first honest form, not calibrated; near ties are near ties.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW_ROUNDS: Final = 5
ABSENT_CDBM: Final = -32768
UNREAD_CDBM: Final = -8000
"""What an antenna that never read the piece is taken to hear: below any receiver's floor."""
DB_PER_NAT: Final = 3.0
STICKY: Final = 0.05
"""Weight kept for the old posterior when a move is certain."""
NOISE_DB: Final = 2.8
MOVED_NATS: Final = 12.0
"""Change of signature, per window, that may be a move: a piece put next door changes two antennas by some 14 dB."""
MOVED_WINDOWS: Final = 3
FULL_WEIGHT_ROUNDS: Final = 3
"""Rounds within a window after which a level is believed; a new zone needs as many."""
NEW_PLACE_DB: Final = 10.0
"""A new zone must hear the piece nearly as well as the old one did: a stray from next door is some 14 dB weaker."""


class Moved(NamedTuple):
    """Rows whose zone changed, their zones, and P(zone)."""

    rows: NDArray[np.int32]
    zones: NDArray[np.int32]
    p: NDArray[np.float64]


def _nobody() -> Moved:
    return Moved(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Read:
    """One round of one reader, aggregated: each (row, zone) at most once with its strongest RSSI; columns of n."""

    rows: NDArray[np.int32]
    zones: NDArray[np.int32]
    rssi_cdbm: NDArray[np.int16]


class Whereabouts:
    """Struct of arrays by row: window sums, signature and posterior, `float32[n, z]`."""

    def __init__(self, zones: int) -> None:
        self.zones = zones
        self.posterior = np.zeros((0, zones), np.float32)
        self._signature = np.zeros((0, zones), np.float32)
        self._known = np.zeros((0, zones), np.float32)
        self._sum = np.zeros((0, zones), np.float32)
        self._count = np.zeros((0, zones), np.float32)
        self._strange = np.zeros(0, np.int8)

    def grow(self, rows: int, home: NDArray[np.int32]) -> None:
        """Make room; a new piece is believed where the books say, and not yet surely so."""
        old = len(self.posterior)
        if rows <= old:
            return
        more = rows - old
        for name in ("posterior", "_signature", "_known", "_sum", "_count"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros((more, self.zones), np.float32)]))
        self._strange = np.concatenate([self._strange, np.zeros(more, np.int8)])
        self.settle(np.arange(old, rows, dtype=np.int32), home[old:rows])

    def settle(self, rows: NDArray[np.int32], home: NDArray[np.int32]) -> None:
        """Somebody said where these are (books, a count, a person): believe it, learn the signature anew."""
        if not self.zones:
            return  # a store without places: a piece is here or it is not
        self.posterior[rows] = STICKY / self.zones
        placed = home >= 0
        self.posterior[rows[placed], home[placed]] += 1 - STICKY
        self.posterior[rows] /= self.posterior[rows].sum(axis=1, keepdims=True)
        self._signature[rows] = self._known[rows] = 0.0
        self._strange[rows] = 0

    def zone_of(self) -> NDArray[np.int32]:
        """Most likely zone by row."""
        return np.asarray(self.posterior.argmax(axis=1), np.int32)

    def hear(self, read: Read) -> None:
        """Add one round to the window."""
        told = np.where(read.rssi_cdbm == ABSENT_CDBM, UNREAD_CDBM / 2, read.rssi_cdbm) / 100.0
        self._sum[read.rows, read.zones] += told.astype(np.float32)
        self._count[read.rows, read.zones] += 1

    def close_window(self, seen: NDArray[np.bool_] | None = None) -> Moved:
        """Compare the window with each signature, move what has changed for three windows, begin the next window.

        `seen`, bool[z]: zones whose readers were witnesses of the window; None = all. What lies in another zone waits,
        and of the rest only seen zones are compared.
        """
        if seen is not None and not seen.all():
            self._count[:, ~seen] = self._sum[:, ~seen] = 0.0
            waits = ~seen[self.zone_of()]
            self._count[waits] = self._sum[waits] = 0.0
        heard = np.flatnonzero(self._count.any(axis=1))
        if not len(heard):
            return _nobody()
        count, known = self._count[heard], self._known[heard]
        if seen is not None:
            known = np.where(seen, known, 0.0)
        mean = np.where(count > 0, self._sum[heard] / np.maximum(count, 1), UNREAD_CDBM / 100)
        first = ~known.any(axis=1)
        changed = (self._change(count, mean, known, self._signature[heard]) > MOVED_NATS) & ~first
        settled = (count >= FULL_WEIGHT_ROUNDS) & (mean >= self._best_level(heard)[:, None] - NEW_PLACE_DB)
        counter = np.where(settled.any(axis=1), self._strange[heard] + 1, self._strange[heard] - 1)
        self._strange[heard] = np.where(changed, np.clip(counter, 0, MOVED_WINDOWS), 0)
        moved = np.flatnonzero(self._strange[heard] >= MOVED_WINDOWS)
        self._count[:] = self._sum[:] = 0.0
        self._learn(heard[~changed], count[~changed], mean[~changed])
        return self._relocate(heard[moved], count[moved], mean[moved])

    def _best_level(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Level at the zone that hears the piece best, by its signature."""
        known = np.where(self._known[rows] > 0, self._signature[rows], UNREAD_CDBM / 100)
        return np.asarray(known.max(axis=1), np.float32)

    @staticmethod
    def _change(
        count: NDArray[np.float32],
        mean: NDArray[np.float32],
        known: NDArray[np.float32],
        signature: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Nats of change by row; an antenna that has stopped or started reading counts as a change of level."""
        either = (count > 0) | (known > 0)
        old = np.where(known > 0, signature, UNREAD_CDBM / 100)
        weight = np.minimum(np.maximum(count, known), FULL_WEIGHT_ROUNDS) / FULL_WEIGHT_ROUNDS
        change = weight * (mean - old) ** 2 / (2 * NOISE_DB**2)
        return np.asarray(np.where(either, change, 0).sum(axis=1) - either.sum(axis=1), np.float32)

    def _learn(self, rows: NDArray[np.intp], count: NDArray[np.float32], mean: NDArray[np.float32]) -> None:
        known = self._known[rows]
        total = known + count
        blend = np.where(total > 0, (known * self._signature[rows] + count * mean) / np.maximum(total, 1), 0.0)
        self._signature[rows] = blend
        self._known[rows] = np.minimum(total, 100.0)

    def _relocate(self, rows: NDArray[np.intp], count: NDArray[np.float32], mean: NDArray[np.float32]) -> Moved:
        old_zone = self.posterior[rows].argmax(axis=1)
        share = np.log((count + 0.5) / (count.max(axis=1, keepdims=True, initial=0) - count + 0.5))
        logit = mean / DB_PER_NAT + share
        likely = np.exp(logit - logit.max(axis=1, keepdims=True, initial=-np.inf))
        posterior = (STICKY * self.posterior[rows] + (1 - STICKY) / self.zones) * likely
        self.posterior[rows] = posterior / posterior.sum(axis=1, keepdims=True)
        self._signature[rows], self._known[rows] = mean, count
        self._signature[rows] = np.where(count > 0, mean, 0.0)
        self._strange[rows] = 0
        zone = self.posterior[rows].argmax(axis=1)
        really = zone != old_zone
        chosen = rows[really]
        return Moved(
            chosen.astype(np.int32),
            zone[really].astype(np.int32),
            self.posterior[chosen].max(axis=1).astype(np.float64),
        )
