"""Detectors over worlds by seed: lifted trays, foil bags, jammers, copied tags, the gate; and what they say of nothing.

Bars are set on tuning seeds, from a stretch in which nothing happens, for each detector's share of one false alarm a
store-month; results are of other seeds. Hours without an event are simulated, not extrapolated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figures
from bench.worlds import FAMILIES, READER_ZONES, ZONE_FAMILIES, Passage, Row, Shop, gate
from contract.facts import AlarmKind
from edge.reconcile.detectors import Scene
from edge.reconcile.detectors.budget import Budget, bar_for
from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.departures import Departures
from edge.reconcile.detectors.exits import Exits
from edge.reconcile.detectors.jam import GONE_NATS, Jam
from edge.reconcile.detectors.strong import Strong
from edge.reconcile.gate import CUSTOMARY as GATE_RULES
from edge.reconcile.gate import Gate, GateRules
from edge.reconcile.presence.evidence import HARD, PRESENT, Evidence
from edge.reconcile.presence.step import Placement, Round, Rules, step
from edge.reconcile.presence.threshold import MONTH_S, thresholds

DOES: Final = "foil, jam, clone, tray lift and the gate: how soon, how surely, and how often for nothing"
TUNING_SEED: Final = 101
SEEDS: Final = (1, 2, 3, 4)
EVENTS: Final = 12
"""Lifted trays, and as many bags, of a run."""
WARM_S: Final = 900
NEVER_S: Final = 1800.0
LOOKS: Final = 100
"""Rounds looked at in one go."""
MOMENT_S: Final = 240.0
"""What is said of other pieces outside of this time after an event is false."""


@dataclass(frozen=True, slots=True)
class Size:
    stores: int
    quiet_s: int
    """Of each store: tuning, and again for false alarms."""
    event_s: int
    clone_rounds: int
    passages: int
    seeds: Sequence[int]


FULL: Final = Size(stores=5, quiet_s=140_000, event_s=3_600, clone_rounds=20_000, passages=5_000, seeds=SEEDS)
"""5 stores × 140,000 s × 4 seeds: 32 store-days, more than a month, of every family."""
SHORT: Final = Size(stores=2, quiet_s=3_600, event_s=1_200, clone_rounds=1_500, passages=400, seeds=(1,))


@dataclass
class Said:
    """An alarm of the floor."""

    at_s: float
    kind: AlarmKind
    rows: tuple[int, ...]
    reader: int


@dataclass
class Floor:
    """A shop (or several), presence and the detectors that look at it."""

    shop: Shop
    rules: Rules = field(default_factory=Rules)
    jam: Jam = field(default_factory=Jam)
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        shop = self.shop
        n = len(shop.home)
        expected, vouches = np.ones(n, np.bool_), np.ones(shop.zones, np.bool_)
        reader = np.arange(shop.zones, dtype=np.int32) // READER_ZONES
        self.placement = Placement(shop.home, shop.tray, expected, vouches, reader)
        self.evidence, self.witnessed = Evidence(shop.zones), np.ones(shop.zones, np.bool_)
        self.departures, self.nothing = Departures(), np.zeros(n, np.bool_)

    def run(self, seconds: float) -> None:
        ends_s = self.shop.now_s + seconds
        while self.shop.now_s < ends_s:
            heard = self.shop.step()
            now_us = int(heard.now_s * 1e6)
            rows = np.flatnonzero(heard.read).astype(np.int32)
            zones = self.shop.home[rows]
            at, where = np.concatenate([rows, heard.strays]), np.concatenate([zones, heard.stray_zones])
            changes = step(self.evidence, self.placement, Round(now_us, self.witnessed, at, where), self.rules)
            if changes.accused:
                scene = self._scene(now_us, at, where, tuple(changes.accused))
                said = self.departures.hear(scene)
                self.said += [Said(heard.now_s, one.kind, one.rows, one.zone // READER_ZONES) for one in said]
            self._jams(heard.now_s, heard.read)

    def _jams(self, now_s: float, read: NDArray[np.bool_]) -> None:
        evidence, zones = self.evidence, self.shop.zones
        there = ((evidence.state == PRESENT) | (evidence.state == HARD)) & (evidence.nats < GONE_NATS)
        expected = np.bincount(self.shop.home, np.where(there, evidence.detectability(), 0), zones).astype(np.float64)
        observed = np.bincount(self.shop.home, read & there, zones).astype(np.float64)
        for reader in range(self.shop.readers):
            own = slice(reader * READER_ZONES, (reader + 1) * READER_ZONES)
            if self.jam.weigh(reader, expected[own], observed[own], int(now_s * 1e6)) is not None:
                self.said.append(Said(now_s, AlarmKind.JAM, (), reader))

    def _scene(self, now_us: int, rows: NDArray[np.int32], zones: NDArray[np.int32], accused: tuple) -> Scene:  # type: ignore[type-arg]
        evidence = self.evidence
        return Scene(
            now_us=now_us, reader=0, zones=np.arange(self.shop.zones, dtype=np.int32), row=rows, zone=zones,
            rssi_cdbm=np.zeros(len(rows), np.int16), placement=self.placement, state=evidence.state, nats=evidence.nats,
            read_us=evidence.read_us, p=evidence.detectability(), sold=self.nothing, shown=self.nothing,
            stays=self.placement.vouches, accused=accused,
        )  # fmt: skip


def run(*, short: bool = False) -> Figures:
    size = SHORT if short else FULL
    figures: Figures = {}
    for family in ("clear", "metal", "hand"):
        figures |= _lifts(family, size)
    figures |= _jam(size)
    figures |= _clones(size)
    figures |= _gate(size)
    quiet = [figures[f"{family}_false_alarms_per_month"] for family in ("clear", "metal", "hand", "jam")]
    figures["false_alarms_per_month_worst"] = max(quiet) + figures["clone_false_alarms_per_month"]
    return figures


# --- trays and bags -----------------------------------------------------------------------------------------------


def tuned(family: str, size: Size) -> tuple[Rules, float]:
    """Presence's thresholds and the jam's bar for this family, from a tuning seed and its quiet hours."""
    never = Rules(alarm_nats=1e9, tray_nats=1e9, group_nats=1e9)
    floor = Floor(Shop(FAMILIES[family], TUNING_SEED, size.stores), never, Jam(1e9))
    floor.run(size.quiet_s)
    watched_s, budget = float(size.quiet_s * size.stores), Budget(watched_s=MONTH_S)
    shares = budget.shares()
    rules = thresholds(
        floor.evidence.peaks,
        watched_s,
        Rules(),
        alone_per_month_max=shares[AlarmKind.MISSING],
        together_per_month_max=shares[AlarmKind.GROUP],
        days=1e3,
    )
    for peak in floor.jam.innocent():
        budget.meters[AlarmKind.JAM].innocent(peak)
    bar = bar_for(budget.meters[AlarmKind.JAM].peaks, max(watched_s, 86_400.0), shares[AlarmKind.JAM], 12.0, 80.0)
    return rules, bar


def _lifts(family: str, size: Size) -> Figures:
    rules, bar = tuned(family, size)
    delays: dict[AlarmKind, list[float]] = {AlarmKind.TRAY: [], AlarmKind.FOIL: []}
    named: dict[AlarmKind, list[bool]] = {AlarmKind.TRAY: [], AlarmKind.FOIL: []}
    false, quiet_s = 0, 0.0
    for seed in size.seeds:
        floor = Floor(Shop(FAMILIES[family], seed, size.stores), rules, Jam(bar))
        floor.run(WARM_S)
        floor.said.clear()
        floor.run(size.quiet_s)
        false, quiet_s = false + len(floor.said), quiet_s + size.quiet_s * size.stores
        begins = floor.shop.now_s
        events = [(AlarmKind.TRAY, rows) for rows in floor.shop.plan_trays(begins, begins + size.event_s, EVENTS)]
        events += [(AlarmKind.FOIL, rows) for rows in floor.shop.plan_bags(begins, begins + size.event_s, EVENTS)]
        floor.run(size.event_s + NEVER_S)
        for kind, rows in events:
            at_s = float(floor.shop.left_s[rows[0]])
            mine = [one for one in floor.said if set(one.rows) & set(rows.tolist()) and one.at_s >= at_s]
            delays[kind].append(mine[0].at_s - at_s if mine else np.inf)
            named[kind].append(bool(mine) and mine[0].kind in (kind, AlarmKind.TRAY))
    figures: Figures = {f"{family}_false_alarms_per_month": false * MONTH_S / quiet_s}
    figures[f"{family}_store_days_watched"] = quiet_s / 86_400
    for kind, what in ((AlarmKind.TRAY, "tray"), (AlarmKind.FOIL, "foil")):
        figures |= _delays(f"{family}_{what}", delays[kind])
        figures[f"{family}_{what}_named_share"] = float(np.mean(named[kind]))
    return figures


def _delays(name: str, delays: Sequence[float]) -> Figures:
    """Those never found count as `NEVER_S`."""
    values = np.minimum(np.array(delays), NEVER_S)
    return {
        f"{name}_events": len(values),
        f"{name}_found_share": float((values < NEVER_S).mean()),
        f"{name}_found_in_60_s_share": float((values <= 60).mean()),
        f"{name}_median_s": float(np.median(values)),
        f"{name}_p95_s": float(np.percentile(values, 95)),
    }


# --- jammers ------------------------------------------------------------------------------------------------------


def _jam(size: Size) -> Figures:
    """Jams of the family `jam`: from the first second of the ramp, which takes a minute, to the alarm."""
    rules, _ = tuned("metal", size)
    _, bar = tuned("shadow", size)
    delays: list[float] = []
    false, blamed, watched_s = 0, 0, 0.0
    for seed in size.seeds:
        floor = Floor(Shop(FAMILIES["jam"], seed, size.stores), rules, Jam(bar))
        began: dict[int, float] = {}
        floor.run(WARM_S)
        floor.said.clear()
        watched_s += size.quiet_s * size.stores
        for _ in range(size.quiet_s):
            floor.run(1)
            fresh = [one for one in floor.said if one.at_s > floor.shop.now_s - 1]
            for reader, trouble in floor.shop.troubles.items():
                if began.get(reader, -1.0) != trouble.begins_s:
                    began[reader] = trouble.begins_s
                    delays.append(np.inf)
                    floor.said.append(Said(-1.0, AlarmKind.JAM, (len(delays) - 1,), reader))
            for one in fresh:
                _credit(one, floor, began, delays)
        for one in floor.said:
            if one.at_s >= 0 and not (one.rows and one.rows[0] == -1):
                false += 1
                blamed += one.kind is not AlarmKind.JAM and one.reader in floor.shop.troubles
    return {
        **_delays("jam", delays or [np.inf]),
        "jam_false_alarms_per_month": false * MONTH_S / watched_s,
        "jam_missing_alarms_of_jammed_readers": blamed,
        "jam_bar_nats": bar,
    }


def _credit(one: Said, floor: Floor, began: dict[int, float], delays: list[float]) -> None:
    """A jam alarm while its reader is in trouble, or was a moment ago, is that trouble's; else it is false."""
    trouble = floor.shop.troubles.get(one.reader)
    lately = floor.shop.now_s - floor.shop.trouble_ends_s[one.reader] <= MOMENT_S
    if one.kind is not AlarmKind.JAM or (trouble is None and not lately):
        return
    one.rows = (-1,)
    mine = [each.rows[0] for each in floor.said if each.at_s < 0 and each.reader == one.reader]
    if mine and not np.isfinite(delays[mine[-1]]):
        delays[mine[-1]] = one.at_s - began[one.reader]


