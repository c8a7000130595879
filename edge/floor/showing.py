"""The floor as one value: figures by zone out of the house's arrays."""

import numpy as np
from numpy.typing import NDArray

from edge.floor.now import ZoneNow
from edge.floor.stock import Stock
from edge.floor.vision import VisionWatch
from edge.reconcile import evidence as ev
from edge.reconcile.evidence import Evidence


def zones_now(stock: Stock, evidence: Evidence, vision: VisionWatch) -> tuple[ZoneNow, ...]:
    """Expected pieces that lie in each zone, by what presence and this box's own eyes say of them. O(pieces)."""
    count, zones = len(stock), stock.zones.zones
    lies, state = stock.lies[:count], evidence.state[:count]
    counted, seen = stock.expected[:count] & (lies >= 0), stock.sightings.since_start(count)

    def tally(which: NDArray[np.bool_]) -> list[int]:
        return [int(figure) for figure in np.bincount(lies[counted & which], minlength=len(zones))]

    parts = (seen & (state == ev.PRESENT), seen & (state == ev.HARD), state == ev.MISSING)
    expected, present, hard_to_read, missing = (tally(which) for which in (np.ones(count, np.bool_), *parts))
    not_read_yet = tally(~np.logical_or.reduce(parts))
    shown = []
    for index, zone in enumerate(zones):
        seeing, why = vision.vision_of(zone.id)
        shown.append(
            ZoneNow(
                zone=zone.id,
                vision=seeing,
                why=why,
                expected=expected[index],
                present=present[index],
                missing=missing[index],
                hard_to_read=hard_to_read[index],
                not_read_yet=not_read_yet[index],
            )
        )
    return tuple(shown)
