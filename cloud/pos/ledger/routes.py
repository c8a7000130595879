"""The ledger over HTTP: to look at and to export; months are closed, and entries corrected, by an admin."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from cloud.pos.ledger import closing, export, queries
from contract.feed import Permission
from contract.ids import StoreId
from trade.accounts import Account
from trade.posting import Posting, UnbalancedError
from web.logins import Login
from web.policy import allow, require

LEGS_PER_ENTRY_MAX: Final = 40
AMOUNT_MAX: Final = 10**15
Closer = Annotated[Login, allow(Permission.LEDGER_CLOSE)]
Period = Annotated[str, Query(max_length=7, pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$")]
Word = Annotated[str, Query(max_length=200)]
Why = Annotated[str, Field(min_length=3, max_length=500)]


class CloseBody(Asked):
    store: Annotated[str, Field(max_length=64)]
    period: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    why: Why


class ReverseBody(Asked):
    store: Annotated[str, Field(max_length=64)]
    posting: Annotated[str, Field(max_length=300)]
    why: Why


class LegBody(Asked):
    """`amount_minor` above nothing debits, below it credits."""

    account: Annotated[str, Field(max_length=64)]
    amount_minor: Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    by: Annotated[str, Field(max_length=100)] = ""


class EntryBody(Asked):
    """`entry` is an id of the asker's: asked again with the same, it is the same entry."""

    store: Annotated[str, Field(max_length=64)]
    entry: Annotated[str, Field(min_length=8, max_length=64)]
    legs: Annotated[list[LegBody], Field(min_length=2, max_length=LEGS_PER_ENTRY_MAX)]
    why: Why


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/ledger", tags=["ledger"], dependencies=[allow(Permission.LEDGER)])

    @routes.get("/balances")
    def balances(store: str = "") -> list[queries.Balance]:
        with desk.look() as work:
            return queries.balances(work.tx, store=store)

    @routes.get("/trial")
    def trial(store: Word = "", period: Period = "") -> list[queries.Trial]:
        """Opening, debit and credit of each account over a month; from the beginning without one."""
        with desk.look() as work:
            return queries.trial(work.tx, store=store, period=period)

    @routes.get("/accounts/{account}")
    def account(
        account: str, store: Word = "", period: Period = "", by: Word = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.Movement]:
        """Its legs, newest first."""
        with desk.look() as work:
            return queries.movements(work.tx, account, store=store, period=period, by=by, limit=limit)

    @routes.get("/postings")
    def postings(store: str = "", sale: Word = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.PostingRow]:
        with desk.look() as work:
            return queries.postings(work.tx, store=store, sale=sale, limit=limit)

    @routes.get("/closes")
    def closes(store: Word = "") -> list[closing.Close]:
        with desk.look() as work:
            return closing.closes(work.tx, of=store)

    @routes.post("/closes", status_code=201)
    def close(body: CloseBody, who: Closer) -> list[closing.Close]:
        """For ever: what comes later goes into the next month, marked as late."""
        require(who, Permission.LEDGER_CLOSE, store=body.store)
        with conflicts(closing.NotClosableError, code="not-closable"), desk.work() as work:
            closing.close(work, StoreId(body.store), body.period, by=who.user, why=body.why)
        return closes(body.store)

    @routes.post("/reversals", status_code=201)
    def reverse(body: ReverseBody, who: Closer) -> queries.PostingRow:
        """The same entry the other way round, in the month that is open."""
        require(who, Permission.LEDGER_CLOSE, store=body.store)
        store = StoreId(body.store)
        with conflicts(closing.NotCorrectableError, code="not-correctable"), desk.work() as work:
            name = closing.reverse(work, store, body.posting, by=who.user, why=body.why)
        return shown(store, name)

    @routes.post("/entries", status_code=201)
    def correct(body: EntryBody, who: Closer) -> queries.PostingRow:
        """An entry by hand, into the month that is open."""
        require(who, Permission.LEDGER_CLOSE, store=body.store)
        store = StoreId(body.store)
        with (
            conflicts(closing.NotCorrectableError, UnbalancedError, ValueError, code="not-correctable"),
            desk.work() as work,
        ):
            legs = [
                Posting(account=Account(leg.account), amount_minor=leg.amount_minor, currency=leg.currency, by=leg.by)
                for leg in body.legs
            ]
            name = closing.correct(work, store, legs, entry=body.entry, by=who.user, why=body.why)
        return shown(store, name)

    def shown(store: StoreId, name: str) -> queries.PostingRow:
        with desk.look() as work:
            return found(queries.entry(work.tx, store, name), f"posting {name}")

    @routes.get("/journal.csv", response_class=StreamingResponse)
    def journal(store: Word = "", period: Period = "") -> StreamingResponse:
        """Every leg, oldest first; the columns are in docs/ledger.md."""
        return _file(desk, store, period, "csv")

    @routes.get("/journal.fec", response_class=StreamingResponse)
    def fec(store: Word = "", period: Period = "") -> StreamingResponse:
        """The same as a *fichier des écritures comptables*."""
        return _file(desk, store, period, "fec")

    return routes


def _file(desk: Desk, store: str, period: str, form: str) -> StreamingResponse:
    with conflicts(export.TooLongError, code="too-long"), desk.look() as work:
        export.check_size(work.tx, of=store, period=period)
    lines = (export.csv_of if form == "csv" else export.fec_of)(desk, of=store, period=period)
    name = "-".join(part for part in ("journal", store, period) if part)
    kind = "text/csv" if form == "csv" else "text/tab-separated-values"
    shown = "csv" if form == "csv" else "txt"
    safe = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "-_"))
    return StreamingResponse(
        lines, media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{safe}.{shown}"'},
    )  # fmt: skip
