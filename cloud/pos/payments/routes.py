"""Payments over HTTP."""

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit
from cloud.pos.payments import queries
from web.policy import signed_in


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["payments"])

    @routes.get("/payments", dependencies=[signed_in()])
    def listing(
        store: str = "", state: str = "", sale: str = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.PaymentRow]:
        """Newest word first. `state`: requested, in_doubt, captured, failed, returning, voided, refunded."""
        with desk.look() as work:
            return queries.listing(work.tx, store=store, state=state, sale=sale, limit=limit)

    return routes
