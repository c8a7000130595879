"""The page with which an adviser begins the day."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.desk import Desk
from cloud.messages import quiet
from cloud.pos.http import Asked
from cloud.pos.reminders import queries
from cloud.sealing import SealedError
from cloud.work import Work
from contract.feed import Permission
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Names = Callable[[Tx, Iterable[str]], dict[str, str]]
Occasions = Callable[[Work, Iterable[tuple[str, str]]], Mapping[tuple[str, str], str]]
"""Of (person, milestone) what the day is, in words."""
Book = Annotated[str, Query(pattern="^(mine|all)$")]


class SeenForm(BaseModel):
    subject: Annotated[str, Field(max_length=200)]
    year: Annotated[int, Field(ge=1900, le=9999)]


class SeenAsked(Asked):
    subject: Annotated[str, Field(max_length=200)]
    year: Annotated[int, Field(ge=1900, le=9999)]


def router(desk: Desk, names: Names, occasions: Occasions, zone: str) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/reminders")
    def today(request: Request, who: Seer, book: Book = "mine") -> Response:
        owner = "" if book == "all" else who.user
        try:
            with desk.look() as work:
                day = quiet.day_of(work.now_us, quiet.zone(zone))
                tasks = queries.days(work.tx, owner=owner, today=day)
                seldom = queries.seldom(work.tx, owner=owner, now_us=work.now_us)
                new = queries.new(work.tx, owner=owner, now_us=work.now_us)
                every = [each.person for each in tasks] + [each.person for each in (*seldom, *new)]
                return render(
                    request, "reminders/today.html", tasks=tasks, seldom=seldom, new=new, book=book,
                    clients=names(work.tx, every), people=called.people(work.tx), today=day.isoformat(),
                    what=occasions(work, ((each.person, each.milestone) for each in tasks)),
                    may_keep=who.may(Permission.CLIENTS),
                )  # fmt: skip
        except SealedError as error:
            raise ProblemError(503, "sealed", "Clients cannot be opened now", str(error)) from error

    @routes.post("/reminders/seen")
    def seen(request: Request, who: Keeper, told: Annotated[SeenForm, Form()]) -> Response:
        see_to(who, told.subject, told.year)
        return go(request, "/reminders")

    def see_to(who: Login, subject: str, year: int) -> None:
        with desk.work() as work:
            if not queries.see_to(work, subject, year, by=who.user):
                raise ProblemError(409, "reminder", "Somebody saw to this already", "Reload the page.")

    return routes


def api(desk: Desk, zone: str) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/reminders", tags=["clients"])

    @routes.get("")
    def days(who: Seer, book: Book = "mine") -> list[queries.DayTask]:
        """Days that come to one's own clients, or to all; by id, without names."""
        with desk.look() as work:
            day = quiet.day_of(work.now_us, quiet.zone(zone))
            return queries.days(work.tx, owner="" if book == "all" else who.user, today=day)

    @routes.post("/seen", status_code=204)
    def seen(who: Keeper, told: SeenAsked) -> None:
        """Somebody greets them in person: no letter does, unless it was written already."""
        with desk.work() as work:
            if not queries.see_to(work, told.subject, told.year, by=who.user):
                raise ProblemError(409, "reminder", "Somebody saw to this already", "Nothing is to be done.")

    return routes
