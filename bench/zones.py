"""Where a tag lies: single looks, trays, and pieces watched over time, beside peers and an oracle.

Parameters come from seeds 1–24 and 101–124. Seeds 301–308 and 401–408 were looked at once each, and something was set
anew on the tuning seeds after that: the places of a walk and the threshold of a move; then the folds, for speed.
Results are of `SEEDS`, which were not looked at before.
"""

import functools
from collections import defaultdict
from typing import Final, NamedTuple

import numpy as np

from bench import plots as svg
from bench.figures import Figures
from bench.worlds import TRAY, ZONE_FAMILIES, Floats, Row, Rows
from bench.zone_peers import EdgeX, NaiveHmm, max_rssi, mean_rssi, oracle, window
from edge.reconcile.zones.choose import Chosen, choose
from edge.reconcile.zones.features import features
from edge.reconcile.zones.finder import WINDOW_ROUNDS, Finder
from edge.reconcile.zones.models import Laid, Layout

DOES: Final = "zone of a tag near borders and amid, of trays, and over time: accuracy, relocations, calibration"
SEEDS: Final = tuple(range(501, 509))
TAGS: Final = 600
TRAYS: Final = 200
PIECES: Final = 300
WINDOWS: Final = 150
MOVES_PER_WINDOW: Final = 0.003
"""So that believing the books for ever is right four times in five."""
ROUNDS: Final = 30
POSITIONS: Final = 3
CLAIMED_MOVE_WINDOWS: Final = 8
"""A relocation within so many windows of a true move is that move's; any other, and a second one, is false."""
BINS: Final = 10

Tally = dict[str, list[float]]


class Evaluated(NamedTuple):
    """Accuracies by `kind_method`, one number per seed; said and true of single looks spread evenly; confusion."""

    tally: Tally
    said: list[float]
    right: list[bool]
    confusion: Rows


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 — the form of every bench
    """Percent by family, kind and method, the mean of the seeds, and the lowest and highest of ours."""
    figures: Figures = {"seeds": len(SEEDS[: 2 if short else None])}
    for family in ZONE_FAMILIES:
        figures |= _figures(family.replace(".", "_"), evaluate(family, short=short))
    return figures


