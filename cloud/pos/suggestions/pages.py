"""A piece of a client's profile: what to show them next, at a store the asker is of."""

import threading
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.clienteling.next_piece import Together
from cloud.desk import Desk
from cloud.pos.suggestions import queries
from cloud.pos.suggestions.queries import Pins
from cloud.work import Work
from contract.feed import Permission
from web.front import render
from web.logins import Login
from web.policy import allow

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Pinned = Callable[[Work, str], tuple[Pins, str]]
"""What staff pinned for a client, and the store they are kept from. Raises a 404 problem."""
AGAIN_US: Final = 3_600_000_000
"""What is owned together is learnt anew after an hour."""


class Pairs:
    """What is owned together, learnt at most once an hour in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_us, self._known = 0, Together()

    def now(self, work: Work) -> Together:
        with self._lock:
            if not self._at_us or work.now_us - self._at_us > AGAIN_US:
                self._known, self._at_us = queries.owned_together(work.tx), work.now_us
            return self._known


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
