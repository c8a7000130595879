"""The office's pages of receipts: any store's, by number or code, and a copy as a PDF."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pos.http import found
from cloud.pos.receipts import columns, paper
from cloud.work import Work
from contract.feed import Permission
from contract.ids import GiveId
from trade.receipt import Receipt
from web.front import go, render
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError
from web.receipts.page import shown
from web.receipts.pdf import pdf
from web.tables import Asked, asked
from web.words import _

TYPED_MAX: Final = 64
List = Annotated[Asked, Depends(asked)]
Typed = Annotated[str, Query(max_length=TYPED_MAX)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/receipts", dependencies=[signed_in()])
    def listing(request: Request, what: List, store: Typed = "") -> Response:
        """The newest, or those a number or a code names; one alone is shown at once."""
        with desk.look() as work:
            names = called.stores(work.tx)
            rows = paper.search(work.tx, what.q, of=store) if what.q.strip() else []
            if len(rows) == 1 and not what.csv:
                return go(request, f"/receipts/{rows[0].store}/{rows[0].receipt}")
            table = columns.of_receipts(work.tx, what, names, rows, store=store)
            return answer(request, table, "receipts/list.html", names=names)

    @routes.get("/receipts/{store}/{receipt}", dependencies=[signed_in()])
    def one(request: Request, store: str, receipt: str) -> Response:
        with desk.look() as work:
            drawn = found(paper.receipt(work.tx, store, receipt), f"receipt {receipt} in {store}")
            given = paper.givens(work.tx, store, receipt)
        return render(request, "receipts/receipt.html", store=store, given=given, **shown(drawn))

    @routes.post("/receipts/{store}/{receipt}/pdf")
    def reprint(store: str, receipt: str, who: Annotated[Login, allow(Permission.SELL, Permission.LEDGER)]) -> Response:
        """A numbered copy of the head office."""
        with desk.work() as work:
            made = paper.copy(work, store, receipt, give=GiveId(desk.new_id()), by=who.user)
            drawn = found(made, f"receipt {receipt} in {store}")
        return as_pdf(drawn)

    return routes


def as_pdf(drawn: Receipt) -> Response:
    named = f'attachment; filename="{drawn.number}-copy-{drawn.copy}.pdf"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(pdf(drawn), media_type="application/pdf", headers=headers)


def theirs(new_id: Callable[[], str]) -> Callable[[Work, str, str], Response | None]:
    """For a client's own page: the next copy of one of their receipts. Raises a 409 problem for too many."""

    def drawn(work: Work, store: str, receipt: str) -> Response | None:
        try:
            made = paper.copy(work, store, receipt, give=GiveId(new_id()), by=paper.BY_CLIENT)
        except paper.TooManyCopiesError:
            why = _("It was saved %(num)d times: look for it among your files, or ask the store.")
            raise ProblemError(
                409, "copies", _("You have this receipt already"), why % {"num": paper.COPIES_BY_CLIENT_MAX}
            ) from None
        return as_pdf(made) if made is not None else None

    return drawn
