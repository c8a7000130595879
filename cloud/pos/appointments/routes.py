"""Appointments over HTTP."""

import datetime as dt
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.appointments import desk, hearing, importing, queries
from cloud.pos.appointments.acts import Acts, Times
from cloud.pos.appointments.desk import Means
from cloud.pos.appointments.slots import LONGEST_US
from cloud.pos.http import Asked, found
from cloud.remarks import Remarks
from contract.feed import Permission
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Line = Annotated[str, Field(max_length=100)]
Slug = Annotated[str, Query(max_length=64)]
MINUTES_MAX: Final = LONGEST_US // 60_000_000
Minutes = Annotated[int, Field(ge=15, le=MINUTES_MAX)]


class TimesAsked(Asked, Times):
    """At quarters of an hour; `pieces` are those wanted on the tray."""

    at: Line
    staff: Line
    day: Line
    begins: Line
    minutes: Minutes = 60
    room: Line = ""
    tray: Line = ""
    pieces: Annotated[list[Line], Field(max_length=desk.PIECES_MAX, default_factory=list)]


class NewAsked(TimesAsked):
    person: Line
    note: Annotated[str, Field(max_length=desk.NOTE_MAX)] = ""


def router(office: Desk, means: Means) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])
    acts = Acts(office, means)

    @routes.get("")
    def day(who: Seer, at: Slug, on: dt.date) -> list[queries.AppointmentRow]:
        """Of one day of a store, by its clock."""
        del who
        with office.look() as work:
            return queries.day(work.tx, Remarks(work.tx, means.ring), store=at, on=on)

    @routes.post("", status_code=201)
    def request(who: Keeper, told: NewAsked) -> dict[str, str]:
        """Asked for; nothing is taken until it is confirmed."""
        wanted = acts.wanted(told, tuple(told.pieces))
        return {"appointment": acts.request(who, told.person, wanted, told.note)}

    @routes.get("/{name}")
    def one(who: Seer, name: str) -> queries.AppointmentRow:
        del who
        with office.look() as work:
            return found(queries.one(work.tx, Remarks(work.tx, means.ring), name), "such appointment")

    @routes.post("/{name}/confirm")
    def confirm(who: Keeper, name: str) -> dict[str, str]:
        """`not_told`: why the client was not written to; empty when they were."""
        return {"not_told": acts.confirm(who, name)}

    @routes.post("/{name}/move")
    def move(who: Keeper, name: str, told: TimesAsked) -> dict[str, str]:
        return {"not_told": acts.move(who, name, acts.wanted(told, tuple(told.pieces)))}

    @routes.post("/{name}/cancel")
    def cancel(who: Keeper, name: str) -> dict[str, str]:
        return {"not_told": acts.cancel(who, name)}

    @routes.get("/{name}/calendar")
    def calendar(who: Keeper, name: str) -> Response:
        """The invitation, as a client gets it."""
        del who
        return calendar_answer(acts.calendar(name))

    @routes.post("/calendars")
    async def bring(request: Request, who: Keeper, at: Slug, staff: Slug = "") -> importing.Imported:
        """An iCalendar file as the body: answers of clients, and when `staff` is busy."""
        return await run_in_threadpool(acts.bring, who, await bounded(request), at, staff)

    return routes


async def bounded(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > hearing.BYTES_MAX:
            raise ProblemError(413, "too-large", "This calendar is too large", "Export fewer weeks of it.")
    return bytes(parts)


def calendar_answer(text: str) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
