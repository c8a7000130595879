"""Pages of devices: which there are and how one ends, and where a new one is told its code."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.feed import Permission
from edge.api import bodies
from edge.api.devices import routes
from edge.api.proving import tokens
from edge.api.shop import Shop, the_shop
from edge.api.tills import people
from web.front import go, render
from web.logins import Login
from web.policy import allow, public

router = APIRouter(include_in_schema=False)
Manager = Annotated[Login, allow(Permission.PINS)]
TheShop = Annotated[Shop, the_shop()]


class NewForm(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=routes.NAME_MAX, pattern=bodies.PLAIN)]
    till: Annotated[str, Field(max_length=64)] = ""


@router.get("/devices")
async def show(request: Request, who: Manager, shop: TheShop) -> Response:
    return _page(request, who, shop)


@router.post("/devices")
async def make(request: Request, who: Manager, shop: TheShop, form: Annotated[NewForm, Form()]) -> Response:
    """Shows the code, once."""
    token = await routes.token_for(shop, form.name, form.till, who)
    return _page(request, who, shop, code=tokens.spaced(token), named=form.name)


@router.post("/devices/{device}/end")
async def end(request: Request, device: str, who: Manager, shop: TheShop) -> Response:
    await routes.ended(shop, device, who)
    return go(request, "/devices")


@router.get("/this-device", dependencies=[public()])
async def this_device(request: Request, shop: TheShop) -> Response:
    """Open to everybody: who needs it cannot sign in yet."""
    return render(request, "edge/this_device.html", device=shop.devices.at(request), only=shop.devices.only)


def _page(request: Request, who: Login, shop: Shop, *, code: str = "", named: str = "") -> Response:
    return render(
        request,
        "edge/devices.html",
        devices=routes.listed(shop),
        people=people(shop),
        tills=shop.config.tills,
        here=who.device,
        code=code,
        named=named,
        minutes=tokens.GOOD_US // 60_000_000,
        address=str(request.url_for("this_device")),
        only=shop.devices.only,
    )
