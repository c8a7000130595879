"""How much of each world the detectors' bench simulates, and the flat figures it makes of delays and of trade-offs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.figures import Figures

TUNING_SEED: Final = 101
SEEDS: Final = (1, 2, 3, 4)
NEVER_S: Final = 1800.0
"""What is not found by then counts as found then."""
SOON_S: Final = 60.0
DRAWN: Final = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
"""Percentiles of the delay that are drawn."""


@dataclass(frozen=True, slots=True)
class Size:
    """Seconds are of each seed; `stores` side by side in the quiet hours, `event_stores` where something happens."""

    stores: int
    quiet_s: int
    tuning_s: int
    event_stores: int
    event_s: int
    events: int
    """Lifted trays of a seed, and as many bags."""
    clone_rounds: int
    clone_tuning_rounds: int
    passages: int
    books_passages: int
    """Sold pieces through the gate of a whole store, and as many unsold ones."""
    seeds: Sequence[int]


FULL: Final = Size(
    stores=20, quiet_s=32_400, tuning_s=43_200, event_stores=5, event_s=3_600, events=24,
    clone_rounds=648_000, clone_tuning_rounds=259_200, passages=5_000, books_passages=200, seeds=SEEDS,
)  # fmt: skip
"""20 stores × 32,400 s × 4 seeds, and 648,000 rounds × 4 of copies: one store-month each."""
SHORT: Final = Size(
    stores=2, quiet_s=3_600, tuning_s=7_200, event_stores=2, event_s=1_200, events=8,
    clone_rounds=3_000, clone_tuning_rounds=3_000, passages=400, books_passages=20, seeds=(1,),
)  # fmt: skip


def delays(name: str, values_s: Sequence[float]) -> Figures:
    """Those never found count as `NEVER_S`. No event at all is a mistake of the bench."""
    if not len(values_s):
        raise ValueError(f"nothing happened in {name}: simulate longer")
    values = np.minimum(np.array(values_s), NEVER_S)
    return {
        f"{name}_events": len(values),
        f"{name}_found_share": float((values < NEVER_S).mean()),
        f"{name}_found_in_60_s_share": float((values <= SOON_S).mean()),
        f"{name}_median_s": float(np.median(values)),
        **{f"{name}_p{q}_s": float(np.percentile(values, q)) for q in DRAWN},
    }


def trade_off(name: str, points: Mapping[float, tuple[float, float]]) -> Figures:
    """A ROC curve as figures. `points`: bar → (false alarms a store-month, share found within a minute)."""
    out: Figures = {}
    for at, (bar, (false, found)) in enumerate(sorted(points.items())):
        out[f"{name}_roc_{at}_bar"] = bar
        out[f"{name}_roc_{at}_false_per_month"] = false
        out[f"{name}_roc_{at}_found_in_60_s_share"] = found
    return out


def curve(name: str, figures: Figures) -> tuple[list[float], list[float]]:
    """What `trade_off` wrote: false alarms a month and found shares, fewest false alarms first."""
    points, at = [], 0
    while f"{name}_roc_{at}_bar" in figures:
        point = f"{name}_roc_{at}"
        points.append((figures[f"{point}_false_per_month"], figures[f"{point}_found_in_60_s_share"]))
        at += 1
    points.sort()
    return [float(false) for false, _ in points], [float(found) for _, found in points]
