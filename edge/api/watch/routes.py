"""JSON routes of the watch."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from contract.facts import AlarmKind
from contract.feed import Permission
from contract.ids import ZoneId
from edge.api.bodies import Body, Id
from edge.api.shop import Shop, the_shop
from edge.api.watch import acts, shapes, views
from edge.floor.alarms.deliveries import MINUTES_MAX
from edge.reconcile.detectors.budget import ALARMS_PER_MONTH_LEAST
from web.logins import Login
from web.policy import allow, signed_in

router = APIRouter(prefix="/api/v1/watch", tags=["watch"])
Anyone = Annotated[Login, signed_in()]
Manager = Annotated[Login, allow(Permission.DETECTORS)]
Guard = Annotated[Login, allow(Permission.CLOSE_ALARM)]
TheShop = Annotated[Shop, the_shop()]
# Strict bodies take enums and tuples only as Python objects; what travels is the word, and a list.
Kind = Annotated[AlarmKind, Field(strict=False)]


class BudgetBody(Body):
    """A detector that is not named keeps its customary weight."""

    alarms_per_month_max: Annotated[float, Field(ge=ALARMS_PER_MONTH_LEAST, le=100)]
    weights: dict[Kind, Annotated[float, Field(ge=0, le=10)]] | None = None


class DeliveryBody(Body):
    """`zones`: none for the whole store. With `restock` a repeated request begins it once."""

    minutes: Annotated[int, Field(ge=1, le=MINUTES_MAX)]
    zones: Annotated[list[Id], Field(max_length=64, default_factory=list)]
    restock: Id | None = None


@router.get("")
async def watch(who: Anyone, shop: TheShop) -> shapes.WatchView:
    """Shares of the budget, bars, deliveries, and what lies in view of a gate."""
    return views.watch(shop, who)


@router.put("/budget")
async def set_budget(body: BudgetBody, who: Manager, shop: TheShop) -> shapes.WatchView:
    """How many false alarms a month the store will bear; bars move towards it by a nat a day."""
    await acts.set_budget(shop, body.alarms_per_month_max, body.weights or {}, who)
    return views.watch(shop, who)


@router.post("/deliveries", status_code=201)
async def begin(body: DeliveryBody, who: Guard, shop: TheShop) -> shapes.WatchView:
    """A delivery is being put away: movement there accuses nobody. Gates, copied tags and jammers are never muted."""
    zones = tuple(ZoneId(zone) for zone in body.zones)
    await acts.begin(shop, body.restock or shop.new_id(), zones, body.minutes, who)
    return views.watch(shop, who)


@router.post("/deliveries/{restock}/end")
async def end(restock: str, who: Guard, shop: TheShop) -> shapes.WatchView:
    """It has been put away. What is still missing then is said in one alarm."""
    await acts.end(shop, restock, who)
    return views.watch(shop, who)