# --- copied tags --------------------------------------------------------------------------------------------------


def _clones(size: Size) -> Figures:
    """400 tags in eight zones 1.5 m apart, some near borders; copies lie two zones away or farther."""
    bars = [_clone_run(TUNING_SEED, size.clone_rounds, copies=0, bar=1e9)[2]]
    budget = Budget(watched_s=MONTH_S)
    for peak in bars[0]:
        budget.meters[AlarmKind.CLONE].innocent(peak)
    watched_s = max(size.clone_rounds * 1.0, 86_400.0)
    share = budget.shares()[AlarmKind.CLONE]
    bar = bar_for(budget.meters[AlarmKind.CLONE].peaks, watched_s, share, 12.0, 60.0)
    delays: list[float] = []
    false = 0
    for seed in size.seeds:
        false += len(_clone_run(seed, size.clone_rounds, copies=0, bar=bar)[1])
        delays += _clone_run(seed, 1_000, copies=12, bar=bar)[0]
    hours = size.clone_rounds * len(size.seeds) / 3600
    return {
        **_delays("clone", delays),
        "clone_bar_nats": bar,
        "clone_hours_watched": hours,
        "clone_false_alarms": false,
        "clone_false_alarms_per_month": false * MONTH_S / (hours * 3600),
    }


