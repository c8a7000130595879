"""The pages of a zone's history, and of what is read in all of them. A piece's is `edge/api/pages.py`."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import AlarmId, ZoneId
from edge.api import views as store_views
from edge.api.blindness import refuse_hidden
from edge.api.history import views
from edge.api.shop import Shop, the_shop
from web.front import render
from web.logins import Login
from web.policy import signed_in

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
TheShop = Annotated[Shop, the_shop()]
SPANS = (1, 7, 30, 365)


@router.get("/zones/{zone}/history")
async def zone(request: Request, zone: str, who: Anyone, shop: TheShop, days: int = 30) -> Response:
    """How long pieces lay here, when and on which trays, what its antennas read, how often belief was right."""
    refuse_hidden(shop, zone, who)
    shown = await views.zone(shop, ZoneId(zone), days)
    return render(
        request, "edge/zone_history.html", store=store_views.store(shop), history=shown, spans=SPANS, days=days
    )


@router.get("/zones/reads")
async def read_map(request: Request, who: Anyone, shop: TheShop, days: int = 7) -> Response:
    """Where and when readers read, zone by zone: what is pale beside its neighbours should be looked after."""
    shown = await views.read_map(shop, days, who)
    return render(request, "edge/zone_reads.html", store=store_views.store(shop), reads=shown, spans=SPANS, days=days)


@router.get("/alarms/{alarm}/why")
async def why(request: Request, alarm: str, who: Anyone, shop: TheShop) -> Response:
    """An alarm with the reads around it."""
    reads = await views.alarm_reads(shop, AlarmId(alarm), who)
    shown = store_views.alarm(shop, AlarmId(alarm), who)
    return render(
        request,
        "edge/alarm_why.html",
        store=store_views.store(shop),
        alarm=shown,
        reads=reads,
        may_close=who.may(Permission.CLOSE_ALARM),
    )
