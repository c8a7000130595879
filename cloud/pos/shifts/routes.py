"""Shifts over HTTP."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from pydantic import Field
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from cloud.pos.shifts import queries
from cloud.pos.shifts.banking import NotBookedError, credited
from cloud.work import Work
from contract.feed import Permission
from contract.ids import StoreId
from web.forms import amount_minor
from web.front import go
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

CREDIT_MAX: Final = 10**12
Keeper = Annotated[Login, allow(Permission.LEDGER)]


class CreditBody(Asked):
    """In the store's own currency; 0: the bank gave nothing."""

    credited_minor: Annotated[int, Field(ge=0, le=CREDIT_MAX)]


def told(work: Work, store: str, move: str, credited_minor: int, who: Login) -> None:
    """Raises a 404 problem, `NotBookedError`."""
    try:
        credited(work, StoreId(store), move, credited_minor, by=who.user)
    except LookupError as error:
        raise ProblemError(404, "not-found", str(error.args[0]), "Look for it on the page Shifts.") from error


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["shifts"])

    @routes.get("/shifts", dependencies=[signed_in()])
    def listing(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.ShiftRow]:
        """Newest first."""
        with desk.look() as work:
            return queries.listing(work.tx, store=store, limit=limit)

    @routes.get("/cash/bank", dependencies=[signed_in()])
    def bankings(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.BankingRow]:
        """Cash that went to the bank, newest first."""
        with desk.look() as work:
            return queries.bankings(work.tx, store=store, limit=limit)

    @routes.post("/cash/bank/{store}/{move}/credit")
    def credit(store: str, move: str, body: CreditBody, who: Keeper) -> queries.BankingRow:
        """What the bank gave for it: the difference is posted. Said again otherwise, it is put right."""
        with conflicts(NotBookedError, code="not-booked"), desk.work() as work:
            told(work, store, move, body.credited_minor, who)
            return next(row for row in queries.bankings(work.tx, store=store, move=move))

    @routes.get("/shifts/{store}/{shift}", dependencies=[signed_in()])
    def detail(store: str, shift: str) -> queries.ShiftDetail:
        with desk.look() as work:
            return found(queries.detail(work.tx, store, shift), f"shift {shift} in {store}")

    return routes


def pages(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/shifts/bank", include_in_schema=False)

    @routes.post("/{store}/{move}")
    def credit(
        request: Request, who: Keeper, *, store: str, move: str, amount: Annotated[str, Form(max_length=20)]
    ) -> Response:
        with conflicts(NotBookedError, code="not-booked"), desk.work() as work:
            (row,) = queries.bankings(work.tx, store=store, move=move) or (None,)
            own = found(row, f"cash {move} that {store} brought to the bank").own
            told(work, store, move, amount_minor(amount, own, "What the bank gave"), who)
        return go(request, "/shifts#bank-title")

    return routes
