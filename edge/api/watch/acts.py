"""What people do about the watch: its budget, and deliveries. A refusal becomes a 409 problem in its own words."""

from collections.abc import Mapping

from contract.facts import AlarmKind
from contract.ids import ZoneId
from edge.api.shop import Shop
from edge.floor.alarms.deliveries import RestockRefusedError
from web.logins import Login
from web.problems import ProblemError


async def set_budget(shop: Shop, alarms_per_month_max: float, weights: Mapping[AlarmKind, float], who: Login) -> None:
    """Raises a 422 problem when no detector is left with a share."""
    if weights and not any(weights.values()):
        raise ProblemError(422, "weights", "Some detector has to have a share", "Give at least one a weight above 0.")
    named = {str(kind): weight for kind, weight in weights.items()}
    await shop.on_house(lambda: shop.store.set_budget(alarms_per_month_max, named, who.user))


async def begin(shop: Shop, restock: str, zones: tuple[ZoneId, ...], minutes: int, who: Login) -> None:
    """Raises a 409 problem in the words of the rule that refused."""
    try:
        await shop.on_house(lambda: shop.store.begin_restock(restock, zones, minutes, who.user))
    except RestockRefusedError as error:
        raise ProblemError(409, "delivery", "This delivery cannot begin so", str(error)) from error


async def end(shop: Shop, restock: str, who: Login) -> None:
    """Raises a 409 problem when it has ended already."""
    try:
        await shop.on_house(lambda: shop.store.end_restock(restock, "put away", who.user))
    except RestockRefusedError as error:
        raise ProblemError(409, "delivery", "There is no such delivery under way", str(error)) from error
