"""The page "Pass": a person chooses a zone, sweeps it with a handheld, and sees what was found and what not yet."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import ReaderId, ZoneId
from edge.api import views
from edge.api.bodies import LINE_CHARS_MAX, LINES_MAX
from edge.api.passes import walking
from edge.api.shop import Shop, the_shop
from edge.readers import Typed
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow

router = APIRouter(include_in_schema=False)
Counter = Annotated[Login, allow(Permission.COUNT)]
TheShop = Annotated[Shop, the_shop()]


@router.get("/pass")
async def choose(request: Request, who: Counter, shop: TheShop) -> Response:
    names = {zone.id: zone.name for zone in shop.config.zones}
    sleds = [
        (
            sled.id,
            isinstance(shop.readers.get(sled.id), Typed),
            [(zone, names[zone]) for zone in sled.antennas.values()],
        )
        for sled in walking.handhelds(shop)
    ]
    return render(
        request, "edge/pass_start.html", store=views.store(shop), sleds=sleds, passes=walking.newest(shop, who)
    )


@router.post("/pass")
async def begin(
    request: Request,
    who: Counter,
    shop: TheShop,
    zone: Annotated[str, Form(max_length=64)],
    reader: Annotated[str, Form(max_length=64)],
) -> Response:
    begun = await walking.begin(shop, ZoneId(zone), ReaderId(reader), None, who)
    return go(request, f"/pass/{begun.name}")


@router.get("/pass/{name}")
async def walk(request: Request, name: str, who: Counter, shop: TheShop) -> Response:
    return render(
        request,
        "edge/_pass.html" if wants_fragment(request) else "edge/pass.html",
        store=views.store(shop),
        walk=walking.show(shop, name, who),
        people={user.user: user.name for user in views.staff(shop)},
        lines_max=LINES_MAX,
        line_chars_max=LINE_CHARS_MAX,
    )


@router.post("/pass/{name}/end")
async def end(request: Request, name: str, who: Counter, shop: TheShop) -> Response:
    await walking.end(shop, name, who)
    return go(request, f"/pass/{name}")
