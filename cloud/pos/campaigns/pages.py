"""The office's pages of campaigns: the list, a draft with whom it would reach, and what one did."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.desk import Desk
from cloud.listing import answer, kept, may_take
from cloud.messages import templates, words
from cloud.messages.outbox import Ways
from cloud.pos.campaigns import audience, desk, queries
from cloud.pos.campaigns.audience import SEGMENTS, Wanted
from cloud.pos.campaigns.desk import CampaignError, Draft, UnknownCampaignError
from contract.feed import Permission
from trade.consent import Channel
from web.forms import amount_minor, percent_bp, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.tables import Asked, asked

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Writer = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]
Tiers = Callable[[Tx], list[str]]
Naming = Callable[[Tx, Iterable[str]], dict[str, str]]
PURPOSES: Final = ("campaign", "invitation")
NAMED_MAX: Final = 12
"""Of those who fall out by consent, so that somebody asks them."""
EPOCH: Final = dt.date(1970, 1, 1).toordinal()


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != "csrf"}


Given = Annotated[dict[str, str], Depends(_form)]


@contextmanager
def answered() -> Iterator[None]:
    try:
        yield
    except CampaignError as error:
        raise ProblemError(422, "campaign", str(error)) from error
    except UnknownCampaignError as error:
        raise ProblemError(404, "not-found", "There is no such campaign", str(error)) from error


def router(office: Desk, ways: Ways, names: Naming, tiers: Tiers, time_zone: str) -> APIRouter:
    routes = APIRouter(prefix="/campaigns", include_in_schema=False)
    zone = ZoneInfo(time_zone)

    def today() -> int:
        return dt.datetime.fromtimestamp(office.now_us() / 1e6, zone).date().toordinal() - EPOCH

    def form(request: Request, tx: Tx, told: dict[str, Any], *, campaign: str, problem: str = "") -> Response:
        own = {each.template for each, _ in templates.listing(tx) if each.purpose in PURPOSES}
        return render(
            request, "campaigns/edit.html", status=422 if problem else 200, given=told, problem=problem,
            campaign=campaign, templates=sorted(own), channels=words.CHANNELS, segments=SEGMENTS, tiers=tiers(tx),
            stores=called.stores(tx), interests=audience.interests(tx), currency=queries.currency(tx) or "EUR",
        )  # fmt: skip

    @routes.get("")
    def listing(request: Request, who: Seer, what: List, state: Word = "") -> Response:
        with office.look() as work:
            return answer(
                request, queries.table(work.tx, what, state=state), "campaigns/list.html",
                may_write=Permission.SETTINGS in who.powers.everywhere,
            )  # fmt: skip

    @routes.get("/new")
    def new(request: Request, who: Writer) -> Response:
        del who
        with office.look() as work:
            return form(request, work.tx, {"holdout": "10", "days": "30"}, campaign="")

    @routes.post("/new")
    def create(request: Request, who: Writer, given: Given) -> Response:
        return keep(request, who, given, "")

    @routes.get("/{campaign}")
    def one(request: Request, who: Seer, what: List, campaign: str) -> Response:
        with answered(), office.look() as work:
            tx, row = work.tx, desk.find(work, campaign)
            told = desk.draft_of(row)
            shown: dict[str, Any] = {
                "row": row, "told": told, "currency": queries.currency(tx) or "EUR", "stores": called.stores(tx),
                "tiers": tiers(tx), "people": called.people(tx), "segments": SEGMENTS,
                "may_write": Permission.SETTINGS in who.powers.everywhere, "may_keep": who.may(Permission.CLIENTS),
            }  # fmt: skip
            if row["started_us"]:
                table = queries.members_table(tx, what, names, campaign, invites=bool(row["event_day"]))
                done = queries.outcome(tx, row, now_us=work.now_us)
                page = answer(request, table, "campaigns/campaign.html", done=done, out=may_take(who, what), **shown)
            else:
                found = desk.chosen(work, row, today=today())
                without = names(tx, found.without_consent[:NAMED_MAX])
                page = render(request, "campaigns/draft.html", found=found, without=without, **shown)
        return kept(office, who, page)

    @routes.get("/{campaign}/edit")
    def edit(request: Request, who: Writer, campaign: str) -> Response:
        del who
        with answered(), office.look() as work:
            told = desk.draft_of(desk.find(work, campaign))
            given = typed_of(told, queries.currency(work.tx) or "EUR")
            return form(request, work.tx, given, campaign=campaign)

    @routes.post("/{campaign}/edit")
    def change(request: Request, who: Writer, campaign: str, given: Given) -> Response:
        return keep(request, who, given, campaign)

    def keep(request: Request, who: Login, given: dict[str, str], campaign: str) -> Response:
        name = campaign or office.new_id()
        try:
            with office.work() as work:
                desk.keep(work, name, draft_from(given, queries.currency(work.tx) or "EUR"), by=who.user)
        except CampaignError as error:
            with office.look() as work:
                return form(request, work.tx, given, campaign=campaign, problem=str(error))
        return go(request, f"/campaigns/{name}")

    @routes.post("/{campaign}/begin")
    def begin(request: Request, who: Writer, campaign: str) -> Response:
        with answered(), office.work() as work:
            desk.begin(work, campaign, today=today(), language=ways.language, by=who.user)
        return go(request, f"/campaigns/{campaign}")

    @routes.post("/{campaign}/end")
    def end(request: Request, who: Writer, campaign: str) -> Response:
        with answered(), office.work() as work:
            desk.end(work, campaign, by=who.user)
        return go(request, f"/campaigns/{campaign}")

    @routes.post("/{campaign}/drop")
    def drop(request: Request, who: Writer, campaign: str) -> Response:
        del who
        with answered(), office.work() as work:
            desk.drop(work, campaign)
        return go(request, "/campaigns")

    @routes.post("/{campaign}/answers")
    def reply(
        request: Request, who: Keeper, campaign: str, person: Annotated[str, Form(max_length=64)],
        said: Annotated[str, Form(max_length=3)],
    ) -> Response:  # fmt: skip
        with answered(), office.work() as work:
            desk.answer(work, campaign, person, said, by=who.user)
        return go(request, f"/campaigns/{campaign}")

    return routes


def draft_from(given: dict[str, str], currency: str) -> Draft:
    """As it was typed. Raises `CampaignError`, or a 422 problem that names an amount."""

    def number(name: str, most: int) -> int:
        text = given.get(name, "").strip() or "0"
        if not text.isascii() or not text.isdigit() or int(text) > most:
            raise CampaignError(f"{name.replace('_', ' ').capitalize()} is a whole number of at most {most}")
        return int(text)

    channel = given.get("channel", "")
    if channel not in {str(each) for each in Channel}:
        raise CampaignError("Messages go by e-mail, SMS or messenger: choose one of them")
    segment, interest = given.get("segment", ""), given.get("interest", "")
    if segment and segment not in SEGMENTS:
        raise CampaignError("Choose one of the segments, or none")
    wanted = Wanted(
        tier_min=number("tier", 20), visits_min=number("visits", 1_000), quiet_days_min=number("quiet_days", 10_000),
        spend_minor_min=amount_minor(given.get("spend_from", ""), currency, "Spent at least"),
        spend_minor_max=amount_minor(given.get("spend_to", ""), currency, "Spent at most"),
        segment=segment, store=given.get("store", ""), interest=interest,
    )  # fmt: skip
    return Draft(
        name=given.get("name", ""), channel=Channel(channel), template=given.get("template", ""), wanted=wanted,
        holdout_bp=percent_bp(given.get("holdout", ""), "Held out"), days=number("days", desk.DAYS_MAX),
        event_day=given.get("event_day", "").strip(), place=given.get("place", ""),
    )  # fmt: skip


def typed_of(told: Draft, currency: str) -> dict[str, Any]:
    """The other way round."""

    def amount(minor: int) -> str:
        return typed(minor, currency) if minor else ""

    wanted = told.wanted
    return {
        "name": told.name, "channel": told.channel, "template": told.template, "holdout": f"{told.holdout_bp / 100:g}",
        "days": str(told.days), "event_day": told.event_day, "place": told.place, "tier": str(wanted.tier_min),
        "visits": str(wanted.visits_min or ""), "quiet_days": str(wanted.quiet_days_min or ""),
        "spend_from": amount(wanted.spend_minor_min), "spend_to": amount(wanted.spend_minor_max),
        "segment": wanted.segment, "store": wanted.store, "interest": wanted.interest,
    }  # fmt: skip
