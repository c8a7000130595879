"""The cart of a till: what every page that puts something into it, or takes its money, begins with."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Request

from contract.feed import Permission
from contract.ids import SaleId, TillId
from edge.api import shapes, views
from edge.api.shop import Shop, the_shop
from edge.api.tills import till_of
from trade import acts
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

REASON_MAX: Final = 200
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]


def carts(shop: Shop, till: TillId) -> Sequence[shapes.SaleView]:
    """The sale that is being paid at this till, and its open cart."""
    known = (*views.sales(shop, "tendering"), *views.sales(shop, "open"))
    return [sale for sale in known if sale.till == till]


def open_sale(request: Request, shop: Shop) -> shapes.SaleView:
    """The cart of this till, or the sale that is being paid there. Raises a 409 problem where there is none."""
    for sale in carts(shop, till_of(request, shop)):
        return sale
    raise ProblemError(409, "no-cart", "There is no open cart at this till", "Lay pieces on the pad and ring them up.")


async def cart_of(request: Request, who: Login, shop: Shop) -> SaleId:
    """The cart of this till; a new one where there is none."""
    till = till_of(request, shop)
    for each in carts(shop, till):
        return SaleId(each.sale)
    sale = SaleId(shop.new_id())
    await shop.act(acts.OpenSale(sale=sale, till=till, currency=shop.config.currency), who)
    return sale
