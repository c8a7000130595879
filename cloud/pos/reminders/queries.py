"""An adviser's lists, by id: who they are called is asked of whoever keeps profiles."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.tables import client, client_visit, reminder, sale
from cloud.work import Work
from contract.ids import UserId

ADVISER: Final = "adviser"
SHOWN_MAX: Final = 100
QUIET_DAYS: Final = 180
"""After so long without a visit or a purchase somebody asks how they are."""
NEW_DAYS: Final = 30
DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class DayTask:
    """`letter`: the message that greets them too; empty: none does yet."""

    subject: str
    year: int
    person: str
    milestone: str
    day: str
    owner: str
    letter: str


@dataclass(frozen=True, slots=True)
class Seldom:
    """`last_us`: when they were here last, or were made."""

    person: str
    owner: str
    last_us: int


def days(tx: Tx, *, owner: str, today: dt.date) -> list[DayTask]:
    """Open ones of days that are not over; of every client book when `owner` is empty."""
    named = reminder.c
    other = reminder.alias()
    letter = (
        sa.select(sa.func.max(other.c.message))
        .where(other.c.subject == named.subject, other.c.year == named.year, other.c.channel != ADVISER)
        .scalar_subquery()
    )
    since = (today - dt.timedelta(days=1)).isoformat()
    query = sa.select(reminder, letter.label("letter")).where(
        named.channel == ADVISER, named.state == "open", named.day >= since
    )
    query = query.join(client, client.c.person == named.person).where(client.c.erased_us == 0)
    if owner:
        query = query.where(client.c.owner == owner)
    rows = tx.rows(query.order_by(named.day, named.person).limit(SHOWN_MAX))
    head = aliases.heads(tx, [row["person"] for row in rows])
    return [
        DayTask(
            row["subject"], row["year"], head[row["person"]], row["milestone"], row["day"], row["owner"],
            row["letter"] or "",
        )
        for row in rows
    ]  # fmt: skip


def seldom(tx: Tx, *, owner: str, now_us: int) -> list[Seldom]:
    """Who bought once and has not been here for long: the longest silence last, for it is the least likely to end."""
    bought = (
        sa.select(sale.c.client.label("person"), sa.func.max(sale.c.recorded_us).label("at_us"))
        .where(sale.c.client != "").group_by(sale.c.client).subquery()
    )  # fmt: skip
    came = (
        sa.select(client_visit.c.person, sa.func.max(client_visit.c.at_us).label("at_us"))
        .group_by(client_visit.c.person).subquery()
    )  # fmt: skip
    visit_us = sa.func.coalesce(came.c.at_us, 0)
    last_us = sa.case((visit_us > bought.c.at_us, visit_us), else_=bought.c.at_us)
    query = (
        sa.select(client.c.person, client.c.owner, last_us.label("last_us"))
        .join(bought, bought.c.person == client.c.person)
        .outerjoin(came, came.c.person == client.c.person)
        .where(_kept(), last_us < now_us - QUIET_DAYS * DAY_US)
    )
    if owner:
        query = query.where(client.c.owner == owner)
    rows = tx.rows(query.order_by(last_us.desc(), client.c.person).limit(SHOWN_MAX))
    since_us = now_us - QUIET_DAYS * DAY_US
    return [
        Seldom(row["person"], row["owner"], row["last_us"])
        for row in rows
        if not _here_since(tx, aliases.ids(tx, row["person"])[1:], since_us)
    ]


def _here_since(tx: Tx, others: Sequence[str], since_us: int) -> bool:
    """Under another of their ids."""
    if not others:
        return False
    bought = sa.exists().where(sale.c.client.in_(others), sale.c.recorded_us >= since_us)
    came = sa.exists().where(client_visit.c.person.in_(others), client_visit.c.at_us >= since_us)
    return bool(tx.value(sa.select(sa.or_(bought, came))))


def new(tx: Tx, *, owner: str, now_us: int) -> list[Seldom]:
    query = sa.select(client.c.person, client.c.owner, client.c.made_us).where(
        _kept(), client.c.made_us > now_us - NEW_DAYS * DAY_US
    )
    if owner:
        query = query.where(client.c.owner == owner)
    rows = tx.rows(query.order_by(client.c.made_us.desc()).limit(SHOWN_MAX))
    return [Seldom(row["person"], row["owner"], row["made_us"]) for row in rows]


def _kept() -> sa.ColumnElement[bool]:
    return sa.and_(client.c.erased_us == 0, ~aliases.ABSORBED)


def see_to(work: Work, subject: str, year: int, *, by: UserId) -> bool:
    """Their adviser does it in person: no letter greets them, if none has been written yet."""
    mine = (reminder.c.subject == subject, reminder.c.year == year, reminder.c.channel == ADVISER)
    done = {"state": "seen to", "done_us": work.now_us, "done_by": by}
    return work.tx.run(sa.update(reminder).where(*mine, reminder.c.state == "open").values(**done)) == 1
