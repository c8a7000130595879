"""The office's pages of lists: a list of pieces comes in as a file, tried before it counts; and goes out as one."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from cloud import called
from cloud.desk import Desk
from cloud.pos.http import CONTROL, found
from cloud.pos.pieces import exporting, headings, importing, sheets
from cloud.pos.pieces.categories import rules_of
from cloud.pos.pieces.columns import COLUMNS, OF_THE_HOUSE
from cloud.pos.pieces.importing import Asked, Listed
from cloud.pos.pieces.lists import FullError, Lists, Stage, Waiting
from cloud.pos.pieces.queries import houses as houses_of
from cloud.pos.pieces.routes_record import MERCHANDISERS
from cloud.pos.pieces.sheets import FILE_BYTES_MAX, Decimals, SheetError
from contract.commands import CustodyState
from contract.feed import Permission
from contract.ids import StoreId
from trade.seek import SeekError
from web.front import go, render
from web.logins import Login
from web.policy import allow, require
from web.problems import ProblemError

Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]
Kind = Literal["csv", "xlsx"]
State = Literal["incoming", "here"]
ERRORS_SHOWN: Final = 50
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK: Final = 1 << 16


def router(desk: Desk, lists: Lists) -> APIRouter:
    """Stands before the pages of one piece."""
    routes = APIRouter(prefix="/pieces", include_in_schema=False)

    def mine(list_id: str, who: Login) -> Waiting:
        return found(lists.find(list_id, who.user), "list of this name: it was over, or is somebody else's")

    def page(request: Request, one: Waiting, *, status: int = 200) -> Response:
        with desk.look() as work:
            names = sorted({rule.name for each in rules_of(work.tx).values() for rule in each})
            stores = called.stores(work.tx)
        return render(
            request, "pieces/import_list.html", status=status, one=one, stage=Stage, errors_shown=ERRORS_SHOWN,
            columns=[each for each in COLUMNS if one.asked.with_cost or each.field not in OF_THE_HOUSE],
            attributes=names, left_out=headings.LEFT_OUT, attribute=headings.ATTRIBUTE, stores=stores,
        )  # fmt: skip

    def start(request: Request, *, problem: str = "", status: int = 200) -> Response:
        with desk.look() as work:
            houses = houses_of(work.tx)
        return render(
            request, "pieces/import.html", status=status, stores=houses, problem=problem,
            megabytes=FILE_BYTES_MAX >> 20, rows_max=sheets.ROWS_MAX,
        )  # fmt: skip

    @routes.get("/import", dependencies=[allow(*MERCHANDISERS)])
    def import_page(request: Request) -> Response:
        return start(request)

    @routes.post("/import")
    async def upload(
        request: Request,
        who: Merchandiser,
        file: UploadFile,
        *,
        store: Annotated[str, Form(max_length=64)],
        decimals: Annotated[Decimals, Form()],
        state: Annotated[State, Form()] = "incoming",
    ) -> Response:
        """Whatever is wrong with the file is said on the same page."""
        data = await file.read(FILE_BYTES_MAX + 1)
        name = CONTROL.sub("", file.filename or "")
        to = {"store": StoreId(store), "decimals": decimals, "state": CustodyState(state)}
        return await run_in_threadpool(uploaded, request, who, data, name, to)

    def uploaded(request: Request, who: Login, data: bytes, name: str, to: dict[str, Any]) -> Response:
        if len(data) > FILE_BYTES_MAX:
            return start(request, problem=f"the file has more than {FILE_BYTES_MAX >> 20} MiB: split it", status=413)
        if not data:
            return start(request, problem="choose a file first", status=422)
        require(who, Permission.PIECES, store=to["store"])
        with_cost = who.may(Permission.SEE_COST)
        try:
            one = lists.take(data, name, by=who.user, with_cost=with_cost, **to)
        except FullError as error:
            return start(request, problem=str(error), status=503)
        return go(request, f"/pieces/import/{one.id}")

    @routes.get("/import/{list_id}")
    def one_list(request: Request, who: Merchandiser, list_id: str) -> Response:
        return page(request, mine(list_id, who))

    @routes.post("/import/{list_id}/headings")
    async def tell(request: Request, who: Merchandiser, list_id: str) -> Response:
        """What the headings that nobody knows are."""
        typed = await request.form()
        one = mine(list_id, who)
        told = {
            heading: value
            for at, heading in enumerate(one.listed.unknown)
            if isinstance(value := typed.get(f"heading-{at}", ""), str) and value
        }
        await run_in_threadpool(lists.tell, one, told)
        return go(request, f"/pieces/import/{one.id}")

    @routes.post("/import/{list_id}/go")
    def import_it(request: Request, who: Merchandiser, list_id: str) -> Response:
        one = mine(list_id, who)
        lists.go(one)
        return go(request, f"/pieces/import/{one.id}")

    @routes.get("/import/{list_id}/errors.csv")
    def error_sheet(who: Merchandiser, list_id: str) -> Response:
        """The list again, with what is wrong in a first column: to be mended there and given back."""
        one = mine(list_id, who)
        return StreamingResponse(
            sheets.csv_lines(_mistakes(one)), media_type="text/csv", headers=_as_file("errors.csv")
        )

    @routes.get("/template.{kind}")
    def template(who: Merchandiser, kind: Kind) -> Response:
        rows = exporting.template(with_cost=who.may(Permission.SEE_COST))
        return _file(iter(rows), kind, "pieces-template")

    @routes.get("/export.{kind}")
    def export(
        who: Merchandiser,
        kind: Kind,
        q: Annotated[str, Query(max_length=200)] = "",
        store: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        rows = exporting.rows(desk.look, query=q, store=store, with_cost=who.may(Permission.SEE_COST))
        try:
            return _file(_begun(rows), kind, "pieces")
        except SeekError as error:
            raise ProblemError(422, "query", "This cannot be looked for", str(error)) from error

    return routes


def api(desk: Desk) -> APIRouter:
    """The same for programs."""
    routes = APIRouter(prefix="/api/v1/pieces", tags=["pieces"])

    @routes.post("/lists")
    async def take(
        request: Request,
        who: Merchandiser,
        store: Annotated[str, Query(max_length=64)],
        decimals: Decimals,
        *,
        dry_run: bool = False,
        state: State = "incoming",
        name: Annotated[str, Query(max_length=120)] = "list",
    ) -> Response:
        """The file itself as the body, CSV or XLSX. Every error by its row; with one of them nothing is imported."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > FILE_BYTES_MAX:
                raise ProblemError(413, "too-large", "Too large", f"At most {FILE_BYTES_MAX >> 20} MiB: split it.")
        to = {"store": StoreId(store), "decimals": decimals, "state": CustodyState(state)}
        return await run_in_threadpool(taken, bytes(data), who, to, name, dry_run=dry_run)

    def taken(data: bytes, who: Login, to: dict[str, Any], name: str, *, dry_run: bool) -> Response:
        try:
            sheet = sheets.read(data, to["decimals"])
        except SheetError as error:
            raise ProblemError(422, "list", "This list cannot be read", str(error)) from error
        with desk.work() as work:
            asked = Asked(sha256=importing.hash_of(data), with_cost=who.may(Permission.SEE_COST), **to)
            listed = importing.bring_in(work, sheet, asked, by=who.user, name=name, dry_run=dry_run)
        status = 200 if listed.ready else 422
        return Response(importing.encode(listed), media_type="application/json", status_code=status)

    return routes


def _mistakes(one: Waiting) -> Iterator[list[str]]:
    assert one.sheet is not None, "a list that was tried was read"
    listed: Listed = one.listed
    by_row: dict[int, list[str]] = {}
    for each in listed.errors:
        by_row.setdefault(each.row, []).append(f"{each.field}: {each.why}" if each.field else each.why)
    yield [headings.ERRORS, *one.sheet.headings]
    for number, cells in one.sheet.rows:
        if number in by_row:
            yield ["; ".join(by_row[number]), *cells]


def _begun(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The same rows, after the first page was asked for: what cannot be looked for is said before a file begins."""
    first = [row for row, _ in zip(rows, range(2), strict=False)]

    def all_rows() -> Iterator[list[str]]:
        yield from first
        yield from rows

    return all_rows()


def _file(rows: Iterator[list[str]], kind: Kind, name: str) -> Response:
    if kind == "csv":
        return StreamingResponse(sheets.csv_lines(rows), media_type="text/csv", headers=_as_file(f"{name}.csv"))
    file = sheets.xlsx(rows, "Pieces")

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return StreamingResponse(chunks(), media_type=XLSX_TYPE, headers=_as_file(f"{name}.xlsx"))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
