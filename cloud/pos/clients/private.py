"""A client's own page of what they bought and had mended: behind a link that a person of the house makes for them.

The link holds 128 bits of chance; only its hash is kept. It ends after `LASTS_DAYS`, when another is made, and when the
client is erased. Nobody's name is on the page, no browser keeps it, and no search engine finds it; a signed appraisal
that is saved from it says whose it is.
"""

import base64
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud import aliases, called
from cloud.db import Tx
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, pages_things, queries, things
from cloud.pos.clients.acts import answered
from cloud.tables import client, client_page
from cloud.work import Work
from contract.feed import Permission
from contract.ids import PersonId, UserId
from web.attempts import Attempts
from web.front import render
from web.logins import Login
from web.policy import allow, private
from web.problems import ProblemError
from web.words import _

PAGE: Final = "/your-history"
LASTS_DAYS: Final = 30
DAY_US: Final = 86_400_000_000
CHANCE_BYTES: Final = 16
CODE_MAX: Final = 64
NAME_MAX: Final = 200
SHOWN_MAX: Final = 200
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]


@dataclass(frozen=True, slots=True)
class Service:
    """Something mended or made for the client, and what they are told of it."""

    number: str
    store: str
    title: str
    told: str
    promised_day: str
    currency: str
    total_minor: int
    opened_us: int


Services = Callable[[Work, str], list[Service]]
"""Of one client, newest first."""
Receipts = Callable[[Work, str, str], Response | None]
"""A numbered copy of a store's receipt as a PDF. None: the office has none such."""
Drawable = Callable[[Tx, Collection[tuple[str, str]]], frozenset[tuple[str, str]]]
"""Of receipts by store and name, those that `Receipts` can give."""


class AppraisalForm(BaseModel):
    code: Annotated[str, Field(max_length=CODE_MAX)]
    appraisal: Annotated[str, Field(max_length=NAME_MAX)]


class ReceiptForm(BaseModel):
    code: Annotated[str, Field(max_length=CODE_MAX)]
    store: Annotated[str, Field(max_length=NAME_MAX)]
    receipt: Annotated[str, Field(max_length=NAME_MAX)]


def make(work: Work, person: PersonId, chance: bytes, *, by: UserId) -> str:
    """The code of a new link; those made before end. Raises `UnknownClientError`."""
    known = (client.c.person == person, client.c.erased_us == 0)
    if work.tx.value(sa.select(client.c.person).where(*known)) is None:
        raise desk.UnknownClientError(f"There is no client {person}")
    code = base64.b32encode(chance).decode().rstrip("=").lower()
    end(work, person)
    row = {
        "code": _digest(code), "person": person, "by": by, "made_us": work.now_us,
        "until_us": work.now_us + LASTS_DAYS * DAY_US,
    }  # fmt: skip
    work.tx.add(client_page, row)
    return code


def end(work: Work, person: PersonId) -> None:
    """Whatever link holds for any of their ids: each would open the same page."""
    mine = (client_page.c.person.in_(aliases.ids(work.tx, person)), client_page.c.ended_us == 0)
    work.tx.run(sa.update(client_page).where(*mine).values(ended_us=work.now_us))


def opened(work: Work, code: str) -> str | None:
    """Whose link this is, while it holds; that it was opened is kept."""
    mine = client_page.c.code == _digest(code.strip().lower())
    row = work.tx.row(sa.select(client_page).where(mine, client_page.c.ended_us == 0))
    if row is None or row["until_us"] <= work.now_us:
        return None
    work.tx.run(sa.update(client_page).where(mine).values(looked_us=work.now_us))
    return str(row["person"])


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def bought(tx: Tx, person: str) -> tuple[list[queries.SaleSeen], list[queries.ReturnSeen]]:
    """What they bought and brought back under any of their ids, newest first."""
    ids = list(aliases.ids(tx, person))
    return queries.sales_of(tx, ids, SHOWN_MAX), queries.returns_of(tx, ids, SHOWN_MAX)


