"""Web orders over HTTP, for the web shop and for people."""

from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, found
from cloud.pos.orders import queries
from cloud.pos.orders.desk import OrderDesk, OrderRefused
from contract.feed import Permission
from contract.ids import OrderId, PieceId
from web.policy import allow, signed_in
from web.problems import ProblemError


class OrderAsked(Asked):
    """`order` is the web shop's own id: asking again with it is the same order."""

    order: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    piece: str = Field(min_length=1, max_length=64)


def router(desk: Desk, orders: OrderDesk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/orders", tags=["orders"])

    @routes.get("", dependencies=[signed_in()])
    def listing(state: str = "", store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.OrderRow]:
        with desk.look() as work:
            return queries.listing(work.tx, state=state, store=store, limit=limit)

    @routes.get("/{order}", dependencies=[signed_in(of="house")])
    def detail(order: str) -> queries.OrderRow:
        with desk.look() as work:
            return found(queries.detail(work.tx, order), f"order {order}")

    @routes.post("", dependencies=[allow(Permission.SELL, of="house")], status_code=201)
    def place(asked: OrderAsked) -> queries.OrderRow:
        """Authorise the payment and ask the store for the piece; no money moves before it is promised."""
        now_us, mono_us = desk.now_us(), desk.mono_us()
        begun = orders.place(OrderId(asked.order), PieceId(asked.piece), mono_us=mono_us, now_us=now_us)
        if isinstance(begun, OrderRefused):
            raise ProblemError(409, begun.code, begun.why)
        return detail(asked.order)

    @routes.post("/{order}/cancel", dependencies=[allow(Permission.SELL, of="house")])
    def cancel(order: str) -> queries.OrderRow:
        """Void the payment; an order whose money has moved stays paid and needs a refund."""
        detail(order)
        orders.cancel(OrderId(order), now_us=desk.now_us())
        return detail(order)

    return routes
