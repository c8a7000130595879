"""Theft → alarm at equal false alarms: ours, a fixed timeout, EdgeX's rule, SMURF, and an oracle; cost per round.

Families are those of `worlds`. Quiet tuning seeds, without any theft, set each method's threshold for one and the same
budget, ours by the rule the store itself uses (`threshold`). Other seeds are judged: single thefts at random times,
lifted trays, and every alarm about a piece that is there counted over a store-month.
A lifted tray is found when half of it is declared; a group alarm that is wrong is one false alarm.
"""

import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench import plots as draw
from bench.figures import Figures
from bench.peers import EDGEX_S, METHODS, MONTH_S, Peers, Verdicts
from bench.worlds import FAMILIES, READER_ZONES, Heard, Shop
from edge.reconcile.presence.evidence import CLASSES, PEAK_BINS, Evidence
from edge.reconcile.presence.step import Placement, Round, Rules, step
from edge.reconcile.presence.threshold import ALONE_SHARE, thresholds

DOES: Final = "theft → alarm at equal false alarms, against a fixed timeout, EdgeX, SMURF and an oracle; cost per round"
AIM_PER_MONTH: Final = 0.4
"""Every method is tuned to this budget, so that a month of it seldom shows more than the one alarm allowed."""
TUNING_SEEDS: Final = (101, 102)
SEEDS: Final = (201, 202, 203, 204)
NEVER_S: Final = 7200.0
"""What is not found by then counts as found then."""
NOT_FOUND_S: Final = 1800.0
DRAWN: Final = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)
"""Percentiles of the delay that are drawn."""
NEVER: Final = Rules(alarm_nats=1e9, small_nats=1e9, tray_nats=1e9, group_nats=1e9, few_nats=1e9, hard_after_s=1e12)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a family is simulated, for each seed: `stores` side by side, `warm_s` uncounted, `counted_s`."""

    stores: int = 10
    warm_s: float = 3600.0
    counted_s: float = 64_800.0
    seeds: tuple[int, ...] = SEEDS
    tuning: tuple[int, ...] = TUNING_SEEDS
    trays: int = 40

    @property
    def months(self) -> float:
        return self.stores * self.counted_s / MONTH_S


FULL: Final = Size()
SHORT: Final = Size(stores=10, warm_s=2400.0, counted_s=10_800.0, seeds=(11, 12), tuning=(1,), trays=20)
BIG: Final = Size(stores=1, warm_s=3600.0, counted_s=14_400.0, seeds=SEEDS, tuning=(101,))


def size_of(name: str, *, short: bool) -> Size:
    """`big` is one store, and no month of it: its false alarms are counted, and told for what was simulated."""
    if short:
        return Size(stores=1, counted_s=9000.0, seeds=(11,), tuning=(1,)) if name == "big" else SHORT
    if FAMILIES[name].round_s > 1:
        return Size(warm_s=36_000.0)
    return BIG if name == "big" else FULL


def run(*, short: bool = False, only: str = "") -> Figures:
    """`only`: one family, by name."""
    figures: Figures = {}
    for name in FAMILIES:
        if only in ("", name):
            figures |= table(name, judged(name, size_of(name, short=short)))
    if not only:
        figures |= {f"ours_{pieces}_pieces_round_ms": round_ms(pieces) for pieces in (2_000, 20_000, 100_000)}
    return figures


# --- one run ------------------------------------------------------------------------------------------------------


class Ours:
    """Presence as the store runs it, beside the peers."""

    def __init__(self, shop: Shop, rules: Rules) -> None:
        self.shop, self.rules, self.evidence = shop, rules, Evidence(shop.zones)
        n = len(shop.p)
        reader = np.arange(shop.zones, dtype=np.int32) // READER_ZONES
        self.placement = Placement(shop.home, shop.tray, np.ones(n, np.bool_), np.ones(shop.zones, np.bool_), reader)
        self.seeing = np.ones(shop.zones, np.bool_)

    def hear(self, heard: Heard) -> list[tuple[str, NDArray[np.intp]]]:
        """Kind and rows of each alarm of this round."""
        rows = np.flatnonzero(heard.read).astype(np.int32)
        zones = self.shop.home[rows]
        if len(heard.strays):
            rows, zones = np.append(rows, heard.strays), np.append(zones, heard.stray_zones)
        one = Round(round(heard.now_s * 1e6), self.seeing, rows, zones)
        changes = step(self.evidence, self.placement, one, self.rules)
        return [(str(each.kind), np.array(each.rows, np.intp)) for each in changes.accused]


@dataclass
class Tuned:
    """Thresholds of every method, from quiet seeds."""

    rules: Rules
    limits: dict[str, float]


@dataclass
class Judged:
    """One seed's outcome. Delays in s, by method, `NEVER_S` where it was not found."""

    months: float
    delays: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    trays: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    false: dict[str, int] = field(default_factory=dict)
    blamed: dict[str, int] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)


