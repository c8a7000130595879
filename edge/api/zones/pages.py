"""The page "Zones": how well each is known, who is taken for whom, older versions, and the walk under way."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from edge.api import views
from edge.api.shop import Shop, the_shop
from edge.api.zones import calibrating
from edge.api.zones.routes import Walker
from edge.floor.calibration import ROUNDS
from web.front import go, render, wants_fragment

router = APIRouter(include_in_schema=False)
TheShop = Annotated[Shop, the_shop()]


@router.get("/zones")
async def zones(request: Request, who: Walker, shop: TheShop) -> Response:
    del who
    return await _page(request, shop)


@router.post("/zones/positions")
async def begin(request: Request, who: Walker, shop: TheShop, zone: Annotated[str, Form(max_length=64)]) -> Response:
    await calibrating.begin(shop, who, zone, [], ROUNDS)
    return await _after(request, shop)


@router.post("/zones/finish")
async def finish(request: Request, who: Walker, shop: TheShop) -> Response:
    await calibrating.finish(shop, who)
    return await _after(request, shop)


@router.post("/zones/put-back")
async def put_back(request: Request, who: Walker, shop: TheShop, version: Annotated[int, Form(ge=1)]) -> Response:
    await calibrating.put_back(shop, who, version)
    return await _after(request, shop)


async def _after(request: Request, shop: Shop) -> Response:
    return await _page(request, shop) if wants_fragment(request) else go(request, "/zones")


async def _page(request: Request, shop: Shop) -> Response:
    template = "edge/_zones.html" if wants_fragment(request) else "edge/zones.html"
    return render(request, template, store=views.store(shop), zoning=await calibrating.view(shop))
