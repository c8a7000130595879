"""PINs at the store: somebody who may lets a person of the store choose one, here, on its own box, and nowhere else.

Verifiers stay in this box's books; neither PIN nor verifier is in an entry, the feed or a log.
"""

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import UserId
from edge.api import shapes, views
from edge.api.bodies import Body
from edge.api.pins import PinError, make_verifier
from edge.api.shop import Shop, the_shop
from edge.books import local, replica
from trade.permissions import allowed, lacking, works_here
from web.front import go, render
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/v1", tags=["store"])
page_router = APIRouter(include_in_schema=False)
PinSetter = Annotated[Login, allow(Permission.PINS)]
Anyone = Annotated[Login, signed_in()]
TheShop = Annotated[Shop, the_shop()]
Pin = Annotated[str, Field(max_length=12)]


class PinBody(Body):
    """A PIN for somebody of this store, who types it themselves."""

    user: Annotated[str, Field(max_length=64)]
    pin: Pin


class OwnPinBody(Body):
    """One's own PIN, with the one it replaces."""

    pin: Pin
    new_pin: Pin


@router.post("/pins")
async def let_choose(body: PinBody, who: PinSetter, shop: TheShop) -> list[shapes.UserView]:
    """The person is signed out everywhere at this store. 403 for who may do more than who asks."""
    await choose(shop, UserId(body.user), body.pin, who)
    return views.staff(shop)


@router.post("/me/pin", status_code=204)
async def change_own(body: OwnPinBody, who: Anyone, shop: TheShop) -> Response:
    """Signs oneself out everywhere at this store."""
    await change(shop, body.pin, body.new_pin, who)
    return Response(status_code=204)


class PinForm(BaseModel):
    user: Annotated[str, Field(max_length=64)]
    pin: Pin
    again: Pin


class OwnPinForm(BaseModel):
    pin: Pin
    new_pin: Pin
    again: Pin


@page_router.get("/people")
async def people(request: Request, who: PinSetter, shop: TheShop) -> Response:
    return _page(request, who, shop)


@page_router.post("/people/pin")
async def set_pin(request: Request, who: PinSetter, shop: TheShop, form: Annotated[PinForm, Form()]) -> Response:
    try:
        _twice(form.pin, form.again)
        await choose(shop, UserId(form.user), form.pin, who)
    except ProblemError as error:
        return _page(request, who, shop, problem=str(error), chosen=form.user, status=error.status)
    return go(request, "/people")


@page_router.get("/me/pin")
async def own_pin(request: Request, who: Anyone) -> Response:
    del who
    return render(request, "edge/own_pin.html", problem="")


@page_router.post("/me/pin")
async def keep_own(request: Request, who: Anyone, shop: TheShop, form: Annotated[OwnPinForm, Form()]) -> Response:
    try:
        _twice(form.new_pin, form.again)
        await change(shop, form.pin, form.new_pin, who)
    except ProblemError as error:
        return render(request, "edge/own_pin.html", status=error.status, problem=str(error))
    return go(request, "/sign-in")


async def choose(shop: Shop, user: UserId, pin: str, who: Login) -> None:
    """Raises a problem for who is not of this store, and for who may do more than `who`: they would be them."""
    roles, store = replica.roles(shop.db), shop.config.store
    card = replica.staff(shop.db, user)
    if card is None or not works_here(card, store):
        raise ProblemError(404, "person", f"Nobody called {user!r} works here", "The office names people.")
    mine = replica.allowed(shop.db, who.user, store)
    more = lacking(mine, allowed(card, store, roles))
    if more and user != who.user:
        why = f"{card.name} may {'; '.join(more)}: somebody who may so too lets them choose."
        raise ProblemError(403, "permission", "This is not yours to do", why)
    await _keep(shop, user, pin)
    log.info("pin_set", user=user, by=who.user)


async def change(shop: Shop, pin: str, new_pin: str, who: Login) -> None:
    """Raises a problem for a PIN that does not fit, or that cannot be one."""
    await shop.prove(who.user, pin)
    await _keep(shop, who.user, new_pin)
    log.info("pin_set", user=who.user, by=who.user)


async def _keep(shop: Shop, user: UserId, pin: str) -> None:
    try:
        verifier = await asyncio.get_running_loop().run_in_executor(shop.slow, make_verifier, pin)
    except PinError as error:
        raise ProblemError(422, "pin", "This cannot be a PIN", str(error)) from error
    now_us = shop.clock.wall_us()

    def keep() -> list[bytes]:
        local.set_pin(shop.store.books, user=user, verifier=verifier, now_us=now_us)
        return [each.token for each in local.logins_of(shop.store.books.db, user)]

    for token in await shop.on_house(keep):
        shop.logins.end_row(token)
    shop.bulletin.tell("people")


def _twice(pin: str, again: str) -> None:
    if pin != again:
        raise ProblemError(422, "pin", "The two PINs differ", "Type the new one twice.")


def _page(
    request: Request, who: Login, shop: Shop, *, problem: str = "", chosen: str = "", status: int = 200
) -> Response:
    return render(
        request,
        "edge/people.html",
        status=status,
        people=views.staff(shop),
        problem=problem,
        chosen=chosen,
        me=who.user,
    )
