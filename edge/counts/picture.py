"""What pages see of a count while it runs: figures by zone, how long still, and why it takes longer than it should."""

from collections.abc import Mapping, Sequence

import numpy as np

from contract.ids import ReaderId
from edge.config import ZoneConfig
from edge.counts.duration import rounds_left, why_slower
from edge.counts.needs import needs
from edge.counts.running import CountNow, Running
from edge.readers.health import Health


def picture(
    running: Running, zones: Sequence[ZoneConfig], health: Mapping[ReaderId, Health], now_us: int, look: str = ""
) -> CountNow:
    """`health` may lack readers: a box that was counting starts again before any of them is known.

    look: what its readers do now (`Looks.words`).
    """
    listed, said = running.model.expected, running.model.progress()
    present = running.model.p_present()
    unread = present < 1.0
    found = np.bincount(listed.home[~unread], minlength=len(zones))
    asked = np.bincount(running.home, minlength=len(zones))
    p = (listed.hits / (listed.hits + listed.misses))[unread]
    left = min(rounds_left(p, present[unread]), running.model.care.rounds_max - running.model.round)
    elapsed_s = (now_us - running.began_us) / 1e6
    names = {zone: zones[zone].name for zone in running.zones}
    slower = why_slower(
        elapsed_s,
        running.expected_s,
        silent=sorted(r for r in running.readers if r in health and not health[r].witnesses),
        dark=[names[zone] for zone in running.zones if running.model.blind_rounds[zone]],
        lost=max(int(elapsed_s / running.round_s) - running.model.round - 1, 0),
        unread_p=p,
    )
    return CountNow(
        count=running.count,
        round=running.model.round,
        zones=tuple((zones[z].id, int(asked[z]), int(found[z])) for z in running.zones),
        found=said.found,
        expected=len(running.rows),
        p_complete=said.p_complete,
        unread_expected=said.unread_expected,
        elapsed_s=round(elapsed_s, 1),
        left_s=round(left * running.round_s, 1),
        slower=slower,
        needs=needs(running, zones),
        look=look,
    )
