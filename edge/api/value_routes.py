"""JSON routes of what else is sold and pays: goods by measure, gift cards, deposits, credit, trade-ins."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from contract import giftcard
from contract.facts import AskEnd, TenderKind, TradeIn
from contract.feed import GoodsCard
from contract.ids import AccountId, AskId, GoodsId, PieceId, SaleId
from edge.api import bodies, shapes, views
from edge.api.bodies import Amount, Body, Id, Reason, Text
from edge.api.meant import the_client
from edge.api.owed import gift_code, value_named
from edge.api.trade_routes import Seller, TheShop
from edge.books import replica
from trade import acts

router = APIRouter(prefix="/api/v1", tags=["trade"])


class AddGoodsBody(Body):
    """`quantity_milli`: thousandths of the unit on its card."""

    goods: Id
    quantity_milli: Annotated[int, Field(ge=1, le=10**9)]


class SellGiftCardBody(Body):
    """`code`: of a printed card; without one a new code is made, and shown this once."""

    amount_minor: Amount
    code: Annotated[str, Field(max_length=40, pattern=bodies.PLAIN)] = ""


class DepositBody(Body):
    amount_minor: Amount
    what: Reason
    account: Id | None = None


class AccountBody(Body):
    account: Id


class AskValueBody(Body):
    """`name`: a gift card's code, a client, a deposit's account. 0: as much as is left to pay."""

    kind: Literal["gift_card", "store_credit", "points", "deposit"]
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=bodies.PLAIN)]
    amount_minor: Amount = 0
    ask: Id | None = None


class EndAskBody(Body):
    """`without_office`: wait no longer, and take what this store keeps."""

    how: Literal["given_up", "without_office"] = "given_up"


class TradeInBody(Body):
    title: Reason
    client: Reason
    value_minor: Annotated[int, Field(ge=1, le=bodies.MONEY_MAX)]
    provenance: Reason
    proof: Reason
    category: Text = ""
    metal: Text = ""
    fineness: Annotated[int, Field(ge=0, le=999)] = 0
    weight_mg: Annotated[int, Field(ge=0, le=10**8)] = 0
    piece: Id | None = None
    ask: Id | None = None


@router.get("/goods")
async def list_goods(who: Seller, shop: TheShop) -> list[shapes.GoodsView]:
    """What is sold by measure, and services, as the office lists them."""
    del who
    return [
        shapes.GoodsView(
            goods=card.goods, title=card.title, unit=str(card.unit), unit_minor=card.unit_minor,
            currency=card.currency, service=card.service, quantity_milli_min=card.quantity_milli_min,
        )
        for card in replica.cards(shop.db, GoodsCard)
        if card.active
    ]  # fmt: skip


@router.post("/sales/{sale}/goods", status_code=201)
async def add_goods(sale: str, body: AddGoodsBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    act = acts.AddGoods(sale=SaleId(sale), goods=GoodsId(body.goods), quantity_milli=body.quantity_milli)
    await shop.act(act, who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/gift-cards", status_code=201)
async def sell_gift_card(sale: str, body: SellGiftCardBody, who: Seller, shop: TheShop) -> shapes.GiftCardView:
    """The code is in this answer and nowhere else: print it, and hand it over when the sale is recorded."""
    code = gift_code(body.code) if body.code else giftcard.make(secrets.token_bytes(giftcard.CHANCE_BYTES))
    account, label = giftcard.account_of(code), giftcard.label(code)
    act = acts.SellGiftCard(sale=SaleId(sale), account=account, label=label, amount_minor=body.amount_minor)
    await shop.act(act, who)
    return shapes.GiftCardView(code=giftcard.shown(code), account=account, sale=views.sale(shop, SaleId(sale)))


@router.post("/sales/{sale}/deposits", status_code=201)
async def take_deposit(sale: str, body: DepositBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    account = AccountId(body.account or f"dep-{shop.new_id()}")
    act = acts.TakeDeposit(sale=SaleId(sale), account=account, amount_minor=body.amount_minor, what=body.what)
    await shop.act(act, who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/deposits/back", status_code=201)
async def give_deposit_back(sale: str, body: AccountBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """All that is left of it goes back to the client, as a line below nothing."""
    await shop.act(acts.GiveDepositBack(sale=SaleId(sale), account=AccountId(body.account)), who)
    return views.sale(shop, SaleId(sale))


@router.get("/sales/{sale}/values")
async def list_values(sale: str, who: Seller, shop: TheShop) -> list[shapes.AskView]:
    """What was set aside for this sale, and what the office said."""
    del who
    return views.asks(shop, SaleId(sale))


@router.post("/sales/{sale}/values", status_code=202)
async def ask_value(sale: str, body: AskValueBody, who: Seller, shop: TheShop) -> list[shapes.AskView]:
    """Sets money aside: what this store keeps at once, the rest when the office answers, which `GET` shows."""
    account, client, label = value_named(body.kind, body.name, shop.config.currency)
    act = acts.AskValue(
        ask=AskId(body.ask or shop.new_id()), sale=SaleId(sale), kind=TenderKind(body.kind), account=account,
        amount_minor=body.amount_minor, client=client, label=label,
    )  # fmt: skip
    await shop.act(act, who)
    return views.asks(shop, SaleId(sale))


@router.post("/sales/{sale}/values/{ask}/end")
async def end_value(sale: str, ask: str, body: EndAskBody, who: Seller, shop: TheShop) -> list[shapes.AskView]:
    await shop.act(acts.EndAsk(ask=AskId(ask), how=AskEnd(body.how)), who)
    return views.asks(shop, SaleId(sale))


@router.post("/sales/{sale}/trade-ins", status_code=201)
async def take_trade_in(sale: str, body: TradeInBody, who: Seller, shop: TheShop) -> list[shapes.AskView]:
    """Its worth is set aside for this sale; recorded, the piece is the house's."""
    name = body.ask or shop.new_id()
    given = TradeIn(
        piece=PieceId(body.piece or f"ti-{shop.new_id()}"), title=body.title, category=body.category,
        client=await the_client(shop, body.client, who), value_minor=body.value_minor, currency=shop.config.currency,
        provenance=body.provenance, proof=body.proof, metal=body.metal, fineness=body.fineness,
        weight_mg=body.weight_mg,
    )  # fmt: skip
    act = acts.TakeTradeIn(ask=AskId(name), account=AccountId(f"ti-{name}"), sale=SaleId(sale), trade_in=given)
    await shop.act(act, who)
    return views.asks(shop, SaleId(sale))
