"""Rates of commission: set at the office for the house, told to every store, noted with who and why."""

import re
from typing import Final

import sqlalchemy as sa

from cloud import changes, feed
from cloud.tables import staff
from cloud.work import Work
from contract.feed import CommissionCard, Role
from contract.ids import UserId
from contract.money import BASIS_POINTS

DAY: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
ROLES: Final = tuple(role.value for role in Role)


class RateError(Exception):
    """This cannot be a rate; the message says what to change."""


def set_rate(work: Work, *, whose: str, rate_bp: int, from_day: str, by: UserId, why: str) -> None:
    """`whose` is a role, or a person. It holds from a business day until a newer one; of one day the later word counts.

    What was sold keeps the rate of its day. Raises `RateError`, `WhyError`.
    """
    if not 0 <= rate_bp <= BASIS_POINTS:
        raise RateError("A rate lies between nothing and 100 %")
    if DAY.fullmatch(from_day) is None:
        raise RateError("Say from which day: 2026-11-29")
    role = Role(whose) if whose in ROLES else None
    if role is None and work.tx.value(sa.select(staff.c.user).where(staff.c.user == whose)) is None:
        raise RateError(f"Nobody here is {whose!r}, and no role: choose one of the list")
    name = f"{role or whose}@{from_day}"
    user = UserId("") if role else UserId(whose)
    card = CommissionCard(commission=name, rate_bp=rate_bp, from_day=from_day, role=role, user=user)
    was = feed.card(work.tx, CommissionCard, f"commission:{name}")
    told = {"rate": f"{rate_bp / 100:g} %", "from": from_day}
    before = {"rate": f"{was.rate_bp / 100:g} %", "from": was.from_day} if was else {}
    if changes.note(work, "commission", role or whose, by=by, why=changes.checked_why(why), was=before, now=told):
        work.tell(feed.News(f"commission:{name}", card))


def rates(work: Work) -> list[CommissionCard]:
    """Of roles first, then of people; newest first."""
    cards = feed.cards(work.tx, CommissionCard).values()
    newest = sorted(cards, key=lambda card: card.from_day, reverse=True)
    return sorted(newest, key=lambda card: (card.role is None, card.role or card.user))
