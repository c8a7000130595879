"""JSON routes of counts: start, watch, submit blind figures, count zones again, approve, abandon, take away as CSV."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contract.facts import CountPlace
from contract.feed import Permission
from contract.ids import CountId, PieceId, ZoneId
from edge.api import bodies, shapes
from edge.api.counts import sheets, views
from edge.api.shop import Shop, the_shop
from web.logins import Login
from web.policy import allow, signed_in

router = APIRouter(prefix="/api/v1/counts", tags=["counts"])
Anyone = Annotated[Login, signed_in()]
Counter = Annotated[Login, allow(Permission.COUNT)]
Manager = Annotated[Login, allow(Permission.APPROVE_COUNT)]
TheShop = Annotated[Shop, the_shop()]


@router.get("")
async def counts(who: Anyone, shop: TheShop) -> list[shapes.CountView]:
    return views.counts(shop, who)


@router.post("", status_code=201)
async def start(body: bodies.StartCountBody, who: Counter, shop: TheShop) -> shapes.CountView:
    """Count the safe or the shelves; `zones` empty means all of that place. One count at a time per zone."""
    count = CountId(body.count or shop.new_id())
    zones = tuple(ZoneId(zone) for zone in body.zones)
    await shop.start_count(count, CountPlace(body.place), zones, who, blind=body.blind)
    return views.count(shop, count, who)


@router.get("/missed")
async def missed(who: Anyone, shop: TheShop) -> list[shapes.MissedView]:
    """Scheduled counts that did not begin, newest first, and why."""
    del who
    return views.missed(shop)


@router.get("/{count}", response_model=shapes.CountView)
async def show(count: str, who: Anyone, shop: TheShop) -> Response:
    return await sheets.whole(shop, CountId(count), who)


@router.get("/{count}/verdicts.csv", response_class=Response)
async def verdicts_sheet(count: str, who: Anyone, shop: TheShop) -> Response:
    """What was not simply found, one piece or tag a line. 409 while figures are kept from who asks."""
    return await sheets.verdicts(shop, CountId(count), who)


@router.get("/{count}/totals.csv", response_class=Response)
async def totals_sheet(count: str, who: Anyone, shop: TheShop) -> Response:
    """Quantity, weight and value by tray: expected, found, explained, difference."""
    return sheets.totals(shop, CountId(count), who)


@router.post("/{count}/submit", response_model=shapes.CountView)
async def submit(count: str, body: bodies.SubmitCountBody, who: Counter, shop: TheShop) -> Response:
    """What a person counted blind; from now on the books' figures are shown. 409 when they are shown already."""
    quantities = {ZoneId(zone): quantity for zone, quantity in body.quantities.items()}
    await shop.submit_count(CountId(count), quantities, who)
    return await sheets.whole(shop, CountId(count), who)


@router.post("/{count}/recount", response_model=shapes.CountView)
async def recount(count: str, body: bodies.RecountBody, who: Counter, shop: TheShop) -> Response:
    """Count these zones again; what was said of the others stays. 409 unless the count is finished."""
    await shop.recount(CountId(count), tuple(ZoneId(zone) for zone in body.zones), body.reason, who)
    return await sheets.whole(shop, CountId(count), who)


@router.post("/{count}/explain", response_model=shapes.CountView)
async def explain(count: str, body: bodies.ExplainBody, who: Counter, shop: TheShop) -> Response:
    """Answer for a piece to look for: it is in hand, or rightly elsewhere. 409 unless the count is finished; who
    answered does not approve it.
    """
    await shop.explain_count(CountId(count), PieceId(body.piece), body.reason, who, found=body.found)
    return await sheets.whole(shop, CountId(count), who)


@router.post("/{count}/approve", response_model=shapes.CountView)
async def approve(count: str, who: Manager, shop: TheShop) -> Response:
    """A manager who did not count answers for it; its figures go into the trade log."""
    await shop.approve_count(CountId(count), who)
    return await sheets.whole(shop, CountId(count), who)


@router.post("/{count}/abandon", response_model=shapes.CountView)
async def abandon(count: str, body: bodies.ReasonBody, who: Manager, shop: TheShop) -> Response:
    """Nothing of the store changes by it."""
    await shop.abandon_count(CountId(count), body.reason, who)
    return await sheets.whole(shop, CountId(count), who)
