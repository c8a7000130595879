"""Where a box asks for a ticket, and where the browser that has one comes in."""

from typing import Final

import msgspec
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from cloud.doors import JSON, Body, TheBox, read_as
from cloud.tickets import Tickets
from contract.messages import encode
from contract.tickets import AskTicket, Ticket
from web.front import LOGIN_PATH, front_of, go, render
from web.policy import public

_decode_ask: Final = msgspec.json.Decoder(AskTicket).decode


def add_tickets(door: FastAPI, tickets: Tickets, pages_url: str) -> None:
    """`pages_url`: the office's pages as a till reaches them, without a slash at its end."""

    @door.post("/edge/v1/tickets")
    def give(box: TheBox, body: Body) -> Response:
        """A ticket for one page, for somebody who gave their PIN at a till of this store."""
        asked = read_as(_decode_ask, body)
        token = tickets.give(box, asked.user, asked.path)
        return Response(encode(Ticket(url=f"{pages_url}/ticket/{token}")), media_type=JSON)


def router(tickets: Tickets) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ticket/{token}", dependencies=[public()])
    def use(request: Request, token: str) -> Response:
        """Signs its holder in for a look. The page is opened by a page of ours: a browser sends no strict cookie along
        with a redirect that began at another site, and a till is another site.
        """
        used = tickets.use(token)
        if used is None:
            return go(request, LOGIN_PATH)
        new, path = used
        answer = render(request, "cloud/ticket.html", to=path)
        front_of(request).give_glance(answer, new)
        return answer

    return routes
