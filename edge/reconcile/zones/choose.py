"""Which model, and how warm: asked of points that the model has not seen (inference §3.4).

Each position is cut into `PARTS`, and the same part of all judged by models of the rest. Leaving out whole positions
asks too much of a zone that was walked at both its ends: the model must guess beyond what it has seen, looks worse than
it is by 10 to 20 points, and a worse model wins (ADR 17 has the figures). A single position in a zone cannot be judged
so: its other tags lie where the left-out ones do, and nothing says how the rest of the zone sounds.
The model with the least log loss at its own best temperature is chosen; the same verdicts give accuracy and confusion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.zones.features import Floats
from edge.reconcile.zones.models import MODELS, Laid, Layout, Model, posterior
from edge.reconcile.zones.trays import Together, product

TEMPERATURES: Final = np.geomspace(0.25, 32.0, 29)
OUTLIER: Final = 0.02
"""Share of every likelihood that is spread over all zones: nobody walked the tray everywhere."""
PARTS: Final = 4
UNTRIED: Final = "equalised"
UNTRIED_TEMPERATURE: Final = 2.0
"""The model of a store with one position per zone: nothing can be held out, and nothing else bears it."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A calibration at work. `accuracy`, `confusion` int32[z, z] (true, said) and `tried` are of held-out tags.

    `losses` and `accuracies` by model name; empty where nothing could be held out, and `accuracy` is NaN then.
    """

    name: str
    model: Model
    temperature: float
    together: Together | None
    tray_temperature: float
    accuracy: float
    tray_accuracy: float
    confusion: NDArray[np.int32]
    tried: int
    losses: dict[str, float]
    accuracies: dict[str, float]

    def posterior(self, features: Floats) -> Floats:
        """P(zone) of each window by itself: float64[n, z]."""
        return spread(posterior(self.model.scores(features), self.temperature))

    def tray(self, features: Floats) -> Floats:
        """P(zone) of pieces that lie on one tray: float64[n, 2 a] -> float64[z]."""
        if self.together is None or len(features) == 1:
            return spread(product(self.posterior(features)))
        return spread(posterior(self.together.scores(features)[None], self.tray_temperature)[0])


def spread(p: Floats) -> Floats:
    """Leaves a little for every zone."""
    return np.asarray((1 - OUTLIER) * p + OUTLIER / p.shape[-1])


def choose(points: Floats, at: Laid, layout: Layout) -> Chosen:
    """Fit on everything what bears best with what it has not seen. `PARTS` fits of each model; for a slow thread."""
    assert len(points), "a calibration without points chooses nothing"
    held = held_out(points, at, layout)
    if held is None:
        blank = np.zeros((layout.zones, layout.zones), np.int32)
        model = MODELS[UNTRIED].fit(points, at, layout)
        return Chosen(UNTRIED, model, UNTRIED_TEMPERATURE, None, 1.0, np.nan, np.nan, blank, 0, {}, {})
    fits = {name: warm(scores, held.zone) for name, scores in held.scores.items()}
    best = min(fits, key=lambda name: fits[name][0])
    said = held.scores[best].argmax(axis=1)
    confusion = np.zeros((layout.zones, layout.zones), np.int32)
    np.add.at(confusion, (held.zone, said), 1)
    return Chosen(
        name=best,
        model=MODELS[best].fit(points, at, layout),
        temperature=fits[best][1],
        together=Together.fit(points, at, layout),
        tray_temperature=warm(held.trays, held.tray_zone)[1],
        accuracy=float((said == held.zone).mean()),
        tray_accuracy=float((held.trays.argmax(axis=1) == held.tray_zone).mean()),
        confusion=confusion,
        tried=len(held.zone),
        losses={name: loss for name, (loss, _) in fits.items()},
        accuracies={name: float((s.argmax(axis=1) == held.zone).mean()) for name, s in held.scores.items()},
    )


def refit(points: Floats, at: Laid, layout: Layout, name: str, temperatures: tuple[float, float]) -> Chosen:
    """What `choose` chose before, by name and temperatures (piece, tray): one fit, for a start that nobody waits for.

    What it said of itself is in the books; here it stays unknown. Raises `KeyError` for a model that is no more.
    """
    blank = np.zeros((layout.zones, layout.zones), np.int32)
    model, together = MODELS[name].fit(points, at, layout), Together.fit(points, at, layout)
    alone = name == UNTRIED and len(np.unique(at.position)) == len(np.unique(at.zone))
    shared = None if alone else together
    return Chosen(name, model, temperatures[0], shared, temperatures[1], np.nan, np.nan, blank, 0, {}, {})


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Verdicts on what was left out. `scores` by model float64[m, z]; `trays` float64[t, z]; true zones beside them."""

    scores: dict[str, Floats]
    zone: NDArray[np.int32]
    trays: Floats
    tray_zone: NDArray[np.int32]


def held_out(points: Floats, at: Laid, layout: Layout) -> HeldOut | None:
    """Parts of positions judged by models of the rest; None where no zone has a second position."""
    scores: dict[str, list[Floats]] = {name: [] for name in MODELS}
    zones, trays, tray_zones = [], [], []
    for out in folds(at):
        zone, others = at.zone[out], Laid(at.zone[~out], at.position[~out])
        zones.append(zone)
        for name, model in MODELS.items():
            scores[name].append(model.fit(points[~out], others, layout).scores(points[out]))
        together = Together.fit(points[~out], others, layout)
        for position in np.unique(at.position[out]).tolist():
            tray = out & (at.position == position)
            trays.append(together.scores(points[tray]))
            tray_zones.append(at.zone[tray][:1])
    if not zones:
        return None
    every = {name: np.concatenate(each) for name, each in scores.items()}
    return HeldOut(every, np.concatenate(zones), np.stack(trays), np.concatenate(tray_zones))


def folds(at: Laid) -> Iterator[Bools]:
    """What to leave out, once each: one part of every position whose zone has another and that has tags to spare."""
    part = np.full(len(at.zone), -1)
    for position in np.unique(at.position).tolist():
        tags = np.flatnonzero(at.position == position)
        if len(tags) > 1 and (at.zone[at.position != position] == at.zone[tags[0]]).any():
            part[tags] = np.arange(len(tags)) % PARTS
    for out in range(PARTS):
        if (part == out).any():
            yield part == out


def warm(scores: Floats, zone: NDArray[np.int32]) -> tuple[float, float]:
    """The least log loss over temperatures, and that temperature."""
    losses = [log_loss(spread(posterior(scores, float(t))), zone) for t in TEMPERATURES]
    return min(losses), float(TEMPERATURES[int(np.argmin(losses))])


def log_loss(p: Floats, zone: NDArray[np.int32]) -> float:
    """Mean nats lost on the truth."""
    return float(-np.log(p[np.arange(len(zone)), zone]).mean())
