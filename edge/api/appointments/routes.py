"""JSON routes of appointments at this store."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from contract.facts import AppointmentEvent
from contract.feed import Permission
from contract.ids import AppointmentId, PieceId
from edge.api.appointments import views
from edge.api.bodies import Body, Id, Text
from edge.api.shop import Shop, the_shop
from trade import acts
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]
PIECES_MAX = 100


class PrepareBody(Body):
    pieces: Annotated[list[Id], Field(min_length=1, max_length=PIECES_MAX)]
    tray: Text = ""


class CloseBody(Body):
    """`how`: it took place, the client did not come, or it is cancelled. `why`: a piece was not read back."""

    how: Literal["finish", "miss", "cancel"]
    why: Text = ""


@router.get("")
async def listing(who: Seller, shop: TheShop) -> list[views.AppointmentView]:
    """Of today and tomorrow, as far as the office told; and what began here and is not over."""
    del who
    return views.listing(shop)


@router.get("/{appointment}")
async def one(appointment: str, who: Seller, shop: TheShop) -> views.AppointmentView:
    del who
    return views.one(shop, appointment)


@router.post("/{appointment}/prepare")
async def prepare(appointment: str, body: PrepareBody, who: Seller, shop: TheShop) -> views.AppointmentView:
    """Claims these pieces for its tray; each was read here today."""
    pieces = tuple(PieceId(each) for each in body.pieces)
    await shop.act(acts.PrepareTray(appointment=AppointmentId(appointment), pieces=pieces, tray=body.tray), who)
    return views.one(shop, appointment)


@router.post("/{appointment}/arrive")
async def arrive(appointment: str, who: Seller, shop: TheShop) -> views.AppointmentView:
    return await _move(appointment, AppointmentEvent.ARRIVE, who, shop)


@router.post("/{appointment}/begin")
async def begin(appointment: str, who: Seller, shop: TheShop) -> views.AppointmentView:
    return await _move(appointment, AppointmentEvent.BEGIN, who, shop)


@router.post("/{appointment}/close")
async def close(appointment: str, body: CloseBody, who: Seller, shop: TheShop) -> views.AppointmentView:
    """Only when every piece of its tray was read back or sold; otherwise with a reason somebody answers for."""
    event = AppointmentEvent(body.how)
    await shop.act(acts.CloseAppointment(appointment=AppointmentId(appointment), event=event, why=body.why), who)
    return views.one(shop, appointment)


async def _move(appointment: str, event: AppointmentEvent, who: Login, shop: Shop) -> views.AppointmentView:
    await shop.act(acts.MoveAppointment(appointment=AppointmentId(appointment), event=event), who)
    return views.one(shop, appointment)
