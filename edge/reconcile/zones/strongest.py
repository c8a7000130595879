"""Where each piece is: a posterior over zones that stays until something moves (inference §3.2).

Takes   per round, columns (row, zone, strongest RSSI); every `WINDOW_ROUNDS` of them make a window.
Gives   `Moved` pieces with their new zone and how sure that is; `zone_of` at any time.

A window is looked at slice by slice, a slice a tick (`begin`, `go_on`): each row is judged by itself, so the slices say
what one long tick would.

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
CELLS_PER_SLICE: Final = 1 << 16
"""Rows times zones of one slice: under two milliseconds, and temporaries stay in the cache."""
SLICES_MAX: Final = 250
"""A window's slices are done before the next window is over: at 20 ms a tick in half of it."""


def rows_per_slice(rows: int, zones: int) -> int:
    """How many rows a tick looks at."""
    return max(CELLS_PER_SLICE // max(zones, 1), -(-rows // SLICES_MAX), 1)


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


@dataclass(slots=True)
class Glance:
    """A window that is being looked at: its reads in the order they came, columns of k; rows from `at` on are to do."""

    rows: NDArray[np.int32]
    zones: NDArray[np.int32]
    level_dbm: NDArray[np.float32]
    seen: NDArray[np.bool_]
    at: int = 0


class Whereabouts:
    """Struct of arrays by row: posterior, signature and rounds known of it, `float32[n, z]`."""

    def __init__(self, zones: int) -> None:
        self.zones = zones
        self.posterior = np.zeros((0, zones), np.float32)
        self._signature = np.zeros((0, zones), np.float32)
        self._known = np.zeros((0, zones), np.float32)
        self._strange = np.zeros(0, np.int8)
        self._window: list[Read] = []
        self._glance: Glance | None = None

    def grow(self, rows: int, home: NDArray[np.int32]) -> None:
        """Make room; a new piece is believed where the books say, and not yet surely so."""
        old = len(self.posterior)
        if rows <= old:
            return
        more = rows - old
        for name in ("posterior", "_signature", "_known"):
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
        self._window.append(read)

    def close_window(self, seen: NDArray[np.bool_] | None = None) -> Moved:
        """The whole window at once: `begin`, and `go_on` to its end."""
        self.begin(seen)
        parts = [_nobody()]
        while self.looking:
            parts.append(self.go_on())
        return Moved(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def begin(self, seen: NDArray[np.bool_] | None = None) -> None:
        """Look at the window from now on, and begin the next. The one before has been looked at to its end.

        `seen`, bool[z]: zones whose readers were witnesses of the window; None = all. What lies in another zone waits,
        and of the rest only seen zones are compared.
        """
        assert self._glance is None, "the window before has not been looked at to its end"
        window, self._window = self._window, []
        if not window:
            return
        rows, zones = (np.concatenate([getattr(one, name) for one in window]) for name in ("rows", "zones"))
        cdbm = np.concatenate([one.rssi_cdbm for one in window])
        told = np.where(cdbm == ABSENT_CDBM, UNREAD_CDBM / 2, cdbm) / 100.0
        every = np.ones(self.zones, np.bool_) if seen is None else seen
        self._glance = Glance(rows, zones, told.astype(np.float32), every)

    @property
    def looking(self) -> bool:
        """Whether a window is being looked at."""
        return self._glance is not None

    def go_on(self) -> Moved:
        """The next slice: compare its rows with their signatures, move what has changed for three windows."""
        glance = self._glance
        assert glance is not None, "there is no window to look at"
        low, high = glance.at, min(glance.at + rows_per_slice(len(self.posterior), self.zones), len(self.posterior))
        count, total = _summed(glance, low, high, self.zones)
        glance.at = high
        if high == len(self.posterior):
            self._glance = None
        if not glance.seen.all():
            waits = ~glance.seen[self.posterior[low:high].argmax(axis=1)]
            count[waits] = 0.0
        inside = np.flatnonzero(count.any(axis=1))
        return self._look(inside + low, count[inside], total[inside], glance.seen) if len(inside) else _nobody()

    def _look(
        self, heard: NDArray[np.intp], count: NDArray[np.float32], total: NDArray[np.float32], seen: NDArray[np.bool_]
    ) -> Moved:
        """Rows that were heard in the window, with their rounds and levels by zone."""
        known = np.where(seen, self._known[heard], 0.0)
        mean = np.where(count > 0, total / np.maximum(count, 1), UNREAD_CDBM / 100)
        first = ~known.any(axis=1)
        changed = (self._change(count, mean, known, self._signature[heard]) > MOVED_NATS) & ~first
        settled = (count >= FULL_WEIGHT_ROUNDS) & (mean >= self._best_level(heard)[:, None] - NEW_PLACE_DB)
        counter = np.where(settled.any(axis=1), self._strange[heard] + 1, self._strange[heard] - 1)
        self._strange[heard] = np.where(changed, np.clip(counter, 0, MOVED_WINDOWS), 0)
        moved = np.flatnonzero(self._strange[heard] >= MOVED_WINDOWS)
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


def _summed(glance: Glance, low: int, high: int, zones: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rounds and levels in dBm of a slice's rows in the zones that were seen, `float32[rows, zones]`."""
    here = (glance.rows >= low) & (glance.rows < high) & glance.seen[glance.zones]
    cell = (glance.rows[here] - low).astype(np.intp) * zones + glance.zones[here]
    count = np.bincount(cell, minlength=(high - low) * zones).astype(np.float32)
    total = np.zeros((high - low) * zones, np.float32)
    np.add.at(total, cell, glance.level_dbm[here])
    return count.reshape(-1, zones), total.reshape(-1, zones)
