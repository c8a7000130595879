"""The office's page of what the law asks for: cash reports, purchases from the public, fiscal closings."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.pos.compliance import desk as acts
from cloud.pos.compliance import queries
from cloud.pos.compliance.routes import archived
from cloud.pos.http import conflicts, found
from contract.feed import Permission
from contract.ids import StoreId
from web.front import go, render
from web.logins import Login
from web.policy import allow

Reader = Annotated[Login, allow(Permission.LEDGER, of="house")]
Closer = Annotated[Login, allow(Permission.LEDGER_CLOSE, of="house")]
CLOSINGS_SHOWN = 24
"""Newest of a store."""


def router(desk: Desk, clients: called.Clients) -> APIRouter:
    routes = APIRouter(prefix="/compliance", include_in_schema=False)

    @routes.get("")
    def page(request: Request, who: Reader, store: Annotated[str, Query(max_length=64)] = "") -> Response:
        with desk.look() as work:
            names = {name: title for name, title in called.stores(work.tx).items() if who.of(name)}
            shown = store if store in names else next(iter(names), "")
            bought, reports = queries.bought(work.tx), queries.cash_reports(work.tx, desk.now_us())
            payers = [each.report.client for each in reports if each.report.client]
            return render(
                request, "compliance/page.html", reports=reports,
                may_file=who.may(Permission.LEDGER_CLOSE), bought=bought, years=queries.bought_years(bought),
                chain=queries.chain(work.tx, StoreId(shown)) if shown else None, shown=CLOSINGS_SHOWN, names=names,
                people=called.people(work.tx), store=shown, now_us=desk.now_us(),
                clients=called.clients(work.tx, who, clients)(payers),
            )  # fmt: skip

    @routes.post("/filed")
    def filed(
        request: Request,
        who: Closer,
        report: Annotated[str, Form(max_length=300)],
        reference: Annotated[str, Form(min_length=1, max_length=100)],
    ) -> Response:
        with conflicts(acts.ComplianceError, code="not-filed"), desk.work() as work:
            try:
                acts.file_report(work, report, reference, by=who.user)
            except LookupError:
                found(None, f"report {report}")
        return go(request, "/compliance")

    @routes.get("/closings/{store}/{number}", dependencies=[allow(Permission.LEDGER)])
    def archive(store: str, number: Annotated[int, Path(ge=1, le=10**6)]) -> Response:
        return archived(desk, store, number)

    return routes
