"""Sales, newest first, with lines, tenders and what came back."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import refund, returned_line, sale, sale_line, sale_tender


@dataclass(frozen=True, slots=True)
class SaleRow:
    store: str
    sale: str
    till: str
    receipt_number: int
    business_day: str
    associate: str
    currency: str
    total_minor: int
    tax_minor: int
    state: str
    pad_verdict: str
    exemption: str
    approved_by: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class LineRow:
    line: str
    kind: str
    description: str
    piece: str
    quantity_milli: int
    list_price_minor: int
    discount_minor: int
    promotion: str
    promotion_minor: int
    approved_by: str
    scheme: str
    gross_minor: int
    tax_bp: int
    tax_minor: int
    returned: bool


@dataclass(frozen=True, slots=True)
class TenderRow:
    kind: str
    amount_minor: int
    change_minor: int
    payment: str
    reference: str


@dataclass(frozen=True, slots=True)
class RefundRow:
    store: str
    till: str
    receipt_number: int
    business_day: str
    currency: str
    total_minor: int
    reason: str
    approved_by: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class SaleDetail:
    row: SaleRow
    client: str
    shift: str
    lines: list[LineRow]
    tenders: list[TenderRow]
    refunds: list[RefundRow]


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Per store, business day and currency; refunds are positive and not taken off."""

    store: str
    business_day: str
    currency: str
    sales: int
    total_minor: int


def listing(tx: Tx, *, store: str = "", state: str = "", business_day: str = "", limit: int = 50) -> list[SaleRow]:
    query = sa.select(sale).order_by(sale.c.recorded_us.desc(), sale.c.sale).limit(limit)
    for column, wanted in ((sale.c.store, store), (sale.c.state, state), (sale.c.business_day, business_day)):
        if wanted:
            query = query.where(column == wanted)
    return [SaleRow(**{name: row[name] for name in SaleRow.__dataclass_fields__}) for row in tx.rows(query)]


def detail(tx: Tx, store: str, wanted: str) -> SaleDetail | None:
    row = tx.row(sa.select(sale).where(sale.c.store == store, sale.c.sale == wanted))
    if row is None:
        return None
    back = sa.select(returned_line.c.line).where(returned_line.c.sale == wanted)
    returned = {each["line"] for each in tx.rows(back)}
    lines = tx.rows(sa.select(sale_line).where(sale_line.c.store == store, sale_line.c.sale == wanted))
    tenders = sa.select(sale_tender).where(sale_tender.c.store == store, sale_tender.c.sale == wanted)
    refunds = sa.select(refund).where(refund.c.sale == wanted).order_by(refund.c.recorded_us)
    told = [name for name in LineRow.__dataclass_fields__ if name != "returned"]
    return SaleDetail(
        row=SaleRow(**{name: row[name] for name in SaleRow.__dataclass_fields__}),
        client=row["client"],
        shift=row["shift"],
        lines=[
            LineRow(**{name: each[name] for name in told}, returned=each["line"] in returned)
            for each in sorted(lines, key=lambda each: str(each["line"]))
        ],
        tenders=[
            TenderRow(**{name: each[name] for name in TenderRow.__dataclass_fields__})
            for each in tx.rows(tenders.order_by(sale_tender.c.n))
        ],
        refunds=[
            RefundRow(**{name: each[name] for name in RefundRow.__dataclass_fields__}) for each in tx.rows(refunds)
        ],
    )


def by_day(tx: Tx, *, limit: int = 30) -> list[DayTotal]:
    """Newest business days first."""
    query = (
        sa.select(
            sale.c.store, sale.c.business_day, sale.c.currency, sa.func.count().label("sales"),
            sa.func.sum(sale.c.total_minor).label("total_minor"),
        )
        .group_by(sale.c.store, sale.c.business_day, sale.c.currency)
        .order_by(sale.c.business_day.desc(), sale.c.store)
        .limit(limit)
    )  # fmt: skip
    return [
        DayTotal(
            store=row["store"],
            business_day=row["business_day"],
            currency=row["currency"],
            sales=row["sales"],
            total_minor=int(row["total_minor"]),
        )
        for row in tx.rows(query)
    ]
