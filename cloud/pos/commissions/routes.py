"""Commissions over HTTP: who may see the ledger sees all of them, everybody else their own."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.changes import WhyError
from cloud.desk import Desk
from cloud.pos.commissions import desk as rates_desk
from cloud.pos.commissions import queries
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts
from contract.feed import Permission
from web.logins import Login
from web.policy import allow, signed_in

Anyone = Annotated[Login, signed_in()]
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Word = Annotated[str, Query(max_length=64)]
Period = Annotated[str, Query(max_length=7, pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$")]


@dataclass(frozen=True, slots=True)
class RateRow:
    """A role's or a person's rate from this business day on."""

    whose: str
    rate_bp: int
    from_day: str


class RateBody(Asked):
    whose: Annotated[str, Field(min_length=1, max_length=64)]
    rate_bp: Annotated[int, Field(ge=0, le=10_000)]
    from_day: Annotated[str, Field(max_length=10)]
    why: Annotated[str, Field(max_length=500)]


def whose(who: Login, store: str) -> str:
    """Whose commissions this person may see: everybody's (nothing), or their own."""
    return "" if who.may(Permission.LEDGER, store=store) else who.user


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/commissions", tags=["commissions"])

    @routes.get("")
    def listing(who: Anyone, store: Word = "", period: Period = "") -> list[queries.Earned]:
        with desk.look() as work:
            return queries.by_associate(work.tx, store=store, period=period, associate=whose(who, store))

    @routes.get("/rates", dependencies=[allow(Permission.SETTINGS)])
    def rates() -> list[RateRow]:
        with desk.look() as work:
            cards = rates_desk.rates(work)
        return [RateRow(whose=card.role or card.user, rate_bp=card.rate_bp, from_day=card.from_day) for card in cards]

    @routes.post("/rates", status_code=201)
    def set_rate(body: RateBody, who: Setter) -> list[RateRow]:
        """A rate of a role, or of one person, from a business day on."""
        with conflicts(rates_desk.RateError, WhyError, code="rate"), desk.work() as work:
            rates_desk.set_rate(
                work, whose=body.whose, rate_bp=body.rate_bp, from_day=body.from_day, by=who.user, why=body.why
            )
        return rates()

    @routes.get("/of/{associate}")
    def one(
        associate: str, who: Anyone, store: Word = "", period: Period = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.Entry]:
        """Sale by sale, newest first. Of somebody else, who may not see the ledger sees nothing."""
        named = whose(who, store) or associate
        if named != associate:
            return []
        with desk.look() as work:
            return queries.entries(work.tx, associate, store=store, period=period, limit=limit)

    return routes
