"""The page of losses and exceptions, and its JSON."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from contract.feed import Permission
from edge.api import views as store_views
from edge.api.losses import views
from edge.api.shop import Shop, the_shop
from web.front import render
from web.logins import Login
from web.policy import allow

router = APIRouter(include_in_schema=False)
json_router = APIRouter(prefix="/api/v1", tags=["wall"])
Overseer = Annotated[Login, allow(Permission.APPROVE_COUNT, Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]


@router.get("/losses")
async def losses(request: Request, who: Overseer, shop: TheShop) -> Response:
    """For who answers for the store: it names people."""
    return render(request, "edge/losses.html", store=store_views.store(shop, who), losses=await views.losses(shop))


@json_router.get("/losses")
async def losses_json(who: Overseer, shop: TheShop) -> views.LossesView:
    """Thirty days: thefts, missing in approved counts, accuracy, time out of the case, exceptions by associate."""
    del who
    return await views.losses(shop)
