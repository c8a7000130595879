"""Somebody else's word at the till: a refusal that asks for it, and where it is given."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import UserId
from edge.api import bodies, shapes
from edge.api.asking import ApprovalNeededError
from edge.api.shop import Shop, the_shop
from edge.till.approvals import GOOD_FOR_US
from trade.acts import EndOrder, MoveOrder, OpenOrder, PromiseOrder, QuoteOrder, RecordSale
from web.front import go
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["trade"])
page_router = APIRouter(include_in_schema=False)
Seller = Annotated[Login, allow(Permission.SELL, Permission.SHIFT, Permission.CASH_MOVE, Permission.ORDERS)]
TheShop = Annotated[Shop, the_shop()]
DIGEST_CHARS: Final = 64


@router.post("/approvals", status_code=201)
async def approve(body: bodies.ApprovalBody, who: Seller, shop: TheShop) -> shapes.ApprovalView:
    """`user` proves with their PIN that they approve what was `asked`; the same request, sent again within the time
    given, is then done, once. Who may approve it is judged when it is done.
    """
    asked = await shop.approve(body.asked, UserId(body.user), body.pin, who)
    return shapes.ApprovalView(
        asked=body.asked, approved_by=asked.approved_by, words=asked.words, seconds=GOOD_FOR_US // 1_000_000
    )


class ApproveForm(BaseModel):
    asked: Annotated[str, Field(max_length=DIGEST_CHARS)]
    user: Annotated[str, Field(max_length=64)]
    pin: Annotated[str, Field(max_length=12)]


@page_router.post("/register/approve")
async def approve_at_till(
    request: Request, who: Seller, shop: TheShop, form: Annotated[ApproveForm, Form()]
) -> Response:
    """Approved, and done at once."""
    shown = shop.asked(form.asked, who)
    try:
        await shop.approve(form.asked, UserId(form.user), form.pin, who)
    except ProblemError as error:
        trouble = f"{error.title}. {error.detail}"
        raise ApprovalNeededError(form.asked, shown.words, shop.others(who), trouble=trouble) from error
    await shop.act(shown.act, who)
    match shown.act:
        case RecordSale(sale=sale):
            return go(request, f"/register/receipt/{sale}")
        case OpenOrder(order=order) | QuoteOrder(order=order) | PromiseOrder(order=order):
            return go(request, f"/orders/{order}")
        case MoveOrder(order=order) | EndOrder(order=order):
            return go(request, f"/orders/{order}")
        case _:
            return go(request, "/register")
