"""Pieces over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, found
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces import queries
from contract.commands import CustodyState
from contract.feed import PieceCard, Role
from contract.ids import PieceId, StoreId
from web.policy import allow, signed_in


class CardAsked(Asked):
    """A piece as it comes from the merchandiser's list. Prices in minor units, tax included; weights in milligrams."""

    piece: str = Field(min_length=1, max_length=64)
    sku: str
    title: str
    category: str
    metal: str
    fineness: int
    weight_mg: int
    stones: str
    price_minor: int
    currency: str
    tax_bp: int
    epc: str = ""
    tid: str = ""
    designer: str = ""
    collection: str = ""
    photo: str = ""
    home_zone: str = ""
    tray: str = ""


class ImportAsked(Asked):
    """`dry_run` says what would happen. `here`: the pieces lie in the store already, by the importer's word."""

    store: str
    pieces: list[CardAsked] = Field(max_length=pieces.IMPORT_ROWS_MAX)
    state: Literal["incoming", "here"] = "incoming"
    dry_run: bool = False


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/pieces", tags=["pieces"])

    @routes.get("", dependencies=[signed_in()])
    def search(
        q: Annotated[str, Query(max_length=200)] = "",
        store: str = "",
        state: str = "",
        after: str = "",
        limit: Limit = ROWS_PER_PAGE,
    ) -> list[queries.PieceRow]:
        """Pieces that contain every word of `q`; the next page begins after the last id of this one."""
        with desk.look() as work:
            return queries.search(work.tx, q, store=store, state=state, limit=limit, after=after)

    @routes.get("/{piece}", dependencies=[signed_in()])
    def detail(piece: str) -> queries.PieceDetail:
        """One piece, by id or EPC."""
        with desk.look() as work:
            return found(queries.detail(work.tx, piece), f"piece {piece}")

    @routes.post("/import", dependencies=[allow(Role.ADMIN, Role.MANAGER)])
    def bring_in(asked: ImportAsked) -> pieces.Imported:
        """All rows or none: with one error in it nothing is imported, and every error is listed."""
        cards = [PieceCard(**{**each.model_dump(), "piece": PieceId(each.piece)}) for each in asked.pieces]
        with desk.work() as work:
            state = CustodyState(asked.state)
            return pieces.bring_in(work, cards, StoreId(asked.store), state=state, dry_run=asked.dry_run)

    return routes
