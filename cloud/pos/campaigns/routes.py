"""Campaigns over HTTP: drafts and whom they would reach, begun ones and what they did, answers of guests."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.messages.outbox import Ways
from cloud.pos.campaigns import desk, queries
from cloud.pos.campaigns.audience import SEGMENTS, Wanted
from cloud.pos.campaigns.desk import Draft
from cloud.pos.campaigns.pages import EPOCH, Keeper, Seer, Writer, answered
from cloud.pos.http import Asked
from trade.consent import Channel

Word = Annotated[str, Field(max_length=64)]
Whole = Annotated[int, Field(ge=0, le=10**14)]


class WantedBody(Asked):
    """Whom rules choose; what is left out asks nothing. Money in minor units of the segments' currency."""

    tier_min: Annotated[int, Field(ge=0, le=20)] = 0
    spend_minor_min: Whole = 0
    spend_minor_max: Whole = 0
    visits_min: Annotated[int, Field(ge=0, le=1_000)] = 0
    quiet_days_min: Annotated[int, Field(ge=0, le=10_000)] = 0
    segment: Annotated[str, Field(pattern=f"^({'|'.join(SEGMENTS)})?$")] = ""
    store: Word = ""
    interest: Annotated[str, Field(max_length=200)] = ""


class CampaignBody(Asked):
    name: Annotated[str, Field(min_length=1, max_length=desk.NAME_MAX)]
    channel: Annotated[Channel, Field(strict=False)]
    template: Word
    wanted: WantedBody = WantedBody()
    holdout_bp: Annotated[int, Field(ge=0, le=desk.HOLDOUT_BP_MAX)] = 1_000
    days: Annotated[int, Field(ge=1, le=desk.DAYS_MAX)] = 30
    event_day: Annotated[str, Field(max_length=10)] = ""
    place: Annotated[str, Field(max_length=desk.PLACE_MAX)] = ""


class AnswerBody(Asked):
    person: Word
    said: Annotated[str, Field(pattern="^(yes|no)$")]


@dataclass(frozen=True, slots=True)
class Would:
    """Of a draft, as of now: how many would be written to, held out, and fall out by consent."""

    written_to: int
    held_out: int
    without_consent: int


@dataclass(frozen=True, slots=True)
class CampaignView:
    """`would` of a draft; `outcome` of one that was begun."""

    campaign: str
    state: str
    told: CampaignBody
    would: Would | None
    outcome: queries.Outcome | None


def api(office: Desk, ways: Ways, time_zone: str) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])
    zone = ZoneInfo(time_zone)

    def today() -> int:
        return dt.datetime.fromtimestamp(office.now_us() / 1e6, zone).date().toordinal() - EPOCH

    def seen(campaign: str) -> CampaignView:
        with answered(), office.look() as work:
            row = desk.find(work, campaign)
            told = _told(desk.draft_of(row))
            if row["started_us"]:
                done = queries.outcome(work.tx, row, now_us=work.now_us)
                return CampaignView(campaign, row["state"], told, None, done)
            found = desk.chosen(work, row, today=today())
            would = Would(len(found.sent), len(found.held_out), len(found.without_consent))
            return CampaignView(campaign, row["state"], told, would, None)

    @routes.get("")
    def listing(who: Seer) -> list[queries.CampaignRow]:
        del who
        with office.look() as work:
            return queries.listing(work.tx)

    @routes.post("", status_code=201)
    def make(body: CampaignBody, who: Writer) -> CampaignView:
        """A draft: nothing goes out before it is begun."""
        name = office.new_id()
        with answered(), office.work() as work:
            desk.keep(work, name, _draft(body), by=who.user)
        return seen(name)

    @routes.get("/{campaign}")
    def one(campaign: str, who: Seer) -> CampaignView:
        del who
        return seen(campaign)

    @routes.put("/{campaign}")
    def change(campaign: str, body: CampaignBody, who: Writer) -> CampaignView:
        """While it is a draft."""
        with answered(), office.work() as work:
            desk.find(work, campaign)
            desk.keep(work, campaign, _draft(body), by=who.user)
        return seen(campaign)

    @routes.post("/{campaign}/begin")
    def begin(campaign: str, who: Writer) -> CampaignView:
        with answered(), office.work() as work:
            desk.begin(work, campaign, today=today(), language=ways.language, by=who.user)
        return seen(campaign)

    @routes.post("/{campaign}/end")
    def end(campaign: str, who: Writer) -> CampaignView:
        with answered(), office.work() as work:
            desk.end(work, campaign, by=who.user)
        return seen(campaign)

    @routes.get("/{campaign}/members")
    def members(campaign: str, who: Seer) -> list[queries.MemberRow]:
        """By id: those who were written to or were to be, the ones with an answer first."""
        del who
        with answered(), office.look() as work:
            desk.find(work, campaign)
            return queries.members(work.tx, campaign)

    @routes.post("/{campaign}/answers", status_code=204)
    def answer(campaign: str, body: AnswerBody, who: Keeper) -> None:
        """What a guest said to somebody of the house."""
        with answered(), office.work() as work:
            desk.answer(work, campaign, body.person, body.said, by=who.user)

    return routes


def _draft(body: CampaignBody) -> Draft:
    told = body.model_dump(exclude={"wanted"})
    return Draft(**told, wanted=Wanted(**body.wanted.model_dump()))


def _told(draft: Draft) -> CampaignBody:
    wanted = WantedBody(**msgspec.structs.asdict(draft.wanted))
    return CampaignBody(
        name=draft.name, channel=draft.channel, template=draft.template, wanted=wanted, holdout_bp=draft.holdout_bp,
        days=draft.days, event_day=draft.event_day, place=draft.place,
    )  # fmt: skip
