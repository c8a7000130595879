"""JSON routes of balances: ask, and look what the office said."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from contract.facts import TenderKind
from contract.ids import InquiryId, TillId
from edge.api import bodies
from edge.api.balances import views
from edge.api.owed import value_named
from edge.api.trade_routes import Seller, TheShop
from trade import acts

router = APIRouter(prefix="/api/v1", tags=["trade"])


class InquiryBody(bodies.Body):
    """`name`: a gift card's code, a client, a deposit's account. Give `inquiry` to be able to repeat the request."""

    till: bodies.Id
    kind: Literal["gift_card", "store_credit", "points", "deposit"]
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=bodies.PLAIN)]
    inquiry: bodies.Id | None = None


@router.post("/balances", status_code=202)
async def ask(body: InquiryBody, who: Seller, shop: TheShop) -> views.BalanceView:
    """What this store may spend stands in the answer at once; what the office says, `GET` shows."""
    account, client, label = value_named(body.kind, body.name, shop.config.currency)
    name = InquiryId(body.inquiry or shop.new_id())
    act = acts.InquireValue(
        inquiry=name, till=TillId(body.till), kind=TenderKind(body.kind), account=account, client=client, label=label
    )
    await shop.act(act, who)
    return views.one(shop, name)


@router.get("/balances/{inquiry}")
async def get(inquiry: str, who: Seller, shop: TheShop) -> views.BalanceView:
    del who
    return views.one(shop, InquiryId(inquiry))
