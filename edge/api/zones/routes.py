"""JSON routes of the zone calibration, for `vitrine zones calibrate` and others."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from contract.feed import Permission
from edge.api.shop import Shop, the_shop
from edge.api.zones import calibrating, shapes
from edge.floor.calibration import ROUNDS, ROUNDS_MAX, ROUNDS_MIN, TAGS_MAX
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1/zones/calibration", tags=["zones"])
Walker = Annotated[Login, allow(Permission.CALIBRATE)]
TheShop = Annotated[Shop, the_shop()]
Epc = Annotated[str, Field(min_length=4, max_length=128, pattern="^[0-9A-Fa-f]+$")]


class PositionBody(BaseModel):
    """The reference tray lies in `zone` now. `tags`: its EPCs in hex; empty: those of the last time."""

    model_config = ConfigDict(strict=True, extra="forbid")

    zone: Annotated[str, Field(max_length=64)]
    tags: Annotated[list[Epc], Field(max_length=TAGS_MAX)] = []
    rounds: Annotated[int, Field(ge=ROUNDS_MIN, le=ROUNDS_MAX)] = ROUNDS


class PutBackBody(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    version: Annotated[int, Field(ge=1)]


@router.get("")
async def calibration(who: Walker, shop: TheShop) -> shapes.CalibrationView:
    """What is in use, how far the walk is, what to do next."""
    del who
    return await calibrating.view(shop)


@router.post("/positions", status_code=201)
async def begin(body: PositionBody, who: Walker, shop: TheShop) -> shapes.CalibrationView:
    """Hear the tray where it lies now; it fills by itself within `rounds` rounds."""
    return await calibrating.begin(shop, who, body.zone, body.tags, body.rounds)


@router.delete("/positions/now")
async def stop(who: Walker, shop: TheShop) -> shapes.CalibrationView:
    """Give up the position that is being heard."""
    del who
    return await calibrating.stop(shop)


@router.delete("/walk")
async def anew(who: Walker, shop: TheShop, zone: str | None = None) -> shapes.CalibrationView:
    """Forget the walk, or one zone of it."""
    return await calibrating.anew(shop, who, zone)


@router.post("/finish", status_code=201)
async def finish(who: Walker, shop: TheShop) -> shapes.CalibrationView:
    """Choose a model by the walk, and use it from now on as a new version."""
    return await calibrating.finish(shop, who)


@router.post("/put-back", status_code=201)
async def put_back(body: PutBackBody, who: Walker, shop: TheShop) -> shapes.CalibrationView:
    """Use an older version's points again."""
    return await calibrating.put_back(shop, who, body.version)
