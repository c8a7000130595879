"""The office's pages of clients: the client book, somebody new, and a profile with everything that belongs to it."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from cloud import aliases, called
from cloud.desk import Desk
from cloud.listing import answer, kept, may_take
from cloud.people import Keyring
from cloud.pos.clients import (
    asked,
    columns,
    desk,
    erasing,
    pages_doubles,
    profile,
    queries,
    seeking,
    timeline,
)
from cloud.pos.clients import owned as owning
from cloud.pos.clients.acts import Clients, answered
from cloud.pos.clients.comparing import Comparing
from cloud.pos.clients.likeness import Likely
from contract.feed import Permission
from contract.ids import PersonId
from trade.consent import Channel, Proof
from trade.ring_sizes import NAMES
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.tables import Asked
from web.tables import asked as asked_of_a_list

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Rights = Annotated[Login, allow(Permission.CLIENT_RIGHTS, of="everywhere")]
List = Annotated[Asked, Depends(asked_of_a_list)]
Word = Annotated[str, Query(max_length=100)]
Line = Annotated[str, Form(max_length=profile.TEXT_MAX)]
Text = Annotated[str, Form(max_length=profile.NOTE_MAX)]
SEVERAL: Final = ("emails", "phones")
"""Fields that a form takes in one text, an entry a line."""
Body = TypeVar("Body", bound=BaseModel)


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != "csrf"}


Given = Annotated[dict[str, str], Depends(_form)]
"""A form as it came; read on the loop, so that the route itself may wait for the database."""


def router(office: Desk, ring: Keyring, comparing: Comparing) -> APIRouter:
    routes = APIRouter(prefix="/clients", include_in_schema=False)
    clients = Clients(office, ring)
    add_book(routes, office, ring, clients)
    pages_doubles.add(routes, office, ring, clients, comparing)
    add_profile(routes, office, ring, clients)
    add_entries(routes, clients)
    return routes


def add_book(routes: APIRouter, office: Desk, ring: Keyring, clients: Clients) -> None:
    @routes.get("")
    def book(request: Request, who: Seer, what: List, book: Word = "mine", store: Word = "") -> Response:
        whole, out = book == "all", may_take(who, what)
        with answered(), office.look() as work:
            people, names = called.people(work.tx), called.stores(work.tx)
            table = columns.of_book(
                work.tx, ring, what, names, people, owner="" if whole else who.user, store=store
            )  # fmt: skip
            page = answer(
                request, table, "clients/list.html", book="all" if whole else "mine", query="", further=False,
                may_keep=who.may(Permission.CLIENTS), out=out, people=people, names=names,
            )  # fmt: skip
        return kept(office, who, page)

    @routes.post("")
    def search(
        request: Request, who: Seer, what: List, query: Annotated[str, Form(max_length=asked.QUERY_MAX)] = ""
    ) -> Response:
        """What is looked for is posted: a name in an address would stay in histories and logs."""
        if not query.strip():
            return go(request, "/clients")
        with answered(), office.work() as work:
            found = seeking.find(work.tx, ring, query)
            desk.looked(work, by=who.user, how="search", found=len(found.rows))
            people, names = called.people(work.tx), called.stores(work.tx)
            table = columns.of_found(found.rows, what, names, people)
            return render(
                request, "clients/list.html", table=table, book="", query=query, further=found.more, out=False,
                may_keep=who.may(Permission.CLIENTS), people=people, names=names,
            )  # fmt: skip

    def new_form(
        request: Request, who: Login, given: dict[str, str], *, problem: str = "", alike: Sequence[Likely] = ()
    ) -> Response:
        with office.look() as work:
            shops = {name: title for name, title in called.stores(work.tx).items() if who.of(name)}
        return render(
            request, "clients/edit.html", status=409 if alike else 422 if problem else 200, given=given,
            problem=problem, stores=shops, person="", title="Somebody new", alike=alike,
        )  # fmt: skip

    @routes.get("/new")
    def new(request: Request, who: Keeper) -> Response:
        return new_form(request, who, {})

    @routes.post("/new")
    def create(request: Request, who: Keeper, given: Given) -> Response:
        try:
            told = _fields(given)
            if given.get("sure") != "yes" and (alike := clients.alike(who, told, store=given.get("at", ""))):
                return new_form(request, who, given, alike=alike)
            made = clients.create(who, told, store=given.get("at", ""))
        except ProblemError as error:
            if error.status != 422:
                raise
            return new_form(request, who, given, problem=error.title)
        return go(request, f"/clients/{made}")


def add_profile(routes: APIRouter, office: Desk, ring: Keyring, clients: Clients) -> None:
    def page(request: Request, who: Login, person: str, *, seek: str = "", kind: str = "") -> Response:
        seen = clients.open(who, person, how="page")
        if seen.person != person:
            return go(request, f"/clients/{seen.person}")
        with answered(), office.look() as work:
            names = called.stores(work.tx)
            pieces = owning.owned(work.tx, aliases.ids(work.tx, person))
            events = timeline.matching(timeline.timeline(work.tx, seen), seek, kind)
            return render(
                request, "clients/client.html", seen=seen, profile=seen.profile, names=names,
                people=called.people(work.tx), history=queries.changes(work.tx, ring, PersonId(person), limit=30),
                may_keep=who.may(Permission.CLIENTS), mine={name: names[name] for name in names if who.of(name)},
                may_rights=Permission.CLIENT_RIGHTS in who.powers.everywhere,
                may_move=seen.owner in ("", who.user) or who.may(Permission.SEE_STAFF),
                fingers=list(profile.Finger), systems=NAMES, sources=list(profile.Source), likes=list(profile.Likes),
                days=list(profile.Day), relations=list(profile.Relation), channels=list(Channel), proofs=list(Proof),
                reasons=erasing.REASONS, pieces=pieces, tastes=owning.tastes(pieces), budgets=owning.budgets(pieces),
                events=events, seek=seek, kind=kind, kinds=list(timeline.Kind),
            )  # fmt: skip

    @routes.get("/{person}")
    def one(request: Request, who: Seer, person: str) -> Response:
        return page(request, who, person)

    @routes.post("/{person}")
    def sought(request: Request, who: Seer, person: str, seek: Line = "", kind: Line = "") -> Response:
        """What is looked for in the history is posted, like every search for people."""
        return page(request, who, person, seek=seek, kind=kind)

    @routes.get("/{person}/edit")
    def edit(request: Request, who: Keeper, person: str) -> Response:
        seen = clients.own(who, person, how="page")
        given = {name: getattr(seen, name) for name in profile.TYPED}
        told = given | {name: "\n".join(given[name]) for name in SEVERAL}
        return render(
            request,
            "clients/edit.html",
            given=told,
            problem="",
            stores={},
            person=person,
            title=seen.name,
            alike=(),
        )

    @routes.post("/{person}/edit")
    def change(request: Request, who: Keeper, person: str, given: Given) -> Response:
        try:
            clients.change(who, person, _fields(given))
        except ProblemError as error:
            if error.status != 422:
                raise
            return render(
                request, "clients/edit.html", status=422, given=given, problem=error.title, stores={}, person=person,
                title="What is wrong", alike=(),
            )  # fmt: skip
        return go(request, f"/clients/{person}")

    @routes.get("/{person}/export")
    def export(who: Rights, person: str) -> Response:
        with answered(), office.work() as work:
            told = erasing.export(work, ring, PersonId(person), by=who.user)
        headers = {
            "Content-Disposition": f'attachment; filename="client-{PersonId(person)}.json"',
            "Cache-Control": "no-store",
        }
        return Response(json.dumps(told, ensure_ascii=False, indent=1), media_type="application/json", headers=headers)

    @routes.post("/{person}/erase")
    def erase(request: Request, who: Rights, person: str, reason: Line, sure: Line = "") -> Response:
        if sure != "yes" or reason not in erasing.REASONS:
            raise ProblemError(
                422, "client", "This is for ever", "Choose why, and tick that you are sure; nobody brings it back."
            )
        with answered(), office.work() as work:
            erasing.erase(office.office, work, PersonId(person), reason, by=who.user)
        return go(request, "/clients")


def add_entries(routes: APIRouter, clients: Clients) -> None:
    @routes.post("/{person}/sizes")
    def size(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.size(who, person, _read(asked.SizeAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/pins")
    def pin(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.pin(who, person, _read(asked.PinAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/notes")
    def note(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.note(who, person, _read(asked.NoteAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/wishes")
    def wish(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.wish(who, person, _read(asked.WishAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/engravings")
    def engraving(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.engraving(who, person, _read(asked.EngravingAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/verified")
    def verified(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.verified(who, person, _read(asked.VerifiedAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/stops")
    def stop(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.stop(who, person, _read(asked.StopAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/milestones")
    def milestone(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.milestone(who, person, _read(asked.MilestoneAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/visits")
    def visit(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.visit(who, person, _read(asked.VisitAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/owner")
    def owner(request: Request, who: Keeper, person: str, given: Given) -> Response:
        clients.hand_over(who, person, _read(asked.OwnerAsked, given))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/consents")
    def consent(request: Request, who: Keeper, person: str, given: Given) -> Response:
        told = {**given, "given": given.get("given") == "yes"}
        clients.consent(who, person, _read(asked.ConsentAsked, told))
        return go(request, f"/clients/{person}")

    @routes.post("/{person}/{name}/take")
    def take(
        request: Request, who: Keeper, person: str, name: str, at: Annotated[int, Form(ge=0)]
    ) -> Response:  # fmt: skip
        if name not in profile.GROWN:
            raise ProblemError(404, "not-found", "There is no such list", "Go back to the profile.")
        clients.take(who, person, name, asked.TakeAsked(at=at))
        return go(request, f"/clients/{person}")


def _fields(given: dict[str, str]) -> asked.FieldsAsked:
    told: dict[str, Any] = {name: given[name] for name in (*profile.TYPED, "country", "why") if name in given}
    for name in SEVERAL:
        if name in told:
            told[name] = [each.strip() for each in told[name].splitlines() if each.strip()]
    if not told.get("why", "").strip():
        told.pop("why", None)
    return _read(asked.FieldsAsked, told)


def _read(kind: type[Body], given: dict[str, Any]) -> Body:
    """A form read as the API reads its body. Raises a 422 problem that names fields, never what stood in them."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = sorted({str(each["loc"][0]).replace("_", " ") if each["loc"] else "form" for each in error.errors()})
        raise ProblemError(
            422, "client", f"This is not right: {', '.join(wrong)}", "Go back, correct it, and send it again."
        ) from error
