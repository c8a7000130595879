"""Pieces over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit, found
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces import queries
from cloud.pos.pieces.asked import ImportAsked
from cloud.pos.pieces.routes_record import add_record, asking
from contract.commands import CustodyState
from contract.feed import Permission
from contract.ids import StoreId
from web.logins import Login
from web.policy import allow, require, signed_in


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/pieces", tags=["pieces"])

    @routes.get("", dependencies=[signed_in(of="house")])
    def search(
        q: Annotated[str, Query(max_length=200)] = "",
        store: str = "",
        state: str = "",
        after: str = "",
        limit: Limit = ROWS_PER_PAGE,
    ) -> list[queries.PieceRow]:
        """Pieces that answer to `q`: words, and filters as `metal:gold carat>1 price<5000`, names first.

        The next page begins after the last id of this one.
        """
        with asking(), desk.look() as work:
            return queries.search(work.tx, q, store=store, state=state, limit=limit, after=after)

    add_record(routes, desk)

    @routes.get("/{piece}", dependencies=[signed_in(of="house")])
    def detail(piece: str) -> queries.PieceDetail:
        """One piece, by id or EPC."""
        with desk.look() as work:
            return found(queries.detail(work.tx, piece), f"piece {piece}")

    @routes.post("/import")
    def bring_in(asked: ImportAsked, who: Annotated[Login, allow(Permission.PIECES)]) -> pieces.Imported:
        """All rows or none: with one error in it nothing is imported, and every error is listed."""
        require(who, Permission.PIECES, store=asked.store)
        cards = [each.card() for each in asked.pieces]
        with desk.work() as work:
            state = CustodyState(asked.state)
            store = StoreId(asked.store)
            return pieces.bring_in(work, cards, store, state=state, dry_run=asked.dry_run, by=who.user)

    return routes
