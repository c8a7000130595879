"""The report of what was sold, over time or divided by one thing."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.pos.reports import columns, flow
from cloud.pos.reports.flow import By, Flow
from cloud.pos.reports.looking import Looking
from cloud.pos.reports.span import Span, as_day
from cloud.pos.reports.words import brief, step_name
from web import charts, tables
from web.words import _, later

KEYS: Final = {
    By.TIME: later("From"), By.STORE: later("Store"), By.CATEGORY: later("Category"), By.METAL: later("Metal"),
    By.ASSOCIATE: later("Associate"), By.TIER: later("Tier"),
}  # fmt: skip


def page(asks: Looking, by: By, tiers: Sequence[str]) -> Response:
    days = flow.flows(asks.tx, asks.span, By.TIME, stores=asks.at)
    currencies, currency = asks.currency_of(days)
    days = [row for row in days if row.currency == currency]
    nothing = Flow("", currency)
    whole = flow.together(days).get(currency, nothing)
    steps = flow.by_step(days, asks.span.grain)
    rows = _over_time(asks.span, steps, currency) if by is By.TIME else _divided(asks, by, currency)
    names = {**_names(asks.tx, by, tiers), "": _("No client named") if by is By.TIER else _("Not said")}
    with_cost = asks.with_cost and bool(whole.cost_minor)
    told = columns.of_flow(KEYS[by], names, with_cost=with_cost)
    table = asks.table(told, rows, days=True, currencies=currencies, currency=currency)
    if asks.what.csv:
        return tables.taken_out(table, f"sales-by-{by}")
    earlier = [
        row
        for row in flow.flows(asks.tx, asks.span.before, By.TIME, stores=asks.at)
        if row.currency == currency
    ]  # fmt: skip
    return asks.render(
        "reports/sales.html", by=by, keys=KEYS, table=table, chart=_chart(asks.span, steps, earlier, currency),
        whole=whole, was=flow.together(earlier).get(currency, nothing), currency=currency, called=names,
        top=max((row.net_minor for row in rows), default=0) or 1, compared=bool(earlier),
    )  # fmt: skip


def _over_time(span: Span, steps: Sequence[Flow], currency: str) -> list[Flow]:
    """Every column, also those of nothing."""
    found = {row.key: row for row in steps}
    return [found.get(step, Flow(step, currency)) for step in span.steps()]


def _divided(asks: Looking, by: By, currency: str) -> list[Flow]:
    rows = (row for row in flow.flows(asks.tx, asks.span, by, stores=asks.at) if row.currency == currency)
    return sorted(rows, key=lambda each: -each.net_minor)


def _chart(span: Span, steps: Sequence[Flow], earlier: Sequence[Flow], currency: str) -> charts.Columns:
    """The days before stand behind, moved by as many days as they are earlier."""
    now = [row.net_minor for row in _over_time(span, steps, currency)]
    offset = span.first - span.before.first
    moved = [Flow((as_day(row.key) + offset).isoformat(), currency, gross_minor=row.net_minor) for row in earlier]
    before = _over_time(span, flow.by_step(moved, span.grain), currency)
    names = [step_name(step, span.grain) for step in span.steps()]
    behind = [row.net_minor for row in before] if earlier else []
    return charts.columns(now, names, lambda minor: brief(minor, currency), before=behind)


def _names(tx: Tx, by: By, tiers: Sequence[str]) -> dict[str, str]:
    if by is By.STORE:
        return called.stores(tx)
    if by is By.ASSOCIATE:
        return called.people(tx)
    return {str(at): name for at, name in enumerate(tiers, 1)} | {"0": _("No tier")} if by is By.TIER else {}
