"""Presence and its detectors on a simulated floor: quiet hours, lifted trays, foil bags, jammed readers."""

import functools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.detect_size import SOON_S, TUNING_SEED, Size, delays, trade_off
from bench.figures import Figures
from bench.worlds import FAMILIES, READER_ZONES, Family, Shop
from contract.facts import AlarmKind
from edge.reconcile.detectors import Scene
from edge.reconcile.detectors.budget import Budget, bar_for
from edge.reconcile.detectors.departures import Departures
from edge.reconcile.detectors.jam import GONE_NATS, Jam
from edge.reconcile.detectors.tray import SILENT_MIN
from edge.reconcile.presence.evidence import FEW, GROUP, HARD, PEAK_NATS_PER_BIN, PRESENT, SINGLE, SMALL, TRAY, Evidence
from edge.reconcile.presence.shapes import Accusation
from edge.reconcile.presence.step import Placement, Round, Rules, step
from edge.reconcile.presence.threshold import MONTH_S, thresholds

WARM_S: Final = 900
AFTER_S: Final = 1800.0
"""The last event is given so long to be found."""
MOMENT_S: Final = 60.0
"""An alarm of a reader's jam so soon after its end is still that jam's."""
NEVER: Final = Rules(alarm_nats=1e9, small_nats=1e9, tray_nats=1e9, group_nats=1e9, few_nats=1e9)
BUDGETS: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""False alarms a store-month that the curves are drawn for."""
JAM_BARS: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0)


class Said(NamedTuple):
    """An alarm of the floor. `blamed`: it accuses pieces of a reader that is in trouble, or was a moment ago."""

    at_s: float
    kind: AlarmKind
    rows: tuple[int, ...]
    reader: int
    blamed: bool


class Jammed(NamedTuple):
    """One jam of the truth, from the first second of its ramp."""

    reader: int
    begins_s: float
    ends_s: float


@dataclass
class Floor:
    """A shop (or several), presence and the detectors that look at it."""

    shop: Shop
    rules: Rules = field(default_factory=Rules)
    jam: Jam = field(default_factory=Jam)
    said: list[Said] = field(default_factory=list)
    jams: dict[Jammed, float] = field(default_factory=dict)
    """Every jam there was, and the most that was held against its reader within the first minute."""

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
                for one in self.departures.hear(scene):
                    self._say(one.kind, one.rows, one.zone // READER_ZONES)
            self._jams(heard.read)

    def _say(self, kind: AlarmKind, rows: tuple[int, ...], reader: int) -> None:
        blamed = kind is not AlarmKind.JAM and any(self.shop.blamed_on_reader(row) for row in rows)
        self.said.append(Said(self.shop.now_s, kind, rows, reader, blamed))

    def _jams(self, read: NDArray[np.bool_]) -> None:
        evidence, zones, now_s = self.evidence, self.shop.zones, self.shop.now_s
        there = ((evidence.state == PRESENT) | (evidence.state == HARD)) & (evidence.nats < GONE_NATS)
        expected = np.bincount(self.shop.home, np.where(there, evidence.detectability(), 0), zones).astype(np.float64)
        observed = np.bincount(self.shop.home[read & there], minlength=zones).astype(np.float64)
        for reader in range(self.shop.readers):
            own = slice(reader * READER_ZONES, (reader + 1) * READER_ZONES)
            if self.jam.weigh(reader, expected[own], observed[own], int(now_s * 1e6)) is not None:
                self._say(AlarmKind.JAM, (), reader)
        for reader, trouble in self.shop.troubles.items():
            one = Jammed(reader, trouble.begins_s, trouble.ends_s)
            before = self.jams.setdefault(one, 0.0)
            if now_s - trouble.begins_s <= SOON_S:
                self.jams[one] = max(before, self.jam.nats_of(reader))

    def _scene(
        self, now_us: int, rows: NDArray[np.int32], zones: NDArray[np.int32], accused: tuple[Accusation, ...]
    ) -> Scene:
        evidence = self.evidence
        return Scene(
            now_us=now_us, reader=0, zones=np.arange(self.shop.zones, dtype=np.int32), row=rows, zone=zones,
            rssi_cdbm=np.zeros(len(rows), np.int16), placement=self.placement, state=evidence.state, nats=evidence.nats,
            read_us=evidence.read_us, p=evidence.detectability(), sold=self.nothing, shown=self.nothing,
            stays=self.placement.vouches, accused=accused,
        )  # fmt: skip


# --- bars, from quiet hours of a tuning seed -----------------------------------------------------------------------


class Quiet(NamedTuple):
    """What quiet hours have shown: presence's peaks, the jam's, and how long they lasted."""

    peaks: NDArray[np.int64]
    jam: Budget
    watched_s: float


def family_of(name: str) -> Family:
    """A hand reaches in where something is stolen, so that its family is another one's while all is quiet."""
    return replace(FAMILIES[name], hand=False)


