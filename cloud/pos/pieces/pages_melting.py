"""The office's page of scrap: what lies where and until when, lots that left, and what refiners paid."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.pos.http import conflicts, found
from cloud.pos.pieces import holding, melting
from cloud.pos.pieces.checks import RecordError
from contract.feed import Permission
from contract.ids import PieceId, StoreId
from web.forms import amount_minor
from web.front import go, render
from web.logins import Login
from web.policy import allow, require

Reader = Annotated[Login, allow(Permission.LEDGER)]
Melter = Annotated[Login, allow(Permission.PIECES)]
THOUSANDTHS = "KWD"
"""A currency of three digits: grams are typed with as many."""


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/scrap", include_in_schema=False)

    @routes.get("")
    def page(request: Request, who: Reader, store: Annotated[str, Query(max_length=64)] = "") -> Response:
        with desk.look() as work:
            names = {name: title for name, title in called.stores(work.tx).items() if who.of(name)}
            at = store if store in names else next(iter(names), "")
            return render(
                request, "pieces/scrap.html", rows=melting.here(work.tx, StoreId(at)) if at else [],
                lots=melting.lots(work.tx, store=at), names=names, store=at, people=called.people(work.tx),
                today=holding.today(work), may=who.may(Permission.PIECES, store=at), lot=desk.new_id(),
            )  # fmt: skip

    @routes.post("/lots")
    def send(
        request: Request,
        who: Melter,
        *,
        of: Annotated[str, Form(max_length=64)],
        lot: Annotated[str, Form(max_length=64, pattern=r"^[A-Za-z0-9._-]+$")],
        refiner: Annotated[str, Form(max_length=melting.NAME_MAX)],
        piece: Annotated[list[str] | None, Form(max_length=melting.PIECES_MAX)] = None,
    ) -> Response:
        require(who, Permission.PIECES, store=of)
        pieces = [PieceId(each) for each in piece or []]
        with conflicts(melting.MeltError, RecordError, code="not-melted"), desk.work() as work:
            melting.send(work, lot, StoreId(of), pieces, refiner, by=who.user)
        return go(request, f"/scrap?store={of}")

    @routes.post("/lots/{lot}/settled")
    def settle(
        request: Request,
        who: Melter,
        lot: str,
        *,
        amount: Annotated[str, Form(max_length=30)],
        reference: Annotated[str, Form(max_length=melting.NAME_MAX)],
        assayed: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        with conflicts(melting.MeltError, code="not-settled"), desk.work() as work:
            known = found(melting.one(work.tx, lot), f"lot {lot}")
            require(who, Permission.PIECES, store=known.store)
            melting.settle(
                work, lot, amount_minor(amount, known.currency, "What the refiner paid"),
                amount_minor(assayed, THOUSANDTHS, "Fine metal as assayed"), reference, by=who.user,
            )  # fmt: skip
        return go(request, f"/scrap?store={known.store}")

    return routes
