"""What to do first at an empty office, told by its rows."""

import sqlalchemy as sa
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from cloud.desk import Desk
from cloud.tables import node, piece, staff, store
from cloud.work import Work
from web.first_steps import Step, Steps
from web.words import _


def steps_of(desk: Desk) -> Steps:
    def told() -> tuple[Step, ...]:
        with desk.look() as work:
            return steps(work)

    async def asked(request: Request) -> tuple[Step, ...]:
        del request
        return await run_in_threadpool(told)

    return asked


def undone(work: Work) -> tuple[Step, ...]:
    """All of them while one is to be done, then none."""
    known = steps(work)
    return () if all(step.done for step in known) else known


def steps(work: Work) -> tuple[Step, ...]:
    named = work.tx.value(sa.select(sa.func.count()).select_from(staff))
    return (
        Step(_("Open a store"), _("Its short name and its currency hold for ever."), _any(work, store), "/stores"),
        Step(_("Name its people"), _("Each with a role; they choose their PIN at the store."), named > 1, "/staff"),
        Step(_("Bring the pieces in"), _("From a list: tried, then imported whole."), _any(work, piece), "/pieces"),
        Step(_("Enrol its box"), _("A token from the store's page, typed at the box."), _any(work, node), "/stores"),
    )


def _any(work: Work, table: sa.Table) -> bool:
    return bool(work.tx.value(sa.select(sa.exists(sa.select(sa.literal(1)).select_from(table)))))
