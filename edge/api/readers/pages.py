"""The page of one reader, for whoever stands before it with a phone."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from contract.ids import ReaderId
from edge.api import views as store_views
from edge.api.readers import views
from edge.api.shop import Shop, the_shop
from web.front import render
from web.logins import Login
from web.policy import signed_in

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
TheShop = Annotated[Shop, the_shop()]


@router.get("/readers/{reader}")
async def reader(request: Request, reader: str, who: Anyone, shop: TheShop) -> Response:
    """How it does, antenna by antenna; what it is set to; when it did not read."""
    shown = await views.one(shop, ReaderId(reader))
    return render(request, "edge/reader.html", store=store_views.store(shop, who), one=shown)
