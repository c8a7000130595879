"""The register's page for buying from a client: worked out first, then bought."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import TenderKind
from contract.ids import PersonId, PurchaseId
from contract.money import plain
from edge.api import views as sales
from edge.api import witnessing
from edge.api.bodies import PLAIN
from edge.api.buying import making, views
from edge.api.carts import Seller, TheShop
from edge.api.meant import the_client
from edge.api.tills import till_of
from trade.buying import spot_of
from trade.melt import METALS, worth_minor
from web.forms import amount_minor
from web.front import go, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
THOUSANDTHS: Final = "KWD"
"""A currency of three digits: grams are typed with as many."""
NUMBER_MAX: Final = 64
Words = Annotated[str, Field(max_length=200, pattern=PLAIN)]
Amount = Annotated[str, Field(max_length=20)]
Name = Annotated[str, Query(max_length=64, pattern=PLAIN)]


class BuyForm(BaseModel):
    """One thing. `step`: weigh it, work it out and show it again, or buy it."""

    title: Words = ""
    category: Words = ""
    metal: Annotated[str, Field(max_length=30)] = ""
    fineness: Annotated[str, Field(max_length=3, pattern=r"^[0-9]*$")] = ""
    weight: Amount = ""
    scrap: Annotated[str, Field(max_length=3)] = ""
    value: Amount = ""
    client: Annotated[str, Field(max_length=NUMBER_MAX, pattern=PLAIN)] = ""
    provenance: Words = ""
    proof: Words = ""
    kind: Literal["cash", "bank_transfer", "store_credit"] = "cash"
    reference: Words = ""
    purchase: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    weighed_by: Words = ""
    weighed: Amount = ""
    """The weight as the scale gave it: another one was typed."""
    step: Literal["offer", "weigh", "buy"] = "offer"


@router.get("/register/buy")
async def ask(request: Request, who: Seller, shop: TheShop, done: Name = "") -> Response:
    served = shop.clients.chosen.get(till_of(request, shop), "")
    return _page(request, who, shop, BuyForm(client=served), done=done)


@router.post("/register/buy")
async def buy(request: Request, who: Seller, shop: TheShop, form: Annotated[BuyForm, Form()]) -> Response:
    if form.step == "weigh":
        weight_mg, name = await shop.weigh(till_of(request, shop))
        grams = plain(max(weight_mg, 0), THOUSANDTHS)
        form = form.model_copy(update={"weight": grams, "weighed": grams, "weighed_by": name})
    if form.step != "buy":
        return _page(request, who, shop, form)
    client = await the_client(shop, form.client, who)
    item = making.item(shop, _thing(shop, form), client, views.prices(shop))
    tender = making.tender(TenderKind(form.kind), item.value_minor, client, form.reference.strip())
    name = PurchaseId(form.purchase or shop.new_id())
    await shop.act(making.act(name, till_of(request, shop), client, (item,), (tender,)), who)
    return go(request, f"/register/buy?done={name}")


def _thing(shop: TheShop, form: BuyForm) -> making.Thing:
    return making.Thing(
        title=form.title, provenance=form.provenance, proof=form.proof, category=form.category,
        metal=form.metal, fineness=int(form.fineness or 0), weight_mg=amount_minor(form.weight, THOUSANDTHS, "Weight"),
        scrap=bool(form.scrap),
        weighed_by=form.weighed_by if form.weight == form.weighed else "",
        value_minor=amount_minor(form.value, shop.config.currency, "Paid"),
    )  # fmt: skip


def _page(request: Request, who: Seller, shop: TheShop, form: BuyForm, *, done: str = "") -> Response:
    prices, till = views.prices(shop), till_of(request, shop)
    thing = _thing(shop, form)
    card = next((each for each in prices if each.metal == thing.metal), None)
    by_metal = card is not None and thing.weight_mg > 0 and thing.fineness > 0
    worth = worth_minor(thing.weight_mg, thing.fineness, spot_of(card)) if card is not None and by_metal else 0
    return render(
        request, "edge/buy.html", store=sales.store(shop), prices=prices, form=form, metals=METALS,
        card=card if by_metal else None, worth=worth, offer=making.offered(thing, card) if by_metal else 0,
        purchase=form.purchase or shop.new_id(), newest=views.newest(shop)[:8], done=done,
        scale=any(scale.till == till for scale in shop.config.scales),
        client_name=shop.clients.name_of(till, PersonId(form.client), who.user),
    )  # fmt: skip
