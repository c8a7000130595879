"""A small shop floor by seed, for the arithmetic only: who is read in which round. Not the simulator."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.step import Placement, Round, Rules, step


@dataclass
class Floor:
    """`zones` cases with `per_zone` pieces in trays of eight; a round a second."""

    seed: int
    zones: int = 4
    per_zone: int = 50
    shadows_per_s: float = 0.0
    p: np.ndarray = field(init=False)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        n = self.zones * self.per_zone
        self.p = np.clip(self.rng.beta(8, 2, n), 0.3, 0.97)
        home = np.repeat(np.arange(self.zones, dtype=np.int32), self.per_zone)
        tray = (np.arange(n) // 8).astype(np.int32)
        self.placement = Placement(home, tray, np.ones(n, bool), np.ones(self.zones, bool))
        self.there = np.ones(n, bool)
        self.cover = np.ones(n)
        self.cover_ends = np.zeros(n)
        self.alive = np.ones(self.zones, bool)
        self.announced = True
        self.evidence = Evidence(self.zones)
        self.now_us = 0
        self.rules = Rules()
        self.changes = []

    @property
    def home(self):
        return self.placement.home

    def accused(self):
        return [one for _, changes in self.changes for one in changes.accused]

    def accused_rows(self):
        return [row for one in self.accused() for row in one.rows]

    def reads(self):
        self.cover[self.cover_ends < self.now_us] = 1.0
        for zone in np.flatnonzero(self.rng.random(self.zones) < self.shadows_per_s):
            self.shadow(zone, self.rng.uniform(0.2, 0.9), self.rng.lognormal(np.log(17), 1))
        q = self.p * self.cover * self.there * self.alive[self.home]
        return np.flatnonzero(self.rng.random(len(q)) < q).astype(np.int32)

    def shadow(self, zone, share, seconds, depth=0.02):
        size = max(3, int(share * self.per_zone))
        start = zone * self.per_zone + self.rng.integers(0, self.per_zone - size + 1)
        self.cover[start : start + size] = depth
        self.cover_ends[start : start + size] = self.now_us + seconds * 1e6

    def run(self, rounds, dt_s=1.0):
        for _ in range(rounds):
            self.now_us += int(dt_s * 1e6)
            rows = self.reads()
            witnessed = self.alive.copy() if self.announced else np.ones(self.zones, bool)
            heard = Round(self.now_us, witnessed, rows, self.home[rows])
            self.changes.append((self.now_us, step(self.evidence, self.placement, heard, self.rules)))
        return self


@pytest.fixture
def floor():
    return Floor
