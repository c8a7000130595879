"""The floor as one value: figures by zone out of the house's arrays."""

import numpy as np

from edge.floor.now import ZoneNow
from edge.floor.stock import Stock
from edge.floor.vision import VisionWatch
from edge.reconcile import evidence as ev
from edge.reconcile.evidence import Evidence


def zones_now(stock: Stock, evidence: Evidence, vision: VisionWatch) -> tuple[ZoneNow, ...]:
    """Expected pieces that lie in each zone, by the state presence has them in. O(pieces)."""
    count, zones = len(stock), stock.zones.zones
    lies = stock.lies[:count]
    counted = stock.expected[:count] & (lies >= 0)

    def tally(state: int | None) -> list[int]:
        which = counted if state is None else counted & (evidence.state[:count] == state)
        return [int(figure) for figure in np.bincount(lies[which], minlength=len(zones))]

    expected, present, missing, hard = (tally(state) for state in (None, ev.PRESENT, ev.MISSING, ev.HARD))
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
                hard_to_read=hard[index],
            )
        )
    return tuple(shown)
