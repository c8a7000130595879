"""Pages of loss prevention: the wall, all alarms, and the last hours of the plan."""

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import AlarmId
from edge.api import bodies
from edge.api import views as store_views
from edge.api.plans.geometry import laid_out
from edge.api.shapes import StoreView
from edge.api.shop import Shop, the_shop
from edge.api.wall import then, views
from edge.api.wall.shapes import FloorView
from edge.api.wall.shown import Shown
from edge.api.wall.shown import shown as shown_now
from edge.api.watch import views as watch_views
from edge.books.rows import AlarmState
from trade import acts
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow, signed_in

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
Guard = Annotated[Login, allow(Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]
SPANS: Final = (1, 4, 8, then.HOURS_MAX)


@router.get("/wall")
async def wall(request: Request, who: Anyone, shop: TheShop) -> Response:
    store = store_views.store(shop, who)
    whole = _whole(shop, who, store, await views.wall(shop, who, store.zones))
    return render(request, "edge/wall.html", **_values(whole), may_close=who.may(Permission.CLOSE_ALARM))


@router.get("/wall/alarms")
async def wall_alarms(request: Request, who: Anyone, shop: TheShop) -> Response:
    """What is wrong now, for a page that is open: without the plan, for it is waited for."""
    now, may_close = await views.wall(shop, who), who.may(Permission.CLOSE_ALARM)
    return render(request, "edge/_wall_alarms.html", wall=now, may_close=may_close)


@router.get("/wall/floor")
async def wall_floor(
    request: Request, who: Anyone, shop: TheShop, shown: Annotated[int, Query(ge=0, le=1 << 62)] = 0
) -> Response:
    """The plan for a page that shows the one numbered `shown`: what changed since, or the whole."""
    before = shop.walls.of(shown, who.user)
    store = store_views.store(shop, who)
    whole = _whole(shop, who, store, await views.floor(shop, who, store.zones))
    changes = whole.now.changes(before)
    if changes is None:
        return render(request, "edge/_wall_floor.html", **_values(whole))
    answer = render(request, "edge/_wall_changes.html", **_values(whole), changes=changes)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#floor-shown", "outerHTML"
    return answer


class _Whole(NamedTuple):
    store: StoreView
    wall: FloorView
    now: Shown
    number: int


def _whole(shop: Shop, who: Login, store: StoreView, wall: FloorView) -> _Whole:
    """The plan as it stands, numbered."""
    drawn = shown_now(store, wall, watch_views.deliveries(shop))
    return _Whole(store, wall, drawn, shop.walls.keep(drawn, who.user, shop.clock.wall_us()))


def _values(whole: _Whole) -> dict[str, Any]:
    """As the templates of the wall call them."""
    return {
        "store": whole.store, "sheet": laid_out(whole.store.zones), "wall": whole.wall,
        "deliveries": whole.now.deliveries, "shown": whole.number,
    }  # fmt: skip


class CloseAlarmForm(BaseModel):
    outcome: Annotated[str, Field(min_length=1, max_length=40, pattern=bodies.PLAIN)]
    note: bodies.Text = ""


@router.post("/alarms/{alarm}/close")
async def close_alarm(
    request: Request, alarm: str, who: Guard, shop: TheShop, form: Annotated[CloseAlarmForm, Form()]
) -> Response:
    await shop.act(acts.CloseAlarm(alarm=AlarmId(alarm), outcome=form.outcome, note=form.note), who)
    shop.heeding.over(AlarmId(alarm))
    return await wall_alarms(request, who, shop) if wants_fragment(request) else go(request, "/wall")


@router.post("/alarms/{alarm}/heed")
async def heed(request: Request, alarm: str, who: Guard, shop: TheShop) -> Response:
    """This person looks after it: every wall says so and falls silent."""
    views.heed(shop, AlarmId(alarm), who)
    return await wall_alarms(request, who, shop) if wants_fragment(request) else go(request, "/wall")


@router.get("/alarms")
async def alarms(
    request: Request, who: Anyone, shop: TheShop, page: Annotated[int, Query(ge=1, le=10_000)] = 1, state: str = ""
) -> Response:
    """All alarms, the newest first, a page at a time; `state`: open or closed ones only."""
    only = AlarmState(state) if state in set(AlarmState) else None
    return render(
        request,
        "edge/alarms.html",
        store=store_views.store(shop, who),
        shown=views.page(shop, who, page, only),
        state=only or "",
        may_close=who.may(Permission.CLOSE_ALARM),
    )


@router.get("/wall/then")
async def last_hours(
    request: Request,
    who: Anyone,
    shop: TheShop,
    *,
    hours: Annotated[int, Query(ge=1, le=then.HOURS_MAX)] = 8,
    until: Annotated[int, Query(ge=0, le=1 << 60)] = 0,
    at: Annotated[int | None, Query(ge=0, le=10_000)] = None,
) -> Response:
    """The plan as it was read; `until`: UTC µs at which the span ends, `at`: which of its steps."""
    span = then.span_of(shop, hours, until, at)
    frame = await then.frame(shop, who, span.at_us)
    zones = then.zones_then(shop, span.at_us)
    expected = {zone.zone: zone.expected for zone in store_views.zones(shop, who)}
    return render(
        request,
        "edge/_then.html" if wants_fragment(request) else "edge/then.html",
        store=store_views.store(shop, who),
        sheet=laid_out(zones),
        zones=zones,
        tallies={zone: (lay, max(lay, expected.get(zone, 0))) for zone, lay in frame.pieces.items()},
        span=span,
        spans=SPANS,
        frame=frame,
        marks=() if wants_fragment(request) else then.marks(shop, span),
    )
