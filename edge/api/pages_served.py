"""The register's client: found by what one says of themselves, attached, and let go again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from contract.ids import PersonId
from edge.api import witnessing
from edge.api.carts import TheShop
from edge.api.clients import bodies, served
from edge.api.clients.routes import Seer
from edge.api.pages_register import after
from edge.api.tills import till_of

router = APIRouter(include_in_schema=False, prefix="/register/client", dependencies=[Depends(witnessing.as_witness)])
Asked = Annotated[str, Form(max_length=bodies.QUERY_LENGTH_MAX, pattern=bodies.PLAIN)]


@router.post("")
async def attach(request: Request, who: Seer, shop: TheShop, query: Asked = "") -> Response:
    """One who answers to it is served at once; of several one is chosen. What is looked for stands in no address."""
    found = await served.attach(shop, till_of(request, shop), query, who) if query.strip() else None
    return await after(request, who, shop, found=found)


@router.post("/choose")
async def choose(
    request: Request, who: Seer, shop: TheShop, person: Annotated[str, Form(max_length=64, pattern=bodies.PLAIN)]
) -> Response:
    await served.serve(shop, till_of(request, shop), PersonId(person), who)
    return await after(request, who, shop)


@router.post("/end")
async def leave(request: Request, who: Seer, shop: TheShop) -> Response:
    """They went, or it was somebody else: the sale is written of nobody."""
    shop.clients.leave(till_of(request, shop))
    return await after(request, who, shop)
