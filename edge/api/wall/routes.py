"""JSON routes of the wall."""

from typing import Annotated

from fastapi import APIRouter, Query

from contract.feed import Permission
from contract.ids import AlarmId
from edge.api.shop import Shop, the_shop
from edge.api.wall import then, views
from edge.api.wall.shapes import FrameView, WallView
from web.logins import Login
from web.policy import allow, signed_in

router = APIRouter(prefix="/api/v1", tags=["wall"])
Anyone = Annotated[Login, signed_in()]
Guard = Annotated[Login, allow(Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]


@router.get("/wall")
async def wall(who: Anyone, shop: TheShop) -> WallView:
    """What the wall shows: the loudest alarms, who looks after them, ways of pieces, blind zones, the month."""
    return await views.wall(shop, who)


@router.post("/alarms/{alarm}/heed")
async def heed(alarm: str, who: Guard, shop: TheShop) -> WallView:
    """Say that you look after it. Whoever said so first stays; it ends with its outcome, or when the box restarts."""
    views.heed(shop, AlarmId(alarm), who)
    return await views.wall(shop, who)


@router.get("/wall/then")
async def last_hours(who: Anyone, shop: TheShop, back_minutes: Annotated[int, Query(ge=0, le=1440)] = 60) -> FrameView:
    """Where pieces were read so many minutes ago, and what moved in the five minutes before."""
    return await then.frame(shop, who, shop.clock.wall_us() - back_minutes * then.MINUTE_US)
