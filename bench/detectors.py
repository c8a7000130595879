"""Detectors over worlds by seed: lifted trays, foil bags, jammers, copied tags, the gate; and what they say of nothing.

Bars are set on a tuning seed, from hours in which nothing happens, for each detector's share of one false alarm a
store-month; results are of other seeds. A store-month without an event is simulated of each family, none extrapolated.
`--only` runs one of `FAMILIES`; with `--plots` its figures join those that are there.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bench import plots as draw
from bench.detect_floor import jams, lifts, lifts_trade_off, nothing_happens
from bench.detect_size import DRAWN, FULL, SHORT, SOON_S, Size, curve
from bench.detect_tags import SHAPE_NATS, clones, gates
from bench.figures import Figures

DOES: Final = "foil, jam, clone, tray lift and the gate: how soon, how surely, and how often for nothing"
FAMILIES: Final[Mapping[str, Callable[[Size], Figures]]] = {
    "gate": gates,
    "clone": clones,
    "jam": jams,
    "metal": lambda size: nothing_happens("metal", size) | lifts("metal", size),
    "clear": lambda size: nothing_happens("clear", size) | lifts("clear", size),
    "hand": lambda size: lifts("hand", size),
    "roc": lambda size: lifts_trade_off("metal", size),
}
"""`hand` is `metal` while nobody steals. `roc` draws what trays and bags of `metal` cost at other budgets."""
CURVES: Final = {"metal_tray": "lifted tray", "metal_foil": "foil bag", "jam": "jam", "clone": "copied tag"}
NONE_PER_MONTH: Final = 0.1
"""Where a curve draws none at all, on its logarithmic axis."""


def run(*, short: bool = False, only: str = "") -> Figures:
    """Raises `ValueError` for a family that there is not."""
    if only not in ("", *FAMILIES):
        raise ValueError(f"no family {only!r}; there are: {', '.join(FAMILIES)}")
    figures: Figures = {}
    for name, measure in FAMILIES.items():
        if only in ("", name):
            figures |= measure(SHORT if short else FULL)
    return summary(figures)


def summary(figures: Figures) -> Figures:
    """The same, and what all families together cost, where all are there."""
    floors = [f"{family}_false_alarms_per_month" for family in ("metal", "clear", "jam")]
    copies = "clone_false_alarms_per_month"
    if copies not in figures or any(each not in figures for each in floors):
        return figures
    return figures | {"false_alarms_per_month_worst": max(figures[each] for each in floors) + figures[copies]}


def plots(figures: Figures) -> dict[str, str]:
    """Delays, trade-offs within a minute, and the gate: what there are figures of."""
    out = {}
    found = [name for name in CURVES if f"{name}_p{DRAWN[0]}_s" in figures]
    if found:
        series = [
            draw.Series(CURVES[name], [max(figures[f"{name}_p{q}_s"], 1.0) for q in DRAWN], [*DRAWN]) for name in found
        ]
        about = "Share of lifted trays, foil bags, jams and copied tags found, against seconds since they began."
        axes = draw.Axes("How soon each is found", "delay, s", "found, %", about, log_x=True, y_range=(0, 100))
        out["detectors-delays.svg"] = draw.lines(series, axes)
    traded = [(name, *curve(name, figures)) for name in CURVES if f"{name}_roc_0_bar" in figures]
    if traded:
        series = [
            draw.Series(CURVES[name], [max(x, NONE_PER_MONTH) for x in false], [100 * y for y in share])
            for name, false, share in traded
        ]
        about = f"Share found within {SOON_S:.0f} s against false alarms of that detector in a simulated store-month."
        x = f"false alarms a store-month ({NONE_PER_MONTH:g}: none)"
        axes = draw.Axes(f"Found within {SOON_S:.0f} s", x, "found, %", about, log_x=True, y_range=(0, 100))
        out["detectors-roc.svg"] = draw.lines(series, axes)
    if "gate_roc_0_bar" in figures:
        at = range(len(SHAPE_NATS))
        past = [100 * figures[f"gate_roc_{each}_past_share"] for each in reversed(at)]
        series = [draw.Series("by bar", past, [100 * figures[f"gate_roc_{each}_out_share"] for each in reversed(at)])]
        about = "Share of pieces carried out that the gate says, against those carried past it at 2.5 m."
        axes = draw.Axes("The gate", "walked past and said, %", "walked out and said, %", about)
        out["detectors-gate.svg"] = draw.lines(series, axes)
    return out
