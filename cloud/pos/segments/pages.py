"""The office's pages of segments: the whole house, lists of clients, the tiers; a client's line of their profile."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called, changes
from cloud.changes import WhyError
from cloud.clienteling.segments import TIERS_MAX
from cloud.db import Tx
from cloud.desk import Desk
from cloud.listing import answer, kept, may_take
from cloud.pos.segments import columns, gather, queries, settings
from cloud.pos.segments.job import Divisions
from cloud.pos.segments.settings import Segmentation, SettingError, Step
from contract.feed import Permission
from web.forms import amount_minor, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.tables import Asked, asked

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
List = Annotated[Asked, Depends(asked)]
Called = Callable[[Tx, Iterable[str]], dict[str, str]]
"""Names of these clients; who was erased has none."""
Short = Annotated[str, Form(max_length=40)]
Many = Annotated[list[str], Form()]
ROWS_BESIDES: Final = 2
"""Empty ones under the tiers there are."""


@contextmanager
def answered() -> Iterator[None]:
    try:
        yield
    except (SettingError, WhyError) as error:
        raise ProblemError(422, "segments", str(error)) from error


def router(office: Desk, divisions: Divisions, names: Called) -> APIRouter:
    routes = APIRouter(prefix="/segments", include_in_schema=False)

    def shown(tx: Tx) -> dict[str, Any]:
        run, told = queries.last(tx), settings.read(tx)
        return {
            "run": run, "told": told, "currency": run.currency if run else gather.house_currency(tx),
            "stores": called.stores(tx),
        }  # fmt: skip

    @routes.get("")
    def whole(request: Request, who: Seer) -> Response:
        with office.look() as work:
            tx = work.tx
            return render(
                request, "segments/segments.html", tiers=queries.by_tier(tx), marks=queries.marks(tx),
                counts=queries.counts(tx), progress=divisions.progress, may_start=who.may(Permission.CLIENTS),
                may_set=Permission.SETTINGS in who.powers.everywhere, people=called.people(tx), **shown(tx),
            )  # fmt: skip

    @routes.get("/list")
    def listing(
        request: Request, who: Seer, what: List,
        of: Annotated[str, Query(pattern="^(rising|lapsing|value|tier)$")] = "value",
        tier: Annotated[int, Query(ge=0, le=20)] = 0,
    ) -> Response:  # fmt: skip
        out = may_take(who, what)
        with office.look() as work:
            around = shown(work.tx)
            words = columns.Words(around["stores"], names, around["told"].named, around["currency"])
            table = columns.of_standings(work.tx, what, words, of=of, tier=tier)
            page = answer(
                request, table, "segments/list.html", of=of, tier=tier, lists=queries.LISTS, about=queries.ABOUT,
                out=out, **around,
            )  # fmt: skip
        return kept(office, who, page)

    @routes.post("/start")
    def start(request: Request, who: Keeper) -> Response:
        divisions.start(who.user)
        return go(request, "/segments")

    @routes.get("/of/{person}")
    def one(request: Request, who: Seer, person: str) -> Response:
        """A piece of a client's profile."""
        del who
        with office.look() as work:
            found = queries.of_client(work.tx, person)
            return render(request, "segments/_one.html", one=found, **shown(work.tx))

    add_tiers(routes, office)
    return routes


def add_tiers(routes: APIRouter, office: Desk) -> None:
    @routes.get("/tiers")
    def tiers(request: Request, who: Setter) -> Response:
        del who
        with office.look() as work:
            told = settings.read(work.tx)
            return render(
                request, "segments/tiers.html", told=told, currency=told.currency or gather.house_currency(work.tx),
                typed=typed, empty_rows=ROWS_BESIDES, people=called.people(work.tx), currencies=_currencies(work.tx),
                acts=changes.listing(work.tx, what=settings.NAME),
            )  # fmt: skip

    @routes.post("/tiers")
    def keep(
        request: Request, who: Setter, *, months: Annotated[int, Form(ge=1, le=settings.MONTHS_MAX)], currency: Short,
        name: Many, enters: Many, stays: Many, perks: Many, why: Annotated[str, Form(max_length=500)],
    ) -> Response:  # fmt: skip
        if not len(name) == len(enters) == len(stays) == len(perks) or len(name) > TIERS_MAX + ROWS_BESIDES:
            raise ProblemError(422, "segments", "The form is not whole", "Reload the page and try again.")
        with answered(), office.work() as work:
            if currency not in _currencies(work.tx):
                raise SettingError("Choose a currency that a store sells in")
            steps = tuple(
                Step(
                    name=" ".join(called.split()), from_minor=amount_minor(enter, currency, called),
                    stays_from_minor=amount_minor(stay or enter, currency, called), perks=" ".join(perk.split()),
                )
                for called, enter, stay, perk in zip(name, enters, stays, perks, strict=True)
                if called.strip()
            )  # fmt: skip
            told = Segmentation(currency=currency, window_months=months, steps=steps)
            settings.write(work, told, by=who.user, why=why)
        return go(request, "/segments/tiers")


def _currencies(tx: Tx) -> list[str]:
    return sorted({*called.currencies(tx).values()} or {"EUR"})