@functools.cache
def quiet(family: Family, seed: int, stores: int, seconds: int) -> Quiet:
    """Nobody steals, nobody jams and nothing is said; what is learned in the first minutes is no history."""
    floor = Floor(Shop(family, seed, stores), NEVER, Jam(1e9))
    floor.run(WARM_S)
    floor.evidence.peaks[:] = 0
    floor.jam.innocent()
    floor.run(seconds)
    budget = Budget(watched_s=MONTH_S)
    for peak in floor.jam.innocent():
        budget.meters[AlarmKind.JAM].innocent(peak)
    return Quiet(floor.evidence.peaks, budget, float(seconds * stores))


def tuned(name: str, size: Size, budget_per_month: float = 1.0) -> tuple[Rules, float]:
    """Presence's thresholds and the jam's bar for a budget, as the store itself would set them."""
    seen = quiet(family_of(name), TUNING_SEED, size.stores, size.tuning_s)
    shares = Budget(budget_per_month, watched_s=MONTH_S).shares()
    rules = thresholds(
        seen.peaks, seen.watched_s, Rules(), alone_per_month_max=shares[AlarmKind.MISSING],
        together_per_month_max=shares[AlarmKind.GROUP], days=1e3,
    )  # fmt: skip
    peaks = seen.jam.meters[AlarmKind.JAM].peaks
    return rules, bar_for(peaks, seen.watched_s, shares[AlarmKind.JAM], 12.0, 80.0)


# --- trays and bags ------------------------------------------------------------------------------------------------


def nothing_happens(name: str, size: Size) -> Figures:
    """A store-month of other seeds at the tuned bars: whatever is said is false."""
    rules, bar = tuned(name, size)
    false: list[Said] = []
    for seed in size.seeds:
        floor = Floor(Shop(family_of(name), seed, size.stores), rules, Jam(bar))
        floor.run(WARM_S)
        floor.said.clear()
        floor.run(size.quiet_s)
        false += floor.said
    watched_s = size.quiet_s * size.stores * len(size.seeds)
    figures: Figures = {
        f"{name}_false_alarms_per_month": len(false) * MONTH_S / watched_s,
        f"{name}_store_days_watched": watched_s / 86_400,
        f"{name}_alarm_nats": rules.alarm_nats,
        f"{name}_tray_nats": rules.tray_nats,
        f"{name}_group_nats": rules.group_nats,
        f"{name}_few_nats": rules.few_nats,
        f"{name}_jam_bar_nats": bar,
    }
    return figures | {f"{name}_false_{kind}": number for kind, number in Counter(one.kind for one in false).items()}


class Lifted(NamedTuple):
    """Delay of each event, `inf` when it was not found, and whether its first alarm has its name."""

    delays_s: dict[AlarmKind, list[float]]
    named: dict[AlarmKind, list[bool]]


def lifted(name: str, size: Size, rules: Rules, bar: float) -> Lifted:
    """Trays and bags of all seeds. What overlaps an earlier event is no event of its own."""
    out = Lifted({AlarmKind.TRAY: [], AlarmKind.FOIL: []}, {AlarmKind.TRAY: [], AlarmKind.FOIL: []})
    for seed in size.seeds:
        floor = Floor(Shop(FAMILIES[name], seed, size.event_stores), rules, Jam(bar))
        floor.run(WARM_S)
        begins = floor.shop.now_s
        planned = [(AlarmKind.TRAY, rows) for rows in floor.shop.plan_trays(begins, begins + size.event_s, size.events)]
        planned += [(AlarmKind.FOIL, rows) for rows in floor.shop.plan_bags(begins, begins + size.event_s, size.events)]
        floor.run(size.event_s + AFTER_S)
        taken: set[int] = set()
        for kind, rows in planned:
            mine = set(rows.tolist())
            if mine & taken:
                continue
            taken |= mine
            at_s = float(floor.shop.left_s[rows[0]])
            first = next((one for one in floor.said if mine & set(one.rows) and one.at_s >= at_s), None)
            out.delays_s[kind].append(np.inf if first is None else first.at_s - at_s)
            out.named[kind].append(first is not None and first.kind in _names(kind, rows, floor.shop))
    return out


