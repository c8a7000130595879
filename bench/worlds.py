"""The worlds our arithmetic is judged in: families by seed, written down before the methods that are tried in them.

Every world knows the truth and hands it to nobody but the oracle and the judge. Physics and figures are those of
inference §1.1, §2.4 and §3.4, with what it lacked: a hand at the moment of theft, jamming, trays that shadows do not
follow, 50,000 pieces, the floor of a shop with its gate, and two weeks of books that go wrong.
A family's physics is not changed to suit a result; a mistake in it is mended in a commit of its own.
"""

import heapq
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Rows = NDArray[np.int32]

TRAY: Final = 8
"""Pieces on a tray."""


# --- presence: who is read in which round -----------------------------------------------------------------------


class Cause(StrEnum):
    """Why a piece that is there stays unread. Explainable: it takes others, or a whole reader, with it."""

    EXPLAINABLE = "explainable"
    LONE = "lone"
    SLOW = "slow"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of store. Rates are per second, of a zone (shadows), a piece (fades) or a reader (deaths, jams).

    p ~ Beta(alpha, beta); `tail_share` of the pieces only U(.015, .04). Zones lognormal about `zone_pieces`.
    A shadow lasts lognormal(`shadow_s`, sigma 1) and leaves 0–15 % of the reads; `partial_share` of them cover only a
    contiguous 20–90 % of the zone, at least `cover_min` pieces. A fade of one piece leaves `fade_reads` of its reads.
    A reader dies or flaps for `dead_s` without saying so; a jam lowers a reader to 5–30 % within a minute, for `jam_s`.
    """

    cause: Cause
    alpha: float = 2.0
    beta: float = 1.2
    tail_share: float = 0.05
    zone_pieces: float = 50.0
    round_s: float = 1.0
    shadows_per_s: float = 1 / 1800
    shadow_s: float = 17.0
    partial_share: float = 0.6
    cover_min: int = 1
    fades_per_s: float = 0.0
    fade_s: float = 90.0
    fade_sigma: float = 0.0
    """0: exponential with mean `fade_s`; else lognormal with median `fade_s`."""
    fade_reads: float = 0.15
    deaths_per_s: float = 0.0
    dead_s: float = 900.0
    jams_per_s: float = 0.0
    jam_s: float = 300.0
    stray_share: float = 0.0
    """Pieces that a neighbouring zone's antenna reads too, at U(.02, .2) a round."""
    hand: bool = False
    """A theft covers 3–12 neighbours for 5–15 s, from 2–5 s before the piece leaves."""
    scattered_trays: bool = False
    """Trays are not blocks of neighbours, so that no shadow follows their edges."""
    pieces: int = 2000


FAMILIES: Final = {
    "metal": Family(Cause.EXPLAINABLE),
    "clear": Family(Cause.EXPLAINABLE, alpha=8.0, beta=2.0, tail_share=0.0),
    "shadow": Family(Cause.EXPLAINABLE, shadows_per_s=1 / 400),
    "dead": Family(Cause.EXPLAINABLE, deaths_per_s=1 / 14_400),
    "small5": Family(Cause.EXPLAINABLE, zone_pieces=12.0, cover_min=5),
    "hand": Family(Cause.EXPLAINABLE, hand=True),
    "jam": Family(Cause.EXPLAINABLE, jams_per_s=1 / 14_400),
    "scattered": Family(Cause.EXPLAINABLE, scattered_trays=True),
    "small": Family(Cause.LONE, zone_pieces=12.0),
    "stray": Family(Cause.LONE, stray_share=0.5),
    "fade": Family(Cause.LONE, fades_per_s=1 / 14_400),
    "mixed": Family(Cause.LONE, beta=1.5, shadows_per_s=1 / 900, fades_per_s=1 / 14_400, stray_share=0.5, hand=True),
    "slow": Family(Cause.SLOW, round_s=10.0),
    "fadedark": Family(Cause.DARK, fades_per_s=1 / 14_400, fade_s=180.0, fade_sigma=1.0, fade_reads=0.0),
    "big": Family(Cause.EXPLAINABLE, pieces=50_000),
}

