"""The register: who sells this together, and in what parts."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import Share
from contract.ids import SaleId, UserId
from edge.api.carts import Seller, TheShop, open_sale
from edge.api.pages_register import after
from trade import acts
from trade.commission import SHARES_PER_SALE_MAX, equal
from web.problems import ProblemError

PERCENT: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?%?")
Name = Annotated[str, Field(max_length=64)]
Part = Annotated[str, Field(max_length=10)]
router = APIRouter(include_in_schema=False)


class SharesForm(BaseModel):
    """Person and part, row by row. Without any part, everybody has the same; without any person, it is nobody's but
    the associate's.
    """

    associate: Annotated[list[Name], Field(max_length=SHARES_PER_SALE_MAX)] = []
    part: Annotated[list[Part], Field(max_length=SHARES_PER_SALE_MAX)] = []


@router.post("/register/shares")
async def share(request: Request, who: Seller, shop: TheShop, form: Annotated[SharesForm, Form()]) -> Response:
    sale = SaleId(open_sale(request, shop).sale)
    await shop.act(acts.ShareSale(sale=sale, shares=shares_of(form)), who)
    return await after(request, who, shop)


def shares_of(form: SharesForm) -> tuple[Share, ...]:
    """Raises a 422 problem for a part that is none, and where only some have one."""
    parts = [*form.part, *[""] * len(form.associate)]
    rows = [(UserId(name), part.strip()) for name, part in zip(form.associate, parts, strict=False) if name]
    if not any(part for _, part in rows):
        return equal([name for name, _ in rows]) if rows else ()
    return tuple(Share(associate=name, share_bp=basis_points(part)) for name, part in rows)


def basis_points(typed: str) -> int:
    """`"60"`, `"60 %"` and `"33,34"`."""
    found = PERCENT.fullmatch(typed)
    if found is None:
        raise ProblemError(422, "share", f"Share: {typed or 'nothing'} is no part of 100 %", "Type 60 or 33.34.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
