"""What the budget has learned, kept over restarts: one JSON row beside presence's evidence, and a manager's own word.

A row that cannot be read is begun anew: bars start where a new store's do, and nothing is accused meanwhile that would
not be accused in a new store.
"""

from typing import Annotated, Final

import msgspec
import numpy as np
import structlog

from contract.facts import AlarmKind
from edge.books.db import Database
from edge.books.rows import BudgetRow, EvidenceRow
from edge.reconcile.detectors.budget import WEIGHTS, Budget, Meter
from edge.reconcile.presence.evidence import PEAK_BINS

log = structlog.get_logger(__name__)

NAME: Final = "detectors"


class _Meter(msgspec.Struct, frozen=True):
    bar_nats: Annotated[float, msgspec.Meta(ge=0, le=1000)]
    peaks: dict[int, Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]]
    false_s: list[float]


class _Kept(msgspec.Struct, frozen=True):
    watched_s: Annotated[float, msgspec.Meta(ge=0)]
    meters: dict[AlarmKind, _Meter]


def save(budget: Budget) -> bytes:
    """The body of the row."""
    meters = {
        kind: _Meter(
            meter.bar_nats, {int(at): int(meter.peaks[at]) for at in np.flatnonzero(meter.peaks)}, meter.false_s
        )
        for kind, meter in budget.meters.items()
    }
    return msgspec.json.encode(_Kept(budget.watched_s, meters))


def load(db: Database, alarms_per_month_max: float) -> Budget:
    """The budget as it was, with the manager's word over the configuration's."""
    budget = Budget(alarms_per_month_max)
    kept = db.one("evidence", EvidenceRow, name=NAME)
    if kept is not None:
        try:
            _restore(budget, msgspec.json.decode(kept.body, type=_Kept))
        except (msgspec.DecodeError, ValueError) as error:
            log.warning("detectors_damaged", why=str(error))
    told(budget, db)
    return budget


def told(budget: Budget, db: Database) -> None:
    """Take what a manager set last."""
    row = db.one("budget", BudgetRow)
    if row is None:
        return
    budget.alarms_per_month_max = row.alarms_per_month_max
    weights = msgspec.json.decode(row.weights, type=dict[str, float])
    budget.weights = {kind: weights.get(str(kind), weight) for kind, weight in WEIGHTS.items()}


def _restore(budget: Budget, kept: _Kept) -> None:
    budget.watched_s = kept.watched_s
    for kind, one in kept.meters.items():
        if kind not in budget.meters:
            continue
        peaks = np.zeros(PEAK_BINS, np.int64)
        for at, number in one.peaks.items():
            peaks[min(max(at, 0), PEAK_BINS - 1)] += number
        budget.meters[kind] = Meter(one.bar_nats, peaks, one.false_s)
