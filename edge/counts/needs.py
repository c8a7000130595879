"""What a running count still needs, zone by zone: what is unread, how much of that is hoped for, and what nothing has
looked at yet. A round of half of a reader's antennas witnesses half of its zones, so zones stand differently.
"""

from collections.abc import Sequence

import numpy as np

from edge.config import ZoneConfig
from edge.counts.running import Running, ZoneNeeds
from edge.reconcile.counts.count import MISSING_BELOW


def needs(running: Running, zones: Sequence[ZoneConfig]) -> tuple[ZoneNeeds, ...]:
    """Of every zone of the count, in the order of the configuration."""
    home, present = running.model.expected.home, running.model.p_present()
    unread, many = present < 1.0, len(zones)
    gone = present < MISSING_BELOW
    columns = (
        np.bincount(running.home, minlength=many),
        np.bincount(home[unread], minlength=many),
        np.bincount(home[unread & ~gone], present[unread & ~gone], many),
        np.bincount(home[gone], minlength=many),
        np.bincount(running.home[~running.tagged], minlength=many),
        running.witnessed - running.model.blind_rounds,
    )
    asked, silent, hoped, lost, untagged, rounds = (column.tolist() for column in columns)
    return tuple(
        ZoneNeeds(zones[z].id, asked[z], silent[z], hoped[z], lost[z], untagged[z], rounds[z]) for z in running.zones
    )
