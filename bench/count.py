"""When is a count over? Ours at three cares, beside the peers and an oracle, in nine families of worlds.

Every store has counted thirty times before and learned from that alone; in *altered* worlds every round is of another
kind than the one before, as the product asks its readers, in *equal* ones none is. Peers hear the same rounds.
Thresholds and priors come from seeds 100–125; results are of `SEEDS`, which were not looked at before. They are twenty
stores, of which each had learned from thirty counts of its own: with fewer, calibration would measure the luck that
those few had in learning. Beside it stands the oracle's, which is off only by the luck of the counts.
"""

import functools
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from bench import plots as svg
from bench.count_rules import (
    PIECE_EDGES,
    Reckoned,
    Stopped,
    chao2,
    fixed,
    nothing_new,
    omniscient,
    ours,
    reckon,
    taught,
)
from bench.figures import Figures
from bench.worlds import COUNT_FAMILIES, Floats, Shelf
from edge.reconcile.counts.count import CAREFUL, NORMAL, QUICK

DOES: Final = "when a count is over: rounds, wrong stops, pieces named, calibration; beside peers and an oracle"
SEEDS: Final = tuple(range(301, 321))
COUNTS: Final = 500
"""By store."""
COUNTS_SHORT: Final = 150
ROUNDS: Final = 10
"""Nobody goes on for longer here."""
P_EDGES: Final = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0])
COUNTS_PER_BIN_MIN: Final = 3000
PIECES_PER_BIN_MIN: Final = 500
HIGH: Final = 0.98
KINDS: Final = {"altered": True, "equal": False}
SURE_ROUNDS: Final = ("easy", "hand", "hand1000")
"""Families with p of .95 and more and independent rounds."""
GROUPS: Final = {
    "independent rounds": ("easy", "hand", "hand1000", "indep", "mixed"),
    "blocked pieces": ("shelf", "handdep", "dep"),
    "blocked, dark and hard ones": ("handhard",),
}
METHODS: Final = ("careful", "normal", "oracle", "nothing_new", "chao2")
"""Those that are drawn; three rounds, fixed, are in the figures."""
OURS: Final = ("careful", "normal", "quick")


class Evaluated(NamedTuple):
    """stops: method → by seed (mean rounds, % wrong, % of the missing named, pieces listed for a hand)
    p, pieces, and the oracle's: float64[3, bins]: what was said summed, how much came true, how many
    """

    stops: dict[str, Floats]
    p: Floats
    pieces: Floats
    oracle_p: Floats
    oracle_pieces: Floats


@functools.cache
def evaluate(family: str, kind: str, *, short: bool = False) -> Evaluated:
    """One family in one kind of rounds, all seeds; kept, for the plots."""
    altered, counts = KINDS[kind], COUNTS_SHORT if short else COUNTS
    stops: dict[str, list[list[float]]] = {}
    p, oracle_p = np.zeros((2, 3, len(P_EDGES) - 1))
    pieces, oracle_pieces = np.zeros((2, 3, len(PIECE_EDGES) - 1))
    for seed in SEEDS[: 2 if short else None]:
        shelf = Shelf(COUNT_FAMILIES[family], seed)
        known = taught(shelf, altered=altered)
        counted = shelf.count(counts, ROUNDS, altered=altered)
        said, oracle = (reckon(counted, each, altered=altered) for each in (known, omniscient(shelf)))
        gone = max(1, int((~counted.there).sum()))
        for method, stopped in {
            "careful": ours(said, CAREFUL),
            "normal": ours(said, NORMAL),
            "quick": ours(said, QUICK),
            "oracle": ours(oracle, NORMAL),
            "nothing_new": nothing_new(counted),
            "fixed_3": fixed(counted, 3),
            "chao2": chao2(counted),
        }.items():
            stops.setdefault(method, []).append(_row(stopped, gone))
        p += _bins(said)
        oracle_p += _bins(oracle)
        pieces += said.pieces
        oracle_pieces += oracle.pieces
    return Evaluated({method: np.array(rows) for method, rows in stops.items()}, p, pieces, oracle_p, oracle_pieces)


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 — the form of every bench
    """By kind of rounds, family and method the mean of the seeds, the worst seed of what is wrong; then the bars'."""
    figures: Figures = {"seeds": len(SEEDS[: 2 if short else None]), "counts": COUNTS_SHORT if short else COUNTS}
    for kind in KINDS:
        for family in COUNT_FAMILIES:
            figures |= {f"{kind}_{family}_{name}": value for name, value in _figures(kind, family, short=short)}
        figures |= {f"{kind}_{name}": value for name, value in _worst(kind, figures)}
    return figures


