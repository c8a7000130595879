"""The office's pages of appointments: a day by adviser and by room, one of them, a new one, rooms and trays."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.desk import Desk
from cloud.messages import outbox, quiet
from cloud.pos.appointments import desk, hearing, queries
from cloud.pos.appointments.acts import Acts, Times, answered
from cloud.pos.appointments.desk import Means, Wanted
from cloud.pos.appointments.plan import plan
from cloud.pos.appointments.routes import Keeper, Line, Minutes, Seer, calendar_answer
from cloud.pos.http import found
from cloud.remarks import Remarks
from contract.feed import Permission
from trade.appointment import AppointmentState
from web.front import go, render
from web.logins import Login
from web.policy import allow, require
from web.problems import ProblemError

Setter = Annotated[Login, allow(Permission.SETTINGS, of="house")]
Names = Callable[[Tx, Iterable[str]], dict[str, str]]
Word = Annotated[str, Query(max_length=100)]
Slug = Annotated[str, Form(max_length=64)]
LENGTHS: Final = (15, 30, 45, 60, 90, 120, 180, 240, 480)


class TimesForm(Times):
    """`pieces`: ids, one a line."""

    at: Line
    staff: Line
    day: Line
    begins: Line
    minutes: Minutes = 60
    room: Line = ""
    tray: Line = ""
    pieces: Annotated[str, Field(max_length=4_000)] = ""


class NewForm(TimesForm):
    person: Line
    note: Annotated[str, Field(max_length=desk.NOTE_MAX)] = ""


class PlaceForm(BaseModel):
    at: Line
    kind: Literal["room", "tray"]
    name: Line
    act: Literal["add", "drop"] = "add"


def router(office: Desk, means: Means, names: Names) -> APIRouter:
    routes = APIRouter(prefix="/appointments", include_in_schema=False)
    acts = Acts(office, means)
    add_day(routes, office, acts, names)
    add_new(routes, office, acts, names)
    add_one(routes, office, acts, names)
    add_places(routes, office)
    return routes


def add_day(routes: APIRouter, office: Desk, acts: Acts, names: Names) -> None:
    @routes.get("")
    def day(
        request: Request, who: Seer, at: Word = "", on: Annotated[dt.date | None, Query()] = None,
        by: Literal["adviser", "room"] = "adviser",
    ) -> Response:  # fmt: skip
        with answered(), office.look() as work:
            stores = _mine(work.tx, who)
            at = at if at in stores else next(iter(stores), "")
            today = on or quiet.day_of(work.now_us, outbox.zone_of(work.tx, at))
            words = Remarks(work.tx, acts.means.ring)
            rows, waits = queries.day(work.tx, words, store=at, on=today), queries.waiting(work.tx, words, store=at)
            step, people = dt.timedelta(days=1), called.people(work.tx)
            held = [row for row in rows if row.state != AppointmentState.CANCELLED]
            lanes = plan(
                held, lambda row: row.room if by == "room" else people.get(row.staff, row.staff), today.isoformat()
            )
            return render(
                request, "appointments/day.html", rows=rows, held=held, plan=lanes, by=by, waits=waits,
                stores=stores, at=at, on=today.isoformat(),
                before=(today - step).isoformat(), after=(today + step).isoformat(), people=people,
                clients=names(work.tx, [row.person for row in (*rows, *waits)]), may_keep=who.may(Permission.CLIENTS),
                may_set=who.may(Permission.SETTINGS),
            )  # fmt: skip

    @routes.post("/calendar")
    def bring(
        request: Request, who: Keeper, at: Slug, file: Annotated[UploadFile, File()], staff: Slug = ""
    ) -> Response:  # fmt: skip
        done = acts.bring(who, file.file.read(hearing.BYTES_MAX + 1), at, staff)
        return render(request, "appointments/brought.html", done=done, at=at)


def add_new(routes: APIRouter, office: Desk, acts: Acts, names: Names) -> None:
    def form(request: Request, who: Login, given: dict[str, object], *, problem: str = "") -> Response:
        with answered(), office.look() as work:
            stores = _mine(work.tx, who)
            at = str(given["at"] or next(iter(stores), ""))
            person = str(given["person"])
            return render(
                request, "appointments/new.html", status=422 if problem else 200, given=given, at=at, stores=stores,
                people=called.people(work.tx), places=queries.places(work.tx, at), problem=problem, lengths=LENGTHS,
                client=names(work.tx, [person]).get(person, ""),
            )  # fmt: skip

    @routes.get("/new")
    def new(request: Request, who: Keeper, person: Word = "", at: Word = "", day: Word = "") -> Response:
        blank = TimesForm(at=at, staff=who.user, day=day, begins="").model_dump()
        return form(request, who, {**blank, "person": person, "note": ""})

    @routes.post("/new")
    def ask(request: Request, who: Keeper, told: Annotated[NewForm, Form()]) -> Response:
        try:
            name = acts.request(who, told.person.strip(), _wanted(acts, told), told.note)
        except ProblemError as error:
            if error.status not in (409, 422):
                raise
            return form(request, who, told.model_dump(), problem=error.title)
        return go(request, f"/appointments/{name}")


def add_one(routes: APIRouter, office: Desk, acts: Acts, names: Names) -> None:
    def page(request: Request, who: Login, name: str, *, said: str = "", problem: str = "") -> Response:
        with answered(), office.work() as work:
            row = found(queries.one(work.tx, Remarks(work.tx, acts.means.ring), name), "such appointment")
            return render(
                request, "appointments/one.html", status=422 if problem else 200, row=row, said=said, problem=problem,
                note=queries.note(work, acts.means.ring, name, by=who.user, how="appointment"),
                client=names(work.tx, [row.person]).get(row.person, ""), people=called.people(work.tx),
                stores=called.stores(work.tx), places=queries.places(work.tx, row.store), lengths=LENGTHS,
                may_keep=who.may(Permission.CLIENTS, store=row.store), titles=queries.titles(work.tx, row.pieces),
            )  # fmt: skip

    def after(request: Request, who: Login, name: str, act: Callable[[], str]) -> Response:
        try:
            said = act()
        except ProblemError as error:
            if error.status not in (409, 422):
                raise
            return page(request, who, name, problem=error.title)
        return page(request, who, name, said=said) if said else go(request, f"/appointments/{name}")

    @routes.get("/{name}")
    def one(request: Request, who: Seer, name: str) -> Response:
        return page(request, who, name)

    @routes.post("/{name}/confirm")
    def confirm(request: Request, who: Keeper, name: str) -> Response:
        return after(request, who, name, lambda: acts.confirm(who, name))

    @routes.post("/{name}/move")
    def move(request: Request, who: Keeper, name: str, told: Annotated[TimesForm, Form()]) -> Response:
        return after(request, who, name, lambda: acts.move(who, name, _wanted(acts, told)))

    @routes.post("/{name}/cancel")
    def cancel(request: Request, who: Keeper, name: str) -> Response:
        return after(request, who, name, lambda: acts.cancel(who, name))

    @routes.get("/{name}/calendar")
    def calendar(who: Keeper, name: str) -> Response:
        del who
        return calendar_answer(acts.calendar(name))


def add_places(routes: APIRouter, office: Desk) -> None:
    @routes.get("/places/all")
    def places(request: Request, who: Setter) -> Response:
        with office.look() as work:
            stores = _mine(work.tx, who)
            known = {each: queries.places(work.tx, each) for each in stores}
            return render(request, "appointments/places.html", stores=stores, places=known)

    @routes.post("/places/all")
    def put(request: Request, who: Setter, told: Annotated[PlaceForm, Form()]) -> Response:
        require(who, Permission.SETTINGS, store=told.at)
        with answered(), office.work() as work:
            if told.act == "add":
                desk.put_place(work, told.at, told.kind, told.name, by=who.user)
            else:
                desk.drop_place(work, told.at, told.kind, told.name)
        return go(request, "/appointments/places/all")


def _mine(tx: Tx, who: Login) -> dict[str, str]:
    return {name: title for name, title in called.stores(tx).items() if who.of(name)}


def _wanted(acts: Acts, told: TimesForm) -> Wanted:
    lines = (each.strip() for each in told.pieces.splitlines())
    return acts.wanted(told, tuple(dict.fromkeys(each for each in lines if each)))
