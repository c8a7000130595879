"""Alarms over HTTP; they are closed where they were raised."""

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.alarms import queries
from cloud.pos.http import ROWS_PER_PAGE, Limit
from web.policy import signed_in


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/alarms", tags=["alarms"], dependencies=[signed_in()])

    @routes.get("")
    def listing(store: str = "", *, open_only: bool = False, limit: Limit = ROWS_PER_PAGE) -> list[queries.AlarmRow]:
        with desk.look() as work:
            return queries.listing(work.tx, store=store, open_only=open_only, limit=limit)

    return routes
