"""What a person's handheld says: a piece it reads lies in the zone that the person sweeps. Its silence says nothing.

A pass is no steady witness: it goes by, at a pace and a distance that nobody knows, and reads some of what lies there.
So its reads are sightings, find pieces for presence (`reconcile/presence/by_hand.py`) and for running counts, and lay
down what lay nowhere; and no zone is seeing or blind by it, nothing is missing or has moved by it, nothing passes a
gate or lies on a pad (docs/adr/0010-a-handheld-is-no-witness.md).
"""

import numpy as np

from edge.floor.rounds import NO_ROWS, Heard, Round, fold_reads
from edge.floor.zonemap import ZoneMap


def parted(heard: list[Heard], zones: ZoneMap) -> tuple[list[Heard], list[Heard]]:
    """Reads of fixed readers, and of handhelds."""
    fixed = [one for one in heard if one.reader in zones.fixed]
    return fixed, [one for one in heard if one.reader not in zones.fixed]


def sweep(one: Heard, stays: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Round:
    """A handheld's reads as a round that watched no zone. `stays` by zone: whether pieces lie there at all."""
    row, zone, reads, rssi = fold_reads([one])
    here = stays[zone]
    return Round(
        reader=one.reader,
        zones=NO_ROWS,
        began_us=one.arrived_us,
        dt_s=0.0,
        row=row[here],
        zone=zone[here],
        reads=reads[here],
        rssi_cdbm=rssi[here],
    )
