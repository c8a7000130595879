"""The ledger over HTTP, to look at; it is written from what happened."""

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit
from cloud.pos.ledger import queries
from contract.feed import Permission
from web.policy import allow


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/ledger", tags=["ledger"], dependencies=[allow(Permission.LEDGER)])

    @routes.get("/balances")
    def balances(store: str = "") -> list[queries.Balance]:
        with desk.look() as work:
            return queries.balances(work.tx, store=store)

    @routes.get("/postings")
    def postings(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.PostingRow]:
        with desk.look() as work:
            return queries.postings(work.tx, store=store, limit=limit)

    return routes
