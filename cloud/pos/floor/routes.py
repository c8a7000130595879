"""The floor over HTTP."""

from fastapi import APIRouter

from cloud.desk import Desk
from cloud.pos.floor import queries
from cloud.pos.http import ROWS_PER_PAGE, Limit
from web.policy import signed_in


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/floor", tags=["floor"], dependencies=[signed_in()])

    @routes.get("/readers")
    def readers(store: str = "") -> list[queries.ReaderRow]:
        with desk.look() as work:
            return queries.readers(work.tx, store=store)

    @routes.get("/{store}/zones")
    def zones(store: str) -> list[queries.ZoneRow]:
        with desk.look() as work:
            return queries.zones(work.tx, store)

    @routes.get("/{store}/calibrations")
    def calibrations(store: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.CalibrationRow]:
        """By what the store says where pieces lie; the one in use first."""
        with desk.look() as work:
            return queries.calibrations(work.tx, store, limit=limit)

    @routes.get("/{store}/pieces")
    def pieces(store: str, state: str = "", zone: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.PresenceRow]:
        with desk.look() as work:
            return queries.pieces(work.tx, store, state=state, zone=zone, limit=limit)

    @routes.get("/{store}/gaps")
    def gaps(store: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.GapRow]:
        with desk.look() as work:
            return queries.gaps(work.tx, store, limit=limit)

    @routes.get("/{store}/reader-changes")
    def reader_changes(store: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.ReaderChangeRow]:
        with desk.look() as work:
            return queries.reader_changes(work.tx, store, limit=limit)

    @routes.get("/{store}/signals")
    def signals(store: str) -> list[queries.SignalRow]:
        """Doors, lamps, sirens and locks, as they were told last."""
        with desk.look() as work:
            return queries.signals(work.tx, store)

    @routes.get("/{store}/exits")
    def exits(store: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.ExitRow]:
        with desk.look() as work:
            return queries.exits(work.tx, store, limit=limit)

    return routes