def judged(name: str, size: Size) -> list[Judged]:
    tuned = tune(name, size)
    return [evaluate(name, size, seed, tuned) for seed in size.seeds]


def tune(name: str, size: Size) -> Tuned:
    """Nobody steals; each method shows how far innocence goes."""
    heard_by: list[Peers] = []
    peaks = np.zeros((CLASSES, PEAK_BINS), np.int64)
    for seed in size.tuning:
        shop = Shop(FAMILIES[name], seed, size.stores)
        ours, peers = Ours(shop, NEVER), Peers(shop)
        for _ in range(round(size.warm_s / shop.family.round_s)):
            heard = shop.step()
            ours.hear(heard)
            peers.hear(heard, keep=False)
        ours.evidence.peaks[:] = 0  # what is learned in the first minutes is no history
        for _ in range(round(size.counted_s / shop.family.round_s)):
            heard = shop.step()
            ours.hear(heard)
            peers.hear(heard, keep=True)
        peaks += ours.evidence.peaks
        heard_by.append(peers)
    months = size.months * len(size.tuning)
    rules = thresholds(
        peaks,
        months * MONTH_S,
        Rules(),
        alone_per_month_max=ALONE_SHARE * AIM_PER_MONTH,
        together_per_month_max=(1 - ALONE_SHARE) * AIM_PER_MONTH,
        days=1e3,
    )
    limits = {}
    for method in METHODS:
        first = heard_by[0].peaks[method]
        for other in heard_by[1:]:
            first.values += other.peaks[method].values
        limits[method] = first.limit(months, AIM_PER_MONTH)
    return Tuned(rules, limits)


