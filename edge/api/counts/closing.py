"""Closing time: are the safes complete? One state, and what speaks against locking up."""

from typing import Final

from contract.facts import CountPlace, Vision
from edge.api import shapes
from edge.api import views as store_views
from edge.api.counts import views
from edge.api.shop import Shop
from edge.config import ZoneKind
from edge.till import queries
from trade.stocktake import TO_LOOK_FOR, CountState
from web.logins import Login

OLD_US: Final = 6 * 3600 * 1_000_000
"""A count as old says nothing of this evening."""
LACKING_MAX: Final = 4
GUARDED: Final = ("door", "lock")


def closing(shop: Shop, who: Login) -> shapes.ClosingView:
    """By the newest count of the safes that nobody abandoned, and by what readers say since."""
    zones = store_views.zones(shop, who)
    safes = [zone for zone in zones if zone.kind is ZoneKind.SAFE]
    row = next(
        (
            each
            for each in queries.counts_newest(shop.db)
            if each.place is CountPlace.SAFE and each.state is not CountState.ABANDONED
        ),
        None,
    )
    shown = None if row is None else views.summary(shop, row.count, who)
    ended_us = 0 if row is None else row.ended_us or row.started_us
    return shapes.ClosingView(
        standing=_standing(shown, shop.clock.wall_us() - ended_us),
        count=shown,
        lacking=tuple(each for each in _first(shop, shown) if each.verdict in TO_LOOK_FOR),
        blind=tuple(zone.name for zone in safes if zone.vision is Vision.BLIND),
        left_since=sum(zone.missing for zone in safes),
        outside=sum(zone.present for zone in zones if zone.kind in (ZoneKind.CASE, ZoneKind.SHELF)),
        unsafe=tuple(one.name for one in shop.floor.signals if one.on and one.kind in GUARDED),
    )


def _first(shop: Shop, shown: shapes.CountView | None) -> tuple[shapes.VerdictView, ...]:
    return () if shown is None else views.lines(shop, shown, "", LACKING_MAX).shown


def _standing(shown: shapes.CountView | None, age_us: int) -> str:
    if shown is None:
        return "never"
    if shown.state == "running":
        return "hidden" if shown.hidden else "running"
    if shown.hidden:
        return "hidden"
    if age_us > OLD_US:
        return "old"
    return "short" if shown.to_look_for else "complete"
