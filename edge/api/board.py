"""What the register shows at one moment: the pad, the cart beside it, and whom it serves."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import PieceId, SaleId
from edge.api import tendering, views, witnessing
from edge.api.carts import carts
from edge.api.clients import served
from edge.api.clients.served import FoundView
from edge.api.shifts import views as drawers
from edge.api.shop import Shop
from edge.api.tills import people, till_of
from edge.till import queries
from edge.till.offers import settings_here
from trade.commission import SHARES_PER_SALE_MAX
from web.front import render
from web.logins import Login

WHOLE, PART = "edge/register.html", "edge/_register.html"
SHARE_ROWS: Final = 3
"""Associates of one sale that the register offers; the API takes as many as a sale may have."""
PARKED_MAX: Final = 6


async def page(
    request: Request, who: Login, shop: Shop, template: str, till: str = "", *, found: FoundView | None = None
) -> Response:
    at = till_of(request, shop, till)
    shift = next(iter(drawers.of_till(shop, at)), None)
    sale = next(iter(carts(shop, at)), None)
    pad = views.pad(shop, SaleId(sale.sale) if sale else None)
    parked = views.sales(shop, "parked")
    return render(
        request,
        template,
        store=views.store(shop),
        till=at,
        shift=shift if shift is not None and shift.state == "open" else None,
        sale=sale,
        denominations=settings_here(shop.db).denominations,
        pad=pad,
        absent=[views.bare(shop, PieceId(each)) for each in pad.not_on_pad],
        parked=parked[:PARKED_MAX],
        parked_more=max(len(parked) - PARKED_MAX, 0),
        people=people(shop),
        share_rows=min(SHARE_ROWS, SHARES_PER_SALE_MAX),
        terminal=any(each.till == at for each in shop.config.terminals),
        may_override=who.may(Permission.PAD_OVERRIDE),
        may_serve=who.may(Permission.SEE_CLIENTS) and shop.clients.kept is not None,
        witness=witnessing.view(request, shop, at),
        served=await served.view(shop, at, who),
        found=found,
        aside_minor=_aside(shop, SaleId(sale.sale)) if sale else 0,
    )


def _aside(shop: Shop, sale: SaleId) -> int:
    """What deposits, cards and credit that were set aside pay of it already."""
    known = queries.sale(shop.db, sale)
    if known is None:
        return 0
    told = tendering.told(shop, known)
    return told.total_minor - told.rest_minor
