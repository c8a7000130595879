"""The office's page of bank transfers: which sales wait for their money, and what the bank says."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.http import conflicts
from cloud.pos.payments import transfers
from cloud.pos.payments.transfers import TransferError, TransferState
from contract.feed import Permission
from contract.ids import SaleId, StoreId
from web.front import go, render
from web.logins import Login
from web.policy import allow

Keeper = Annotated[Login, allow(Permission.LEDGER)]
Word = Annotated[str, Query(max_length=100)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/bank-transfers", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Keeper, store: Word = "", state: Word = TransferState.AWAITED) -> Response:
        del who
        with desk.look() as work:
            rows = transfers.listing(work.tx, store=store, state=state, limit=200)
            return render(request, "payments/transfers.html", rows=rows, state=state, states=tuple(TransferState))

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
