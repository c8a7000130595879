"""A memo is handed over: the client signs for its pieces on the page's field, or on a slip of paper."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import OrderEvent, PaperKind
from contract.feed import Permission
from edge.api import witnessing
from edge.api.bodies import PLAIN
from edge.api.orders import views as orders
from edge.api.shop import Shop, the_shop
from edge.api.things import keeping
from trade import acts
from web.front import go
from web.logins import Login
from web.policy import allow

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Keeper = Annotated[Login, allow(Permission.ORDERS)]
TheShop = Annotated[Shop, the_shop()]


class IssueForm(BaseModel):
    """`slip`: the number of the paper they signed, where they did not sign on the field."""

    drawing: Annotated[str, Field(max_length=keeping.DRAWING_CHARS_MAX)] = ""
    slip: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""


@router.post("/orders/{order}/issue")
async def issue(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[IssueForm, Form()]
) -> Response:
    found, signature = orders.named(shop, order), ""
    if not form.slip.strip():
        ready = await keeping.drawn(shop, form.drawing)
        signature = await keeping.keep(shop, who, found, PaperKind.SIGNATURE, ready)
    act = acts.MoveOrder(order=found.order, event=OrderEvent.ISSUE, why=form.slip, signature=signature)
    await shop.act(act, who)
    return go(request, f"/orders/{order}")
