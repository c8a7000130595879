"""The office's page of what the house has of others: what is due back, what is owed at sale, what was paid."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pos.consigned import owing
from cloud.pos.consigned.owing import Held
from cloud.pos.http import conflicts
from contract.feed import Permission
from web import tables
from web.forms import amount_minor, typed
from web.front import go
from web.logins import Login
from web.policy import allow
from web.tables import Asked, Column, Money
from web.words import later

Reader = Annotated[Login, allow(Permission.LEDGER)]
Payer = Annotated[Login, allow(Permission.LEDGER, of="everywhere")]
Word = Annotated[str, Query(max_length=100)]
List = Annotated[Asked, Depends(tables.asked)]
OVERDUE: Final = "overdue"
OPEN: Final = "owed"
COLUMNS: Final[tuple[Column[Held], ...]] = (
    Column("piece", later("Piece"), lambda row: row.title),
    Column("number", later("Number"), lambda row: row.piece, shown=False),
    Column("owner", later("Owner"), lambda row: row.owner),
    Column("ownership", later("How"), lambda row: row.ownership, shown=False),
    Column("store", later("Store"), lambda row: row.store),
    Column("due", later("Due back"), lambda row: row.due_back or None),
    Column("state", later("State"), lambda row: row.state),
    Column("owed", later("Owed"), lambda row: Money(row.owed_minor, row.currency), number=True),
    Column("paid", later("Paid"), lambda row: Money(row.paid_minor, row.currency), number=True),
    Column("currency", later("Currency"), lambda row: row.currency, shown=False),
)


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/consigned", include_in_schema=False)

    @routes.get("")
    def listing(request: Request, who: Reader, what: List, owner: Word = "", which: Word = "") -> Response:
        with desk.look() as work:
            names = {name: title for name, title in called.stores(work.tx).items() if who.of(name)}
            found = owing.held(work.tx, list(names), today=owing.day_of(work.now_us))
            rows = [row for row in found if (not owner or row.owner == owner) and _fits(row, which)]
            return answer(
                request, tables.arrange(COLUMNS, rows, what), "consigned/list.html", names=names,
                owner=owner, which=which,
                owners=[(each, _typed(each)) for each in owing.owners(found)],
                payments=owing.payments(work.tx, list(names), owner=owner),
                people=called.people(work.tx), may_pay=Permission.LEDGER in who.powers.everywhere,
                payment=desk.new_id(),
            )  # fmt: skip

    @routes.post("/paid")
    def pay(
        request: Request, who: Payer, *, owner: Annotated[str, Form(max_length=200)] = "",
        currency: Annotated[str, Form(max_length=3)], amount: Annotated[str, Form(max_length=30)],
        reference: Annotated[str, Form(max_length=owing.REFERENCE_MAX)] = "",
        payment: Annotated[str, Form(max_length=64, pattern=r"^[A-Za-z0-9._-]+$")],
    ) -> Response:  # fmt: skip
        with conflicts(owing.SettlementError, code="not-paid"), desk.work() as work:
            owing.pay(
                work, payment, owner, Money(amount_minor(amount, currency, "What was paid"), currency),
                reference=reference, by=who.user, stores=list(called.stores(work.tx)),
                today=owing.day_of(work.now_us),
            )  # fmt: skip
        return go(request, "/consigned")

    return routes


def _typed(each: owing.Owed) -> str:
    """What is owed as the form sends it back; empty where nothing is to be paid."""
    return typed(each.owed_minor, each.currency) if each.currency and each.owed_minor > 0 else ""


def _fits(row: Held, which: str) -> bool:
    if which == OVERDUE:
        return row.overdue
    return bool(row.owed_minor) if which == OPEN else True
