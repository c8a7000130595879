"""JSON routes of passes: a person sweeps a zone with a handheld, and its sled types into their phone."""

from typing import Annotated

from fastapi import APIRouter

from contract.feed import Permission
from contract.ids import ReaderId, ZoneId
from edge.api import bodies
from edge.api.passes import shapes, walking
from edge.api.shop import Shop, the_shop
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1/passes", tags=["passes"])
Counter = Annotated[Login, allow(Permission.COUNT)]
TheShop = Annotated[Shop, the_shop()]


@router.post("", status_code=201)
async def begin(body: bodies.BeginPassBody, who: Counter, shop: TheShop) -> shapes.PassView:
    """Begin a pass of one zone. With `name` a repeated request begins it once."""
    reader = None if body.reader is None else ReaderId(body.reader)
    return await walking.begin(shop, ZoneId(body.zone), reader, body.name, who)


@router.get("/{name}")
async def show(name: str, who: Counter, shop: TheShop) -> shapes.PassView:
    """What was found, what not yet, and what else was read."""
    return walking.show(shop, name, who)


@router.post("/{name}/reads")
async def take(name: str, body: bodies.PassReadsBody, who: Counter, shop: TheShop) -> shapes.PassReadsView:
    """What a sled typed: EPCs in hex, EPC URIs, GS1 element strings or links. A batch sent again counts once."""
    del who
    return walking.take(shop, name, body.batch, body.lines)


@router.post("/{name}/end")
async def end(name: str, who: Counter, shop: TheShop) -> shapes.PassView:
    """The person has finished. What was not found is not missing: a pass accuses nobody."""
    return await walking.end(shop, name, who)
