"""Radio of one store: who answers an antenna during one dwell, how loudly, and in what Gen2 state that leaves them.

The model: a tag either couples during a dwell or does not (one Bernoulli draw: detectability x power x shadow x
fade), and while it couples it answers every round in which its inventoried flag matches the target. That keeps
"p per round" of the handbook (inference.md §1) true for a dwell, however many rounds the air timing fits into it.
Flags follow Gen2 (EPC Gen2 v2 table 6.20): S0 lost with the carrier, S1 lost after 0.5-5 s, S2 and S3 kept while
powered and for more than 2 s after.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from contract.ids import StoreId
from simulator.store import REFERENCE_DBM, Antenna, Weather, ZoneKind, gap_m
from simulator.weather import SECOND_US, Fades, Shadows
from simulator.world import World

ROUND_OVERHEAD_US: Final = 3_000
"""Select, Query and the empty slots at the end of a round."""
IDLE_DWELL_US: Final = 20_000
"""A single-target dwell that finds nobody left ends after this long."""
SEEN_PER_DWELL_MAX: Final = 200
"""Bound of TagSeenCount for one dwell: a few tags alone on a pad would count hundreds."""
CLOSE_UP: Final = (ZoneKind.PAD, ZoneKind.BENCH)
LOGIT_PER_DB: Final = 0.25
"""How a dB of transmit power moves the log-odds of a read, around the antenna's reference power."""
GATE_NEAREST_S: Final = 2.0
"""Who goes to a gate is nearest to its antenna so long after, then as far behind it as before;"""
GATE_BESIDE_M: Final = 0.6
GATE_WALK_M_S: Final = 1.2
GATE_SLOPE_DB: Final = 22.0
"""a decade of distance, two-way, among people;"""
GATE_NEAREST_DB: Final = 8.0
"""and so much louder at the nearest than what lies in a case: some -48 dBm."""

HUNG_P: Final = 0.95
"""Whoever hangs a reference tag looks for a place where it is read,"""
HUNG_AT: Final = 0.999
"""and where no tray lies over it: behind the last one."""

NEVER_US: Final = -(1 << 60)

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Target(StrEnum):
    """Which inventoried flag the reader asks for, in the combinations readers offer."""

    A = "A"
    B = "B"
    DUAL = "dual"
    FOCUS = "focus"
    """Single target A in S1 with the B flag refreshed while powered (Impinj TagFocus)."""
    RESELECT = "reselect"
    """Every tag is set to A first, then asked once (Impinj dual target B to A with select)."""


class Singulation(msgspec.Struct, frozen=True, kw_only=True):
    """Air settings of one antenna."""

    session: int = 0
    target: Target = Target.DUAL
    tags_per_s: float = 400.0
    power_dbm: float = 30.0


class Seen(msgspec.Struct, frozen=True):
    """What one antenna heard in one dwell, one element per tag: world row, cdBm, count, first and last in UTC µs."""

    rows: Rows
    rssi_cdbm: npt.NDArray[np.int16]
    count: npt.NDArray[np.uint16]
    first_us: npt.NDArray[np.int64]
    last_us: npt.NDArray[np.int64]
    phase: npt.NDArray[np.uint16]
    channel: int
    spent_us: int


def silence(spent_us: int) -> Seen:
    """A dwell in which nothing was heard."""
    none = np.empty(0, dtype=np.int64)
    return Seen(
        rows=none,
        rssi_cdbm=none.astype(np.int16),
        count=none.astype(np.uint16),
        first_us=none,
        last_us=none,
        phase=none.astype(np.uint16),
        channel=1,
        spent_us=spent_us,
    )


class _Field(msgspec.Struct, frozen=True):
    """What an antenna can reach at one version of the world."""

    version: int
    power_dbm: float
    rows: Rows
    p: Floats
    level_dbm: Floats
    own: Flags
    walked: Flags
    """Carried through this antenna's gate, not lying in view of it."""
    zones: npt.NDArray[np.int32]


class _Nature(NamedTuple):
    """What each tag is like for good, drawn once; one element per tag."""

    wanders: Flags
    detectability: Floats
    level_dbm: Floats
    s1_us: npt.NDArray[np.int64]
    s2_us: npt.NDArray[np.int64]


def _nature(rng: np.random.Generator, detectability: Sequence[float], stray_share: float) -> _Nature:
    n, p = len(detectability), np.array(detectability, dtype=np.float64)
    return _Nature(
        wanders=rng.random(n) < stray_share,
        detectability=p,
        level_dbm=-62.0 + 14.0 * (p - 0.5) + rng.normal(0.0, 3.0, n),
        s1_us=(rng.uniform(0.5, 5.0, n) * SECOND_US).astype(np.int64),
        s2_us=((2.0 + rng.lognormal(2.0, 0.8, n)) * SECOND_US).astype(np.int64),
    )