@functools.cache
def evaluate(family: str, *, short: bool = False, seeds: tuple[int, ...] = SEEDS) -> Evaluated:
    """Everything about one family; kept, for the plots."""
    out = Evaluated(defaultdict(list), [], [], np.zeros((ZONE_FAMILIES[family].zones,) * 2, np.int32))
    for seed in seeds[: 2 if short else None]:
        row = Row(ZONE_FAMILIES[family], seed)
        chosen = calibrated(row, POSITIONS)
        anywhere = calibrated(row, POSITIONS, anywhere=True)
        for kind, places in (("near", row.near(TAGS)), ("clear", row.clear(TAGS))):
            _single(row, chosen, kind, places, out)
            looks = window(row.look(places, row.biases(TAGS), ROUNDS))
            truth = row.zone_of(places[:, 0])
            _score(out.tally, f"{kind}_ours_laid_anywhere", anywhere.posterior(features(looks)).argmax(axis=1), truth)
        _trays(row, chosen, out)
        _over_time(row, chosen, out, WINDOWS // (5 if short else 1))
        _spread_evenly(row, chosen, out)
    return out


def calibrated(row: Row, positions: int, *, anywhere: bool = False) -> Chosen:
    """A walk with the reference tray, and what is chosen by it."""
    places, zone, position = row.calibration(positions) if anywhere else row.walk(positions)
    heard = window(row.look(places, row.biases(len(places)), ROUNDS))
    layout = Layout(np.arange(row.family.zones, dtype=np.int32), row.family.zones)
    return choose(features(heard), Laid(zone, position), layout)


def _single(row: Row, chosen: Chosen, kind: str, places: Floats, out: Evaluated) -> None:
    looks = row.look(places, row.biases(len(places)), ROUNDS)
    heard, truth = window(looks), row.zone_of(places[:, 0])
    p = chosen.posterior(features(heard))
    said = {
        "mean": mean_rssi(heard).argmax(axis=1),
        "max": max_rssi(looks).argmax(axis=1),
        "edgex": EdgeX(len(places), row.family.zones).hear(looks),
        "ours": p.argmax(axis=1),
        "oracle": oracle(row, heard).argmax(axis=1),
    }
    for method, zone in said.items():
        _score(out.tally, f"{kind}_{method}", zone, truth)
    out.tally[f"{kind}_said"].append(100 * float(p.max(axis=1).mean()))


def _trays(row: Row, chosen: Chosen, out: Evaluated) -> None:
    places = row.trays_near(TRAYS)
    flat = places.reshape(-1, 2)
    looks = row.look(flat, row.biases(len(flat)), ROUNDS)
    heard, truth, z = window(looks), row.zone_of(places[:, 0, 0]), row.family.zones
    level = mean_rssi(heard)
    votes = (level.argmax(axis=1)[:, None] == np.arange(z)).reshape(TRAYS, TRAY, z).sum(axis=1)
    pooled = np.stack([chosen.tray(tray) for tray in features(heard).reshape(TRAYS, TRAY, -1)])
    _score(out.tally, "trays_mean", level.reshape(TRAYS, TRAY, z).mean(axis=1).argmax(axis=1), truth)
    _score(out.tally, "trays_vote", votes.argmax(axis=1), truth)
    _score(out.tally, "trays_edgex", EdgeX(len(flat), z).hear(looks), np.repeat(truth, TRAY))
    _score(out.tally, "trays_ours", pooled.argmax(axis=1), truth)
    _score(out.tally, "trays_oracle", oracle(row, heard).reshape(TRAYS, TRAY, z).sum(axis=1).argmax(axis=1), truth)
    out.tally["trays_said"].append(100 * float(pooled.max(axis=1).mean()))


def _over_time(row: Row, chosen: Chosen, out: Evaluated, windows: int) -> None:
    """Pieces near borders, some of which are moved now and then to another border, and lie turned there."""
    z = row.family.zones
    places, biases = row.near(PIECES), row.biases(PIECES)
    home = row.zone_of(places[:, 0])
    finder, hmm, edgex = Finder(chosen, z, z), NaiveHmm(home, z), EdgeX(PIECES, z)
    finder.grow(PIECES, home)
    edgex.place[:] = home
    known, told = home.copy(), np.full(PIECES, -WINDOWS)
    right: dict[str, list[float]] = defaultdict(list)
    moves = relocated = false = declared = 0
    alone = np.full(PIECES, -1, np.int32)
    for now in range(windows):
        moved = np.flatnonzero(row.rng.random(PIECES) < MOVES_PER_WINDOW) if now else np.zeros(0, np.intp)
        places[moved], biases[moved] = row.near(len(moved)), row.biases(len(moved))
        moves += len(moved)
        told[moved] = now
        looks = row.look(places, biases, WINDOW_ROUNDS)
        heard, truth = window(looks), row.zone_of(places[:, 0])
        known[moved] = oracle(row, heard.at(moved)).argmax(axis=1) if len(moved) else known[moved]
        changes = finder.look(heard, alone)
        for piece in changes.rows.tolist():
            fair = now - told[piece] <= CLAIMED_MOVE_WINDOWS
            relocated, false = relocated + 1, false + (not fair)
            told[piece] = told[piece] if not fair else -WINDOWS
        for method, zone in {
            "books": home,
            "mean": mean_rssi(heard).argmax(axis=1),
            "edgex": edgex.hear(looks),
            "hmm": hmm.hear(chosen.posterior(features(heard))),
            "ours": finder.posterior.argmax(axis=1),
            "oracle": known,
        }.items():
            right[method].append(float((zone == truth).mean()))
    for method, each in right.items():
        out.tally[f"time_{method}"].append(100 * float(np.mean(each)))
    declared = finder.moves_total
    out.tally["time_declared_per_move"].append(declared / max(moves, 1))
    out.tally["time_relocated_per_move"].append(relocated / max(moves, 1))
    out.tally["time_false_per_move"].append(false / max(moves, 1))


def _spread_evenly(row: Row, chosen: Chosen, out: Evaluated) -> None:
    """Tags anywhere: what is said against what is so, and who is taken for whom."""
    places = np.column_stack([row.rng.uniform(0, row.width_m, TAGS), row.rng.uniform(0, 0.4, TAGS)])
    p = chosen.posterior(features(window(row.look(places, row.biases(TAGS), ROUNDS))))
    truth, said = row.zone_of(places[:, 0]), p.argmax(axis=1)
    _score(out.tally, "even_ours", said, truth)
    out.said.extend(p.max(axis=1).tolist())
    out.right.extend((said == truth).tolist())
    np.add.at(out.confusion, (truth, said), 1)


def _score(tally: Tally, name: str, said: Rows, truth: Rows) -> None:
    tally[name].append(100 * float((said == truth).mean()))


def reliability(each: Evaluated) -> list[svg.Bin]:
    """Bins of the stated probability."""
    said, right = np.array(each.said), np.array(each.right)
    at = np.minimum((said * BINS).astype(int), BINS - 1)
    return [
        svg.Bin(float(said[at == b].mean()), float(right[at == b].mean()), int((at == b).sum()))
        for b in range(BINS)
        if (at == b).any()
    ]


def calibration_error(each: Evaluated) -> float:
    """Mean distance between stated and observed, weighed by how often it is stated; in points."""
    bins = reliability(each)
    return 100 * sum(one.n * abs(one.claimed - one.observed) for one in bins) / sum(one.n for one in bins)


def _figures(name: str, each: Evaluated) -> Figures:
    tally, out = each.tally, Figures()
    for method, values in tally.items():
        out[f"{name}_{method}"] = round(float(np.mean(values)), 2)
    for kind in ("near", "clear", "trays", "time"):
        out[f"{name}_{kind}_ours_lowest"] = round(min(tally[f"{kind}_ours"]), 2)
        out[f"{name}_{kind}_ours_highest"] = round(max(tally[f"{kind}_ours"]), 2)
    best = {kind: float(np.mean(tally[f"{kind}_mean"])) for kind in ("near", "time")}
    best["trays"] = max(float(np.mean(tally["trays_mean"])), float(np.mean(tally["trays_vote"])))
    for kind, mean in best.items():
        ours = float(np.mean(tally[f"{kind}_ours"]))
        out[f"{name}_{kind}_above_mean_points"] = round(ours - mean, 2)
        out[f"{name}_{kind}_above_edgex_points"] = round(ours - float(np.mean(tally[f"{kind}_edgex"])), 2)
    out[f"{name}_calibration_error_points"] = round(calibration_error(each), 2)
    return out


def plots(figures: Figures) -> dict[str, str]:
    """Accuracy beside peers, what was said against what is so, and who is taken for whom."""
    short = figures["seeds"] < len(SEEDS)
    each = {family: evaluate(family, short=short) for family in ZONE_FAMILIES}
    drawn = {
        "zones-reliability.svg": svg.reliability({name: reliability(one) for name, one in each.items()}, RELIABILITY)
    }
    for family, one in each.items():
        name = family.replace(".", "_")
        kinds = ("near", "clear", "trays", "time")
        bars = [
            svg.Bars(
                called,
                [float(np.mean(one.tally[f"{kind}_{method}"])) for kind in kinds],
                [min(one.tally[f"{kind}_{method}"]) for kind in kinds],
                [max(one.tally[f"{kind}_{method}"]) for kind in kinds],
            )
            for method, called in METHODS.items()
        ]
        title = svg.Axes(f"Zones {family} apart", "where the tag lies", "right, %", y_range=(0, 100))
        drawn[f"zones-accuracy-{name}.svg"] = svg.bars(WORDS, bars, title)
        names = [str(zone + 1) for zone in range(ZONE_FAMILIES[family].zones)]
        share = (100 * one.confusion / one.confusion.sum(axis=1, keepdims=True)).tolist()
        drawn[f"zones-confusion-{name}.svg"] = svg.heat(names, names, share, CONFUSION)
    return drawn


METHODS: Final = {"mean": "mean RSSI", "edgex": "EdgeX", "ours": "ours", "oracle": "oracle"}
WORDS: Final = ("2–12 cm from a border", "middle of a zone", "tray at a border", "over time, with moves")
RELIABILITY: Final = svg.Axes(
    "Zone of a tag anywhere", "P(zone) as stated", "came true, share", "Stated probability against observed share"
)
CONFUSION: Final = svg.Axes(
    "Who is taken for whom", "zone said", "zone it lies in", "Percent of tags anywhere in a zone, by zone said"
)