def evaluate(name: str, size: Size, seed: int, tuned: Tuned) -> Judged:
    """Thefts and false alarms of one seed."""
    shop = Shop(FAMILIES[name], seed, size.stores)
    ours, peers, n = Ours(shop, tuned.rules), Peers(shop), len(shop.p)
    last_s = size.warm_s + size.counted_s
    until_s = last_s - min(NEVER_S, size.counted_s / 2)
    singles = shop.plan_singles(size.warm_s, until_s)
    trays = shop.plan_trays(size.warm_s, until_s, size.trays)
    said = {method: Verdicts.of(n, tuned.limits[method]) for method in METHODS}
    said["edgex"] = Verdicts.of(n, EDGEX_S)
    said["ours"] = Verdicts.of(n, 0.0)
    for _ in range(round(last_s / shop.family.round_s)):
        heard = shop.step()
        read = peers.hear(heard, keep=False)
        count = shop.now_s > size.warm_s
        for method, value in peers.now.items():
            said[method].judge(shop, value, heard.read if method == "oracle" else read, count=count)
        said["edgex"].judge(shop, peers.now["fixed"], read, count=count)
        for _, rows in ours.hear(heard):
            said["ours"].say(shop, rows, count=count, events=1)
    out = Judged(size.months, limits=dict(tuned.limits) | {"ours": tuned.rules.alarm_nats})
    lifted = np.concatenate(trays)
    alone = singles[~np.isin(singles, lifted) & ~np.isnan(shop.left_s[singles])]
    for method, verdicts in said.items():
        after_s = np.nan_to_num(np.minimum(verdicts.found_s - shop.left_s, NEVER_S), nan=NEVER_S)
        out.delays[method] = after_s[alone]
        out.trays[method] = np.array([np.sort(after_s[rows])[len(rows) // 2 - 1] for rows in trays])
        out.false[method], out.blamed[method] = int(verdicts.false_alarms), int(verdicts.blamed)
    return out


# --- figures ------------------------------------------------------------------------------------------------------


def table(name: str, runs: list[Judged]) -> Figures:
    """Medians over seeds, and the range of what is held to a bar."""
    figures: Figures = {}
    months = sum(one.months for one in runs)
    figures[f"{name}_store_months"] = round(months, 4)
    for method in ("ours", "oracle", "fixed", "smurf", "edgex"):
        at = f"{method}_{name}"
        medians = [float(np.median(one.delays[method])) for one in runs]
        pooled = np.concatenate([one.delays[method] for one in runs])
        figures[f"{at}_median_s"] = float(np.median(medians))
        figures[f"{at}_median_low_s"], figures[f"{at}_median_high_s"] = min(medians), max(medians)
        figures[f"{at}_p95_s"] = float(np.percentile(pooled, 95))
        figures |= {f"{at}_p{q}_s": float(np.percentile(pooled, q)) for q in DRAWN}
        figures[f"{at}_not_found_percent"] = float((pooled > NOT_FOUND_S).mean() * 100)
        figures[f"{at}_tray_median_s"] = float(np.median(np.concatenate([one.trays[method] for one in runs])))
        figures[f"{at}_false_per_month"] = sum(one.false[method] for one in runs) / months
        figures[f"{at}_blamed"] = sum(one.blamed[method] for one in runs)
        if method in runs[0].limits:
            figures[f"{at}_limit"] = runs[0].limits[method]
    for peer in ("fixed", "smurf", "oracle"):
        ratios = [float(np.median(one.delays[peer]) / np.median(one.delays["ours"])) for one in runs]
        at = f"ours_vs_{peer}_{name}"
        figures[f"{at}_ratio"] = round(float(np.median(ratios)), 3)
        figures[f"{at}_low_ratio"], figures[f"{at}_high_ratio"] = round(min(ratios), 3), round(max(ratios), 3)
    return figures


def plots(figures: Figures) -> dict[str, str]:
    """The share of thefts found against the delay, a plot for each family."""
    out = {}
    for name in FAMILIES:
        if f"ours_{name}_p{DRAWN[0]}_s" in figures:
            curves = [
                draw.Series(method, [max(figures[f"{method}_{name}_p{q}_s"], 1.0) for q in DRAWN], [*DRAWN])
                for method in ("ours", "oracle", "smurf", "fixed")
            ]
            about = f"Thefts found against seconds since the theft in the family {name}, at equal false alarms."
            axes = draw.Axes(f"Theft → alarm: {name}", "delay, s", "found, % of thefts", about, log_x=True)
            out[f"presence-{name}.svg"] = draw.lines(curves, axes)
    return out


def round_ms(pieces: int) -> float:
    """Median cost of one round of every zone, in ms."""
    shop = Shop(FAMILIES["metal"], 1, pieces // 2000)
    ours, times = Ours(shop, Rules()), []
    for _ in range(60):
        heard = shop.step()
        rows = np.flatnonzero(heard.read).astype(np.int32)
        one = Round(round(heard.now_s * 1e6), ours.seeing, rows, shop.home[rows])
        began = time.perf_counter()
        step(ours.evidence, ours.placement, one)
        times.append(time.perf_counter() - began)
    return float(np.median(times[20:]) * 1000)
