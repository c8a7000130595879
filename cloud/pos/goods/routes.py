"""Measured goods and services over HTTP: the list, what lies where, and what moved."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.goods import desk as goods
from cloud.pos.goods.desk import GoodsError
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts
from contract.feed import GoodsCard, Permission, Unit
from contract.ids import GoodsId, StoreId
from web.logins import Login
from web.policy import allow, require
from web.problems import ProblemError

Setter = Annotated[Login, allow(Permission.PIECES, of="house")]
ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$"
"""Made by whoever asks, so that a repeat is the same move."""


class GoodsAsked(Asked):
    """The whole good as it shall be; `unit_minor` tax included, `quantity_milli_min` in thousandths of the unit."""

    title: str
    unit: str
    unit_minor: int
    currency: str
    tax_bp: int = 0
    tax: str = ""
    service: bool = False
    quantity_milli_min: int = 1
    active: bool = True


class MoveAsked(Asked):
    """Came in for `cost_minor` in all, in the store's currency; without it somebody measured anew, and corrects."""

    move: str = Field(pattern=ID)
    store: str
    quantity_milli: int
    why: str
    cost_minor: int | None = None


class TransferAsked(Asked):
    """So much of it lies in another store now, at what it cost in the first."""

    move: str = Field(pattern=ID)
    source: str
    target: str
    quantity_milli: int
    why: str


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/goods", tags=["goods"])

    @routes.get("")
    def listing(who: Setter) -> list[dict[str, Any]]:
        """With what lies in each store; what that cost only for whoever may see costs there."""
        with desk.look() as work:
            return [_shown(each, who) for each in goods.listing(work.tx)]

    @routes.get("/moves")
    def moves(who: Setter, limit: Limit = ROWS_PER_PAGE) -> list[goods.MoveRow]:
        """The newest."""
        del who
        with desk.look() as work:
            return goods.moves(work.tx, limit)

    @routes.put("/{name}", status_code=204)
    def put(name: str, asked: GoodsAsked, who: Setter) -> None:
        """New, or changed where it is there already."""
        told = asked.model_dump()
        try:
            unit = Unit(told.pop("unit"))
        except ValueError as error:
            units = ", ".join(each.value for each in Unit)
            raise ProblemError(422, "unit", "There is no such unit", f"Write one of {units}.") from error
        with conflicts(GoodsError, code="goods"), desk.work() as work:
            goods.put(work, GoodsCard(goods=GoodsId(name), unit=unit, **told), by=who.user)

    @routes.post("/{name}/moves", status_code=204)
    def move(name: str, asked: MoveAsked, who: Setter) -> None:
        require(who, Permission.PIECES, store=asked.store)
        if asked.cost_minor is not None:
            require(who, Permission.SEE_COST, store=asked.store)
        with conflicts(GoodsError, LookupError, code="goods"), desk.work() as work:
            goods.moved(
                work, GoodsId(name), StoreId(asked.store), asked.quantity_milli, why=asked.why,
                ref=f"office:{asked.move}", by=who.user, cost_minor=asked.cost_minor,
            )  # fmt: skip

    @routes.post("/{name}/transfers", status_code=204)
    def transfer(name: str, asked: TransferAsked, who: Setter) -> None:
        for store in (asked.source, asked.target):
            require(who, Permission.PIECES, store=store)
        with conflicts(GoodsError, LookupError, code="goods"), desk.work() as work:
            goods.transferred(
                work, GoodsId(name), StoreId(asked.source), StoreId(asked.target), asked.quantity_milli, why=asked.why,
                ref=f"office:{asked.move}", by=who.user,
            )  # fmt: skip

    return routes


def _shown(each: goods.GoodsRow, who: Login) -> dict[str, Any]:
    costs = {
        store: {"value_minor": value, "currency": currency}
        for store, (value, currency) in each.value_minor.items()
        if Permission.SEE_COST in who.powers.at(store)
    }
    return {**asdict(each), "value_minor": costs}
