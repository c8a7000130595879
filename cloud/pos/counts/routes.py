"""Counts over HTTP: what was counted, and asking a store to count."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.counts import queries
from cloud.pos.counts.desk import request
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from contract.facts import CountPlace
from contract.feed import Permission
from contract.ids import CountId, StoreId, ZoneId
from web.logins import Login
from web.policy import allow, signed_in


class CountAsked(Asked):
    """`zones` empty: the whole place."""

    place: Literal["safe", "shelf"]
    zones: list[str] = Field(default=[])


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["counts"])

    @routes.get("/counts", dependencies=[signed_in()])
    def listing(store: str = "", state: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.CountRow]:
        """Newest first; `state`: requested, counting, finished, recounting, approved or abandoned."""
        with desk.look() as work:
            return queries.listing(work.tx, store=store, state=state, limit=limit)

    @routes.get("/missed-counts", dependencies=[signed_in()])
    def missed(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.MissedRow]:
        """Scheduled counts that did not begin, newest first."""
        with desk.look() as work:
            return queries.missed(work.tx, store=store, limit=limit)

    @routes.get("/counts/{store}/{count}", dependencies=[signed_in()])
    def detail(store: str, count: str) -> queries.CountDetail:
        with desk.look() as work:
            return found(queries.detail(work.tx, store, count), f"count {count} in {store}")

    @routes.post("/stores/{store}/count-requests", status_code=201)
    def ask(
        store: str, asked: CountAsked, who: Annotated[Login, allow(Permission.APPROVE_COUNT, Permission.CLOSE_ALARM)]
    ) -> queries.CountDetail:
        """Ask a store to count; it begins when it hears of it."""
        count = CountId(desk.new_id())
        with conflicts(LookupError, code="unknown-store"), desk.work() as work:
            zones = [ZoneId(zone) for zone in asked.zones]
            request(work, StoreId(store), count, CountPlace(asked.place), zones=zones, by=who.user)
        return detail(store, count)

    return routes
