"""The register's page of what has no tag: goods by measure, services, gift cards, deposits, and a trade-in."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract import giftcard
from contract.facts import TenderKind, TradeIn
from contract.feed import GoodsCard
from contract.ids import AccountId, AskId, GoodsId, PieceId, SaleId
from edge.api import views, witnessing
from edge.api.bodies import PLAIN
from edge.api.carts import Seller, TheShop, cart_of, open_sale
from edge.api.meant import the_client
from edge.api.owed import gift_code
from edge.api.pages_payment import DEPOSITS_SHOWN
from edge.api.tills import till_of
from edge.books import replica
from edge.till import queries
from trade import acts
from web.forms import amount_minor
from web.front import go, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Words = Annotated[str, Field(max_length=200, pattern=PLAIN)]
Amount = Annotated[str, Field(max_length=20)]
THOUSANDTHS: Final = "KWD"
"""A currency of three digits: quantities are typed like amounts of it."""


@router.get("/register/other")
async def other(request: Request, who: Seller, shop: TheShop) -> Response:
    return _page(request, who, shop)


class GoodsForm(BaseModel):
    goods: Annotated[str, Field(max_length=64)]
    quantity: Amount


@router.post("/register/goods")
async def add_goods(request: Request, who: Seller, shop: TheShop, form: Annotated[GoodsForm, Form()]) -> Response:
    quantity = amount_minor(form.quantity, THOUSANDTHS, "How much")
    sale = await cart_of(request, who, shop)
    await shop.act(acts.AddGoods(sale=sale, goods=GoodsId(form.goods), quantity_milli=quantity), who)
    return go(request, "/register")


class GiftCardForm(BaseModel):
    """`code`: of a card that was printed before; empty: a new one, shown once."""

    code: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""
    amount: Amount


@router.post("/register/gift-card")
async def sell_gift_card(
    request: Request, who: Seller, shop: TheShop, form: Annotated[GiftCardForm, Form()]
) -> Response:
    minor = amount_minor(form.amount, shop.config.currency, "Amount")
    fresh = not form.code.strip()
    code = giftcard.make(secrets.token_bytes(giftcard.CHANCE_BYTES)) if fresh else gift_code(form.code)
    sale = await cart_of(request, who, shop)
    act = acts.SellGiftCard(
        sale=sale, account=giftcard.account_of(code), label=giftcard.label(code), amount_minor=minor
    )
    await shop.act(act, who)
    return _page(request, who, shop, code=giftcard.shown(code), amount=minor) if fresh else go(request, "/register")


class DepositForm(BaseModel):
    what: Words
    amount: Amount


@router.post("/register/deposit")
async def take_deposit(request: Request, who: Seller, shop: TheShop, form: Annotated[DepositForm, Form()]) -> Response:
    minor = amount_minor(form.amount, shop.config.currency, "Amount")
    sale = await cart_of(request, who, shop)
    act = acts.TakeDeposit(sale=sale, account=AccountId(f"dep-{shop.new_id()}"), amount_minor=minor, what=form.what)
    await shop.act(act, who)
    return go(request, "/register")


@router.post("/register/deposit/back")
async def give_deposit_back(
    request: Request, who: Seller, shop: TheShop, account: Annotated[str, Form(max_length=64)]
) -> Response:
    """All that is left of it becomes a line below nothing; the payment page says how much goes to the client."""
    sale = await cart_of(request, who, shop)
    await shop.act(acts.GiveDepositBack(sale=sale, account=AccountId(account)), who)
    return go(request, "/register")


class TradeInForm(BaseModel):
    title: Words
    category: Words = ""
    metal: Words = ""
    weight: Amount = ""
    client: Annotated[str, Field(max_length=64, pattern=PLAIN)]
    provenance: Words
    proof: Words
    value: Amount


@router.post("/register/trade-in")
async def take_trade_in(request: Request, who: Seller, shop: TheShop, form: Annotated[TradeInForm, Form()]) -> Response:
    """What a client gives in payment of the cart at this till."""
    sale = open_sale(request, shop)
    given = TradeIn(
        piece=PieceId(f"ti-{shop.new_id()}"),
        title=form.title.strip(),
        category=form.category.strip(),
        client=await the_client(shop, form.client, who),
        value_minor=amount_minor(form.value, sale.currency, "Worth"),
        currency=sale.currency,
        provenance=form.provenance.strip(),
        proof=form.proof.strip(),
        metal=form.metal.strip(),
        weight_mg=amount_minor(form.weight, THOUSANDTHS, "Weight"),
    )
    name = shop.new_id()
    act = acts.TakeTradeIn(ask=AskId(name), account=AccountId(f"ti-{name}"), sale=SaleId(sale.sale), trade_in=given)
    await shop.act(act, who)
    return go(request, "/register/tender")


def _page(request: Request, who: Seller, shop: TheShop, *, code: str = "", amount: int = 0) -> Response:
    cards = [
        card for card in replica.cards(shop.db, GoodsCard) if card.active and card.currency == shop.config.currency
    ]
    return render(
        request,
        "edge/other.html",
        store=views.store(shop),
        goods=sorted(cards, key=lambda card: (card.service, card.title)),
        deposits=queries.slices(shop.db, TenderKind.DEPOSIT, DEPOSITS_SHOWN),
        client=shop.clients.chosen.get(till_of(request, shop), ""),
        client_name=shop.clients.name_of(till_of(request, shop), None, who.user),
        code=code,
        amount=amount,
    )
