"""Pages of reports: each a question, a chart, its table, and the table as a file. For who may see the ledger."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.listing import listed, of_stores
from cloud.pos.reports import accuracy, columns, flow, sold, span, stock
from cloud.pos.reports.flow import By
from cloud.pos.reports.looking import Looking, Tiers, looking
from cloud.pos.reports.span import Span
from cloud.pos.reports.words import brief, brief_number, step_name
from contract.feed import Permission
from web import charts, tables
from web.logins import Login
from web.policy import allow

Reader = Annotated[Login, allow(Permission.LEDGER)]


def router(desk: Desk, tiers: Tiers, time_zone: str) -> APIRouter:
    routes, zone = APIRouter(prefix="/reports", include_in_schema=False), ZoneInfo(time_zone)

    def today() -> dt.date:
        return dt.datetime.fromtimestamp(desk.now_us() / 1e6, zone).date()

    @routes.get("")
    def sales(request: Request, who: Reader, by: By = By.TIME) -> Response:
        with desk.look() as work:
            return sold.page(looking(request, work.tx, who, today()), by, tiers(work.tx))

    @routes.get("/stock")
    def lying(request: Request, who: Reader) -> Response:
        with desk.look() as work:
            return _stock(looking(request, work.tx, who, today()), work.now_us)

    @routes.get("/stock/oldest")
    def oldest(request: Request, who: Reader) -> Response:
        with desk.look() as work:
            return _oldest(looking(request, work.tx, who, today()), work.now_us)

    @routes.get("/counts")
    def counts(request: Request, who: Reader) -> Response:
        with desk.look() as work:
            return _counts(looking(request, work.tx, who, today()), zone)

    return routes


def _stock(asks: Looking, now_us: int) -> Response:
    rows = stock.held(asks.tx, asks.at, now_us)
    year = Span(asks.today - dt.timedelta(days=stock.A_YEAR - 1), asks.today)
    gone = {(row.key, row.currency): row for row in flow.flows(asks.tx, year, By.CATEGORY, stores=asks.at)}
    costed = asks.with_cost and any(row.cost_minor for row in rows)
    currencies = list(dict.fromkeys(row.currency for row in rows))
    currency = asks.currency if asks.currency in currencies else next(iter(currencies), "")
    table = asks.table(columns.of_stock(gone, with_cost=costed), rows, currencies=currencies, currency=currency)
    if asks.what.csv:
        return tables.taken_out(table, "stock")
    ages = [each for each in stock.ages(asks.tx, asks.at, now_us) if each.currency == currency]
    mine = [row for row in rows if row.currency == currency]
    return asks.render(
        "reports/stock.html", table=table, ages=ages, currency=currency, sold=gone,
        chart=charts.columns(
            [each.price_minor for each in ages], [each.name for each in ages], lambda minor: brief(minor, currency)
        ),
        through=columns.through, turns=columns.turns, pieces=sum(row.pieces for row in mine),
        price=sum(row.price_minor for row in mine), old=sum(row.old for row in mine),
        cost=sum(row.cost_minor for row in mine), costed=sum(row.costed for row in mine),
        gone=sum(row.pieces for (_, of), row in gone.items() if of == currency),
    )  # fmt: skip


def _oldest(asks: Looking, now_us: int) -> Response:
    query, since = stock.oldest(asks.at)
    of = query.selected_columns

    def make(row: Any) -> stock.Oldest:
        days = (now_us - row["since_us"]) // stock.DAY_US
        kept = ("piece", "title", "sku", "category", "store", "price_minor", "currency")
        return stock.Oldest(days=days, **{name: row[name] for name in kept})

    mine = {name: title for name, title in called.stores(asks.tx).items() if name in asks.stores}
    by = {"title": of.title, "category": of.category, "store": of.store, "days": -since, "price": of.price_minor}
    table = listed(
        asks.tx, query, columns.of_oldest(called.stores(asks.tx)), asks.what, make, by=by, first=(since, of.piece),
        seek=(of.title, of.sku, of.category), choices=of_stores(mine),
    )  # fmt: skip
    if asks.what.csv:
        return tables.taken_out(table, "oldest-pieces")
    return asks.render("reports/oldest.html", table=table)


def _counts(asks: Looking, zone: ZoneInfo) -> Response:
    rows = accuracy.counted(asks.tx, asks.span, asks.at, zone)
    table = asks.table(columns.of_counts(called.stores(asks.tx)), rows, days=True)
    if asks.what.csv:
        return tables.taken_out(table, "counts")
    grain, steps, gone = asks.span.grain, asks.span.steps(), dict[str, int]()
    for row in rows:
        step = span.start_of(span.as_day(row.day), grain).isoformat()
        gone[step] = gone.get(step, 0) + row.missing
    chart = charts.columns(
        [gone.get(step, 0) for step in steps], [step_name(step, grain) for step in steps], brief_number
    )
    expected, found = sum(row.expected for row in rows), sum(min(row.found, row.expected) for row in rows)
    return asks.render(
        "reports/counts.html", table=table, chart=chart, number=len(rows), missing=sum(row.missing for row in rows),
        accuracy=found / expected if expected else None, worth=_worth(rows),
    )  # fmt: skip


def _worth(rows: Sequence[accuracy.Counted]) -> list[tuple[str, int]]:
    """Of what was missing, by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        if row.missing_minor:
            sums[row.currency] = sums.get(row.currency, 0) + row.missing_minor
    return sorted(sums.items(), key=lambda each: -each[1])