def appraised(tx: Tx, ring: Keyring, person: str) -> list[things.Known]:
    """Appraisals of their own things that are signed and stand, newest first."""
    return [each for each in things.listing(tx, ring, PersonId(person)) if each.stands]


def router(
    office: Desk, ring: Keyring, services: Services, receipts: Receipts, drawable: Drawable, *,
    chance: Callable[[int], bytes], attempts: Attempts, public_url: str,
) -> APIRouter:  # fmt: skip
    """`public_url`: the office as clients reach it; empty: as whoever makes the link does."""
    routes = APIRouter(include_in_schema=False)

    def whose(request: Request, work: Work, code: str) -> str | None:
        """Raises a 429 problem for who guessed too often."""
        if not code:
            return None
        address = request.client.host if request.client else ""
        if wait_us := attempts.begin(address, office.mono_us()):
            seconds = -(-wait_us // 1_000_000)
            raise ProblemError(429, "wait", "Too many links were wrong", f"Wait {seconds} seconds, then try again.")
        person = opened(work, code)
        if person is not None:
            attempts.succeeded(address)
        return person

    @routes.get(PAGE, dependencies=[private()])
    def look(request: Request, code: Annotated[str, Query(max_length=CODE_MAX)] = "") -> Response:
        with office.work() as work:
            person = whose(request, work, code)
            sold, back = bought(work.tx, person) if person is not None else ([], [])
            papers = [*((each.store, each.sale) for each in sold), *((each.store, each.receipt) for each in back)]
            return render(
                request, "clients/yours.html", status=200 if person is not None else 404, found=person is not None,
                sales=sold, returns=back, services=services(work, person) if person is not None else [],
                names=called.stores(work.tx), code=code, drawable=drawable(work.tx, papers),
                appraised=appraised(work.tx, ring, person) if person is not None else [],
            )  # fmt: skip

    @routes.post(f"{PAGE}/receipt", dependencies=[private()])
    def receipt(request: Request, asked: Annotated[ReceiptForm, Form()]) -> Response:
        """A copy of one receipt of theirs. By a button, since programs that look at every link must make none."""
        with office.work() as work:
            person = whose(request, work, asked.code)
            sold, back = bought(work.tx, person) if person is not None else ([], [])
            theirs = {*((each.store, each.sale) for each in sold), *((each.store, each.receipt) for each in back)}
            if (asked.store, asked.receipt) not in theirs:
                raise ProblemError(404, "receipt", _("This receipt is not here"), _("Open your page again."))
            copy = receipts(work, asked.store, asked.receipt)
            if copy is None:
                raise ProblemError(404, "receipt", _("It cannot be drawn here"), _("Ask the store that sold it."))
            return copy

    @routes.post(f"{PAGE}/appraisal", dependencies=[private()])
    def appraisal(request: Request, asked: Annotated[AppraisalForm, Form()]) -> Response:
        """A signed appraisal of their own thing, as it was signed."""
        with answered(), office.work() as work:
            person = whose(request, work, asked.code)
            mine = appraised(work.tx, ring, person) if person is not None else []
            one = next((each for each in mine if each.told.appraisal == asked.appraisal), None)
            kept = one and things.paper(work.tx, ring, PersonId(str(person)), asked.appraisal, one.told.sha256)
            if kept is None:
                raise ProblemError(404, "appraisal", _("This appraisal is not here"), _("Open your page again."))
            return pages_things.answer(kept, asked.appraisal)

    @routes.post("/clients/{person}/private-link")
    def link(request: Request, who: Keeper, person: str) -> Response:
        """Shown once: whoever hands it on copies it now."""
        with answered(), office.work() as work:
            desk.lock(work, PersonId(person))
            code = make(work, PersonId(person), chance(CHANCE_BYTES), by=who.user)
        base = public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
        until_us = office.now_us() + LASTS_DAYS * DAY_US
        return render(request, "clients/link.html", link=f"{base}{PAGE}?code={code}", until_us=until_us, person=person)

    return routes
