"""The office's pages of clients' orders: each is worked on at the store that keeps it. Done here is one thing: sending
one on that waits for a box which cannot take it over (`sending`).
"""

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import Field
from starlette.responses import Response

from cloud import called
from cloud.changes import WHY_CHARACTERS_MAX, WHY_CHARACTERS_MIN
from cloud.db import Tx
from cloud.desk import Desk
from cloud.listing import answer, kept
from cloud.people import Keyring
from cloud.pos.client_orders import columns, papers, queries, sending
from cloud.pos.client_orders.board import stages
from cloud.pos.http import ROWS_PER_PAGE, Limit, conflicts, found
from cloud.pos.http import Asked as Body
from cloud.remarks import Remarks
from cloud.work import Work
from contract.feed import Permission
from contract.ids import ClientOrderId, StoreId
from trade.orders.words import DONE, KINDS
from web.front import go, render
from web.logins import Login
from web.policy import allow, require
from web.tables import Asked, asked

Reader = Annotated[Login, allow(Permission.ORDERS, of="house")]
OfAClient = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]
To = Annotated[str, Form(min_length=1, max_length=100)]
Why = Annotated[str, Form(min_length=WHY_CHARACTERS_MIN, max_length=WHY_CHARACTERS_MAX)]
Names = Callable[[Tx, Iterable[str]], dict[str, str]]
"""Of clients, by id; who was erased has none."""


class SendOn(Body):
    to: str = Field(min_length=1, max_length=100, description="Short name of the store")
    why: str = Field(min_length=WHY_CHARACTERS_MIN, max_length=WHY_CHARACTERS_MAX)


def router(desk: Desk, ring: Keyring, called_clients: Names) -> APIRouter:
    routes = APIRouter(prefix="/client-orders", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Reader, what: List, store: Word = "", queue: Word = "") -> Response:
        with desk.look() as work:
            names, words = theirs(called.stores(work.tx), who), Remarks(work.tx, ring)
            asks = columns.Asks(work.tx, words, names, lambda ids: called_clients(work.tx, ids), desk.now_us())
            table = columns.of_orders(asks, what, store=store if store in names else "", queue=queue)
            page = answer(request, table, "client_orders/list.html", names=names, kinds=words_of_kinds())
        return kept(desk, who, page)

    @routes.get("/board")
    def board(request: Request, who: Reader, store: Word = "", kind: Word = "") -> Response:
        with desk.look() as work:
            names = theirs(called.stores(work.tx), who)
            at = store if store in names else ""
            rows = queries.listing(
                work.tx, Remarks(work.tx, ring), now_us=desk.now_us(), mine=names, store_=at,
                kind=kind if kind in words_of_kinds() else "", limit=queries.OPEN_MAX,
            )  # fmt: skip
            shown = stages(rows)
            clients = {row.client for stage in shown for row in stage.rows}
            return render(
                request, "client_orders/board.html", board=shown, names=names, store=at, kind=kind,
                kinds=words_of_kinds(), clients=called_clients(work.tx, clients),
            )  # fmt: skip

    @routes.get("/of/{person}")
    def of_client(request: Request, who: OfAClient, person: str) -> Response:
        """A piece of a client's profile."""
        del who
        with desk.look() as work:
            rows = queries.of_client(work.tx, Remarks(work.tx, ring), person, now_us=desk.now_us())
            names = called.stores(work.tx)
            return render(request, "client_orders/_of.html", rows=rows, names=names, kinds=words_of_kinds())

    @routes.get("/{order}")
    def one(request: Request, who: Reader, order: str) -> Response:
        with desk.look() as work:
            seen = found(queries.detail(work.tx, Remarks(work.tx, ring), order, now_us=desk.now_us()), f"order {order}")
            require(who, Permission.ORDERS, store=seen.row.store)
            return render(
                request, "client_orders/order.html", seen=seen, row=seen.row, names=called.stores(work.tx),
                people=called.people(work.tx), done=DONE, kinds=words_of_kinds(),
                clients=called_clients(work.tx, [seen.row.client]),
                papers=papers.listing(work.tx, ClientOrderId(order)) if who.may(Permission.SEE_CLIENTS) else [],
                others=sending.choices(work, ClientOrderId(order), theirs(called.stores(work.tx), who))
                if seen.waits else {},
            )  # fmt: skip

    @routes.post("/{order}/send-on")
    def send_on(request: Request, who: Reader, order: str, to: To, why: Why) -> Response:
        with conflicts(sending.StaysError), desk.work() as work:
            _send_on(work, ring, who, order, to=to, why=why)
        return go(request, f"/client-orders/{order}")

    return routes


def api(desk: Desk, ring: Keyring) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/client-orders", tags=["clients' orders"])

    @routes.get("")
    def listing(
        who: Reader, store: Word = "", queue: Word = "", find: Word = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.OrderRow]:
        """`queue`: `overdue`, `today`, `client`, `ready`, `held` or `over`. `find`: a number, a client or a piece."""
        with desk.look() as work:
            names, now_us, words = theirs(called.stores(work.tx), who), desk.now_us(), Remarks(work.tx, ring)
            if find.strip():
                return queries.find(work.tx, words, find, now_us=now_us, mine=names, limit=limit)
            at = store if store in names else ""
            return queries.listing(
                work.tx, Remarks(work.tx, ring), now_us=now_us, mine=names, store_=at, queue=queue, limit=limit
            )

    @routes.get("/{order}")
    def one(who: Reader, order: str) -> queries.Detail:
        with desk.look() as work:
            seen = found(queries.detail(work.tx, Remarks(work.tx, ring), order, now_us=desk.now_us()), f"order {order}")
            require(who, Permission.ORDERS, store=seen.row.store)
            return seen

    @routes.post("/{order}/send-on")
    def send_on(who: Reader, order: str, asked: SendOn) -> queries.Detail:
        """One that waits for a box which cannot take it over goes to another store, or back. It needs the permission at
        both. Sent there already, it is left as it is; once its box was told to take it over, it stays (409).
        """
        with conflicts(sending.StaysError), desk.work() as work:
            _send_on(work, ring, who, order, to=asked.to, why=asked.why)
            work.settle()
            words = Remarks(work.tx, ring)
            return found(queries.detail(work.tx, words, order, now_us=work.now_us), f"order {order}")

    return routes


def _send_on(work: Work, ring: Keyring, who: Login, order: str, *, to: str, why: str) -> None:
    """Whoever may work on orders at both stores."""
    name = ClientOrderId(order)
    require(who, Permission.ORDERS, store=found(sending.keeper(work, name), f"order {order}"))
    require(who, Permission.ORDERS, store=to)
    sending.send_on(work, ring, name, StoreId(to), by=who.user, why=why)


def theirs(names: dict[str, str], who: Login) -> dict[str, str]:
    """Stores whose orders this person may see."""
    return {store: name for store, name in names.items() if who.may(Permission.ORDERS, store=store)}


def words_of_kinds() -> dict[str, str]:
    return {str(kind): words for kind, words in KINDS.items()}
