"""The page where tags are written: the queue of pieces without one, and what happens on the pad."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import PieceId
from edge.api import views as store_views
from edge.api.shop import Shop, the_shop
from edge.api.tags import views
from edge.api.tags.routes import Tagger, begin_tag, give_up
from web.front import go, render, wants_fragment
from web.logins import Login

router = APIRouter(include_in_schema=False)
TheShop = Annotated[Shop, the_shop()]
Short = Annotated[str, Form(max_length=64)]


@router.get("/tags")
async def tags(request: Request, who: Tagger, shop: TheShop) -> Response:
    return _page(request, who, shop)


@router.post("/tags")
async def begin(request: Request, who: Tagger, shop: TheShop, piece: Short, zone: Short = "") -> Response:
    begin_tag(shop, who, PieceId(piece.strip()), zone, shop.new_id())
    return _after(request, who, shop)


@router.post("/tags/{job}/give-up")
async def abandon(request: Request, job: str, who: Tagger, shop: TheShop) -> Response:
    give_up(shop, who, job)
    return _after(request, who, shop)


def _after(request: Request, who: Login, shop: Shop) -> Response:
    return _page(request, who, shop) if wants_fragment(request) else go(request, "/tags")


def _page(request: Request, who: Login, shop: Shop) -> Response:
    return render(
        request,
        "edge/_tags.html" if wants_fragment(request) else "edge/tags.html",
        store=store_views.store(shop),
        tags=views.tags(shop),
        may_replace=who.may(Permission.TAG_REPLACE),
    )
