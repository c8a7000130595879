"""Cash that has to be reported, what was bought from the public, and the fiscal closings."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import aliases, fiscal
from cloud.db import Tx
from cloud.ledger import OF_ITS_POSTING, Kind
from cloud.tables import cash_report, ledger_line, posting, sale, sale_line, sale_tender
from contract.facts import LineKind, TenderKind
from contract.ids import AccountId, PersonId, SaleId, StoreId
from trade.accounts import Account
from trade.cash_reports import RULES, CashPaid, CashReport, CashRule, reports
from trade.fiscal import Closing, digest

decode: Final = msgspec.json.Decoder(CashReport).decode
LOOK_BACK_US: Final = 2 * 366 * 86_400_000_000
"""Twice as long as payments add up, so that no report loses its beginning."""
PURCHASE_THRESHOLDS: Final = {"USD": 5_000_000}
"""Of a calendar year and the whole house: above it a US retailer is a dealer with a written programme (31 CFR 1027.100,
1027.210).
"""


@dataclass(frozen=True, slots=True)
class ReportRow:
    report: CashReport
    filed_us: int = 0
    filed_by: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Bought:
    """Taken in from the public in a year, by store: how many trade-ins and purchases, and what was given for them."""

    year: str
    store: str
    currency: str
    number: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BoughtYear:
    """Of the whole house; `over_minor` is the threshold of its currency, 0: we know none."""

    year: str
    currency: str
    number: int
    amount_minor: int
    over_minor: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The closings of a store, newest first, with their digests; `trouble`: what is wrong with the chain."""

    store: str
    closings: list[Closing]
    digests: list[str]
    trouble: str


def cash_reports(tx: Tx, now_us: int) -> list[ReportRow]:
    """Those not filed first, each by the day it is due; those that were filed as they were then."""
    filed = {row["name"]: row for row in tx.rows(sa.select(cash_report))}
    frozen = {name: decode(row["body"]) for name, row in filed.items() if row["body"]}
    found = [_filed(report, filed[name]) for name, report in frozen.items()]
    for rule in RULES:
        mine = [each for each in frozen.values() if (each.rule, each.currency) == (rule.name, rule.currency)]
        for report in reports(rule, _paid(tx, rule, now_us - LOOK_BACK_US), mine):
            row = filed.get(report.name)  # filed before reports were kept as they were
            found.append(ReportRow(report) if row is None else _filed(report, row))
    return sorted(found, key=lambda each: (each.filed_us > 0, each.report.due_us, each.report.name))


def _filed(report: CashReport, row: sa.RowMapping) -> ReportRow:
    return ReportRow(report, row["at_us"], row["by"], row["reference"])


def _paid(tx: Tx, rule: CashRule, since_us: int) -> list[CashPaid]:
    """Cash of sales in this currency that could be part of a report: of somebody named, for a thing, or large alone."""
    things: dict[tuple[str, str], list[AccountId]] = defaultdict(list)
    for table, kind in ((sale_line, LineKind.DEPOSIT), (sale_tender, TenderKind.DEPOSIT)):
        those = sa.select(table.c.store, table.c.sale, table.c.account).where(
            table.c.kind == kind, table.c.account != ""
        )
        for row in tx.rows(those):
            things[row["store"], row["sale"]].append(AccountId(row["account"]))
    cash = sa.func.sum(sale_tender.c.amount_minor)
    mine = (sale.c.store == sale_tender.c.store) & (sale.c.sale == sale_tender.c.sale)
    query = (
        sa.select(sale.c.store, sale.c.sale, sale.c.client, sale.c.recorded_us, cash.label("cash"))
        .join(sale_tender, mine)
        .where(sale_tender.c.kind == TenderKind.CASH, sale.c.currency == rule.currency, sale.c.recorded_us >= since_us)
        .group_by(sale.c.store, sale.c.sale, sale.c.client, sale.c.recorded_us)
        .having(cash > 0)
    )
    rows = tx.rows(query)
    head = aliases.heads(tx, [row["client"] for row in rows if row["client"]])
    return [
        CashPaid(
            store=StoreId(row["store"]), sale=SaleId(row["sale"]), client=head.get(row["client"], PersonId("")),
            amount_minor=int(row["cash"]), at_us=row["recorded_us"],
            things=tuple(things.get((row["store"], row["sale"]), ())),
        )
        for row in rows
        if row["client"] or row["cash"] > rule.over_minor or (row["store"], row["sale"]) in things
    ]  # fmt: skip


def bought(tx: Tx) -> list[Bought]:
    """Newest year first: what the ledger posted as taken in from the public."""
    rows = tx.rows(
        sa.select(posting.c.store, posting.c.at_us, ledger_line.c.currency, ledger_line.c.amount_minor)
        .join(ledger_line, OF_ITS_POSTING)
        .where(
            sa.or_(
                sa.and_(posting.c.kind == Kind.TRADE_IN, ledger_line.c.account == Account.TRADE_IN_PAYABLE),
                sa.and_(posting.c.kind == Kind.PURCHASE, ledger_line.c.account == Account.GOODS_RECEIVED),
            )
        )
    )
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        year = str(dt.datetime.fromtimestamp(row["at_us"] / 1e6, dt.UTC).year)
        kept = sums[year, row["store"], row["currency"]]
        kept[0] += 1
        kept[1] += abs(row["amount_minor"])
    return [
        Bought(year, store, currency, number, amount)
        for (year, store, currency), (number, amount) in sorted(
            sums.items(), key=lambda each: (-int(each[0][0]), each[0])
        )
    ]


def bought_years(rows: list[Bought]) -> list[BoughtYear]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.year, row.currency][0] += row.number
        sums[row.year, row.currency][1] += row.amount_minor
    return [
        BoughtYear(year, currency, number, amount, PURCHASE_THRESHOLDS.get(currency, 0))
        for (year, currency), (number, amount) in sorted(sums.items(), key=lambda each: (-int(each[0][0]), each[0]))
    ]


def chain(tx: Tx, of: StoreId) -> Chain:
    rows = list(reversed(fiscal.closings(tx, of)))
    return Chain(of, rows, [digest(each) for each in rows], fiscal.trouble(tx, of))
