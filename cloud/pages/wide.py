"""Pages that look past stores: the overview, pieces, transfers and web orders."""

from collections.abc import Iterable
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pages.shared import SHOW_MAX, SHOW_STEP, Show, Word, more_of, names, online, people_of
from cloud.pos.alarms import queries as alarms
from cloud.pos.http import found
from cloud.pos.orders import queries as orders
from cloud.pos.parked import queries as parked
from cloud.pos.pieces import appraising, papers
from cloud.pos.pieces import queries as pieces
from cloud.pos.pieces.record import full_record, gems_told, labels
from cloud.pos.pieces.routes_record import MERCHANDISERS
from cloud.pos.sales import queries as sales
from cloud.pos.staff import queries as staff
from cloud.pos.stores import queries as stores
from cloud.pos.transfers import queries as transfers
from cloud.screens import Line, Where, story_of, where_is
from contract.feed import Permission
from contract.ids import PieceId
from trade.seek import SeekError
from web.front import render
from web.logins import Login
from web.policy import signed_in

ALARMS_ON_OVERVIEW: Final = 6
Wide = Annotated[Login, signed_in("house")]
Query200 = Annotated[str, Query(max_length=200)]


class HasStore(Protocol):
    @property
    def store(self) -> str: ...


OfStore = TypeVar("OfStore", bound=HasStore)


def router(desk: Desk) -> APIRouter:
    """Pages that look past stores: a piece is found wherever it is, whoever asks."""
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in("house")])

    @routes.get("/")
    def overview(request: Request, who: Wide) -> Response:
        with desk.look() as work:
            houses = [row for row in stores.listing(work.tx) if who.of(row.store)]
            days = [day for day in sales.by_day(work.tx) if who.of(day.store)]
            states = pieces.count_by_state(work.tx)
            newest = max((day.business_day for day in days), default="")
            return render(
                request, "cloud/overview.html", now_us=desk.now_us(), stores=houses, names=names(houses),
                online={row.store: online(desk, row) for row in houses}, business_day=newest,
                takings=_per_currency(day for day in days if day.business_day == newest),
                pieces=sum(states.values()), in_transit=states.get("transit", 0) + states.get("incoming", 0),
                alarms=_theirs(who, alarms.listing(work.tx, open_only=True, limit=SHOW_MAX))[:ALARMS_ON_OVERVIEW],
                cases=len(_theirs(who, parked.cases(work.tx))), parked=sum(row.parked for row in houses),
            )  # fmt: skip

    @routes.get("/pieces")
    def piece_list(request: Request, who: Wide, q: Query200 = "", store: Word = "", after: Word = "") -> Response:
        with desk.look() as work:
            houses = stores.listing(work.tx)
            problem, rows = "", []
            try:
                rows = pieces.search(work.tx, q, store=store, after=after, limit=SHOW_STEP + 1)
            except SeekError as error:
                problem = str(error)
            shown = [Line(row, where_is(row, names(houses))) for row in rows[:SHOW_STEP]]
            further = rows[SHOW_STEP - 1].piece if len(rows) > SHOW_STEP else ""
            return render(
                request, "pieces/list.html", status=422 if problem else 200, rows=shown, stores=houses, q=q,
                store=store, after=after, further=further, problem=problem, may_edit=who.may(*MERCHANDISERS),
            )  # fmt: skip

    @routes.get("/pieces/{piece}")
    def one_piece(request: Request, piece: str, who: Wide) -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            seen = found(pieces.detail(work.tx, piece), f"piece {piece}")
            where: Where = where_is(seen.row, told)
            may_edit = who.may(*MERCHANDISERS)
            record = found(
                full_record(work.tx, PieceId(seen.row.piece), with_cost=who.may(Permission.SEE_COST)), f"piece {piece}"
            )
            return render(
                request, "pieces/piece.html", piece=seen, where=where, story=story_of(seen, told), record=record,
                may_edit=may_edit, people=people_of(staff.listing(work.tx)), labels=labels(),
                gems=gems_told(record.card),
                papers=papers.listing(work.tx, record.card.piece), kinds=tuple(papers.PaperKind),
                bases=appraising.BASES,
            )  # fmt: skip

    @routes.get("/transfers")
    def transfer_list(request: Request, show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = transfers.listing(work.tx, limit=show + 1)
            told = names(stores.listing(work.tx))
            return render(request, "transfers/list.html", rows=rows[:show], names=told, more=more_of(len(rows), show))

    @routes.get("/orders")
    def order_list(request: Request, show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = orders.listing(work.tx, limit=show + 1)
            told = names(stores.listing(work.tx))
            return render(request, "orders/list.html", rows=rows[:show], names=told, more=more_of(len(rows), show))

    return routes


def _theirs(who: Login, rows: Iterable[OfStore]) -> list[OfStore]:
    return [row for row in rows if who.of(row.store)]


def _per_currency(days: Iterable[sales.DayTotal]) -> list[tuple[str, int, int]]:
    """(currency, total in minor units, number of sales), largest first."""
    totals: dict[str, tuple[int, int]] = {}
    for day in days:
        total, number = totals.get(day.currency, (0, 0))
        totals[day.currency] = (total + day.total_minor, number + day.sales)
    return sorted(((currency, *both) for currency, both in totals.items()), key=lambda each: -each[1])
