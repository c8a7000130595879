"""The office's pages of counts."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cloud.desk import Desk
from cloud.listing import answer
from cloud.pages import lists
from cloud.pages.shared import Word, names, people_of
from cloud.pos.counts import queries as counts
from cloud.pos.counts.desk import request as request_count
from cloud.pos.http import conflicts, found
from cloud.pos.staff import queries as staff
from cloud.pos.stores import queries as stores
from contract.facts import CountPlace
from contract.feed import Permission
from contract.ids import CountId, StoreId
from web.front import go, render
from web.logins import Login
from web.policy import allow, require, signed_in
from web.tables import Asked, asked

COUNT_ASKERS: Final = (Permission.APPROVE_COUNT, Permission.CLOSE_ALARM)
Anyone = Annotated[Login, signed_in()]
List = Annotated[Asked, Depends(asked)]
Asker = Annotated[Login, allow(*COUNT_ASKERS)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in()])

    @routes.get("/counts")
    def count_list(request: Request, who: Anyone, what: List, store: Word = "", state: Word = "") -> Response:
        with desk.look() as work:
            houses, people = stores.listing(work.tx), people_of(staff.listing(work.tx))
            table = lists.of_counts(work.tx, what, names(houses), people, store=store, state=state)
            return answer(
                request, table, "counts/list.html", names=names(houses), stores=houses, people=people,
                may_ask=who.may(*COUNT_ASKERS), missed=counts.missed(work.tx, store=store),
            )  # fmt: skip

    @routes.post("/counts")
    def ask_count(
        request: Request,
        who: Asker,
        store: Annotated[str, Form(max_length=64)],
        place: Annotated[CountPlace, Form()],
    ) -> Response:
        """Asks a store to count; it begins when it hears of it."""
        require(who, *COUNT_ASKERS, store=store)
        count = CountId(desk.new_id())
        with conflicts(LookupError, code="unknown-store"), desk.work() as work:
            request_count(work, StoreId(store), count, place, zones=[], by=who.user)
        return go(request, f"/counts/{store}/{count}")

    @routes.get("/counts/{store}/{count}")
    def one_count(request: Request, store: str, count: str) -> Response:
        with desk.look() as work:
            seen = found(counts.detail(work.tx, store, count), f"count {count} in {store}")
            told, people = names(stores.listing(work.tx)), people_of(staff.listing(work.tx))
            return render(
                request,
                "counts/count.html",
                count=seen.row,
                detail=seen,
                verdicts=seen.verdicts,
                names=told,
                people=people,
            )

    return routes
