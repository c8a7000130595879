"""The page "Look for": what a hand should hold, one piece at a time."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.ids import PieceId
from edge.api import views
from edge.api.looks import looking
from edge.api.looks.routes import Looker
from edge.api.shop import Shop, the_shop
from web.front import go, render, wants_fragment
from web.logins import Login

router = APIRouter(include_in_schema=False)
TheShop = Annotated[Shop, the_shop()]


class LookForm(BaseModel):
    """What the person says."""

    said: Literal["found", "not_found"]
    pad: Annotated[str, Field(max_length=64)] = ""


@router.get("/looks")
async def looks(request: Request, who: Looker, shop: TheShop) -> Response:
    return _page(request, shop, who)


@router.post("/looks/{piece}")
async def look(request: Request, piece: str, who: Looker, shop: TheShop, form: Annotated[LookForm, Form()]) -> Response:
    await looking.answer(shop, who, PieceId(piece), form.pad, found=form.said == "found")
    return _page(request, shop, who) if wants_fragment(request) else go(request, "/looks")


def _page(request: Request, shop: Shop, who: Login) -> Response:
    template = "edge/_looks.html" if wants_fragment(request) else "edge/looks.html"
    return render(request, template, store=views.store(shop), looks=looking.looks(shop, who))
