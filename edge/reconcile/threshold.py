"""The alarm threshold, from the store's own history (inference §1.5).

A gap that ended in a read was no theft. Its peak shows how far innocence can go here; an exponential fitted to the
highest of those peaks says which threshold costs how many false alarms. A budget is honest only if it is measured.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.company import TRAY_NATS
from edge.reconcile.evidence import PEAK_NATS_PER_BIN

MONTH_S: Final = 30 * 86400.0
NATS_MIN: Final = 14.0
NATS_MAX: Final = 60.0
NATS_PER_DAY_MAX: Final = 1.0
TAIL_SHARE: Final = 0.01
"""Of the gaps that surprised at all: hardly any does, and those that did not say nothing about the tail."""
TAIL_GAPS_MIN: Final = 20
PRIOR_GAPS: Final = 10
PRIOR_EXCESS_NATS: Final = 1.5
"""Before the tail is known it is taken to be this heavy, as firmly as so many gaps would say it."""
WATCHED_S_MIN: Final = 86_400.0
"""A shorter history says nothing, for no store is the same by day and by night: the threshold stays, and what it costs
is not told. Minutes held against the prior alone would promise dozens of false alarms a month, or none."""


def false_alarms_per_month(peaks: NDArray[np.int64], store_s: float, alarm_nats: float) -> float | None:
    """What this threshold is expected to cost; None while the history is too short to say."""
    if store_s < WATCHED_S_MIN:
        return None
    start, excess, count = _tail(peaks)
    return float(count * np.exp(-(alarm_nats - start) / excess) * MONTH_S / store_s)


def calibrate(
    peaks: NDArray[np.int64], store_s: float, alarm_nats: float, *, alarms_per_month_max: float, days: float
) -> float:
    """The threshold for a budget, moved from `alarm_nats` by at most a nat for each of `days` since the last time."""
    if store_s < WATCHED_S_MIN:
        return alarm_nats
    start, excess, count = _tail(peaks)
    wanted = start + excess * np.log(max(count * MONTH_S / store_s / alarms_per_month_max, 1.0))
    step = NATS_PER_DAY_MAX * days
    return float(np.clip(np.clip(wanted, alarm_nats - step, alarm_nats + step), NATS_MIN, NATS_MAX))


def _tail(peaks: NDArray[np.int64]) -> tuple[float, float, int]:
    """Peaks over threshold: (start in nats, mean excess in nats, how many, at least one)."""
    above = np.cumsum(peaks[::-1])[::-1]
    enough = max(TAIL_SHARE * above[1], min(TAIL_GAPS_MIN, above[1]), 1)
    start = max(int(np.searchsorted(-above, -enough, side="right")) - 1, int(TRAY_NATS / PEAK_NATS_PER_BIN))
    at = start * PEAK_NATS_PER_BIN
    middle = (np.arange(start, len(peaks)) + 0.5) * PEAK_NATS_PER_BIN
    excess = float((peaks[start:] * (middle - at)).sum())
    count = int(above[start])
    return at, (excess + PRIOR_GAPS * PRIOR_EXCESS_NATS) / (count + PRIOR_GAPS), max(count, 1)
