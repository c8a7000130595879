"""The witness rule: who may be accused alone, and who went quiet in company (inference §1.4).

Reads cannot tell a lifted tray from a covered tray. So a piece counts at full evidence only once it has been alone in
its surprise for a while; what went quiet together is judged together, later, and within a budget of its own.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

TRAY_NATS: Final = 4.0
"""A tray-mate with more evidence than this is company."""
ZONE_NATS: Final = 6.5
"""A mate elsewhere in the zone needs more to count as company."""
LIT_READS: Final = 4.0
"""A read that ends so many expected ones of silence may have come through a cover."""
CALM: Final = 0.8
"""P(undisturbed) above which only those of the same moment are company."""
MOMENT_US: Final = 20_000_000
KEY_SHIFT: Final = 44
OLDEST_US: Final = 1 << 43
"""A zone or tray, and a moment in µs behind it, are sorted as one number of 63 bits: half a million trays, and what is
a hundred days ago and more is one moment."""
COMPANY_DISCOUNT: Final = 12.0
COMPANY_CAP: Final = 9.0
"""In company the statistic is capped where it can never alarm: uncapped, one long shadow ruined a month."""


class Silent(NamedTuple):
    """Columns of n pieces, silent or read just once since: evidence, zone, tray (-1 = none), when it fell silent,
    P(undisturbed) of the zone, and whether a read has ended a surprising silence of it and no other came soon.
    """

    nats: NDArray[np.float32]
    zone: NDArray[np.int32]
    tray: NDArray[np.int32]
    onset_us: NDArray[np.int64]
    calm: NDArray[np.float64]
    lit: NDArray[np.bool_]


def in_company(silent: Silent) -> NDArray[np.bool_]:
    """Whether somebody else in the tray or zone is surprising too.

    While the zone is disturbed, anybody. While it is calm, only who fell silent at about the same moment: of fifty
    pieces one is always surprising by chance, and would hide a theft again and again.
    """
    nats, zone, tray = silent.nats, silent.zone, silent.tray
    by_tray = ((nats > TRAY_NATS) | silent.lit) & (tray >= 0)
    by_zone = (nats > ZONE_NATS) | silent.lit
    in_tray = np.bincount(tray[by_tray], minlength=int(tray.max(initial=0)) + 1)
    in_zone = np.bincount(zone[by_zone], minlength=int(zone.max(initial=0)) + 1)
    others: NDArray[np.bool_] = (in_zone[zone] - by_zone) > 0
    others |= (tray >= 0) & ((in_tray[np.maximum(tray, 0)] - by_tray) > 0)
    at = np.flatnonzero(others)
    one_moment = _same(tray[at], silent.onset_us[at], by_tray[at]) | _same(zone[at], silent.onset_us[at], by_zone[at])
    others[at] = one_moment | (silent.calm[at] < CALM)
    return others


def _same(key: NDArray[np.int32], onset_us: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who of `among` has another with the same key that fell silent at about the same moment."""
    at, out = np.flatnonzero(among), np.zeros(len(key), np.bool_)
    if len(at) > 1:
        assert key.max() < 1 << (63 - KEY_SHIFT), "more trays than can be sorted with their moments"
        since_us = onset_us[at] - onset_us[at].max()
        moment = (key[at].astype(np.int64) << KEY_SHIFT) + np.maximum(since_us, -OLDEST_US)
        order = np.argsort(moment)
        near = np.diff(moment[order]) <= MOMENT_US
        out[at[order[:-1][near]]] = True
        out[at[order[1:][near]]] = True
    return out


def statistic(nats: NDArray[np.float32], alone: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What is held against the alarm threshold."""
    out: NDArray[np.float32] = np.where(alone, nats, np.minimum(nats - COMPANY_DISCOUNT, COMPANY_CAP))
    return out


def same_moment(zone: NDArray[np.int32], read_us: NDArray[np.int64], spread_us: int) -> list[NDArray[np.intp]]:
    """Positions grouped by zone and moment of the last read: a gap above `spread_us` starts another group."""
    if not len(zone):
        return []
    order = np.lexsort((read_us, zone))
    apart = (np.diff(zone[order]) != 0) | (np.diff(read_us[order]) > spread_us)
    return np.split(order, np.flatnonzero(apart) + 1)
