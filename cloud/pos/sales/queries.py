"""Sales, newest first; one of them with all its parts."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.sales import parts
from cloud.tables import sale
from contract.facts import SaleRecorded


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
class ShareRow:
    """A part of the commission, in basis points of the sale."""

    associate: str
    share_bp: int
    commission_minor: int


@dataclass(frozen=True, slots=True)
class SaleDetail:
    """A sale whole. `gift`: a receipt without prices was asked for with it."""

    row: SaleRow
    client: str
    shift: str
    gift: bool
    shares: list[ShareRow]
    lines: list[parts.LineRow]
    tenders: list[parts.TenderRow]
    refunds: list[parts.RefundRow]
    card_refunds: list[parts.CardRefundRow]


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
    return [row_of(row) for row in tx.rows(query)]


def row_of(row: sa.RowMapping) -> SaleRow:
    return SaleRow(**{name: row[name] for name in SaleRow.__dataclass_fields__})


def detail(tx: Tx, store: str, wanted: str) -> SaleDetail | None:
    row = tx.row(sa.select(sale).where(sale.c.store == store, sale.c.sale == wanted))
    if row is None:
        return None
    fact = parts.told(tx, row, SaleRecorded)
    return SaleDetail(
        row=row_of(row),
        client=row["client"],
        shift=row["shift"],
        gift=fact is not None and fact.gift,
        shares=[
            ShareRow(associate=each.associate, share_bp=each.share_bp, commission_minor=each.commission_minor)
            for each in (fact.shares if fact is not None else ())
        ],
        lines=parts.lines(tx, store, wanted, fact),
        tenders=parts.tenders(tx, store, wanted),
        refunds=parts.refunds(tx, wanted),
        card_refunds=parts.card_refunds(tx, wanted),
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
