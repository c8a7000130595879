"""Cash reports, purchases from the public and fiscal closings over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse
from pydantic import Field

from cloud import fiscal
from cloud.db import Tx
from cloud.desk import Desk
from cloud.pos.compliance import desk as acts
from cloud.pos.compliance import queries
from cloud.pos.http import Asked, conflicts, found
from contract.feed import Permission
from contract.ids import StoreId
from web.logins import Login
from web.policy import allow

Reader = Annotated[Login, allow(Permission.LEDGER, of="house")]
Closer = Annotated[Login, allow(Permission.LEDGER_CLOSE, of="house")]
Number = Annotated[int, Path(ge=1, le=10**6)]
NDJSON = "application/x-ndjson"


class FiledBody(Asked):
    """`report`: the name it is listed by; `reference`: what the authority answered with."""

    report: Annotated[str, Field(min_length=1, max_length=300)]
    reference: Annotated[str, Field(min_length=1, max_length=100)]


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/compliance", tags=["compliance"])

    @routes.get("/cash-reports")
    def cash_reports(who: Reader) -> list[dict[str, object]]:
        """What has to be reported of cash that came in: those not filed first, by the day they are due."""
        del who
        with desk.look() as work:
            return [told(each) for each in queries.cash_reports(work.tx, desk.now_us())]

    @routes.post("/cash-reports/filed", status_code=201)
    def filed(body: FiledBody, who: Closer) -> dict[str, object]:
        """It was reported; that stands for ever."""
        with conflicts(acts.ComplianceError, code="not-filed"), desk.work() as work:
            try:
                acts.file_report(work, body.report, body.reference, by=who.user)
            except LookupError:
                found(None, f"report {body.report}")
            rows = queries.cash_reports(work.tx, desk.now_us())
        return told(next(each for each in rows if each.report.name == body.report))

    @routes.get("/purchases")
    def purchases(who: Reader) -> list[queries.Bought]:
        """Pieces taken in from the public, by calendar year, store and currency."""
        del who
        with desk.look() as work:
            return queries.bought(work.tx)

    @routes.get("/closings/{store}", dependencies=[allow(Permission.LEDGER)])
    def closings(store: str) -> dict[str, object]:
        """The chain of a store, newest first, and what is wrong with it."""
        with desk.look() as work:
            chain = queries.chain(work.tx, StoreId(store))
        return {
            "store": chain.store, "trouble": chain.trouble,
            "closings": [
                {**msgspec.to_builtins(each), "digest": digest}
                for each, digest in zip(chain.closings, chain.digests, strict=True)
            ],
        }  # fmt: skip

    @routes.get(
        "/closings/{store}/{number}/archive", response_class=StreamingResponse, dependencies=[allow(Permission.LEDGER)]
    )
    def archive(store: str, number: Number) -> StreamingResponse:
        """The closing with its Zs and all their receipts as they were written: JSON lines, the same whenever asked."""
        return archived(desk, store, number)

    return routes


def archived(desk: Desk, store: str, number: int) -> StreamingResponse:
    with desk.look() as work:
        chain = fiscal.closings(work.tx, StoreId(store))
        wanted = found(chain[number - 1] if number <= len(chain) else None, f"closing {number} of {store}")
    name = f"closing-{wanted.store}-{wanted.number}-{wanted.period}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(fiscal.archive(lambda: _reading(desk), wanted), media_type=NDJSON, headers=headers)


@contextmanager
def _reading(desk: Desk) -> Iterator[Tx]:
    with desk.look() as work:
        yield work.tx


def told(row: queries.ReportRow) -> dict[str, object]:
    """With its name and total, which are worked out."""
    report = row.report
    return {
        **msgspec.to_builtins(report), "name": report.name, "total_minor": report.total_minor, "client": report.client,
        "filed_us": row.filed_us, "filed_by": row.filed_by, "reference": row.reference,
    }  # fmt: skip
