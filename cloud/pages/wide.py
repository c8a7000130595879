"""Pages that look past stores: pieces, transfers and web orders."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cloud import appraising
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pages import lists
from cloud.pages.shared import Word, names, people_of
from cloud.pos.http import found
from cloud.pos.pieces import papers
from cloud.pos.pieces import queries as pieces
from cloud.pos.pieces.record import full_record, gems_told, labels
from cloud.pos.pieces.routes_record import MERCHANDISERS
from cloud.pos.staff import queries as staff
from cloud.pos.stores import queries as stores
from cloud.pos.transfers import queries as transfers
from cloud.screens import Where, story_of, where_is
from contract.feed import Permission
from contract.ids import PieceId
from trade.seek import SeekError
from web.front import render
from web.logins import Login
from web.policy import signed_in
from web.tables import Asked, asked

List = Annotated[Asked, Depends(asked)]
Wide = Annotated[Login, signed_in("house")]


def router(desk: Desk) -> APIRouter:
    """Pages that look past stores: a piece is found wherever it is, whoever asks."""
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in("house")])

    @routes.get("/pieces")
    def piece_list(request: Request, who: Wide, what: List, store: Word = "") -> Response:
        with desk.look() as work:
            told, problem = names(stores.listing(work.tx)), ""
            try:
                table = lists.of_pieces(work.tx, what, told, store=store)
            except SeekError as error:
                problem, table = str(error), lists.no_pieces(what, told)
            return answer(
                request, table, "pieces/list.html", status=422 if problem else 200, store=store, problem=problem,
                may_edit=who.may(*MERCHANDISERS),
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
    def transfer_list(request: Request, what: List) -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            table = lists.of_transfers(work.tx, what, told)
            return answer(
                request, table, "transfers/list.html", names=told, people=people_of(staff.listing(work.tx)),
                road=transfers.on_the_road(work.tx, now_us=work.now_us), late_days=transfers.ROAD_DAYS_MAX,
            )  # fmt: skip

    @routes.get("/orders")
    def order_list(request: Request, what: List) -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            return answer(request, lists.of_web_orders(work.tx, what, told), "orders/list.html", names=told)

    return routes
