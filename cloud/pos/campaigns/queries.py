"""Campaigns for pages: what they came to, and who was in them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud.clienteling.campaigns import Lift, lift
from cloud.db import Tx
from cloud.listing import listed, listed_many, when
from cloud.pos.campaigns import audience
from cloud.pos.campaigns.desk import HELD_OUT, WRITTEN_TO
from cloud.tables import campaign, campaign_member, segment_run
from web.tables import Asked, Choice, Column, Listed
from web.words import later

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


STATES: Final = (
    ("", later("Any state")), ("draft", later("Draft")), ("running", later("Running")), ("over", later("Over")),
)  # fmt: skip


def table(tx: Tx, what: Asked, *, state: str = "") -> Listed[CampaignRow]:
    columns: tuple[Column[CampaignRow], ...] = (
        Column("campaign", later("Campaign"), lambda row: row.name),
        Column("state", later("State"), lambda row: row.state),
        Column("channel", later("By"), lambda row: row.channel),
        Column("event", later("Invitation to"), lambda row: row.event_day, shown=False),
        Column("begun", later("Begun"), lambda row: when(row.started_us)),
        Column("written", later("Written to"), lambda row: row.written_to, number=True),
        Column("held", later("Held out"), lambda row: row.held_out, number=True),
    )
    query, of = _rows(), campaign.c
    query = query.where(of.state == state) if state else query
    by = {
        "campaign": of.name, "state": of.state, "channel": of.channel, "begun": of.started_us,
        "written": query.selected_columns.written_to, "held": query.selected_columns.held_out,
    }  # fmt: skip
    return listed(
        tx, query, columns, what, _row, by=by, first=(of.made_us.desc(), of.campaign),
        seek=(of.name, of.event_day), choices=(Choice("state", later("State"), STATES),),
    )  # fmt: skip


def listing(tx: Tx, limit: int = 100) -> list[CampaignRow]:
    """Newest first."""
    query = _rows().order_by(campaign.c.made_us.desc(), campaign.c.campaign).limit(limit)
    return [_row(row) for row in tx.rows(query)]


def _row(row: sa.RowMapping) -> CampaignRow:
    return CampaignRow(**{name: row[name] for name in CampaignRow.__dataclass_fields__})


def _rows() -> "sa.Select[Any]":
    of = campaign_member.c.campaign == campaign.c.campaign
    counted = [
        sa.select(sa.func.count()).where(of, campaign_member.c.arm.in_(arms)).scalar_subquery().label(name)
        for name, arms in (("written_to", WRITTEN_TO), ("held_out", (HELD_OUT,)))
    ]
    return sa.select(campaign, *counted)


def members(tx: Tx, name: str, *, answer: str = "", limit: int = MEMBERS_SHOWN) -> list[MemberRow]:
    """Those who were written to, or were to be; the ones with an answer first."""
    query = sa.select(campaign_member).where(campaign_member.c.campaign == name, campaign_member.c.arm.in_(WRITTEN_TO))
    if answer:
        query = query.where(campaign_member.c.answer == answer)
    query = query.order_by(campaign_member.c.answer.desc(), campaign_member.c.arm, campaign_member.c.person)
    return [_member(row) for row in tx.rows(query.limit(limit))]


@dataclass(frozen=True, slots=True)
class Named:
    """`client` empty: erased."""

    row: MemberRow
    client: str


def members_table(
    tx: Tx, what: Asked, names: Callable[[Tx, Iterable[str]], dict[str, str]], name: str, *, invites: bool
) -> Listed[Named]:
    """Those who were written to, or were to be; the ones with an answer first. `names`: of clients, by id."""

    def made(rows: Sequence[sa.RowMapping]) -> list[Named]:
        called = names(tx, [row["person"] for row in rows])
        return [Named(_member(row), called.get(row["person"], "")) for row in rows]

    columns: tuple[Column[Named], ...] = (
        Column("client", later("Client"), lambda each: each.client, sorts=False),
        Column("letter", later("Letter"), lambda each: each.row.arm),
        Column("why", later("Why"), lambda each: each.row.why, shown=False),
        Column("answer", later("Answer"), lambda each: each.row.answer, shown=invites),
    )
    of = campaign_member.c
    query = sa.select(campaign_member).where(of.campaign == name, of.arm.in_(WRITTEN_TO))
    return listed_many(
        tx, query, columns, what, made, by={"letter": of.arm, "answer": of.answer},
        first=(of.answer.desc(), of.arm, of.person), seek=(of.arm, of.answer, of.why),
    )  # fmt: skip


def _member(row: sa.RowMapping) -> MemberRow:
    return MemberRow(**{each: row[each] for each in MemberRow.__dataclass_fields__})


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