def _clone_run(seed: int, rounds: int, *, copies: int, bar: float) -> tuple[list[float], list[int], list[float]]:
    """Delays of the copies laid down after two minutes; rows accused for nothing; innocent peaks."""
    world = Row(ZONE_FAMILIES["1.5m"], seed)
    zones, tags, warm = world.family.zones, 400, 700
    places = np.concatenate([world.clear(3 * tags // 4), world.near(tags // 4)])
    biases, home = world.biases(tags), world.zone_of(places[:, 0])
    other = world.clear(tags)
    far = np.flatnonzero(np.abs(world.zone_of(other[:, 0]) - home) >= 2)[:copies]
    copied, strong = world.biases(len(far)), Strong(zones)
    clone = Clone(np.abs(np.subtract.outer(np.arange(zones), np.arange(zones))) <= 1, bar)
    placement = Placement(home, np.full(tags, -1, np.int32), np.ones(tags, np.bool_), np.ones(zones, np.bool_))
    nothing, all_zones = np.zeros(tags, np.bool_), np.arange(zones, dtype=np.int32)
    found: dict[int, float] = {}
    false: list[int] = []
    for now_s in range(1, rounds + 1):
        if now_s % LOOKS == 1:
            looks = world.look(places, biases, LOOKS)
            second = world.look(other[far], copied, LOOKS)
        heard = looks[:, (now_s - 1) % LOOKS]
        if now_s > warm and copies:
            heard[far] = np.fmax(heard[far], second[:, (now_s - 1) % LOOKS])
        row, zone = np.nonzero(np.isfinite(heard))
        scene = Scene(
            now_us=now_s * 1_000_000, reader=0, zones=all_zones, row=row.astype(np.int32), zone=zone.astype(np.int32),
            rssi_cdbm=(heard[row, zone] * 100).astype(np.int16), placement=placement,
            state=np.full(tags, PRESENT, np.int8), nats=np.zeros(tags, np.float32), read_us=np.zeros(tags, np.int64),
            p=np.full(tags, 0.9, np.float32), sold=nothing, shown=nothing, stays=placement.vouches,
        )  # fmt: skip
        for said in clone.hear(scene, strong.of(scene)):
            if said.rows[0] in far[: copies if now_s > warm else 0]:
                found.setdefault(said.rows[0], now_s - warm)
            else:
                false.append(said.rows[0])
    return [float(found.get(row, np.inf)) for row in far.tolist()], false, clone.innocent()


# --- the gate -----------------------------------------------------------------------------------------------------


def _gate(size: Size) -> Figures:
    """Walked out, walked past at 2.5 m, lying near for ten minutes: at the customary rules, for all seeds."""
    figures: Figures = {}
    for passage in Passage:
        heard = _passages(passage, size)
        figures[f"gate_{passage}_said_share"] = float(np.mean([_passes(*one, GATE_RULES) for one in heard]))
    figures["gate_passages_of_each"] = size.passages * len(size.seeds)
    exits, sold = Exits(), _passages(Passage.OUT, size)
    passed = [_passes(*one, GATE_RULES) for one in sold]
    said = [exits.passed(at * 1_000_000, at, 0, peaceful=True, why="sold") for at, out in enumerate(passed) if out]
    figures["gate_sold_passages"] = len(said)
    figures["gate_sold_alarms"] = sum(one is not None for one in said)
    return figures


def _passages(passage: Passage, size: Size) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    rngs: Iterator[np.random.Generator] = (np.random.default_rng([seed, 7]) for seed in size.seeds)
    return [gate(rng, passage) for rng in rngs for _ in range(size.passages)]


def _passes(at_s: NDArray[np.float64], rssi_dbm: NDArray[np.float64], rules: GateRules) -> bool:
    one, row, single = Gate(rules), np.zeros(1, np.int32), np.ones(1, np.uint16)
    return any(
        one.hear(int(at * 1e6), row, np.array([rssi * 100], np.int16), single)
        for at, rssi in zip(at_s.tolist(), rssi_dbm.tolist(), strict=True)
    )
