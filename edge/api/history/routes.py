"""JSON routes of the history. That of a piece is `/pieces/{piece}`."""

from typing import Annotated

from fastapi import APIRouter

from contract.ids import AlarmId, ZoneId
from edge.api.blindness import refuse_hidden
from edge.api.history import shapes, views
from edge.api.shop import Shop, the_shop
from web.logins import Login
from web.policy import signed_in

router = APIRouter(prefix="/api/v1/history", tags=["history"])
Anyone = Annotated[Login, signed_in()]
TheShop = Annotated[Shop, the_shop()]


@router.get("/zones/{zone}")
async def zone(zone: str, who: Anyone, shop: TheShop, days: int = 30) -> shapes.ZoneHistoryView:
    """Dwell by hour, tray and piece, reads of each antenna, how often belief was right; at most 400 days."""
    refuse_hidden(shop, zone, who)
    return await views.zone(shop, ZoneId(zone), days)


@router.get("/reads")
async def read_map(who: Anyone, shop: TheShop, days: int = 7) -> shapes.ReadMapView:
    """Reads a round in every zone by hour of the day; at most 400 days."""
    return await views.read_map(shop, days, who)


@router.get("/alarms/{alarm}/reads")
async def alarm_reads(alarm: str, who: Anyone, shop: TheShop) -> shapes.AlarmReadsView:
    """What was read of the alarm's pieces and of their neighbours around it, where a capture is kept."""
    return await views.alarm_reads(shop, AlarmId(alarm), who)
