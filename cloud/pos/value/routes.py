"""What the house owes, over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit, found
from cloud.pos.value import queries
from contract.feed import Permission
from web.logins import Login
from web.policy import allow

Reader = Annotated[Login, allow(Permission.LEDGER, of="house")]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["owed"])

    @routes.get("/owed")
    def listing(who: Reader, kind: str = "", q: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.AccountRow]:
        """Newest first. `kind`: gift_card, store_credit, deposit. `q`: a whole code, a label or a client."""
        del who
        with desk.look() as work:
            return queries.listing(work.tx, kind=kind, q=q, limit=limit)

    @routes.get("/owed/sums")
    def sums(who: Reader) -> list[queries.Owed]:
        """Open balances by kind and currency."""
        del who
        with desk.look() as work:
            return queries.owed(work.tx)

    @routes.get("/owed/{account}")
    def detail(who: Reader, account: str) -> queries.Detail:
        """With its moves, and what each store may spend of it."""
        del who
        with desk.look() as work:
            return found(queries.detail(work.tx, account), f"account {account}")

    return routes
