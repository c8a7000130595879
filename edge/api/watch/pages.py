"""The page of the watch: the budget and its shares, deliveries, what lies in view of a gate."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from contract.facts import AlarmKind
from contract.feed import Permission
from contract.ids import ZoneId
from edge.api import views as store_views
from edge.api.shop import Shop, the_shop
from edge.api.watch import acts, views
from edge.config import LIES_IN
from edge.floor.alarms.deliveries import MINUTES_MAX
from edge.reconcile.detectors.budget import ALARMS_PER_MONTH_LEAST
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
Manager = Annotated[Login, allow(Permission.DETECTORS)]
Guard = Annotated[Login, allow(Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]
WEIGHT_MAX = 10.0


@router.get("/watch")
async def watch(request: Request, who: Anyone, shop: TheShop) -> Response:
    return render(
        request,
        "edge/_watch.html" if wants_fragment(request) else "edge/watch.html",
        store=store_views.store(shop),
        watch=views.watch(shop, who),
        places=[zone for zone in shop.config.zones if zone.kind in LIES_IN],
        may_mute=who.may(Permission.CLOSE_ALARM),
        may_set=who.may(Permission.DETECTORS),
        minutes_max=MINUTES_MAX,
    )


@router.post("/watch/budget")
async def set_budget(
    request: Request,
    who: Manager,
    shop: TheShop,
    month: Annotated[float, Form(ge=ALARMS_PER_MONTH_LEAST, le=100, alias="alarms_per_month_max")],
) -> Response:
    form = await request.form()
    weights = {}
    for kind in AlarmKind:
        text = form.get(f"weight-{kind}")
        if isinstance(text, str) and text:
            weights[kind] = _weight(text)
    await acts.set_budget(shop, month, weights, who)
    return go(request, "/watch")


@router.post("/watch/deliveries")
async def begin(
    request: Request,
    who: Guard,
    shop: TheShop,
    minutes: Annotated[int, Form(ge=1, le=MINUTES_MAX)],
    zone: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    await acts.begin(shop, shop.new_id(), (ZoneId(zone),) if zone else (), minutes, who)
    return go(request, "/watch")


@router.post("/watch/deliveries/{restock}/end")
async def end(request: Request, restock: str, who: Guard, shop: TheShop) -> Response:
    await acts.end(shop, restock, who)
    return go(request, "/watch")


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= WEIGHT_MAX:
        raise ProblemError(422, "weights", f"{text!r} is no weight", f"Write a number from 0 to {WEIGHT_MAX:.0f}.")
    return weight
