"""The register's pages of clients: found, made, and a profile that says where it comes from."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.clients import ClientCard, ClientEdit
from contract.feed import Permission
from contract.ids import PersonId
from edge.api import views as sales
from edge.api import witnessing
from edge.api.client_desk import Shown
from edge.api.clients import acts, bodies, served
from edge.api.clients.routes import Keeper, Seer, TheShop
from edge.api.tills import people, till_of
from trade.consent import Channel, Proof
from trade.ring_sizes import NAMES, SizeSystem
from web.front import go, render
from web.logins import Login
from web.problems import ProblemError
from web.words import NAMES as TONGUES

router = APIRouter(include_in_schema=False, prefix="/clients", dependencies=[Depends(witnessing.as_witness)])
SHOWN_NOTES: Final = 20
WAITING_SHOWN: Final = 20


class FindForm(BaseModel):
    query: Annotated[str, Field(max_length=bodies.QUERY_LENGTH_MAX, pattern=bodies.PLAIN)] = ""


class SizeForm(BaseModel):
    finger: bodies.Finger
    size: bodies.Line
    system: SizeSystem = SizeSystem.EU
    source: bodies.Source
    day: bodies.Day


class ConsentForm(BaseModel):
    channel: Channel
    given: Annotated[str, Field(pattern="^(yes|no)$")]
    proof: Proof
    text_version: Annotated[str, Field(min_length=1, max_length=bodies.LINE_MAX, pattern=bodies.PLAIN)]


def _list(request: Request, who: Login, shop: TheShop, shown: Shown | None, query: str = "") -> Response:
    return render(
        request, "edge/clients.html", store=sales.store(shop), shown=shown, query=query,
        may_keep=who.may(Permission.CLIENTS), kept=shop.clients.kept is not None,
    )  # fmt: skip


@router.get("")
async def start(request: Request, who: Seer, shop: TheShop) -> Response:
    return _list(request, who, shop, None)


@router.post("")
async def find(request: Request, who: Seer, shop: TheShop, form: Annotated[FindForm, Form()]) -> Response:
    """What is looked for is posted: a name in an address would stay in histories and logs."""
    if not form.query.strip():
        return go(request, "/clients")
    return _list(request, who, shop, await acts.find(shop, form.query, who), form.query)


def _new(
    request: Request,
    shop: TheShop,
    given: bodies.ClientForm,
    *,
    problem: str = "",
    alike: Sequence[ClientCard] = (),
    status: int = 200,
) -> Response:
    return render(
        request, "edge/client_new.html", store=sales.store(shop), given=given, problem=problem, alike=alike,
        status=status,
    )  # fmt: skip


@router.get("/new")
async def new(request: Request, who: Keeper, shop: TheShop) -> Response:
    del who
    return _new(request, shop, bodies.ClientForm())


@router.post("/new")
async def make(request: Request, who: Keeper, shop: TheShop, form: Annotated[bodies.ClientForm, Form()]) -> Response:
    try:
        edit = bodies.new_edit(form.body())
    except ProblemError as error:
        if error.status != 422:
            raise
        return _new(request, shop, form, problem=error.title, status=422)
    if form.sure != "yes" and (found := await acts.alike(shop, edit, who)):
        return _new(request, shop, form, alike=found, status=409)
    return go(request, f"/clients/{await acts.make(shop, edit, who)}")


@router.get("/{person}")
async def one(request: Request, person: str, who: Seer, shop: TheShop) -> Response:
    shown = await acts.look(shop, PersonId(person), who)
    (card,) = shown.cards
    till = till_of(request, shop)
    return render(
        request, "edge/client.html", store=sales.store(shop), shown=shown, card=card,
        may_order=who.may(Permission.ORDERS),
        about=served.about(shop, card, office=shown.office, heard_us=shown.heard_us, most=WAITING_SHOWN),
        today=shop.business_day(), language=TONGUES.get(card.language, card.language),
        notes=card.notes[-SHOWN_NOTES:][::-1], people=people(shop), may_keep=who.may(Permission.CLIENTS),
        served=shop.clients.chosen.get(till) == card.person, may_sell=who.may(Permission.SELL), systems=NAMES,
        fingers=bodies.FINGERS, sources=bodies.SOURCES, channels=list(Channel), proofs=list(Proof),
    )  # fmt: skip


@router.post("/{person}/serve")
async def serve(request: Request, person: str, who: Seer, shop: TheShop) -> Response:
    """This till serves them now: their sale is written of them, unless somebody says another."""
    await served.serve(shop, till_of(request, shop), PersonId(person), who)
    return go(request, "/register")


@router.post("/{person}/notes")
async def note(
    request: Request,
    person: str,
    who: Keeper,
    shop: TheShop,
    text: Annotated[str, Form(min_length=1, max_length=bodies.NOTE_MAX, pattern=bodies.PLAIN)],
) -> Response:
    await acts.edit(shop, PersonId(person), ClientEdit(notes=(text.strip(),)), who)
    return go(request, f"/clients/{person}")


@router.post("/{person}/wishes")
async def wish(
    request: Request,
    person: str,
    who: Keeper,
    shop: TheShop,
    *,
    text: Annotated[str, Form(max_length=bodies.NOTE_MAX, pattern=bodies.PLAIN)] = "",
    piece: Annotated[str, Form(max_length=bodies.LINE_MAX, pattern=bodies.PLAIN)] = "",
) -> Response:
    await acts.edit(shop, PersonId(person), bodies.wish_of(bodies.WishBody(text=text, piece=piece)), who)
    return go(request, f"/clients/{person}")


@router.post("/{person}/sizes")
async def size(
    request: Request, person: str, who: Keeper, shop: TheShop, form: Annotated[SizeForm, Form()]
) -> Response:
    await acts.edit(shop, PersonId(person), bodies.size_of(bodies.SizeBody(**form.model_dump())), who)
    return go(request, f"/clients/{person}")


@router.post("/{person}/consents")
async def consent(
    request: Request, person: str, who: Keeper, shop: TheShop, form: Annotated[ConsentForm, Form()]
) -> Response:
    await acts.consent(
        shop, PersonId(person), form.channel, form.proof, who, given=form.given == "yes",
        text_version=form.text_version,
    )  # fmt: skip
    return go(request, f"/clients/{person}")
