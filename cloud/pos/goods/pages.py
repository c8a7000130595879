"""The office's page of measured goods and services: the list, its prices, and how much lies where."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pos.goods import columns
from cloud.pos.goods import desk as goods
from cloud.pos.goods.desk import GoodsError
from cloud.pos.http import conflicts
from contract.feed import GoodsCard, Permission, Unit
from contract.ids import GoodsId, StoreId
from web.forms import amount_minor, percent_bp
from web.front import go
from web.logins import Login
from web.policy import allow, require
from web.tables import Asked, arrange, asked

Setter = Annotated[Login, allow(Permission.PIECES, of="house")]
List = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form(max_length=200)]
Amount = Annotated[str, Form(max_length=20)]
THOUSANDTHS: Final = "KWD"
"""A currency of three digits: quantities are typed like amounts of it."""
UNITS: Final = {
    Unit.CARAT: "carat", Unit.GRAM: "gram", Unit.CENTIMETRE: "centimetre", Unit.PIECE: "piece", Unit.HOUR: "hour",
}  # fmt: skip
"""What a price is for one of, in words."""


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/goods", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Setter, what: List) -> Response:
        with desk.look() as work:
            names, rows = called.stores(work.tx), goods.listing(work.tx)
            return answer(
                request, arrange(columns.COLUMNS, rows, what), "goods/list.html", units=UNITS, names=names,
                kept=[each for each in rows if not each.service],
                may_cost=who.may(Permission.SEE_COST),
                mine={name: title for name, title in names.items() if Permission.PIECES in who.powers.at(name)},
            )  # fmt: skip

    @routes.get("/moves", dependencies=[allow(Permission.PIECES, of="house")])
    def moves(request: Request, what: List) -> Response:
        """What came in, was measured anew, or was brought elsewhere, newest first."""
        with desk.look() as work:
            names, people = called.stores(work.tx), called.people(work.tx)
            table = columns.of_moves(work.tx, what, names, people)
            return answer(request, table, "goods/moves.html", names=names, people=people)

    @routes.post("")
    def keep(
        request: Request, who: Setter, *, goods_name: Text, title: Text, unit: Annotated[Unit, Form()],
        price: Amount, currency: Annotated[str, Form(max_length=3)], tax: Amount = "", least: Amount = "",
        service: Text = "", active: Text = "",
    ) -> Response:  # fmt: skip
        """New, or changed where it is there already."""
        card = GoodsCard(
            goods=GoodsId(goods_name.strip()),
            title=title.strip(),
            unit=unit,
            unit_minor=amount_minor(price, currency, "Price"),
            currency=currency.strip().upper(),
            tax_bp=percent_bp(tax, "Tax") if tax.strip() else 0,
            service=bool(service),
            quantity_milli_min=amount_minor(least, THOUSANDTHS, "Least") or 1,
            active=bool(active),
        )
        with conflicts(GoodsError, code="goods"), desk.work() as work:
            goods.put(work, card, by=who.user)
        return go(request, "/goods")

    @routes.post("/stock")
    def move(
        request: Request, who: Setter, *, goods_name: Text, at: Text, quantity: Amount = "", why: Text, out: Text = "",
        cost: Amount = "",
    ) -> Response:  # fmt: skip
        """Goods came in for `cost`; without it, measured anew, and `out`: less than was thought."""
        require(who, Permission.PIECES, store=at)
        if cost.strip():
            require(who, Permission.SEE_COST, store=at)
        quantity_milli = amount_minor(quantity, THOUSANDTHS, "Quantity")
        with desk.look() as work:
            currency = called.currencies(work.tx).get(at, "EUR")
        cost_minor = amount_minor(cost, currency, "Cost") if cost.strip() else None
        with conflicts(GoodsError, LookupError, code="goods"), desk.work() as work:
            ref = f"office:{desk.new_id()}"
            signed = -quantity_milli if out else quantity_milli
            goods.moved(
                work, GoodsId(goods_name), StoreId(at), signed, why=why, ref=ref, by=who.user, cost_minor=cost_minor
            )
        return go(request, "/goods")

    @routes.post("/transfer")
    def transfer(
        request: Request, who: Setter, *, goods_name: Text, source: Text, target: Text, quantity: Amount, why: Text
    ) -> Response:
        """It was measured where it lies now."""
        for each in (source, target):
            require(who, Permission.PIECES, store=each)
        quantity_milli = amount_minor(quantity, THOUSANDTHS, "Quantity")
        with conflicts(GoodsError, LookupError, code="goods"), desk.work() as work:
            ref = f"office:{desk.new_id()}"
            goods.transferred(
                work,
                GoodsId(goods_name),
                StoreId(source),
                StoreId(target),
                quantity_milli,
                why=why,
                ref=ref,
                by=who.user,
            )
        return go(request, "/goods")

    return routes
