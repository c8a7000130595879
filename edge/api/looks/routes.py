"""JSON routes of looking for pieces by hand."""

from typing import Annotated

from fastapi import APIRouter

from contract.feed import Permission
from contract.ids import PieceId
from edge.api import bodies
from edge.api.looks import looking, shapes
from edge.api.shop import Shop, the_shop
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1/looks", tags=["looks"])
Looker = Annotated[Login, allow(Permission.COUNT)]
TheShop = Annotated[Shop, the_shop()]


@router.get("")
async def looks(who: Looker, shop: TheShop) -> shapes.LooksView:
    """Pieces worth a person's minute, most telling first; what lies on the pads; what is wrong with the books."""
    return looking.looks(shop, who)


@router.post("", status_code=201)
async def look(body: bodies.LookBody, who: Looker, shop: TheShop) -> shapes.LooksView:
    """A person looked for a piece. Found: it lies alone on `pad`, which says what tags it carries, if any."""
    return await looking.answer(shop, who, PieceId(body.piece), body.pad, found=body.found)
