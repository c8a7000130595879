"""JSON routes of the store: who is here, what is where, counts, alarms, the live pad. OpenAPI describes them all."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from contract.feed import Permission
from contract.ids import AlarmId, PieceId, ReaderId, SaleId, UserId, ZoneId
from edge.api import bodies, scanning, shapes, views
from edge.api.blindness import hidden_zones, refuse_hidden
from edge.api.shop import Shop, the_shop
from edge.books.replica import SEARCH_HITS_MAX
from trade import acts
from trade.scan import CODE_LENGTH_MAX
from web.front import front_of, token_of
from web.logins import Login
from web.policy import allow, public, signed_in

router = APIRouter(prefix="/api/v1", tags=["store"])
open_router = APIRouter(tags=["operation"])
Anyone = Annotated[Login, signed_in()]
Scanner = Annotated[Login, allow(Permission.COUNT, Permission.SELL)]
"""Who sells where no reader sees the piece has to scan it first."""
Locksmith = Annotated[Login, allow(Permission.OPEN_LOCKS)]
Guard = Annotated[Login, allow(Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]
Code = Annotated[str, Query(max_length=CODE_LENGTH_MAX)]


@open_router.get("/healthz", dependencies=[public()])
async def healthz(shop: TheShop, response: Response) -> shapes.HealthView:
    """503 when the house has stopped."""
    health = views.health(shop)
    response.status_code = 200 if health.ok else 503
    return health


@open_router.get("/metrics", dependencies=[public()], response_class=Response)
async def metrics(shop: TheShop) -> Response:
    """Prometheus text. It holds numbers of readers, queues and rows, nothing about people or pieces."""
    return Response(shop.render_metrics(), media_type=shop.metrics_type)


@router.post("/login", dependencies=[public()])
async def login(body: bodies.LoginBody, request: Request, response: Response, shop: TheShop) -> shapes.LoginView:
    """User and PIN for a token (and a cookie). After a few wrong PINs one has to wait: 429."""
    new = await shop.sign_in(UserId(body.user), body.pin, shop.devices.at(request))
    front_of(request).give_cookie(response, new)
    who = new.login
    return shapes.LoginView(token=new.token, user=who.user, name=who.name, roles=who.roles)


@router.post("/logout")
async def logout(request: Request, response: Response, who: Anyone, shop: TheShop) -> None:
    del who
    shop.logins.end(token_of(request))
    front_of(request).take_cookie(response)


@router.get("/store")
async def store(who: Anyone, shop: TheShop) -> shapes.StoreView:
    return views.store(shop, who)


@router.get("/gaps")
async def gaps(who: Anyone, shop: TheShop) -> list[shapes.GapView]:
    """When readers did not read, the gap that ended last first."""
    del who
    return views.gaps(shop)


@router.get("/readers")
async def readers(who: Anyone, shop: TheShop) -> list[shapes.ReaderView]:
    del who
    return list(views.readers(shop))


@router.get("/signals")
async def signals(who: Anyone, shop: TheShop) -> list[shapes.SignalView]:
    """Doors, motion, buttons, lamps, sirens and locks at the readers."""
    del who
    return list(views.signals(shop))


@router.post("/outputs/{reader}/{port}/open")
async def open_lock(
    reader: str, port: int, body: bodies.OpenLockBody, who: Locksmith, shop: TheShop
) -> list[shapes.SignalView]:
    """Open the lock at this output for seconds. 409 when there is none, or its reader is away."""
    await shop.open_lock(ReaderId(reader), port, body.seconds, body.why, who)
    return list(views.signals(shop))


@router.get("/staff")
async def staff(who: Anyone, shop: TheShop) -> list[shapes.UserView]:
    del who
    return views.staff(shop)


@router.get("/pieces")
async def pieces(
    who: Anyone, shop: TheShop, query: str = "", zone: str = "", limit: int = 50
) -> list[shapes.PieceView]:
    """Pieces that answer to words and filters (`metal:gold carat>1`), by name first; `zone` is a home; at most 200."""
    refuse_hidden(shop, zone, who)
    return views.find_pieces(shop, query, zone=zone, limit=max(1, min(limit, SEARCH_HITS_MAX)), who=who)


@router.get("/pieces/named")
async def named(code: Code, who: Anyone, shop: TheShop) -> list[shapes.PieceView]:
    """Pieces that a scanned code may be of: tag, GS1 element string or Digital Link, GTIN, or a name of the house."""
    hidden = hidden_zones(shop, who)
    return [views.of_card(shop, card) for card in scanning.pieces_of(shop, code) if card.home_zone not in hidden]


@router.get("/pieces/{piece}")
async def piece(piece: str, who: Anyone, shop: TheShop, days: int = 30) -> shapes.PieceStoryView:
    """The piece as it stands, who saw it last, and where it was in the last `days` (at most 400)."""
    del who
    return await views.story(shop, PieceId(piece), days)


@router.get("/presence")
async def presence(who: Anyone, shop: TheShop, zone: str = "", state: str = "") -> list[shapes.PresenceView]:
    """The state of every piece this store knows, optionally of one zone or in one state."""
    refuse_hidden(shop, zone, who)
    return views.presence(shop, zone=zone, state=state, who=who)


@router.get("/pad")
async def pad(who: Anyone, shop: TheShop, sale: str = "") -> shapes.PadView:
    """What lies on the pad now; with `sale`, whether it is what that sale says."""
    del who
    return views.pad(shop, SaleId(sale) if sale else None)


@router.get("/alarms")
async def alarms(who: Anyone, shop: TheShop, *, everything: bool = False) -> list[shapes.AlarmView]:
    """Open alarms, the loudest first, then the newest; with `everything` the closed ones too (at most 200)."""
    return views.alarms(shop, who, everything=everything)


@router.post("/alarms/{alarm}/close")
async def close_alarm(alarm: str, body: bodies.CloseAlarmBody, who: Guard, shop: TheShop) -> shapes.AlarmView:
    """A person says what it was."""
    await shop.act(acts.CloseAlarm(alarm=AlarmId(alarm), outcome=body.outcome, note=body.note), who)
    return views.alarm(shop, AlarmId(alarm), who)


@router.post("/scan")
async def scan(body: bodies.ScanBody, who: Scanner, shop: TheShop) -> shapes.ScanView:
    """Pieces seen by a person's scanner: receives what was granted, reports what is not ours."""
    return await shop.scan(
        tuple(PieceId(piece) for piece in body.pieces),
        tuple(body.epcs),
        ZoneId(body.zone or ""),
        damaged=body.damaged,
        who=who,
    )


@router.get("/events", response_class=StreamingResponse)
async def events(request: Request, who: Anyone, shop: TheShop) -> StreamingResponse:
    """Server-sent names of what changed: pad, floor, alarms, counts, passes, sales, tags, readers, uplink, people,
    store. The stream ends with the login.
    """
    del who
    token = token_of(request)
    return shop.bulletin.response(lambda: shop.logins.alive(token))
