"""Points over HTTP: the house's rules, and a client's points with how they came to them."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter
from pydantic import Field

from cloud import house_settings, points
from cloud.changes import WhyError
from cloud.desk import Desk
from cloud.ledger import day_of
from cloud.points import Loyalty
from cloud.pos.http import Asked, conflicts
from cloud.pos.loyalty import pages, queries
from cloud.pos.loyalty.pages import MONTHS_MAX, RULES_MAX, RuleError, Seer, Setter
from trade.points import RATE_BP_MAX


class RuleBody(Asked):
    """`rate_bp`: of what is paid with money for goods. Days ISO, both included; empty: for ever."""

    name: Annotated[str, Field(min_length=1, max_length=pages.NAME_MAX)]
    rate_bp: Annotated[int, Field(gt=0, le=RATE_BP_MAX)]
    from_day: Annotated[str, Field(max_length=10)] = ""
    until_day: Annotated[str, Field(max_length=10)] = ""
    tier_min: Annotated[int, Field(ge=0, le=20)] = 0


class LoyaltyBody(Asked):
    """`months`: a purchase's points may be spent for so long after it; 0: for ever."""

    rules: Annotated[list[RuleBody], Field(max_length=RULES_MAX)]
    months: Annotated[int, Field(ge=0, le=MONTHS_MAX)]
    why: Annotated[str, Field(max_length=500)]


@dataclass(frozen=True, slots=True)
class RulesView:
    rules: list[RuleBody]
    months: int
    owed: list[queries.OwedRow]


@dataclass(frozen=True, slots=True)
class PointsView:
    """`moves`: the latest, newest first."""

    accounts: list[queries.PointsRow]
    moves: list[queries.EarnedRow]


def api(office: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/loyalty", tags=["loyalty"])

    @routes.get("")
    def rules(who: Setter) -> RulesView:
        del who
        with office.look() as work:
            told = house_settings.read(work.tx, points.NAME, Loyalty)
            return RulesView(
                [RuleBody(**msgspec.structs.asdict(each)) for each in told.rules], told.months, queries.owed(work.tx)
            )

    @routes.put("")
    def keep(body: LoyaltyBody, who: Setter) -> RulesView:
        """From the next sale that is posted on; what was earned stays at its rate."""
        with conflicts(RuleError, WhyError, code="loyalty"), office.work() as work:
            told = [
                pages.rule(each.name, each.rate_bp, each.from_day, each.until_day, str(each.tier_min))
                for each in body.rules
            ]
            pages.write(work, Loyalty(rules=tuple(told), months=body.months), by=who.user, why=body.why)
        return rules(who)

    @routes.get("/of/{person}")
    def one(person: str, who: Seer) -> PointsView:
        """A client's, of all ids that are theirs."""
        del who
        with office.look() as work:
            rows = queries.accounts(work.tx, person, day_of(work.now_us))
            return PointsView(rows, queries.earned(work.tx, rows))

    return routes
