"""Theft → alarm at equal false alarms: ours, a fixed timeout, SMURF, and an oracle that knows p, shadows and fades.

Families as in inference §1.1, by seed. The first part of each run has no theft: it sets every method's threshold to one
false alarm a store-month by the same fit to the tail of innocent gaps. In the second part pieces vanish one by one.
The store-month is extrapolated from hours, so a delay says little below a factor of two; read families side by side.
"""

import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figures
from edge.reconcile.evidence import Evidence
from edge.reconcile.presence import Placement, Round, Rules, step
from edge.reconcile.threshold import MONTH_S, calibrate

DOES: Final = "theft → alarm at equal false alarms, against a fixed timeout, SMURF and an oracle; cost per round"
PIECES: Final = 1000
PER_ZONE: Final = 50
QUIET_ROUNDS: Final = 3600
THEFT_ROUNDS: Final = 2400
THEFT_EVERY: Final = 60
SEEDS: Final = (1, 2)
METHODS: Final = ("fixed", "smurf", "oracle")
NEVER: Final = float(THEFT_ROUNDS)


@dataclass(frozen=True, slots=True)
class Family:
    """Shadows per zone and second, fades per piece and second, share of pieces that are read badly."""

    shadows_per_s: float = 0.0
    fades_per_s: float = 0.0
    hard_share: float = 0.0
    alpha: float = 8.0


FAMILIES: Final = {
    "clear": Family(shadows_per_s=1 / 1800),
    "metal": Family(shadows_per_s=1 / 1800, hard_share=0.05, alpha=2.0),
    "shadow": Family(shadows_per_s=1 / 400, hard_share=0.05, alpha=2.0),
    "fade": Family(shadows_per_s=1 / 1800, fades_per_s=1 / 14_400, hard_share=0.05, alpha=2.0),
    "easy_fade": Family(shadows_per_s=1 / 1800, fades_per_s=1 / 14_400),
}


