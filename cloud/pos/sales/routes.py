"""Sales over HTTP."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from cloud.pos.sales import queries
from cloud.pos.sales.desk import NotQuarantinedError, resolve
from contract.feed import Permission
from contract.ids import SaleId, StoreId
from web.logins import Login
from web.policy import allow, signed_in


class ResolveAsked(Asked):
    """`post`: the money stays with the house and is posted; otherwise it was given back, as `outcome` tells."""

    post: bool
    outcome: str = Field(min_length=3, max_length=500)


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["sales"])

    @routes.get("/sales", dependencies=[signed_in()])
    def listing(
        store: str = "", state: str = "", business_day: str = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.SaleRow]:
        """Newest first. `state`: posted, quarantined, resolved."""
        with desk.look() as work:
            return queries.listing(work.tx, store=store, state=state, business_day=business_day, limit=limit)

    @routes.get("/sales/{store}/{sale}", dependencies=[signed_in()])
    def detail(store: str, sale: str) -> queries.SaleDetail:
        with desk.look() as work:
            return found(queries.detail(work.tx, store, sale), f"sale {sale} in {store}")

    @routes.post("/sales/{store}/{sale}/resolve")
    def end_case(
        store: str, sale: str, asked: ResolveAsked, who: Annotated[Login, allow(Permission.LEDGER)]
    ) -> queries.SaleDetail:
        """End the case of a quarantined sale."""
        with conflicts(NotQuarantinedError, code="not-quarantined"), desk.work() as work:
            resolve(work, StoreId(store), SaleId(sale), post_it=asked.post, by=who.user, outcome=asked.outcome)
        return detail(store, sale)

    return routes
