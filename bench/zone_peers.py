"""What others do with the same reads, and what one could do who knew the room: mean, max, EdgeX, naive HMM, oracle.

All take `looks` float32[tags, rounds, antennas], dBm, NaN where not read; the world has one antenna per zone.
"""

from typing import Final

import numpy as np

from bench import worlds
from bench.worlds import Floats, Floats32, Row, Rows
from edge.reconcile.zones.features import Window

NEVER_DBM: Final = -99.0
EDGEX_READS: Final = 20
EDGEX_READS_MIN: Final = 2
EDGEX_DB_MAX: Final = 6.0
EDGEX_DB: Final = 10.0
EDGEX_DB_PER_MS: Final = -0.008
"""rfid.md §5: move if incoming > existing + min(6, -0.008 (t_ref - t_last) + 10) dB, with at least two reads."""
ROUND_MS: Final = 1000.0
HMM_STAYS: Final = 0.997
GRID_M: Final = 0.03
UNREAD_STEPS: Final = 7


def window(looks: Floats32) -> Window:
    """The looks as our window."""
    read = (~np.isnan(looks)).sum(axis=1).astype(np.float32)
    level = np.nansum(looks, axis=1) / np.maximum(read, 1)
    return Window(level.astype(np.float32), read, np.full(looks.shape[2], looks.shape[1], np.float32))


def mean_rssi(one: Window) -> Floats:
    """Mean RSSI by antenna; never read is far away."""
    return np.asarray(np.where(one.read > 0, one.level_dbm.astype(np.float64), NEVER_DBM), np.float64)


def max_rssi(looks: Floats32) -> Floats:
    """The loudest single read by antenna."""
    return np.asarray(np.nan_to_num(looks, nan=NEVER_DBM).max(axis=1), np.float64)


class EdgeX:
    """EdgeX's rule, read by read: antennas take turns within a round. `place` int32[tags], -1 before the first read."""

    def __init__(self, tags: int, antennas: int) -> None:
        self.place = np.full(tags, -1, np.int32)
        self._last = np.full((tags, antennas, EDGEX_READS), np.nan, np.float32)
        self._reads = np.zeros((tags, antennas), np.int64)
        self._sum = np.zeros((tags, antennas))
        self._at_ms = np.full((tags, antennas), -np.inf)
        self._now_ms = 0.0

    def forget(self, tags: Rows) -> None:
        """Another tag has this row."""
        self.place[tags], self._reads[tags], self._sum[tags], self._at_ms[tags] = -1, 0, 0.0, -np.inf

    def hear(self, looks: Floats32) -> Rows:
        """So many rounds; where each tag is said to be after them."""
        antennas = looks.shape[2]
        for each in range(looks.shape[1]):
            for antenna in range(antennas):
                self._read(looks[:, each, antenna], antenna, self._now_ms + ROUND_MS * antenna / antennas)
            self._now_ms += ROUND_MS
        return np.maximum(self.place, 0)

    def _read(self, rssi: Floats32, antenna: int, now_ms: float) -> None:
        rows = np.flatnonzero(~np.isnan(rssi))
        slot = self._reads[rows, antenna] % EDGEX_READS
        full = self._reads[rows, antenna] >= EDGEX_READS
        self._sum[rows, antenna] += rssi[rows] - np.where(full, self._last[rows, antenna, slot], 0)
        self._last[rows, antenna, slot] = rssi[rows]
        self._reads[rows, antenna] += 1
        self._at_ms[rows, antenna] = now_ms
        was = self.place[rows]
        mean = self._sum[rows] / np.maximum(np.minimum(self._reads[rows], EDGEX_READS), 1)
        at = np.arange(len(rows))
        allowed = np.minimum(EDGEX_DB_MAX, EDGEX_DB_PER_MS * (now_ms - self._at_ms[rows, was]) + EDGEX_DB)
        louder = mean[:, antenna] > mean[at, was] + allowed
        moves = (was < 0) | ((was != antenna) & louder & (self._reads[rows, antenna] >= EDGEX_READS_MIN))
        self.place[rows[moves]] = antenna


class NaiveHmm:
    """Every window is news: the posterior is multiplied again and again, with a small chance of a move."""

    def __init__(self, home: Rows, zones: int) -> None:
        self.p = np.full((len(home), zones), 0.05 / zones)
        self.p[np.arange(len(home)), home] += 0.95

    def hear(self, likely: Floats) -> Rows:
        zones = likely.shape[1]
        self.p = (HMM_STAYS * self.p + (1 - HMM_STAYS) / zones) * likely
        self.p /= self.p.sum(axis=1, keepdims=True)
        return np.asarray(self.p.argmax(axis=1), np.int32)


def oracle(row: Row, one: Window) -> Floats:
    """Log likelihood by zone for who knows every antenna's field and all laws, and not where the tag lies in a zone.

    Integrated over a grid of places, the tag's orientation (Gaussian), and for antennas that never read it over theirs.
    """
    x, y = np.arange(GRID_M / 2, row.width_m, GRID_M), np.linspace(0.04, worlds.DEPTH_M - 0.04, 5)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    antennas = row.family.zones
    level, zone = row.level_dbm(grid, np.zeros((len(grid), antennas))), row.zone_of(grid[:, 0])
    spread = worlds.TAG_DB**2 + worlds.TAG_ANTENNA_DB**2 * np.eye(antennas)
    steps = np.linspace(-2.2, 2.2, UNREAD_STEPS)
    weights = np.exp(-(steps**2) / 2) / np.exp(-(steps**2) / 2).sum()
    away = float(np.hypot(worlds.TAG_DB, worlds.TAG_ANTENNA_DB))
    chance = 0.95 / (1 + np.exp(-(level[:, :, None] + away * steps - worlds.FLOOR_DBM) / 2.7))
    unread = np.log(((1 - chance) ** float(one.rounds[0])) @ weights + 1e-12)
    out = np.empty((len(one.read), antennas))
    for at, (heard, read) in enumerate(zip(one.level_dbm.astype(np.float64), one.read, strict=True)):
        on = read > 0
        known = spread[np.ix_(on, on)] + np.diag(worlds.NOISE_DB**2 / read[on])
        off = (heard[on] - level[:, on]) @ np.linalg.cholesky(np.linalg.inv(known))
        nats = -(off**2).sum(axis=1) / 2 + unread[:, ~on].sum(axis=1)
        top = nats.max()
        out[at] = np.log(np.bincount(zone, np.exp(nats - top), antennas) + 1e-300) + top
    return out