def _names(kind: AlarmKind, rows: NDArray[np.int32], shop: Shop) -> tuple[AlarmKind, ...]:
    """A bag that holds a whole tray may be called one."""
    tray, number = np.unique(shop.tray[rows], return_counts=True)
    whole = number >= SILENT_MIN * np.bincount(shop.tray)[tray]
    return (kind, AlarmKind.TRAY) if whole.any() else (kind,)


def lifts(name: str, size: Size) -> Figures:
    found = lifted(name, size, *tuned(name, size))
    figures: Figures = {}
    for kind, what in ((AlarmKind.TRAY, "tray"), (AlarmKind.FOIL, "foil")):
        figures |= delays(f"{name}_{what}", found.delays_s[kind])
        figures[f"{name}_{what}_named_share"] = float(np.mean(found.named[kind]))
    return figures


def lifts_trade_off(name: str, size: Size) -> Figures:
    """Found within a minute against false alarms of presence: budgets turned into thresholds on the tuning seed, false
    alarms counted over a store-month of the other seeds, as harmless silences that got so far.
    """
    months = [quiet(family_of(name), seed, size.stores, size.quiet_s) for seed in size.seeds]
    above = np.cumsum(np.sum([one.peaks for one in months], axis=0)[:, ::-1], axis=1)[:, ::-1]
    month = sum(one.watched_s for one in months) / MONTH_S
    points: dict[AlarmKind, dict[float, tuple[float, float]]] = {AlarmKind.TRAY: {}, AlarmKind.FOIL: {}}
    for budget in BUDGETS:
        rules, bar = tuned(name, size, budget)
        bars = {
            SINGLE: rules.alarm_nats, SMALL: rules.small_nats, TRAY: rules.tray_nats, GROUP: rules.group_nats,
            FEW: rules.few_nats,
        }  # fmt: skip
        false = sum(int(above[kind, int(nats / PEAK_NATS_PER_BIN)]) for kind, nats in bars.items())
        found = lifted(name, size, rules, bar)
        for kind, curve in points.items():
            curve[budget] = (false / month, float((np.array(found.delays_s[kind]) <= SOON_S).mean()))
    return trade_off(f"{name}_tray", points[AlarmKind.TRAY]) | trade_off(f"{name}_foil", points[AlarmKind.FOIL])


# --- jammers -------------------------------------------------------------------------------------------------------


def jams(size: Size) -> Figures:
    """Jams of the family `jam`: from the first second of the ramp, which takes a minute, to the alarm.

    A jam that ends after the run does is left out; what is said of a reader in trouble and is no jam is blamed wrongly.
    """
    rules, _ = tuned("metal", size)
    _, bar = tuned("shadow", size)
    found_s: list[float] = []
    reached: list[float] = []
    innocent: list[float] = []
    false = false_jams = blamed = 0
    for seed in size.seeds:
        floor = Floor(Shop(FAMILIES["jam"], seed, size.stores), rules, Jam(bar))
        floor.run(WARM_S)
        floor.said.clear()
        floor.jams.clear()
        floor.jam.innocent()
        floor.run(size.quiet_s)
        innocent += floor.jam.innocent()
        told = [one for one in floor.said if one.kind is AlarmKind.JAM]
        for one, nats in floor.jams.items():
            if one.ends_s + MOMENT_S > floor.shop.now_s:
                continue
            first = next((each for each in told if _is_of(each, one)), None)
            found_s.append(np.inf if first is None else first.at_s - one.begins_s)
            reached.append(nats)
        wrong = [each for each in floor.said if not any(_is_of(each, one) for one in floor.jams)]
        false, false_jams = false + len(wrong), false_jams + sum(each.kind is AlarmKind.JAM for each in wrong)
        blamed += sum(each.blamed for each in floor.said)
    watched_s = size.quiet_s * size.stores * len(size.seeds)
    points = {
        level: (
            (sum(nats >= level for nats in innocent) + false_jams) * MONTH_S / watched_s,
            float((np.array(reached) >= level).mean()),
        )
        for level in sorted({*(each for each in JAM_BARS if each < bar), bar})
    }
    return {
        **delays("jam", found_s),
        "jam_false_alarms_per_month": false * MONTH_S / watched_s,
        "jam_store_days_watched": watched_s / 86_400,
        "jam_missing_alarms_of_jammed_readers": blamed,
        "jam_bar_nats": bar,
        **trade_off("jam", points),
    }


def _is_of(said: Said, one: Jammed) -> bool:
    in_time = one.begins_s <= said.at_s <= one.ends_s + MOMENT_S
    return said.kind is AlarmKind.JAM and said.reader == one.reader and in_time
