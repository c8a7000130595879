"""Cases and parked rows over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts
from cloud.pos.parked import queries
from contract.feed import Permission
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError


class CloseAsked(Asked):
    case_id: str
    outcome: str = Field(min_length=3, max_length=500)


@dataclass(frozen=True, slots=True)
class Retried:
    applied: int


def router(desk: Desk, unpark: Callable[[int], int]) -> APIRouter:
    """`unpark(now_us)` tries all parked rows again."""
    routes = APIRouter(prefix="/api/v1", tags=["parked"])
    people = allow(Permission.CLOSE_ALARM)

    @routes.get("/cases", dependencies=[people])
    def cases(*, open_only: bool = True, store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.CaseRow]:
        with desk.look() as work:
            return queries.cases(work.tx, open_only=open_only, store=store, limit=limit)

    @routes.post("/cases/close")
    def close(asked: CloseAsked, who: Annotated[Login, people]) -> list[queries.CaseRow]:
        """Say what came of it."""
        with conflicts(queries.SaleStandsError, code="resolve-the-sale"), desk.work() as work:
            tx, now_us = work.tx, work.now_us
            if not who.of(queries.store_of(tx, asked.case_id)):
                raise ProblemError(403, "store", "This case is of another store", "Somebody of that store ends it.")
            if not queries.close_case(tx, asked.case_id, by=who.user, outcome=asked.outcome, now_us=now_us):
                raise ProblemError(404, "not-found", f"There is no open case {asked.case_id}")
        return cases(store=who.powers.only[0] if who.powers.only else "")

    @routes.get("/parked", dependencies=[people])
    def rows(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[queries.ParkedRow]:
        with desk.look() as work:
            return queries.rows(work.tx, store=store, limit=limit)

    @routes.post("/parked/retry", dependencies=[allow(Permission.SETTINGS, of="everywhere")])
    def retry() -> Retried:
        """Try all parked rows again, in order."""
        return Retried(unpark(desk.now_us()))

    return routes
