"""The page with which the office's day begins, and the jobs that run meanwhile."""

from collections.abc import Callable, Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cloud import called, today
from cloud.db import Tx
from cloud.desk import Desk
from cloud.first_steps import undone
from cloud.holdings import holdings
from cloud.jobs import Jobs
from cloud.pages.shared import online
from cloud.pos.alarms import queries as alarms
from cloud.pos.stores import queries as stores
from contract.feed import Permission
from web.front import render
from web.logins import Login
from web.policy import signed_in

ALARMS_SHOWN: Final = 5
STORES_SHOWN: Final = 12
Wide = Annotated[Login, signed_in("house")]
Names = Callable[[Tx, Iterable[str]], dict[str, str]]
"""Of clients, by id."""


def router(desk: Desk, names: Names, jobs: Jobs) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def begin(request: Request, who: Wide) -> Response:
        with desk.look() as work:
            tx = work.tx
            houses = [row for row in stores.listing(tx) if who.of(row.store)]
            mine = [row.store for row in houses]
            connected = {row.store: online(desk, row) for row in houses}
            away = sum(row.state == "active" and not connected[row.store] for row in houses)
            held = holdings(tx)
            day, taken = today.takings(tx, mine)
            sees = who.may(Permission.SEE_CLIENTS)
            visits = today.visits(tx, mine, work.now_us) if sees else []
            return render(
                request, "cloud/today.html", now_us=work.now_us, steps=undone(work), day=day,
                taken=taken, visits=visits,
                needs=today.needs(tx, who, mine, away=away, now_us=work.now_us), sees_clients=sees,
                clients=names(tx, [each.person for each in visits]), people=called.people(tx),
                stores=houses[:STORES_SHOWN], more_stores=max(0, len(houses) - STORES_SHOWN), online=connected,
                names={row.store: row.name for row in houses}, pieces=held.whole, road=held.road,
                reads=who.may(Permission.LEDGER),
                alarms=[
                    each
                    for each in alarms.listing(tx, open_only=True, limit=ALARMS_SHOWN * 10)
                    if who.of(each.store)
                ][:ALARMS_SHOWN],
            )  # fmt: skip

    @routes.get("/jobs")
    def running(request: Request, who: Wide) -> Response:
        with desk.look() as work:
            return render(request, "cloud/jobs.html", jobs=jobs.told(work.tx, who))

    return routes
