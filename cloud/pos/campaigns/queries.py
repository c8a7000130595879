"""Campaigns for pages: what they came to, and who was in them."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.clienteling.campaigns import Lift, lift
from cloud.db import Tx
from cloud.pos.campaigns import audience
from cloud.pos.campaigns.desk import HELD_OUT, WRITTEN_TO
from cloud.tables import campaign, campaign_member, segment_run

DAY_US: Final = 86_400_000_000
MEMBERS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class CampaignRow:
    campaign: str
    name: str
    state: str
    channel: str
    event_day: str
    made_us: int
    started_us: int
    written_to: int
    held_out: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    person: str
    arm: str
    answer: str
    answered_by: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`lift` None: too few on a side to tell. `until_us`: purchases count until then, or until now."""

    arms: dict[str, int]
    answers: dict[str, int]
    written_to: int
    held_out: int
    bought: int
    held_bought: int
    until_us: int
    lift: Lift | None


def listing(tx: Tx, limit: int = 100) -> list[CampaignRow]:
    """Newest first."""
    of = campaign_member.c.campaign == campaign.c.campaign
    counted = [
        sa.select(sa.func.count()).where(of, campaign_member.c.arm.in_(arms)).scalar_subquery().label(name)
        for name, arms in (("written_to", WRITTEN_TO), ("held_out", (HELD_OUT,)))
    ]
    query = sa.select(campaign, *counted).order_by(campaign.c.made_us.desc(), campaign.c.campaign).limit(limit)
    return [CampaignRow(**{name: row[name] for name in CampaignRow.__dataclass_fields__}) for row in tx.rows(query)]


def members(tx: Tx, name: str, *, answer: str = "", limit: int = MEMBERS_SHOWN) -> list[MemberRow]:
    """Those who were written to, or were to be; the ones with an answer first."""
    query = sa.select(campaign_member).where(campaign_member.c.campaign == name, campaign_member.c.arm.in_(WRITTEN_TO))
    if answer:
        query = query.where(campaign_member.c.answer == answer)
    query = query.order_by(campaign_member.c.answer.desc(), campaign_member.c.arm, campaign_member.c.person)
    columns = MemberRow.__dataclass_fields__
    return [MemberRow(**{each: row[each] for each in columns}) for row in tx.rows(query.limit(limit))]


def outcome(tx: Tx, row: sa.RowMapping, *, now_us: int) -> Outcome:
    """Of one that was begun: by whom it assigned, whether or not they could be reached."""
    rows = tx.rows(
        sa.select(campaign_member.c.person, campaign_member.c.arm, campaign_member.c.answer).where(
            campaign_member.c.campaign == row["campaign"]
        )
    )
    until_us = min(row["started_us"] + row["days"] * DAY_US, now_us)
    bought = audience.purchasers(tx, row["started_us"], until_us)
    arms: dict[str, int] = {}
    answers: dict[str, int] = {}
    counts = {(held, did): 0 for held in (False, True) for did in (False, True)}
    for each in rows:
        arms[each["arm"]] = arms.get(each["arm"], 0) + 1
        answers[each["answer"]] = answers.get(each["answer"], 0) + 1
        counts[each["arm"] == HELD_OUT, each["person"] in bought] += 1
    written, held = counts[False, False] + counts[False, True], counts[True, False] + counts[True, True]
    return Outcome(
        arms=arms, answers=answers, written_to=written, held_out=held, bought=counts[False, True],
        held_bought=counts[True, True], until_us=until_us,
        lift=lift(written, counts[False, True], held, counts[True, True]),
    )  # fmt: skip


def currency(tx: Tx) -> str:
    """Of the segments, in which rules speak of money; empty where nobody was divided yet."""
    return str(tx.value(sa.select(segment_run.c.currency).order_by(segment_run.c.at_us.desc()).limit(1)) or "")
