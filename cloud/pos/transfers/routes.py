"""Transfers over HTTP. Shipping and receiving happen at the stores; the office watches, and may ask a piece back."""

from fastapi import APIRouter

from cloud.custody import CLOUD, Custody
from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Limit, found
from cloud.pos.transfers import queries
from contract.feed import Permission
from contract.ids import PieceId
from web.policy import allow, signed_in
from web.problems import ProblemError


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["transfers"])

    @routes.get("/transfers", dependencies=[signed_in()])
    def listing(store: str = "", state: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.TransferRow]:
        with desk.look() as work:
            return queries.listing(work.tx, store=store, state=state, limit=limit)

    @routes.get("/transfers/on-the-road", dependencies=[signed_in()])
    def on_the_road(store: str = "") -> list[queries.OnTheRoad]:
        """What has left and was read nowhere yet, longest first; `overdue` after a week."""
        with desk.look() as work:
            return queries.on_the_road(work.tx, now_us=work.now_us, store=store)

    @routes.get("/transfers/{transfer}", dependencies=[signed_in(of="house")])
    def detail(transfer: str) -> queries.TransferDetail:
        with desk.look() as work:
            return found(queries.detail(work.tx, transfer), f"transfer {transfer}")

    @routes.post("/pieces/{piece}/recall", dependencies=[allow(Permission.TRANSFER)], status_code=202)
    def recall(piece: str) -> dict[str, str]:
        """Ask the holder for a piece that never arrived; it refuses when it sees or has promised the piece."""
        with desk.work() as work:
            token = found(Custody(work).get(PieceId(piece)), f"piece {piece}")
            if token.holder == CLOUD:
                title = f"No store holds piece {piece}"
                raise ProblemError(409, "not-held", title, "It is on the road, frozen or sold; look at its history.")
            Custody(work).ask_back(token)
        return {"asked": token.holder}

    return routes
