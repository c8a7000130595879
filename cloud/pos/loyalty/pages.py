"""The office's page of points: rules with their days, how long they last; a client's account for their profile."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud import called, changes, house_settings, points
from cloud.changes import WhyError
from cloud.db import Tx
from cloud.desk import Desk
from cloud.ledger import day_of
from cloud.points import Loyalty
from cloud.pos.loyalty import queries
from cloud.work import Work
from contract.feed import EarnRule, Permission
from contract.ids import UserId
from trade.periods import is_day
from trade.points import RATE_BP_MAX
from web.forms import percent_bp
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Tiers = Callable[[Tx], list[str]]
"""Names of the tiers, the lowest first."""
Many = Annotated[list[str], Form()]
RULES_MAX: Final = 20
NAME_MAX: Final = 60
MONTHS_MAX: Final = 120
EMPTY_ROWS: Final = 1


class RuleError(Exception):
    """A rule that cannot be; the message says what to do."""


def router(office: Desk, tiers: Tiers) -> APIRouter:
    routes = APIRouter(prefix="/loyalty", include_in_schema=False)

    @routes.get("")
    def rules(request: Request, who: Setter) -> Response:
        del who
        with office.look() as work:
            tx = work.tx
            told = house_settings.read(tx, points.NAME, Loyalty)
            return render(
                request, "loyalty/rules.html", told=told, owed=queries.owed(tx), tiers=tiers(tx),
                acts=changes.listing(tx, what=points.NAME), people=called.people(tx), empty_rows=EMPTY_ROWS,
            )  # fmt: skip

    @routes.post("")
    def keep(
        request: Request, who: Setter, *, months: Annotated[int, Form(ge=0, le=MONTHS_MAX)], name: Many, rate: Many,
        begins: Many, ends: Many, tier: Many, why: Annotated[str, Form(max_length=500)],
    ) -> Response:  # fmt: skip
        if not len(name) == len(rate) == len(begins) == len(ends) == len(tier) or len(name) > RULES_MAX:
            raise ProblemError(422, "loyalty", "The form is not whole", "Reload the page and try again.")
        try:
            told = tuple(
                rule(called_so, percent_bp(each, called_so), begin.strip(), end.strip(), least)
                for called_so, each, begin, end, least in zip(name, rate, begins, ends, tier, strict=True)
                if called_so.strip()
            )
            with office.work() as work:
                write(work, Loyalty(rules=told, months=months), by=who.user, why=why)
        except (RuleError, WhyError) as error:
            raise ProblemError(422, "loyalty", str(error)) from error
        return go(request, "/loyalty")

    @routes.get("/of/{person}")
    def one(request: Request, who: Seer, person: str) -> Response:
        """A piece of a client's profile."""
        del who
        with office.look() as work:
            rows = queries.accounts(work.tx, person, day_of(work.now_us))
            return render(
                request, "loyalty/_one.html", rows=rows, earned=queries.earned(work.tx, rows),
                stores=called.stores(work.tx),
            )  # fmt: skip

    return routes


def rule(name: str, rate_bp: int, from_day: str, until_day: str, tier: str) -> EarnRule:
    """Of what was typed. Raises `RuleError`."""
    name = " ".join(name.split())
    if len(name) > NAME_MAX:
        raise RuleError(f"A rule's name has at most {NAME_MAX} letters")
    if not 0 < rate_bp <= RATE_BP_MAX:
        raise RuleError(f"{name}: give more than nothing, and at most {RATE_BP_MAX / 100:g} % of what is paid")
    if not all(is_day(each) for each in (from_day, until_day) if each):
        raise RuleError(f"{name}: write a day as 2026-11-29, or leave it empty")
    if from_day and until_day and until_day < from_day:
        raise RuleError(f"{name}: it ends before it begins")
    if not tier.isascii() or not tier.isdigit():
        raise RuleError(f"{name}: choose from which tier on it holds")
    return EarnRule(name=name, rate_bp=rate_bp, from_day=from_day, until_day=until_day, tier_min=int(tier))


def write(work: Work, told: Loyalty, *, by: UserId, why: str) -> None:
    """From the next sale that is posted on; what was earned stays at its rate. Raises `WhyError`."""
    said = {"lasts": f"{told.months} months" if told.months else "for ever"}
    for each in told.rules:
        days = f"{each.from_day or 'always'} to {each.until_day or 'for ever'}"
        said[each.name] = f"{each.rate_bp / 100:g} % from {days}" + (f", tier {each.tier_min}" if each.tier_min else "")
    house_settings.write(work, points.NAME, told, said, by=by, why=why)
    points.tell_rules(work)
