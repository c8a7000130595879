"""The columns of the reports' tables, as they are shown and taken out."""

from collections.abc import Mapping

from cloud.pos.reports.accuracy import Counted
from cloud.pos.reports.flow import Flow
from cloud.pos.reports.stock import Held, Oldest
from web.tables import Column, Money
from web.words import Words, later


def of_flow(key: Words, names: Mapping[str, str], *, with_cost: bool) -> tuple[Column[Flow], ...]:
    """`key`: what the report is divided by; `names`: what its keys are called, where they have a name."""
    costs: tuple[Column[Flow], ...] = (
        Column("cost", later("Cost"), lambda row: Money(row.cost_minor, row.currency), number=True),
        Column("margin", later("Margin"), lambda row: Money(row.margin_minor, row.currency), number=True),
        Column("rate", later("Margin %"), lambda row: _percent(row.margin), number=True),
    )
    return (
        Column("key", key, lambda row: names.get(row.key, row.key)),
        Column("sales", later("Sales"), lambda row: row.sales, number=True),
        Column("pieces", later("Pieces"), lambda row: row.pieces, number=True),
        Column("average", later("Average sale"), lambda row: Money(row.average_minor, row.currency), number=True),
        Column("discount", later("Discount"), lambda row: _percent(row.discount), number=True),
        Column("back", later("Given back"), lambda row: Money(row.back_minor, row.currency), number=True),
        Column("net", later("Net sales"), lambda row: Money(row.net_minor, row.currency), number=True),
        *(costs if with_cost else ()),
        Column("gross", later("Gross"), lambda row: Money(row.gross_minor, row.currency), shown=False),
        Column("tax", later("Tax"), lambda row: Money(row.tax_minor - row.back_tax_minor, row.currency), shown=False),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )


def of_stock(sold: Mapping[tuple[str, str], Flow], *, with_cost: bool) -> tuple[Column[Held], ...]:
    """`sold`: of the last year, by category and currency."""
    costs: tuple[Column[Held], ...] = (
        Column("cost", later("At cost"), lambda row: Money(row.cost_minor, row.currency), number=True),
        Column("turnover", later("Turns a year"), lambda row: turns(row, sold), number=True),
    )
    return (
        Column("category", later("Category"), lambda row: row.category),
        Column("pieces", later("Pieces"), lambda row: row.pieces, number=True),
        Column("price", later("At list price"), lambda row: Money(row.price_minor, row.currency), number=True),
        *(costs if with_cost else ()),
        Column("sold", later("Sold in a year"), lambda row: _sold(row, sold), number=True),
        Column("through", later("Sell-through"), lambda row: _percent(through(row, sold)), number=True),
        Column("old", later("Over a year"), lambda row: row.old, number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )


def _sold(row: Held, sold: Mapping[tuple[str, str], Flow]) -> int:
    flow = sold.get((row.category, row.currency))
    return flow.pieces if flow else 0


def through(row: Held, sold: Mapping[tuple[str, str], Flow]) -> float | None:
    """Sold in a year, of what was sold and what is here."""
    both = _sold(row, sold) + row.pieces
    return _sold(row, sold) / both if both else None


def turns(row: Held, sold: Mapping[tuple[str, str], Flow]) -> float | None:
    """Cost of a year's sales over the cost of what is here now; None while costs are not known."""
    flow = sold.get((row.category, row.currency))
    return round(flow.cost_minor / row.cost_minor, 2) if flow and flow.cost_minor and row.cost_minor else None


def of_oldest(names: Mapping[str, str]) -> tuple[Column[Oldest], ...]:
    return (
        Column("title", later("Piece"), lambda row: row.title),
        Column("sku", later("Article"), lambda row: row.sku, shown=False),
        Column("category", later("Category"), lambda row: row.category),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("days", later("Days here"), lambda row: row.days, number=True),
        Column("price", later("Price"), lambda row: Money(row.price_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )


def of_counts(names: Mapping[str, str]) -> tuple[Column[Counted], ...]:
    return (
        Column("day", later("Day"), lambda row: row.day),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("place", later("Of"), lambda row: row.place),
        Column("expected", later("Expected"), lambda row: row.expected, number=True),
        Column("found", later("Found"), lambda row: row.found, number=True),
        Column("accuracy", later("Accuracy"), lambda row: _percent(row.accuracy), number=True),
        Column("missing", later("Missing"), lambda row: row.missing, number=True),
        Column("value", later("Worth"), lambda row: Money(row.missing_minor, row.currency), number=True),
        Column("took", later("Took, min"), lambda row: round(row.took_s / 60, 1), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )


def _percent(part: float | None) -> float | None:
    return None if part is None else round(part * 100, 2)
