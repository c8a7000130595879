"""The register: money off a line or the cart, and sales without tax."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.ids import LineId, SaleId
from contract.money import divide_half_up
from edge.api.carts import REASON_MAX, Seller, TheShop, open_sale
from edge.api.pages_register import after
from edge.till import queries
from trade import acts
from trade.price import asked
from web.forms import amount_minor
from web.problems import ProblemError

PERCENT: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?%")
HUNDRED_BP: Final = 10_000
router = APIRouter(include_in_schema=False)


class DiscountForm(BaseModel):
    """`off` as an amount or in percent; off the whole cart without a line."""

    off: Annotated[str, Field(max_length=20)]
    line: Annotated[str, Field(max_length=64)] = ""
    reason: Annotated[str, Field(max_length=REASON_MAX)] = ""


@router.post("/register/discount")
async def discount(request: Request, who: Seller, shop: TheShop, form: Annotated[DiscountForm, Form()]) -> Response:
    sale = open_sale(request, shop)
    name = SaleId(sale.sale)
    prices = {each.line: asked(each) for each in queries.sale_lines(shop.db, name)}
    line = LineId(form.line)
    minor = off_minor(form.off, prices.get(line, 0) if line else sum(prices.values()), sale.currency)
    if line:
        await shop.act(acts.DiscountLine(sale=name, line=line, discount_minor=minor, reason=form.reason), who)
    else:
        await shop.act(acts.DiscountCart(sale=name, discount_minor=minor, reason=form.reason), who)
    return await after(request, who, shop)


@router.post("/register/exempt")
async def exempt(
    request: Request,
    who: Seller,
    shop: TheShop,
    reason: Annotated[str, Form(max_length=REASON_MAX)] = "",
    document: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Without a reason tax is due again."""
    sale = SaleId(open_sale(request, shop).sale)
    await shop.act(acts.ExemptSale(sale=sale, reason=reason, document=document), who)
    return await after(request, who, shop)


def off_minor(typed: str, price_minor: int, currency: str) -> int:
    """`"10 %"` of the price, or an amount. Raises a 422 problem."""
    text = typed.strip()
    found = PERCENT.fullmatch(text)
    if found is None:
        return amount_minor(text, currency, "Discount")
    share_bp = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if share_bp > HUNDRED_BP:
        raise ProblemError(422, "amount", f"Discount: {text} is more than the price", "Take at most 100 % off.")
    return divide_half_up(price_minor * share_bp, HUNDRED_BP)
