"""Purchases and metal prices as people and programs see them."""

from typing import Final

from pydantic import BaseModel

from contract.facts import PurchaseRecorded
from contract.feed import MetalPriceCard
from contract.ids import PurchaseId
from edge.api.shop import Shop
from edge.books import fold_purchases, replica

SHOWN: Final = 50


class MetalPriceView(BaseModel):
    """`minor_per_kg`: of fine metal; `payout_bp`: the part of it the house offers."""

    metal: str
    currency: str
    minor_per_kg: int
    payout_bp: int
    source: str
    quoted_us: int


class WeighedView(BaseModel):
    weight_mg: int
    weighed_by: str


class BoughtView(BaseModel):
    piece: str
    title: str
    scrap: bool
    metal: str
    fineness: int
    weight_mg: int
    value_minor: int
    hold_until: str


class PurchaseView(BaseModel):
    purchase: str
    number: int
    till: str
    business_day: str
    client: str
    currency: str
    total_minor: int
    items: list[BoughtView]


def prices(shop: Shop) -> list[MetalPriceCard]:
    """Of this store's currency, as the office told them last."""
    cards = replica.cards(shop.db, MetalPriceCard)
    return sorted((each for each in cards if each.currency == shop.config.currency), key=lambda card: card.metal)


def price_view(card: MetalPriceCard) -> MetalPriceView:
    return MetalPriceView(**{name: getattr(card, name) for name in card.__struct_fields__})


def newest(shop: Shop) -> list[PurchaseView]:
    return [shown(each) for each in fold_purchases.newest(shop.db, SHOWN)]


def one(shop: Shop, purchase: PurchaseId) -> PurchaseView | None:
    found = fold_purchases.load(shop.db, purchase)
    return None if found is None else shown(found)


def shown(fact: PurchaseRecorded) -> PurchaseView:
    return PurchaseView(
        purchase=fact.purchase, number=fact.number, till=fact.till, business_day=fact.business_day, client=fact.client,
        currency=fact.currency, total_minor=fact.total_minor,
        items=[
            BoughtView(
                piece=each.piece, title=each.title, scrap=each.scrap, metal=each.metal, fineness=each.fineness,
                weight_mg=each.weight_mg, value_minor=each.value_minor, hold_until=each.hold_until,
            )
            for each in fact.items
        ],
    )  # fmt: skip
