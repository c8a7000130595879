"""Pages of counts: start one, watch it fill, submit blind figures, review, count zones again, answer for it."""

from dataclasses import asdict
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import CountPlace, CountTotal
from contract.feed import Permission
from contract.ids import CountId, PieceId, ZoneId
from edge.api import bodies
from edge.api import views as store_views
from edge.api.counts import closing, sheets, views
from edge.api.plans.geometry import laid_out
from edge.api.shop import Shop, the_shop
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Login, signed_in()]
Counter = Annotated[Login, allow(Permission.COUNT)]
Manager = Annotated[Login, allow(Permission.APPROVE_COUNT)]
TheShop = Annotated[Shop, the_shop()]
Word = Annotated[str, Form(max_length=200)]
LINES_MAX: Final = 100
"""Verdicts on a page; the sheet of them has all."""


@router.get("/counts")
async def counts(request: Request, who: Anyone, shop: TheShop) -> Response:
    return render(
        request,
        "edge/counts.html",
        store=store_views.store(shop, who),
        counts=views.counts(shop, who),
        missed=views.missed(shop),
        to_learn=views.counts_to_learn(shop),
        may_start=who.may(Permission.COUNT),
    )


@router.post("/counts")
async def start(
    request: Request, who: Counter, shop: TheShop, place: Annotated[CountPlace, Form()], blind: Word = ""
) -> Response:
    count = CountId(shop.new_id())
    await shop.start_count(count, place, (), who, blind=bool(blind))
    return go(request, f"/counts/{count}")


@router.get("/closing")
async def closing_time(request: Request, who: Anyone, shop: TheShop) -> Response:
    """Whether the safes are complete, large enough to be read from the door."""
    shown = closing.closing(shop, who)
    return render(
        request,
        "edge/_closing.html" if wants_fragment(request) else "edge/closing.html",
        store=store_views.store(shop, who),
        closing=shown,
        may_start=who.may(Permission.COUNT),
        may_approve=who.may(Permission.APPROVE_COUNT)
        and shown.count is not None
        and who.user not in shown.count.counted_by,
    )


@router.post("/closing/approve")
async def approve_closing(request: Request, who: Manager, shop: TheShop, count: Word, shown: Word = "") -> Response:
    await shop.approve_count(CountId(count), who, shown)
    return go(request, "/closing")


@router.post("/closing/count")
async def count_closing(request: Request, who: Counter, shop: TheShop) -> Response:
    """Count the safes, and stay on the page that says how it ends."""
    await shop.start_count(CountId(shop.new_id()), CountPlace.SAFE, (), who)
    return go(request, "/closing")


@router.get("/counts/{count}")
async def show(request: Request, count: str, who: Anyone, shop: TheShop, verdict: str = "") -> Response:
    """`verdict`: only these."""
    shown = views.summary(shop, CountId(count), who)
    store = store_views.store(shop, who)
    return render(
        request,
        "edge/_count.html" if wants_fragment(request) else "edge/count.html",
        store=store,
        count=shown,
        zones=store.zones,
        sheet=laid_out(store.zones),
        lines=views.lines(shop, shown, verdict, LINES_MAX),
        zone_names={zone.zone: zone.name for zone in store.zones},
        people={user.user: user.name for user in store_views.staff(shop)},
        tallies={tally.zone: (tally.found, tally.expected) for tally in shown.zones},
        zone_totals=views.zone_totals(CountTotal(**asdict(each)) for each in shown.totals),
        only=verdict,
        may_decide=who.may(Permission.APPROVE_COUNT),
        may_count=who.may(Permission.COUNT),
        counted_it=who.user in shown.counted_by,
    )


@router.get("/counts/{count}/verdicts.csv")
async def verdicts_sheet(count: str, who: Anyone, shop: TheShop) -> Response:
    return await sheets.verdicts(shop, CountId(count), who)


@router.get("/counts/{count}/totals.csv")
async def totals_sheet(count: str, who: Anyone, shop: TheShop) -> Response:
    return sheets.totals(shop, CountId(count), who)


@router.post("/counts/{count}/submit")
async def submit(request: Request, count: str, who: Counter, shop: TheShop) -> Response:
    """One field for each zone of the count, `zone-ID`."""
    form = await request.form()
    told = {ZoneId(name.removeprefix("zone-")): value for name, value in form.items() if name.startswith("zone-")}
    quantities = {zone: _number(zone, value) for zone, value in told.items()}
    await shop.submit_count(CountId(count), quantities, who)
    return go(request, f"/counts/{count}")


class RecountForm(BaseModel):
    """A box `zone` for each zone to count again, and a `reason`."""

    zone: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=bodies.IDS_MAX)] = []
    reason: bodies.Text = ""


@router.post("/counts/{count}/recount")
async def recount(
    request: Request, count: str, who: Counter, shop: TheShop, form: Annotated[RecountForm, Form()]
) -> Response:
    await shop.recount(CountId(count), tuple(ZoneId(zone) for zone in form.zone), form.reason, who)
    return go(request, f"/counts/{count}")


class ExplainForm(BaseModel):
    """`found`: the button of who has the piece in hand; empty, the other one's."""

    piece: bodies.Id
    found: Literal["in hand", ""] = ""
    reason: bodies.Text = ""


@router.post("/counts/{count}/explain")
async def explain(
    request: Request, count: str, who: Counter, shop: TheShop, form: Annotated[ExplainForm, Form()]
) -> Response:
    await shop.explain_count(CountId(count), PieceId(form.piece), form.reason, who, found=bool(form.found))
    return go(request, f"/counts/{count}")


@router.post("/counts/{count}/approve")
async def approve(request: Request, count: str, who: Manager, shop: TheShop, shown: Word = "") -> Response:
    """`shown`: the standing of the count on the page that was read."""
    await shop.approve_count(CountId(count), who, shown)
    return go(request, f"/counts/{count}")


@router.post("/counts/{count}/abandon")
async def abandon(request: Request, count: str, who: Manager, shop: TheShop) -> Response:
    await shop.abandon_count(CountId(count), "abandoned on the page", who)
    return go(request, "/counts")


def _number(zone: ZoneId, value: object) -> int:
    """Raises a 422 problem for what is no number of pieces."""
    text = str(value).strip()
    if not text.isdecimal() or len(text) > 6:
        raise ProblemError(
            422, "quantity", f"{text[:20]!r} is no number of pieces", f"Give one for {zone}, 0 for none."
        )
    return int(text)
