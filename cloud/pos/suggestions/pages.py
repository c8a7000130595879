"""A piece of a client's profile: what to show them next, at a store the asker is of."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.pos.suggestions import queries
from cloud.pos.suggestions.pairs import Pairs
from cloud.pos.suggestions.queries import Pins
from cloud.work import Work
from contract.feed import Permission
from web.front import render
from web.logins import Login
from web.policy import allow

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Pinned = Callable[[Work, str], tuple[Pins, str]]
"""What staff pinned for a client, and the store they are kept from. Raises a 404 problem."""


def router(office: Desk, pinned: Pinned) -> APIRouter:
    routes = APIRouter(prefix="/next-pieces", include_in_schema=False)
    pairs = Pairs()

    @routes.get("/{person}")
    def one(
        request: Request, who: Seer, person: str, near: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:  # fmt: skip
        with office.look() as work:
            pins, home = pinned(work, person)
            names = called.stores(work.tx)
            at = next((each for each in (near, home, *names) if each in names and who.of(each)), "")
            rows = queries.shown(work.tx, person, at, pins, pairs.now(work)) if at else []
            mine = {name: title for name, title in names.items() if who.of(name)}
            return render(request, "suggestions/_next.html", rows=rows, names=names, mine=mine, at=at, person=person)

    return routes
