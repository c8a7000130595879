"""Shifts over HTTP."""

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit, found
from cloud.pos.shifts import queries
from web.policy import signed_in


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["shifts"])

    @routes.get("/shifts", dependencies=[signed_in()])
    def listing(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.ShiftRow]:
        """Newest first."""
        with desk.look() as work:
            return queries.listing(work.tx, store=store, limit=limit)

    @routes.get("/cash/bank", dependencies=[signed_in()])
    def bankings(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.BankingRow]:
        """Cash that went to the bank, newest first."""
        with desk.look() as work:
            return queries.bankings(work.tx, store=store, limit=limit)

    @routes.get("/shifts/{store}/{shift}", dependencies=[signed_in()])
    def detail(store: str, shift: str) -> queries.ShiftDetail:
        with desk.look() as work:
            return found(queries.detail(work.tx, store, shift), f"shift {shift} in {store}")

    return routes