def plots(figures: Figures) -> dict[str, str]:
    """Reliability of P(complete) and of P(present); wrong stops and rounds by family, with the range of the seeds."""
    short = figures["counts"] != COUNTS
    drawn = {}
    for what, name, enough in (
        ("pieces", "P(present) of an unread piece", PIECES_PER_BIN_MIN),
        ("p", "P(complete) after each round", COUNTS_PER_BIN_MIN),
    ):
        bins = {}
        for group, families in GROUPS.items():
            columns = sum(getattr(evaluate(family, "altered", short=short), what) for family in families)
            claims = [svg.Bin(min(a / n, 1.0), b / n, int(n)) for a, b, n in columns.T if n >= enough]
            if claims:
                bins[group] = claims
        if bins:
            axes = svg.Axes(f"{name}, altered rounds", "said", "came true", about="What was said, and what came of it.")
            drawn[f"count-{what}.svg"] = svg.reliability(bins, axes)
    for kind in KINDS:
        for at, (what, words) in enumerate((("rounds", "mean rounds"), ("wrong", "wrong stops, % of counts"))):
            series = []
            for method in METHODS:
                rows = [evaluate(family, kind, short=short).stops[method][:, at] for family in COUNT_FAMILIES]
                ends = ([float(each.min()) for each in rows], [float(each.max()) for each in rows])
                series.append(svg.Bars(method.replace("_", " "), [float(each.mean()) for each in rows], *ends))
            about = "Bars are means of the seeds, whiskers the best and the worst of them."
            axes = svg.Axes(f"When a count stops, {kind} rounds: {what}", "family", words, about=about)
            drawn[f"count-{what}-{kind}.svg"] = svg.bars(list(COUNT_FAMILIES), series, axes)
    return drawn


def _bins(said: Reckoned) -> Floats:
    """`float64[3, bins]` of P(complete): what was said summed, how much came true, how many."""
    each = (said.p, said.complete.astype(np.float64), np.ones_like(said.p))
    return np.stack([np.histogram(said.p, P_EDGES, weights=weights)[0] for weights in each])


def _row(stopped: Stopped, gone: int) -> list[float]:
    named, listed = 100 * stopped.named.sum() / gone, stopped.listed.mean()
    return [float(each) for each in (stopped.rounds.mean(), 100 * stopped.wrong.mean(), named, listed)]


def _figures(kind: str, family: str, *, short: bool) -> Iterator[tuple[str, float]]:
    found = evaluate(family, kind, short=short)
    for method, rows in found.stops.items():
        mean = rows.mean(axis=0)
        yield f"{method}_rounds", float(mean[0])
        yield f"{method}_wrong_percent", float(mean[1])
        yield f"{method}_wrong_worst_seed_percent", float(rows[:, 1].max())
        if method in (*OURS, "oracle"):
            yield f"{method}_named_percent", float(mean[2])
            yield f"{method}_by_hand_pieces", float(mean[3])
    for who, p, pieces in (("", found.p, found.pieces), ("oracle_", found.oracle_p, found.oracle_pieces)):
        yield f"{who}pieces_error_points", _error(pieces, PIECES_PER_BIN_MIN)
        yield f"{who}p_error_points", _error(p[:, P_EDGES[:-1] < HIGH], COUNTS_PER_BIN_MIN)
        yield f"{who}p_error_above_98_points", _error(p[:, P_EDGES[:-1] >= HIGH], COUNTS_PER_BIN_MIN)


def _error(bins: Floats, enough: int) -> float:
    """Worst distance of said and true, in points, over the bins with enough claims; 0 where there is none."""
    said, true, n = bins[:, bins[2] >= enough]
    return float(100 * np.max(np.abs(said - true) / np.maximum(n, 1), initial=0.0))


def _worst(kind: str, figures: Figures) -> Iterator[tuple[str, float]]:
    """Over all families, what the bars ask."""

    def of(family: str, name: str) -> float:
        return float(figures[f"{kind}_{family}_{name}"])

    families = list(COUNT_FAMILIES)
    easy = [family for family, each in COUNT_FAMILIES.items() if each.easy]
    others = [family for family in families if family not in SURE_ROUNDS]
    for care in OURS:
        yield f"{care}_wrong_worst_family_percent", max(of(family, f"{care}_wrong_percent") for family in families)
    yield "easy_named_least_percent", min(of(family, "careful_named_percent") for family in easy)
    yield "sure_rounds_most", max(of(family, "normal_rounds") for family in SURE_ROUNDS)
    above = [of(family, "normal_rounds") - of(family, "nothing_new_rounds") for family in others]
    yield "rounds_above_nothing_new_most", max(above)
    for name in ("pieces_error_points", "p_error_points", "p_error_above_98_points"):
        yield f"{name.removesuffix('_points')}_worst_family_points", max(of(family, name) for family in families)
