"""JSON routes of buying from the public."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from contract.facts import TenderKind
from contract.ids import PurchaseId, TillId
from edge.api import bodies
from edge.api.bodies import Body, Id, Reason, Text
from edge.api.buying import making, views
from edge.api.meant import the_client
from edge.api.trade_routes import Seller, TheShop
from trade.buying import ITEMS_MAX

router = APIRouter(prefix="/api/v1", tags=["trade"])


class ThingBody(Body):
    """`value_minor` 0: of scrap what the house offers for its metal. `proof`: the kind of paper, never its number."""

    title: Reason
    provenance: Reason
    proof: Reason
    category: Text = ""
    metal: Text = ""
    fineness: Annotated[int, Field(ge=0, le=999)] = 0
    weight_mg: Annotated[int, Field(ge=0, le=10**8)] = 0
    scrap: bool = False
    value_minor: Annotated[int, Field(ge=0, le=bodies.MONEY_MAX)] = 0
    weighed_by: Text = ""
    piece: Annotated[str, Field(max_length=64, pattern=bodies.PLAIN)] = ""


class PaidBody(Body):
    kind: Literal["cash", "bank_transfer", "store_credit"]
    amount_minor: Annotated[int, Field(ge=1, le=bodies.MONEY_MAX)]
    reference: Text = ""


class PurchaseBody(Body):
    """`purchase`: an id of the asker's, so that a repeat is a repeat."""

    till: Id
    client: Reason
    things: Annotated[list[ThingBody], Field(min_length=1, max_length=ITEMS_MAX)]
    paid: Annotated[list[PaidBody], Field(min_length=1, max_length=3)]
    purchase: Id | None = None


@router.get("/metal-prices")
async def list_metal_prices(who: Seller, shop: TheShop) -> list[views.MetalPriceView]:
    """What metals are worth, as the office told it last, and the part of it the house offers."""
    del who
    return [views.price_view(card) for card in views.prices(shop)]


@router.post("/scales/{till}/weigh")
async def weigh(till: str, who: Seller, shop: TheShop) -> views.WeighedView:
    """What lies on the scale beside a till, once it has come to rest."""
    del who
    weight_mg, name = await shop.weigh(TillId(till))
    return views.WeighedView(weight_mg=weight_mg, weighed_by=name)


@router.get("/purchases")
async def list_purchases(who: Seller, shop: TheShop) -> list[views.PurchaseView]:
    """What this store bought from the public, newest first."""
    del who
    return views.newest(shop)


@router.post("/purchases", status_code=201)
async def buy(body: PurchaseBody, who: Seller, shop: TheShop) -> views.PurchaseView:
    """The things are the house's from now on; they lie untouched as many days as the store's settings say."""
    client, prices = await the_client(shop, body.client, who), views.prices(shop)
    things = (making.Thing(**each.model_dump()) for each in body.things)
    items = tuple(making.item(shop, each, client, prices) for each in things)
    tenders = tuple(
        making.tender(TenderKind(each.kind), each.amount_minor, client, each.reference) for each in body.paid
    )
    name = PurchaseId(body.purchase or shop.new_id())
    act = making.act(name, TillId(body.till), client, items, tenders)
    await shop.act(act, who)
    found = views.one(shop, name)
    assert found is not None, "it was recorded just now"
    return found
