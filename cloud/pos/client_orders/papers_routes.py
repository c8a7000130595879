"""Papers of clients' orders for people of the office: listed, and opened one by one. Who opens one is kept."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.client_orders import papers
from cloud.pos.client_orders.papers import OrderPaperRow
from cloud.pos.http import found
from cloud.sealing import SealedError
from cloud.tables import client_look
from contract.feed import Permission
from contract.ids import ClientOrderId
from web.logins import Login
from web.policy import allow, require
from web.problems import ProblemError

Reader = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
SAFE = {"Cache-Control": "no-store", "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


def api(desk: Desk, ring: Keyring) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/client-orders", tags=["clients' orders"])

    @routes.get("/{order}/papers")
    def listing(who: Reader, order: str) -> list[OrderPaperRow]:
        """The oldest first; those of a client who was erased are gone."""
        with desk.look() as work:
            name = ClientOrderId(order)
            require(who, Permission.SEE_CLIENTS, store=found(papers.home(work.tx, name), f"order {order}"))
            return papers.listing(work.tx, name)

    @routes.get("/{order}/papers/{sha256}")
    def opened(who: Reader, order: str, sha256: str) -> Response:
        try:
            with desk.work() as work:
                name = ClientOrderId(order)
                require(who, Permission.SEE_CLIENTS, store=found(papers.home(work.tx, name), f"order {order}"))
                told = found(papers.open_(work.tx, ring, name, sha256), f"paper {sha256}")
                row = {"person": told.person, "at_us": work.now_us, "by": who.user, "how": "paper", "found": 1}
                work.tx.add(client_look, row)
        except SealedError as error:
            raise ProblemError(503, "seal", "Papers cannot be opened now", str(error)) from error
        return Response(told.body, media_type=told.media, headers=SAFE)

    return routes
