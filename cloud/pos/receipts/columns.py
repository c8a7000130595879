"""The list of receipts, of sales and of what came back: what may be sorted and taken out."""

from collections.abc import Sequence

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import Names, listed, of_stores, when
from cloud.pos.receipts import paper
from cloud.pos.receipts.paper import FoundRow
from cloud.tables import refund, sale
from web.tables import Asked, Column, Listed, Money, arrange
from web.words import later


def of_receipts(
    tx: Tx, what: Asked, names: Names, found: Sequence[FoundRow], *, store: str
) -> Listed[FoundRow]:  # fmt: skip
    """`found` is what a number or a code names, where one was typed; else all, newest first."""
    columns: tuple[Column[FoundRow], ...] = (
        Column("receipt", later("Receipt"), lambda row: f"{row.till} / {row.number}"),
        Column("when", later("Recorded"), lambda row: when(row.recorded_us), shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("day", later("Day"), lambda row: row.business_day),
        Column("total", later("Total"), lambda row: Money(_signed(row), row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    choices = of_stores(names)
    if what.q.strip():
        return arrange(columns, found, what, choices, sought=True)
    told = ("store", "sale", "till", "receipt_number", "business_day", "currency", "total_minor", "recorded_us")
    parts = []
    for table, back in ((sale, 0), (refund, 1)):
        part = sa.select(*(table.c[name] for name in told), sa.literal_column(str(back)).label("back"))
        parts.append(part.where(table.c.store == store) if store else part)
    both = sa.union_all(*parts).subquery()
    of = both.c
    signed = sa.case((of.back == 1, -of.total_minor), else_=of.total_minor)
    by = {"receipt": of.receipt_number, "store": of.store, "day": of.business_day, "total": signed}
    newest = (of.recorded_us.desc(), of.store, of.till, of.receipt_number.desc(), of.back)
    return listed(
        tx, sa.select(both), columns, what, lambda row: paper.found_row(row, is_return=bool(row["back"])), by=by,
        first=newest, seeks=True, choices=choices,
    )  # fmt: skip


def _signed(row: FoundRow) -> int:
    return -row.total_minor if row.is_return else row.total_minor