class World:
    """Who is read in which round; `q` is the true chance, for the oracle and for nobody else."""

    def __init__(self, family: Family, seed: int) -> None:
        self.family, self.rng = family, np.random.default_rng(seed)
        self.p = self.rng.beta(family.alpha, 2.0 if family.alpha > 2 else 1.2, PIECES)
        hard = self.rng.random(PIECES) < family.hard_share
        self.p[hard] = self.rng.uniform(0.015, 0.04, int(hard.sum()))
        self.there = np.ones(PIECES, np.bool_)
        self.cover, self.cover_ends = np.ones(PIECES), np.zeros(PIECES)
        self.fade_ends = np.zeros(PIECES)
        self.home = np.repeat(np.arange(PIECES // PER_ZONE, dtype=np.int32), PER_ZONE)

    def round(self, now_s: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """What this round reads, and the chance each piece had if it was there."""
        rng, family = self.rng, self.family
        self.cover[self.cover_ends < now_s] = 1.0
        for zone in np.flatnonzero(rng.random(PIECES // PER_ZONE) < family.shadows_per_s):
            size = PER_ZONE if rng.random() > 0.6 else int(PER_ZONE * rng.uniform(0.2, 0.9))
            start = zone * PER_ZONE + int(rng.integers(0, PER_ZONE - size + 1))
            self.cover[start : start + size] = rng.uniform(0.0, 0.15)
            self.cover_ends[start : start + size] = now_s + rng.lognormal(np.log(18.0), 1.0)
        fading = rng.random(PIECES) < family.fades_per_s
        self.fade_ends[fading] = now_s + rng.exponential(90.0, int(fading.sum()))
        q = self.p * self.cover * np.where(self.fade_ends > now_s, 0.15, 1.0)
        return self.there & (rng.random(PIECES) < q), q


@dataclass
class Peers:
    """Gap statistics of the other methods, and the peaks of innocent gaps."""

    p: NDArray[np.float64]
    gap: NDArray[np.float64] = field(default_factory=lambda: np.zeros(PIECES))
    nats: NDArray[np.float64] = field(default_factory=lambda: np.zeros(PIECES))
    peaks: dict[str, list[NDArray[np.float64]]] = field(default_factory=lambda: {name: [] for name in METHODS})

    def hear(self, read: NDArray[np.bool_], q: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        for name, value in self.now().items():
            self.peaks[name].append(value[read & (self.gap > 1)])
        self.gap = np.where(read, 0.0, self.gap + 1)
        self.nats = np.where(read, 0.0, self.nats - np.log1p(-np.minimum(q, 0.97)))
        self.p += (read - self.p) * 0.002 * (self.gap < 60)
        return self.now()

    def now(self) -> dict[str, NDArray[np.float64]]:
        return {"fixed": self.gap, "smurf": self.gap * self.p, "oracle": self.nats}

    def threshold(self, name: str) -> float:
        """One false alarm a store-month, by an exponential fitted to the highest hundred gaps."""
        top = np.sort(np.concatenate(self.peaks[name]))[-100:]
        excess = float(top.mean() - top[0])
        return float(top[0] + excess * np.log(len(top) * MONTH_S / QUIET_ROUNDS))


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: the first seed of the first two families."""
    figures: Figures = {}
    for name, family in list(FAMILIES.items())[: 2 if short else None]:
        runs = [_delays(family, seed) for seed in SEEDS[: 1 if short else None]]
        delays = {method: np.concatenate([one[method] for one in runs]) for method in (*METHODS, "ours")}
        for method, values in delays.items():
            figures[f"{method}_{name}_median_s"] = float(np.median(values))
            figures[f"{method}_{name}_p95_s"] = float(np.percentile(values, 95))
        for peer in ("fixed", "smurf"):
            ratio = figures[f"{peer}_{name}_median_s"] / figures[f"ours_{name}_median_s"]
            figures[f"ours_vs_{peer}_{name}_ratio"] = round(ratio, 2)
    figures |= {f"ours_{pieces}_pieces_round_ms": _round_ms(pieces) for pieces in (2_000, 20_000, 100_000)}
    return figures


def _delays(family: Family, seed: int) -> dict[str, NDArray[np.float64]]:
    """Seconds from each theft to its alarm, by method; `NEVER` where it was not found in time."""
    world, peers = World(family, seed), Peers(np.full(PIECES, 0.7))
    tray = (np.arange(PIECES) // 8).astype(np.int32)
    zones = PIECES // PER_ZONE
    placement = Placement(world.home, tray, np.ones(PIECES, np.bool_), np.ones(zones, np.bool_))
    evidence, seeing = Evidence(zones), np.ones(zones, np.bool_)
    never = Rules(alarm_nats=1e9, group_nats=1e9)
    for now_s in range(1, QUIET_ROUNDS + 1):
        read, q = world.round(now_s)
        rows = np.flatnonzero(read).astype(np.int32)
        step(evidence, placement, Round(now_s * 1_000_000, seeing, rows, world.home[rows]), never)
        peers.hear(read, q)
    limits = {name: peers.threshold(name) for name in METHODS}
    nats = calibrate(evidence.peaks, evidence.store_s, 22.0, alarms_per_month_max=1.0, days=1e3)
    rules = Rules(alarm_nats=nats)
    order = world.rng.permutation(PIECES)
    found: dict[str, dict[int, float]] = {name: {} for name in (*METHODS, "ours")}
    stolen: dict[int, int] = {}
    for now_s in range(QUIET_ROUNDS + 1, QUIET_ROUNDS + THEFT_ROUNDS + 1):
        if now_s % THEFT_EVERY == 0 and now_s < QUIET_ROUNDS + THEFT_ROUNDS // 2:
            stolen[int(order[len(stolen)])] = now_s
            world.there[order[len(stolen) - 1]] = False
        read, q = world.round(now_s)
        rows = np.flatnonzero(read).astype(np.int32)
        changes = step(evidence, placement, Round(now_s * 1_000_000, seeing, rows, world.home[rows]), rules)
        for accusation in changes.accused:
            for row in accusation.rows:
                found["ours"].setdefault(row, now_s)
        for name, value in peers.hear(read, q).items():
            for row in stolen:
                if value[row] >= limits[name]:
                    found[name].setdefault(row, now_s)
    return {
        name: np.array([times.get(row, began + NEVER) - began for row, began in stolen.items()])
        for name, times in found.items()
    }


def _round_ms(pieces: int) -> float:
    """Median cost of one round of every zone, in ms."""
    rng = np.random.default_rng(1)
    zones = max(1, pieces // PER_ZONE)
    home = np.repeat(np.arange(zones, dtype=np.int32), PER_ZONE)
    tray = (np.arange(pieces) // 8).astype(np.int32)
    placement = Placement(home, tray, np.ones(pieces, np.bool_), np.ones(zones, np.bool_))
    evidence, seeing, times = Evidence(zones), np.ones(zones, np.bool_), []
    for now_s in range(1, 41):
        rows = np.flatnonzero(rng.random(pieces) < 0.85).astype(np.int32)
        heard = Round(now_s * 1_000_000, seeing, rows, home[rows])
        began = time.perf_counter()
        step(evidence, placement, heard)
        times.append(time.perf_counter() - began)
    return float(np.median(times[10:]) * 1000)