class Radio:
    """One store's air. `seed` and the times passed in decide everything."""

    def __init__(self, world: World, store: StoreId, seed: int, start_us: int) -> None:
        self.world, self.layout = world, world.layouts[store]
        number = list(world.layouts).index(store)
        n, share = len(world.place), self.layout.weather.stray_share
        pieces = _nature(np.random.default_rng([seed, 2]), [piece.detectability for piece in world.stock], share)
        hung = _nature(np.random.default_rng([seed, 6]), [HUNG_P] * len(world.hung), 0.0)
        nature = _Nature(*(np.concatenate(both) for both in zip(pieces, hung, strict=True)))
        self.detectability, self.level_dbm, self.wanders = nature.detectability, nature.level_dbm, nature.wanders
        self.s1_us, self.s2_us = nature.s1_us, nature.s2_us
        self.position: Floats = _positions(world)
        self.turned_us = np.full((4, n), NEVER_US, dtype=np.int64)
        """When the flag of (session, tag) was last set to B; far past means A."""
        self.powered_us = np.full(n, NEVER_US, dtype=np.int64)
        self.fades = Fades(self.layout.weather, np.random.default_rng([seed, 3, number]), len(world.stock), start_us)
        self.shadows = {
            world.place_of[f"{store}/{zone.id}"]: Shadows(
                _indoors(self.layout.weather, zone.kind), np.random.default_rng([seed, 4, number, index]), start_us
            )
            for index, zone in enumerate(self.layout.zones)
        }
        self.jammed = False
        self._fields: dict[tuple[str, int], _Field] = {}

    def dwell(
        self, key: str, antenna: Antenna, air: Singulation, *, now_us: int, budget_us: int, rng: np.random.Generator
    ) -> Seen:
        """One stay on one antenna, at most `budget_us` long. `key` names the reader; `rng` is its chance."""
        field = self._field(key, antenna, air.power_dbm)
        p = field.p.copy()
        hush = self.fades.at(now_us, self.world.moved_us)[field.rows]
        p[hush] *= self.layout.weather.fade_depth
        quieter = np.where(hush, -8.0, 0.0)
        if field.walked.any():
            above_db = np.where(field.walked, _gate_db(now_us - self.world.moved_us[field.rows]), 0.0)
            p = _at_power(p, above_db)
            quieter += above_db
        for place in np.unique(field.zones).tolist():
            for shadow in self.shadows[place].at(now_us) if place in self.shadows else ():
                where = self.position[field.rows]
                under = (field.zones == place) & (where >= shadow.low) & (where < shadow.high)
                p[under] *= shadow.depth
                quieter[under] -= 8.0
        couples = rng.random(len(p)) < (0.0 if self.jammed else p)
        flag_b = self._flag_b(air, field.rows, now_us)
        if air.target is Target.A or air.target is Target.FOCUS:
            couples &= ~flag_b
        elif air.target is Target.B:
            couples &= flag_b
        chosen = np.nonzero(couples)[0]
        per_tag_us = SECOND_US / air.tags_per_s
        chosen = rng.permutation(chosen)[: max(1, int(budget_us / per_tag_us))]
        sweep_us = int(len(chosen) * per_tag_us) + ROUND_OVERHEAD_US
        sweeps = max(1, budget_us // sweep_us) if air.target is Target.DUAL else 1
        sweeps = min(sweeps, SEEN_PER_DWELL_MAX)
        spent_us = budget_us if air.target is Target.DUAL else min(budget_us, max(IDLE_DWELL_US, sweep_us))
        self._leave(air, field, flag_b, chosen=chosen, sweeps=sweeps, end_us=now_us + spent_us)
        first_us = now_us + ((np.arange(len(chosen)) + 0.5) * per_tag_us).astype(np.int64)
        rssi = field.level_dbm[chosen] + quieter[chosen] + rng.normal(0.0, 1.5, len(chosen))
        return Seen(
            rows=field.rows[chosen],
            rssi_cdbm=np.clip(rssi * 100, -9000, -1500).astype(np.int16),
            count=np.full(len(chosen), sweeps, dtype=np.uint16),
            first_us=first_us,
            last_us=np.minimum(first_us + (sweeps - 1) * sweep_us, now_us + spent_us),
            phase=rng.integers(0, 4096, len(chosen), dtype=np.uint16),
            channel=int(rng.integers(1, 5)),
            spent_us=spent_us,
        )

    def _flag_b(self, air: Singulation, rows: Rows, now_us: int) -> Flags:
        """Which tags stand at B in this session as the dwell begins."""
        turned = self.turned_us[air.session, rows]
        if air.session == 0 or air.target is Target.RESELECT:
            return np.zeros(len(rows), dtype=np.bool_)
        if air.session == 1 and air.target is not Target.FOCUS:
            return np.asarray(now_us < turned + self.s1_us[rows])
        keeps_us = (self.s1_us if air.session == 1 else self.s2_us)[rows]
        return np.asarray((turned > 0) & (now_us < np.maximum(turned, self.powered_us[rows]) + keeps_us))

    def _leave(
        self,
        air: Singulation,
        field: _Field,
        flag_b: Flags,
        *,
        chosen: Rows,
        sweeps: int,
        end_us: int,
    ) -> None:
        """Set flags and power as the dwell leaves them."""
        if air.session:
            # A flag that has decayed must not come back to life when the tag is powered again.
            gone = field.rows[~flag_b]
            self.turned_us[air.session, gone] = NEVER_US
            turned = field.rows[chosen]
            to_b = ~flag_b[chosen] if sweeps % 2 else flag_b[chosen]
            self.turned_us[air.session, turned] = np.where(to_b, end_us, NEVER_US)
        self.powered_us[field.rows[field.own]] = end_us

    def _field(self, key: str, antenna: Antenna, power_dbm: float) -> _Field:
        known = self._fields.get((key, antenna.port))
        if known is not None and known.version == self.world.version and known.power_dbm == power_dbm:
            return known
        made = self._reach(antenna, power_dbm)
        self._fields[key, antenna.port] = made
        return made

    def _reach(self, antenna: Antenna, power_dbm: float) -> _Field:
        world, weather = self.world, self.layout.weather
        zone = next(z for z in self.layout.zones if z.id == antenna.zone)
        mine = world.place_of[f"{self.layout.store}/{zone.id}"]
        neighbours = [
            world.place_of[f"{self.layout.store}/{z.id}"]
            for z in self.layout.zones
            if z.id != zone.id and z.kind not in CLOSE_UP and gap_m(z, zone) <= weather.stray_reach_m
        ]
        own = world.place == mine
        reached = own | (np.isin(world.place, neighbours) & self.wanders)
        rows = np.nonzero(reached)[0].astype(np.int64)
        tuned_dbm = REFERENCE_DBM[zone.kind] if antenna.reference_dbm is None else antenna.reference_dbm
        p = _at_power(_close_up(self.detectability[rows], zone.kind), power_dbm - tuned_dbm)
        is_own = own[rows]
        p[~is_own] *= weather.stray_gain
        p[np.isin(world.place[rows], list(world.covered))] = 0.0
        level = self.level_dbm[rows] + (power_dbm - tuned_dbm) + np.where(is_own, 0.0, -14.0)
        if zone.kind in CLOSE_UP:
            level += 12.0
        walked = is_own & (zone.kind is ZoneKind.EXIT)
        return _Field(world.version, power_dbm, rows, p, level, is_own, walked, world.place[rows])


def _indoors(weather: Weather, kind: ZoneKind) -> Weather:
    if kind is not ZoneKind.SAFE:
        return weather
    return msgspec.structs.replace(weather, shadow_every_s=10 * weather.shadow_every_s)


def _close_up(p: Floats, kind: ZoneKind) -> Floats:
    """On pad and bench a tag lies on the antenna: four chances for one. A gate it passes slowly enough for its own."""
    return 1.0 - (1.0 - p) ** 4 if kind in CLOSE_UP else p


def _gate_db(since_us: npt.NDArray[np.int64]) -> Floats:
    """How much louder than in a case a piece is that somebody began to carry through a gate so long ago."""
    from_nearest_s = np.clip(since_us / SECOND_US, 0.0, 2 * GATE_NEAREST_S) - GATE_NEAREST_S
    away_m = np.hypot(GATE_BESIDE_M, GATE_WALK_M_S * from_nearest_s)
    return np.asarray(GATE_NEAREST_DB - GATE_SLOPE_DB * np.log10(away_m / GATE_BESIDE_M))


def _at_power(p: Floats, above_db: float | Floats) -> Floats:
    if not np.any(above_db):
        return p.copy()
    p = np.clip(p, 1e-6, 1 - 1e-6)
    odds = p / (1 - p) * np.exp(LOGIT_PER_DB * above_db)
    return np.asarray(odds / (1 + odds))


def _positions(world: World) -> Floats:
    """Where along its home zone a piece lies, in [0, 1): tray after tray, so that a shadow takes neighbours.

    What hangs there hangs behind the last tray.
    """
    pieces = len(world.stock)
    order = sorted(range(pieces), key=lambda row: (int(world.home[row]), world.stock[row].card.tray))
    at = np.full(len(world.place), HUNG_AT)
    homes = world.home[order]
    starts = np.searchsorted(homes, homes, side="left")
    counts = np.bincount(world.home[:pieces], minlength=len(world.places))[homes] if order else np.ones(0)
    at[order] = (np.arange(len(order)) - starts) / counts
    return at
