"""The register's pages of appointments: the day, and one with its tray."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import AppointmentEvent
from contract.feed import Permission
from contract.ids import AppointmentId, PersonId, PieceId
from edge.api import witnessing
from edge.api.appointments import views
from edge.api.bodies import PLAIN
from edge.api.calling import called
from edge.api.carts import REASON_MAX, Seller, TheShop, cart_of
from edge.api.tills import people, till_of
from trade import acts
from web.front import go, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])


@router.get("/appointments")
async def today(request: Request, who: Seller, shop: TheShop) -> Response:
    rows = views.listing(shop)
    return render(
        request,
        "edge/appointments.html",
        rows=rows,
        people=people(shop),
        clients=await called(shop, {PersonId(each.person) for each in rows if each.person}, who),
        may_see=who.may(Permission.SEE_CLIENTS),
    )


@router.get("/appointments/{appointment}")
async def one(request: Request, appointment: str, who: Seller, shop: TheShop) -> Response:
    till = till_of(request, shop)
    seen = views.one(shop, appointment, till)
    tray = {each.piece for each in seen.pieces if each.on_tray}
    laid = [each for each in shop.pad_now(till).pieces if each not in tray]
    return render(
        request,
        "edge/appointment.html",
        one=seen,
        people=people(shop),
        laid=laid,
        has_pad=bool(shop.floor.pads),
        may_see=who.may(Permission.SEE_CLIENTS),
    )


class PrepareForm(BaseModel):
    """Without pieces: what lies on the pad."""

    pieces: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] = []


class CloseForm(BaseModel):
    how: Literal["finish", "miss", "cancel"] = "finish"
    why: Annotated[str, Field(max_length=REASON_MAX, pattern=PLAIN)] = ""


@router.post("/appointments/{appointment}/prepare")
async def prepare(
    request: Request, appointment: str, who: Seller, shop: TheShop, form: Annotated[PrepareForm, Form()]
) -> Response:
    till = till_of(request, shop)
    pieces = tuple(PieceId(each) for each in form.pieces) or tuple(sorted(shop.pad_now(till).pieces))
    tray = views.one(shop, appointment, till).tray
    await shop.act(acts.PrepareTray(appointment=AppointmentId(appointment), pieces=pieces, tray=tray), who)
    return go(request, f"/appointments/{appointment}")


@router.post("/appointments/{appointment}/move/{event}")
async def move(
    request: Request, appointment: str, event: Literal["arrive", "begin"], who: Seller, shop: TheShop
) -> Response:  # fmt: skip
    act = acts.MoveAppointment(appointment=AppointmentId(appointment), event=AppointmentEvent(event))
    await shop.act(act, who)
    return go(request, f"/appointments/{appointment}")


@router.post("/appointments/{appointment}/sell/{piece}")
async def sell(request: Request, appointment: str, piece: str, who: Seller, shop: TheShop) -> Response:
    """Off the tray and into this till's cart, which is opened when there is none."""
    sale = await cart_of(request, who, shop)
    act = acts.AddPiece(sale=sale, piece=PieceId(piece), appointment=AppointmentId(appointment))
    await shop.act(act, who)
    return go(request, "/register")


@router.post("/appointments/{appointment}/close")
async def close(
    request: Request, appointment: str, who: Seller, shop: TheShop, form: Annotated[CloseForm, Form()]
) -> Response:
    event = AppointmentEvent(form.how)
    await shop.act(acts.CloseAppointment(appointment=AppointmentId(appointment), event=event, why=form.why), who)
    return go(request, f"/appointments/{appointment}")
