"""The store's screens: thin routes that show views in templates and turn forms into acts. No rule lives here.

`dress(app, …)` is called once by the composition root; it fits the front and includes both page routers.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import PieceId, ReaderId, UserId
from edge.api import (
    bodies,
    office_pages,
    pages_other,
    pages_payment,
    pages_register,
    pages_served,
    shapes,
    trusting,
    views,
)
from edge.api.appointments import pages as appointment_pages
from edge.api.balances import pages as balance_pages
from edge.api.clients import pages as client_pages
from edge.api.counts import pages as counts
from edge.api.devices import pages as device_pages
from edge.api.history import pages as history
from edge.api.looks import pages as looks
from edge.api.losses import pages as losses
from edge.api.orders import pages as order_pages
from edge.api.passes import pages as passes
from edge.api.preferring import keeper
from edge.api.readers import pages as reader_pages
from edge.api.receipts import pages as receipt_pages
from edge.api.returns import pages as return_pages
from edge.api.shifts import pages as shift_pages
from edge.api.shop import Shop, the_shop
from edge.api.tags import pages as tags
from edge.api.things import lending
from edge.api.things import pages as thing_pages
from edge.api.wall import pages as wall
from edge.api.watch import pages as watch
from edge.api.zones import pages as zones
from web.asking import who_asks
from web.fit import fit, join
from web.forms import safe_next
from web.front import LOGIN_PATH, Front, NavLink, front_of, go, render, token_of, wants_fragment
from web.logins import Login
from web.policy import allow, public, signed_in
from web.problems import ProblemError
from web.receipts import page as paper
from web.templating import make_templates
from web.words import later, tongue_of

HERE: Final = Path(__file__).parent
STATIC: Final = {"/static/edge": HERE / "static", **paper.STATIC}
NAV: Final = (
    NavLink("/register", later("Register"), (Permission.SELL,)),
    NavLink("/orders", later("Orders"), (Permission.ORDERS,)),
    NavLink("/clients", later("Clients"), (Permission.SEE_CLIENTS,)),
    NavLink("/appointments", later("Appointments"), (Permission.SELL,)),
    NavLink("/counts", later("Counts"), under=("/closing",)),
    NavLink("/pass", later("Pass"), (Permission.COUNT,)),
    NavLink("/tags", later("Tags"), (Permission.TAGS,)),
    NavLink("/looks", later("Look for"), (Permission.COUNT,)),
    NavLink("/wall", later("Loss prevention"), under=("/watch", "/alarms", "/losses")),
    NavLink("/readers", later("Readers"), under=("/zones",)),
    NavLink("/people", later("PINs"), (Permission.PINS,), under=("/devices", "/me/pin")),
)
OWN: Final = (NavLink("/me/pin", later("Change my PIN")),)
DAYS_SHOWN: Final = 30

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
Locksmith = Annotated[Login, allow(Permission.OPEN_LOCKS)]
TheShop = Annotated[Shop, the_shop()]


def dress(app: FastAPI, shop: Shop, *, secure: bool) -> Front:
    """Gives the store's app its pages."""
    config = shop.config
    folders = {"edge": HERE / "templates", "receipts": paper.TEMPLATES}
    front = Front(
        f"edge-{config.store}",
        "Vitrine",
        shop.logins,
        make_templates(folders, STATIC, config.time_zone, shop.clock.wall_us),
        secure=secure,
        nav=NAV,
        place=config.name,
        tongue=tongue_of(config.language),
        holds=shop.devices.holds,
        own=OWN,
        prefers=keeper(shop),
        globals={"device_store": config.store, "now_s": lambda: shop.clock.wall_us() // 1_000_000},
    )
    fit(app, front, STATIC)
    join(
        app,
        router,
        pages_register.router,
        pages_served.router,
        receipt_pages.router,
        shift_pages.router,
        pages_payment.router,
        balance_pages.router,
        client_pages.router,
        device_pages.router,
        return_pages.router,
        appointment_pages.router,
        pages_other.router,
        order_pages.router,
        thing_pages.router,
        lending.router,
        counts.router,
        history.router,
        wall.router,
        losses.router,
        reader_pages.router,
        looks.router,
        zones.router,
        passes.router,
        tags.router,
        watch.router,
        trusting.router,
        office_pages.router,
    )
    return front


@router.get("/", dependencies=[public()])
async def home(request: Request) -> Response:
    login = await who_asks(request)
    if login is None:
        return go(request, LOGIN_PATH)
    return go(request, "/register" if login.may(Permission.SELL) else "/wall")


@router.get(LOGIN_PATH, dependencies=[public()])
async def show_sign_in(request: Request, shop: TheShop, next: str = "/") -> Response:  # noqa: A002 - the query's name
    return _door(request, shop, next_path=next)


@router.post(LOGIN_PATH, dependencies=[public()])
async def sign_in(
    request: Request,
    shop: TheShop,
    user: Annotated[str, Form(max_length=64)],
    pin: Annotated[str, Form(max_length=12)],
    next: Annotated[str, Form(max_length=200)] = "/",  # noqa: A002 - the field's name
) -> Response:
    """A wrong PIN shows the same page again, with the person still chosen."""
    try:
        new = await shop.sign_in(UserId(user), pin, shop.devices.at(request))
    except ProblemError as problem:
        return _door(request, shop, next_path=next, problem=str(problem), chosen=user, status=problem.status)
    answer = go(request, safe_next(next, "/"))
    front_of(request).give_cookie(answer, new)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, who: Anyone, shop: TheShop) -> Response:
    del who
    shop.logins.end(token_of(request))
    answer = go(request, LOGIN_PATH)
    front_of(request).take_cookie(answer)
    return answer