READER_ZONES: Final = 4
"""Zones of one reader."""
FLAP_S: Final = 6.0
THIEF_STRAY_S: Final = 30.0
THIEF_STRAY_READS: Final = 0.08
"""In families with strays the thief's piece is read by the neighbour's antenna on its way."""
RAMP_S: Final = 60.0
AFTERMATH_S: Final = 60.0
"""An alarm within this time after a reader's trouble is still that trouble's."""


class Trouble(NamedTuple):
    """A reader that dies, flaps or is jammed. `left`: share of its reads in the worst of it."""

    begins_s: float
    ends_s: float
    kind: str
    left: float

    def share(self, now_s: float) -> float:
        """What is left of this reader's reads now."""
        if self.kind == "flap":
            return float(int((now_s - self.begins_s) / FLAP_S) % 2)
        if self.kind == "jam":
            into = min(now_s - self.begins_s, self.ends_s - now_s) / RAMP_S
            return 1 - (1 - self.left) * min(max(into, 0.0), 1.0)
        return 0.0


class Heard(NamedTuple):
    """One round. `read` bool[n]: at home; `strays` and `stray_zones` int32[k]: read elsewhere."""

    now_s: float
    read: Bools
    strays: Rows
    stray_zones: Rows


class Shop:
    """`stores` stores of one family side by side; rows and zones are numbered through. The truth is in the fields.

    p float32[n]; home, tray, store int32[n]; there bool[n]; left_s float64[n], NaN while there.
    `q` float32[n] is every piece's chance in this round *if it is there*; `q_told` the same without fades: what an
    oracle may know of shadows and readers. `fade_rate` float64[n] per second.
    """

    def __init__(self, family: Family, seed: int, stores: int = 1) -> None:
        self.family, self.rng, self.now_s = family, np.random.default_rng(seed), 0.0
        n = family.pieces * stores
        self.store = np.repeat(np.arange(stores, dtype=np.int32), family.pieces)
        sizes = self._zone_sizes(stores)
        self.zone_starts = np.concatenate([[0], np.cumsum(sizes)])
        self.zones = len(sizes)
        self.home = np.repeat(np.arange(self.zones, dtype=np.int32), sizes)
        self.readers = -(-self.zones // READER_ZONES)
        self.tray = self._trays(sizes)
        self.p = self.rng.beta(family.alpha, family.beta, n).astype(np.float32)
        tail = self.rng.random(n) < family.tail_share
        self.p[tail] = self.rng.uniform(0.015, 0.04, int(tail.sum()))
        self.there, self.left_s = np.ones(n, np.bool_), np.full(n, np.nan)
        self.fade_rate = family.fades_per_s * self.rng.gamma(0.7, 1 / 0.7, n)
        self._fade_sum = np.cumsum(self.fade_rate)
        self.stray_p = np.where(self.rng.random(n) < family.stray_share, self.rng.uniform(0.02, 0.2, n), 0).astype("f4")
        self.stray_zone = self._neighbours()
        self._cover, self._cover_ends = np.ones(n, np.float32), np.zeros(n)
        self._fade, self._fade_ends = np.ones(n, np.float32), np.zeros(n)
        self._reader_share = np.ones(self.readers, np.float32)
        self.troubles: dict[int, Trouble] = {}
        self.trouble_ends_s = np.full(self.readers, -np.inf)
        self._ends: list[tuple[float, int, int]] = []
        self._thefts: list[tuple[float, tuple[int, ...]]] = []
        self._hands: list[tuple[float, tuple[int, ...]]] = []
        self._carried: dict[int, float] = {}
        self.q, self.q_told = self.p.copy(), self.p.copy()

    # --- thefts ---

    def plan_singles(self, from_s: float, to_s: float, share: float = 0.035) -> Rows:
        """Pieces that will vanish one by one, at random times of the span."""
        rows = self.rng.choice(len(self.p), max(1, int(len(self.p) * share)), replace=False)
        for row in rows.tolist():
            self._plan(float(self.rng.uniform(from_s, to_s)), (row,))
        return rows.astype(np.int32)

    def plan_trays(self, from_s: float, to_s: float, number: int) -> list[Rows]:
        """Whole trays that will be lifted at once; only full ones."""
        full = np.flatnonzero(np.bincount(self.tray) == TRAY)
        trays = [np.flatnonzero(self.tray == t).astype(np.int32) for t in self.rng.choice(full, number, replace=False)]
        for rows in trays:
            self._plan(float(self.rng.uniform(from_s, to_s)), tuple(rows.tolist()))
        return trays

    def plan_bags(self, from_s: float, to_s: float, number: int) -> list[Rows]:
        """Three to eight neighbours that will vanish at once, into a foil bag; they follow no tray."""
        bags = []
        for zone in self.rng.choice(np.flatnonzero(np.diff(self.zone_starts) >= 2 * TRAY), number, replace=False):
            size = int(self.rng.integers(3, TRAY + 1))
            first = int(self.rng.integers(self.zone_starts[zone], self.zone_starts[zone + 1] - size + 1))
            bags.append(np.arange(first, first + size, dtype=np.int32))
            self._plan(float(self.rng.uniform(from_s, to_s)), tuple(bags[-1].tolist()))
        return bags

    def blamed_on_reader(self, row: int) -> bool:
        """Whether this piece's reader is, or was a moment ago, in trouble."""
        reader = int(self.home[row]) // READER_ZONES
        return reader in self.troubles or self.now_s - self.trouble_ends_s[reader] <= AFTERMATH_S

    # --- a round ---

    def step(self) -> Heard:
        """The next round."""
        self.now_s += self.family.round_s
        self._leave()
        self._shade()
        self._fade_some()
        self._trouble()
        read = self.rng.random(len(self.q), np.float32) < self.q
        read &= self.there
        return Heard(self.now_s, read, *self._strays())

    # --- what happens ---

    def _plan(self, at_s: float, rows: tuple[int, ...]) -> None:
        heapq.heappush(self._thefts, (at_s, rows))
        if self.family.hand:
            heapq.heappush(self._hands, (at_s - float(self.rng.uniform(2, 5)), rows))

    def _leave(self) -> None:
        while self._hands and self._hands[0][0] <= self.now_s:
            row = heapq.heappop(self._hands)[1][0]
            size, zone = int(self.rng.integers(3, 13)), int(self.home[row])
            first = max(int(self.zone_starts[zone]), row - int(self.rng.integers(0, size)))
            last = min(int(self.zone_starts[zone + 1]), first + size)
            self._cover_rows(first, last, float(self.rng.uniform(5, 15)))
        while self._thefts and self._thefts[0][0] <= self.now_s:
            for row in heapq.heappop(self._thefts)[1]:
                if self.there[row]:
                    self.there[row], self.left_s[row] = False, self.now_s
                    self._carried[row] = self.now_s + THIEF_STRAY_S

    def _shade(self) -> None:
        for zone in self._arrivals(self.family.shadows_per_s, self.zones):
            first, last = int(self.zone_starts[zone]), int(self.zone_starts[zone + 1])
            if self.rng.random() < self.family.partial_share:
                size = max(self.family.cover_min, round((last - first) * self.rng.uniform(0.2, 0.9)))
                size = min(size, last - first)
                first += int(self.rng.integers(0, last - first - size + 1))
                last = first + size
            self._cover_rows(first, last, float(self.rng.lognormal(np.log(self.family.shadow_s), 1.0)))
        while self._ends and self._ends[0][0] <= self.now_s:
            _, first, last = heapq.heappop(self._ends)
            rows = np.arange(first, last)
            self._cover[rows[self._cover_ends[rows] <= self.now_s]] = 1
            self._fade[rows[self._fade_ends[rows] <= self.now_s]] = 1
            self._tell(first, last)

    def _cover_rows(self, first: int, last: int, length_s: float) -> None:
        """A second cover on a piece only lengthens the first, and never lets more through."""
        part = slice(first, last)
        self._cover[part] = np.minimum(self._cover[part], np.float32(self.rng.uniform(0.0, 0.15)))
        self._cover_ends[part] = np.maximum(self._cover_ends[part], self.now_s + length_s)
        heapq.heappush(self._ends, (self.now_s + length_s, first, last))
        self._tell(first, last)

    def _fade_some(self) -> None:
        family = self.family
        if not family.fades_per_s:
            return
        for _ in range(self.rng.poisson(self._fade_sum[-1] * family.round_s)):
            row = int(np.searchsorted(self._fade_sum, self.rng.random() * self._fade_sum[-1]))
            lasts = self.rng.exponential(family.fade_s)
            if family.fade_sigma:
                lasts = self.rng.lognormal(np.log(family.fade_s), family.fade_sigma)
            self._fade[row], self._fade_ends[row] = family.fade_reads, self.now_s + lasts
            heapq.heappush(self._ends, (self.now_s + lasts, row, row + 1))
            self._tell(row, row + 1)

    def _trouble(self) -> None:
        for reader in self._arrivals(self.family.deaths_per_s, self.readers):
            kind = "dead" if self.rng.random() < 0.5 else "flap"
            self.troubles.setdefault(reader, Trouble(self.now_s, self.now_s + self.family.dead_s, kind, 0.0))
        for reader in self._arrivals(self.family.jams_per_s, self.readers):
            left = float(self.rng.uniform(0.05, 0.3))
            self.troubles.setdefault(reader, Trouble(self.now_s, self.now_s + self.family.jam_s, "jam", left))
        for reader, trouble in list(self.troubles.items()):
            over = self.now_s >= trouble.ends_s
            share = 1.0 if over else trouble.share(self.now_s)
            if over:
                del self.troubles[reader]
                self.trouble_ends_s[reader] = self.now_s
            if share != self._reader_share[reader]:
                self._reader_share[reader] = share
                zones = self.zone_starts[[reader * READER_ZONES, min((reader + 1) * READER_ZONES, self.zones)]]
                self._tell(int(zones[0]), int(zones[1]))

    def _strays(self) -> tuple[Rows, Rows]:
        if not self.family.stray_share:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        rows = np.flatnonzero((self.rng.random(len(self.q), np.float32) < self.stray_p) & self.there)
        for row, until_s in list(self._carried.items()):
            if until_s < self.now_s:
                del self._carried[row]
            elif self.rng.random() < THIEF_STRAY_READS:
                rows = np.append(rows, row)
        return rows.astype(np.int32), self.stray_zone[rows]

    def _tell(self, first: int, last: int) -> None:
        part = slice(first, last)
        share = self._reader_share[self.home[part] // READER_ZONES]
        self.q_told[part] = self.p[part] * self._cover[part] * share
        self.q[part] = self.q_told[part] * self._fade[part]

    # --- how it is built ---

    def _arrivals(self, per_s: float, among: int) -> list[int]:
        """Which of so many begin something in this round."""
        number = self.rng.poisson(per_s * self.family.round_s * among) if per_s else 0
        return [int(each) for each in self.rng.integers(0, among, number)]

    def _zone_sizes(self, stores: int) -> NDArray[np.int64]:
        """Each store's pieces, cut into zones; a reader's zones never belong to two stores."""
        sizes: list[int] = []
        for _ in range(stores):
            left, store = self.family.pieces, list[int]()
            while left > 0:
                size = max(5, round(self.rng.lognormal(np.log(self.family.zone_pieces), 0.4)))
                store.append(min(size, left) if left - size >= 5 else left)
                left -= store[-1]
            while len(store) % READER_ZONES:
                at = int(np.argmax(store))
                store[at : at + 1] = [store[at] // 2, store[at] - store[at] // 2]
            sizes += store
        return np.array(sizes)

    def _trays(self, sizes: NDArray[np.int64]) -> Rows:
        tray, first = np.empty(int(sizes.sum()), np.int32), 0
        for start, size in zip(self.zone_starts.tolist(), sizes.tolist(), strict=False):
            order = self.rng.permutation(size) if self.family.scattered_trays else np.arange(size)
            tray[start + order] = first + np.arange(size) // TRAY
            first += -(-size // TRAY)
        return tray

    def _neighbours(self) -> Rows:
        """The zone beside each piece's own, of the same reader."""
        reader, place = np.divmod(self.home, READER_ZONES)
        return np.asarray(reader * READER_ZONES + (place + 1) % READER_ZONES, np.int32)


# --- counts: rounds of an expected list ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountFamily:
    """Pieces are read with p ~ Beta(mean `p`, size `spread`) a round, `tail_share` of them with U(.05, .3).

    `blocked` of them are blocked at any time and stay so from round to round with chance `stays`; an *altered* round
    (another antenna set, power, mode or session) draws the state of a blocked piece anew with chance `freed`.
    `dark`: share that cannot be read at all in one count. `gone`: share that is truly missing, anew in each count.
    """

    p: float
    spread: float
    blocked: float = 0.0
    stays: float = 0.0
    freed: float = 0.6
    dark: float = 0.0
    tail_share: float = 0.0
    pieces: int = 300
    gone: float = 0.002
    easy: bool = False


COUNT_FAMILIES: Final = {
    "easy": CountFamily(0.98, 100, easy=True),
    "hand": CountFamily(0.96, 25, easy=True),
    "hand1000": CountFamily(0.96, 25, pieces=1000),
    "indep": CountFamily(0.88, 20),
    "shelf": CountFamily(0.98, 50, blocked=0.005, stays=0.7),
    "handdep": CountFamily(0.96, 25, blocked=0.02, stays=0.5),
    "handhard": CountFamily(0.96, 25, blocked=0.01, stays=0.7, dark=0.0005, tail_share=0.003),
    "dep": CountFamily(0.88, 20, blocked=0.04, stays=0.7),
    "mixed": CountFamily(0.83, 6, tail_share=0.01),
}


class Counted(NamedTuple):
    """Many counts of one shelf. reads bool[counts, rounds, n]; there bool[counts, n]; `q` float64[n] for the oracle."""

    reads: Bools
    there: Bools
    q: Floats


class Shelf:
    """One store's shelf: the same pieces, with the same p, in every count of it."""

    def __init__(self, family: CountFamily, seed: int) -> None:
        self.family, self.rng = family, np.random.default_rng(seed)
        a = family.p * family.spread
        self.p = self.rng.beta(a, family.spread - a, family.pieces)
        tail = self.rng.random(family.pieces) < family.tail_share
        self.p[tail] = self.rng.uniform(0.05, 0.3, int(tail.sum()))

    def count(self, counts: int, rounds: int, *, altered: bool = False) -> Counted:
        """So many counts of so many rounds; `altered`: every round after the first is of another kind."""
        family, rng, n = self.family, self.rng, self.family.pieces
        there = rng.random((counts, n)) >= family.gone
        dark = rng.random((counts, n)) < family.dark
        blocked = rng.random((counts, n)) < family.blocked
        enter = family.blocked * (1 - family.stays) / (1 - family.blocked)
        reads = np.empty((counts, rounds, n), np.bool_)
        for each in range(rounds):
            if each:
                chance = rng.random((counts, n))
                blocked = np.where(blocked, chance < family.stays, chance < enter)
                if altered:
                    anew = rng.random((counts, n)) < family.freed
                    blocked = np.where(anew, rng.random((counts, n)) < family.blocked, blocked)
            reads[:, each] = there & ~dark & ~blocked & (rng.random((counts, n)) < self.p)
        return Counted(reads, there, self.p)


# --- zones: what antennas hear of a tag at a place ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoneFamily:
    """Zones in a row, one antenna above the middle of each; `spacing_m` from one to the next."""

    spacing_m: float
    zones: int = 8


ZONE_FAMILIES: Final = {"0.6m": ZoneFamily(0.6), "0.9m": ZoneFamily(0.9), "1.5m": ZoneFamily(1.5)}

DEPTH_M: Final = 0.4
HEIGHT_M: Final = 0.6
PATH_LOSS: Final = 2.2
OWN_DBM: Final = -52.0
"""A tag right below its antenna."""
FIELD_DB: Final = 3.5
FIELD_M: Final = 0.35
"""Multipath: a smooth random field of each antenna."""
TAG_DB: Final = 2.0
TAG_ANTENNA_DB: Final = 1.5
"""Orientation: of the tag, and of the tag towards one antenna; frozen while it lies still."""
NOISE_DB: Final = 1.5
FLOOR_DBM: Final = -66.0
NEAR_M: Final = (0.02, 0.12)
"""Near ties lie so far from a border."""
TRAY_M: Final = 0.24
HAND_M: Final = 0.08
"""How far from where they are told people lay a tray."""
WAVES: Final = 48


class Row:
    """A row of zones with antennas. Places are (x, y) in metres; a tag is a row of `biases`."""

    def __init__(self, family: ZoneFamily, seed: int) -> None:
        self.family, self.rng, a = family, np.random.default_rng(seed), family.zones
        self._waves = self.rng.normal(0, 1 / FIELD_M, (a, WAVES, 2))
        self._phases = self.rng.uniform(0, 2 * np.pi, (a, WAVES))

    @property
    def width_m(self) -> float:
        return self.family.spacing_m * self.family.zones

    def zone_of(self, x: Floats) -> Rows:
        """Where it truly lies."""
        return np.clip(x / self.family.spacing_m, 0, self.family.zones - 1).astype(np.int32)

    def biases(self, tags: int) -> Floats:
        """Orientation of new tags, or of tags that have been moved: float64[tags, antennas], dB."""
        own = self.rng.normal(0, TAG_DB, (tags, 1))
        return np.asarray(own + self.rng.normal(0, TAG_ANTENNA_DB, (tags, self.family.zones)))

    def near(self, tags: int) -> Floats:
        """Places 2–12 cm from a border between two zones: float64[tags, 2]."""
        border = self.rng.integers(1, self.family.zones, tags) * self.family.spacing_m
        side = self.rng.choice([-1.0, 1.0], tags) * self.rng.uniform(*NEAR_M, tags)
        return np.column_stack([border + side, self.rng.uniform(0, DEPTH_M, tags)])

    def clear(self, tags: int) -> Floats:
        """Places in the middle third of a zone."""
        middle = (self.rng.integers(0, self.family.zones, tags) + 0.5) * self.family.spacing_m
        aside = self.rng.uniform(-1 / 6, 1 / 6, tags) * self.family.spacing_m
        return np.column_stack([middle + aside, self.rng.uniform(0, DEPTH_M, tags)])

    def trays_near(self, trays: int) -> Floats:
        """Trays of eight, 24 cm wide, one edge 2 cm from a border: float64[trays, 8, 2]."""
        border = self.rng.integers(1, self.family.zones, trays) * self.family.spacing_m
        side = self.rng.choice([-1.0, 1.0], trays)
        within = self.rng.uniform(0, TRAY_M, (trays, TRAY)) + NEAR_M[0]
        y = self.rng.uniform(0, DEPTH_M, (trays, TRAY))
        return np.stack([border[:, None] + side[:, None] * within, y], axis=2)

    def calibration(self, positions: int) -> tuple[Floats, Rows, Rows]:
        """Where a reference tray of eight is laid: places, zone and position of each, zone by zone."""
        zone = np.repeat(np.arange(self.family.zones), positions * TRAY)
        position = np.repeat(np.arange(self.family.zones * positions), TRAY)
        half = max(self.family.spacing_m - TRAY_M, 0.0) / 2
        where = self.rng.uniform(-half, half, self.family.zones * positions)[position]
        x = (zone + 0.5) * self.family.spacing_m + where + self.rng.uniform(-TRAY_M / 2, TRAY_M / 2, len(zone))
        x = np.clip(x, zone * self.family.spacing_m, (zone + 1) * self.family.spacing_m - 1e-6)
        y = self.rng.uniform(0, DEPTH_M, len(zone))
        return np.column_stack([x, y]), zone.astype(np.int32), position.astype(np.int32)

    def walk(self, positions: int) -> tuple[Floats, Rows, Rows]:
        """The same by somebody who is told where: in the middle of each of `positions` parts of the zone."""
        half = max(self.family.spacing_m - TRAY_M, 0.0) / 2
        told = ((np.arange(positions) + 0.5) / positions - 0.5) * self.family.spacing_m
        strips = np.tile(told, self.family.zones) + self.rng.uniform(-HAND_M, HAND_M, self.family.zones * positions)
        where = np.repeat(np.clip(strips, -half, half), TRAY)
        position = np.repeat(np.arange(self.family.zones * positions), TRAY)
        zone = position // positions
        x = (zone + 0.5) * self.family.spacing_m + where + self.rng.uniform(-TRAY_M / 2, TRAY_M / 2, len(zone))
        x = np.clip(x, zone * self.family.spacing_m, (zone + 1) * self.family.spacing_m - 1e-6)
        y = self.rng.uniform(0, DEPTH_M, len(zone))
        return np.column_stack([x, y]), zone.astype(np.int32), position.astype(np.int32)

    def level_dbm(self, places: Floats, biases: Floats) -> Floats:
        """Mean RSSI at each antenna, without noise: float64[tags, antennas]; what the oracle knows of a place."""
        x, y = places[:, :1], places[:, 1:]
        at = (np.arange(self.family.zones) + 0.5) * self.family.spacing_m
        away = np.sqrt((x - at) ** 2 + (y - DEPTH_M / 2) ** 2 + HEIGHT_M**2)
        angles = np.einsum("tc,awc->taw", places, self._waves) + self._phases
        field = np.cos(angles).sum(axis=2) * np.sqrt(2 / WAVES) * FIELD_DB
        return np.asarray(OWN_DBM - 10 * PATH_LOSS * np.log10(away / HEIGHT_M) + field + biases)

    def look(self, places: Floats, biases: Floats, rounds: int) -> Floats32:
        """RSSI of each read, dBm, NaN where not read: float32[tags, rounds, antennas]."""
        level = self.level_dbm(places, biases)[:, None, :]
        heard = level + self.rng.normal(0, NOISE_DB, (len(places), rounds, self.family.zones))
        chance = 0.95 / (1 + np.exp(-(heard - FLOOR_DBM) / 2.5))
        return np.where(self.rng.random(heard.shape) < chance, heard, np.nan).astype(np.float32)


# --- the gate, and tags that are not what they seem ---------------------------------------------------------------


class Passage(StrEnum):
    """What happens near a gate's antennas."""

    OUT = "out"
    PAST = "past"
    LIES = "lies"


def gate(rng: np.random.Generator, passage: Passage) -> tuple[Floats, Floats]:
    """Reads of one tag at a gate: times in s from 0, RSSI in dBm. Walked through, walked past at 2.5 m, or lying near.

    Who walks through is read from 4 m on at 1.2 m/s, some 12 times a second; bodies take up to 15 dB.
    """
    lasts = 600.0 if passage is Passage.LIES else 7.0
    at = np.sort(rng.uniform(0, lasts, rng.poisson(lasts * (2.0 if passage is Passage.LIES else 12.0))))
    if passage is Passage.LIES:
        away = np.full(len(at), rng.uniform(2.0, 4.0))
    else:
        beside = 0.6 if passage is Passage.OUT else 2.5
        away = np.hypot(beside, 1.2 * (at - lasts / 2))
    rssi = -48 - 22 * np.log10(away / 0.6) - rng.uniform(0, 15) * (rng.random() < 0.5) + rng.normal(0, 3, len(at))
    heard = rng.random(len(at)) < 1 / (1 + np.exp(-(rssi + 70) / 2.5))
    return at[heard], rssi[heard]
