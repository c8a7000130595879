"""The register's page of a balance: what this store may spend is seen at once, what the office says after it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import TenderKind
from contract.ids import InquiryId
from edge.api import views as sales
from edge.api import witnessing
from edge.api.balances import views
from edge.api.bodies import PLAIN
from edge.api.carts import Seller, TheShop
from edge.api.owed import value_named
from edge.api.tills import till_of
from trade import acts
from web.front import go, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])


class AskForm(BaseModel):
    kind: Literal["gift_card", "store_credit", "points"] = "gift_card"
    name: Annotated[str, Field(max_length=64, pattern=PLAIN)]


@router.get("/register/balance")
async def ask_page(request: Request, who: Seller, shop: TheShop) -> Response:
    return render(request, "edge/balance.html", store=sales.store(shop), one=None, who=who)


@router.post("/register/balance")
async def ask(request: Request, who: Seller, shop: TheShop, form: Annotated[AskForm, Form()]) -> Response:
    account, client, label = value_named(form.kind, form.name, shop.config.currency)
    name = InquiryId(shop.new_id())
    act = acts.InquireValue(
        inquiry=name, till=till_of(request, shop), kind=TenderKind(form.kind), account=account, client=client,
        label=label,
    )  # fmt: skip
    await shop.act(act, who)
    return go(request, f"/register/balance/{name}")


@router.get("/register/balance/{inquiry}")
async def told(request: Request, inquiry: str, who: Seller, shop: TheShop) -> Response:
    """Fetched again until the office has answered."""
    one = views.one(shop, InquiryId(inquiry))
    return render(request, "edge/balance.html", store=sales.store(shop), one=one, who=who)