@router.get("/pieces/{piece}")
async def piece(request: Request, piece: str, who: Anyone, shop: TheShop) -> Response:
    """Where a piece is, who saw it last and where it was: what one asks before one accuses anybody."""
    del who
    story, store = await views.story(shop, PieceId(piece), DAYS_SHOWN), views.store(shop)
    return render(request, "edge/piece.html", store=store, piece=story, days=DAYS_SHOWN, zone_names=_names(store))


@router.get("/readers")
async def readers(request: Request, who: Anyone, shop: TheShop) -> Response:
    store = views.store(shop)
    store = replace(store, readers=tuple(sorted(store.readers, key=lambda one: one.is_well)))
    template = "edge/_readers.html" if wants_fragment(request) else "edge/readers.html"
    return render(
        request,
        template,
        store=store,
        zone_names=_names(store),
        gaps=views.gaps(shop),
        may_open=who.may(Permission.OPEN_LOCKS),
        seconds=bodies.LOCK_FOR_S,
    )


class OpenLockForm(BaseModel):
    """Why a lock was opened."""

    why: Annotated[str, Field(min_length=1, max_length=bodies.TEXT_MAX, pattern=bodies.PLAIN)]


@router.post("/outputs/{reader}/{port}/open")
async def open_lock(
    request: Request, reader: str, port: int, who: Locksmith, shop: TheShop, *, form: Annotated[OpenLockForm, Form()]
) -> Response:
    await shop.open_lock(ReaderId(reader), port, bodies.LOCK_FOR_S, form.why, who)
    return await readers(request, who, shop) if wants_fragment(request) else go(request, "/readers")


def _door(
    request: Request, shop: Shop, *, next_path: str, problem: str = "", chosen: str = "", status: int = 200
) -> Response:
    users = [user for user in views.staff(shop) if user.has_pin]
    login = shop.logins.find(token_of(request), bearer=False)
    waits = login is not None and bool(login.device) and not problem
    return render(
        request,
        "edge/sign_in.html",
        status=status,
        users=users,
        problem=problem,
        next=next_path,
        chosen=chosen,
        back=safe_next(next_path, "/") if waits else "",
        only=shop.devices.only,
    )


def _names(store: shapes.StoreView) -> dict[str, str]:
    return {zone.zone: zone.name for zone in store.zones}
