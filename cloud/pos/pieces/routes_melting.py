"""Lots of scrap over HTTP: sent to a refiner, settled by what they paid."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts, found
from cloud.pos.pieces import melting
from cloud.pos.pieces.checks import RecordError
from contract.feed import Permission
from contract.ids import PieceId, StoreId
from web.logins import Login
from web.policy import allow, require

Reader = Annotated[Login, allow(Permission.LEDGER)]
Melter = Annotated[Login, allow(Permission.PIECES)]


class LotAsked(Asked):
    """`lot` is an id of the asker's: asked again with the same, it is the same lot."""

    lot: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    store: Annotated[str, Field(max_length=64)]
    pieces: Annotated[list[str], Field(min_length=1, max_length=melting.PIECES_MAX)]
    refiner: Annotated[str, Field(max_length=melting.NAME_MAX)]


class SettledAsked(Asked):
    amount_minor: Annotated[int, Field(ge=1, le=melting.AMOUNT_MINOR_MAX)]
    assayed_mg: Annotated[int, Field(ge=0, le=10**12)] = 0
    reference: Annotated[str, Field(min_length=1, max_length=melting.NAME_MAX)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/melt-lots", tags=["purchases"])

    @routes.get("")
    def listing(who: Reader, store: Annotated[str, Query(max_length=64)] = "") -> list[melting.Lot]:
        """Newest first."""
        del who
        with desk.look() as work:
            return melting.lots(work.tx, store=store)

    @routes.post("", status_code=201)
    def send(body: LotAsked, who: Melter) -> melting.Lot:
        """The pieces are written off as they leave."""
        require(who, Permission.PIECES, store=body.store)
        pieces = [PieceId(each) for each in body.pieces]
        with conflicts(melting.MeltError, RecordError, code="not-melted"), desk.work() as work:
            return melting.send(work, body.lot, StoreId(body.store), pieces, body.refiner, by=who.user)

    @routes.post("/{lot}/settled")
    def settle(lot: str, body: SettledAsked, who: Melter) -> melting.Lot:
        with conflicts(melting.MeltError, code="not-settled"), desk.work() as work:
            at = found(melting.one(work.tx, lot), f"lot {lot}").store
            require(who, Permission.PIECES, store=at)
            return melting.settle(work, lot, body.amount_minor, body.assayed_mg, body.reference, by=who.user)

    return routes
