"""Tags that nobody knows, while a count runs: what each round heard of them, and which of them lie here at the end."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.counts.running import Running, Stranger
from edge.floor.rounds import Heard, Round
from edge.readers.base import RSSI_ABSENT_CDBM
from edge.reconcile.counts import strays


def hear_strange(running: Running, found: Heard, inside: NDArray[np.bool_]) -> None:
    """Reads of unknown tags (`inside` the zones of the count) on their way into the next round."""
    keys = zip(found.unknown[inside].tolist(), found.unknown_zone[inside].tolist(), strict=True)
    for key, cdbm in zip(keys, found.unknown_rssi_cdbm[inside].tolist(), strict=True):
        running.strange[key] = max(running.strange.get(key, RSSI_ABSENT_CDBM), cdbm)


def hear_strangers(running: Running, strange: Mapping[tuple[int, int], int]) -> None:
    """One round of the count: (unknown tag, zone) to its strongest level. `running.witnessed` counts it already."""
    for key, cdbm in strange.items():
        at = max(int(running.witnessed[key[1]]) - 1, 0)
        known = running.strangers.setdefault(key, Stranger(first=at))
        known.last, known.rounds = at, known.rounds + 1
        if cdbm != RSSI_ABSENT_CDBM:
            known.told, known.cdbm = known.told + 1, known.cdbm + cdbm


def hear_levels(running: Running, one: Round, home: NDArray[np.int32]) -> None:
    """How loud what is at home in each zone was heard in one reader's round."""
    own = (home[one.row] == one.zone) & (one.rssi_cdbm != RSSI_ABSENT_CDBM)
    np.add.at(running.own_cdbm, one.zone[own], np.stack([one.rssi_cdbm[own], np.ones(int(own.sum()))], axis=1))


def lying_here(running: Running) -> list[tuple[int, int, int]]:
    """(rounds, zone, unknown tag) of those that lie here, strays left out; each tag once, where it was read most."""
    keys, known = list(running.strangers), list(running.strangers.values())
    if not keys:
        return []
    tag, zone = np.array(keys, np.int32).T
    told = np.array([each.told for each in known])
    total, reads = running.own_cdbm[zone].T
    with np.errstate(invalid="ignore", divide="ignore"):  # nobody told a level: NaN says so
        level_db = np.array([each.cdbm for each in known]) / told / 100
        own_db = total / reads / 100
    here = strays.lying(
        strays.Heard(
            rounds=np.array([each.rounds for each in known]),
            first=np.array([each.first for each in known]),
            last=np.array([each.last for each in known]),
            of=np.maximum(running.witnessed[zone].astype(np.int64), 1),
            level_db=level_db,
            own_db=own_db,
        )
    )
    best: dict[int, tuple[int, int]] = {}
    for at in np.flatnonzero(here).tolist():
        index = int(tag[at])
        best[index] = max(best.get(index, (0, 0)), (known[at].rounds, int(zone[at])))
    return sorted(((rounds, where, index) for index, (rounds, where) in best.items()), reverse=True)
