"""The office's page of bank transfers: which sales wait for their money, and what the bank says."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pos.http import conflicts
from cloud.pos.payments import columns, transfers
from cloud.pos.payments.transfers import TransferError, TransferState
from contract.feed import Permission
from contract.ids import SaleId, StoreId
from web.front import go
from web.logins import Login
from web.policy import allow
from web.tables import Asked, asked

Keeper = Annotated[Login, allow(Permission.LEDGER)]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/bank-transfers", include_in_schema=False)

    @routes.get("")
    def listing(
        request: Request, who: Keeper, what: List, store: Word = "", state: Word = TransferState.AWAITED
    ) -> Response:
        with desk.look() as work:
            names, people = called.stores(work.tx), called.people(work.tx)
            mine = {name: title for name, title in names.items() if who.of(name)}
            table = columns.of_transfers(work.tx, what, mine, people, store=store, state=state)
            return answer(
                request, table, "payments/transfers.html", state=state, states=tuple(TransferState), names=names,
                people=people,
            )  # fmt: skip

    @routes.post("/{store}/{sale}/{n}")
    def settle(
        request: Request,
        who: Keeper,
        *,
        store: str,
        sale: str,
        n: int,
        to: Annotated[Literal["arrived", "missing"], Form()],
        note: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        with conflicts(TransferError, LookupError, code="transfer"), desk.work() as work:
            transfers.settle(work, StoreId(store), SaleId(sale), n, TransferState(to), by=who.user, note=note)
        return go(request, "/bank-transfers")

    return routes
