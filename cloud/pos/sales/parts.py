"""The parts of a sale: lines with their taxes and what came back of them, tenders, returns, money to cards.

Taxes by code, and the tenders of a return, are read from the rows the store sent: they stand in no table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from cloud import postings
from cloud.db import Tx
from cloud.logs import Name
from cloud.tables import card_refund, refund, refund_line, returned_line, sale_line, sale_tender
from contract.facts import Fact, ReturnRecorded, SaleLine, SaleRecorded, Stream, Tender
from contract.ids import Epoch, StoreId
from trade.shift import taxes_of

Row = Mapping[str, object] | sa.RowMapping
Of = TypeVar("Of", SaleRecorded, ReturnRecorded)


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One tax of a line. `code` is empty in sales of the first release."""

    code: str
    rate_bp: int
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class BackRow:
    """What one return brought back of a line; `quantity_milli` 0: money alone."""

    store: str
    till: str
    receipt_number: int
    business_day: str
    quantity_milli: int
    gross_minor: int
    tax_minor: int
    disposition: str


@dataclass(frozen=True, slots=True)
class LineRow:
    line: str
    kind: str
    description: str
    piece: str
    quantity_milli: int
    unit: str
    list_price_minor: int
    discount_minor: int
    promotion: str
    promotion_minor: int
    approved_by: str
    scheme: str
    gross_minor: int
    tax_bp: int
    tax_minor: int
    goods: str
    account: str
    returned: bool
    taxes: list[TaxRow]
    back: list[BackRow]


@dataclass(frozen=True, slots=True)
class TenderRow:
    """`amount_minor` in the sale's currency; `foreign_…` only of cash in another, at `rate_e9` (× 10⁹)."""

    kind: str
    amount_minor: int
    change_minor: int
    payment: str
    reference: str
    rounding_minor: int
    account: str
    foreign_currency: str
    foreign_minor: int
    rate_e9: int
    rate_source: str
    quoted_us: int


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A return of the sale. `exchange`: the sale that its value paid for; `override`: why no pad read it."""

    store: str
    till: str
    receipt_number: int
    business_day: str
    currency: str
    total_minor: int
    tax_minor: int
    reason: str
    approved_by: str
    returns: str
    override: str
    exchange: str
    recorded_us: int
    tenders: list[TenderRow]


@dataclass(frozen=True, slots=True)
class CardRefundRow:
    """Money to a card at a terminal, as the terminal said."""

    store: str
    refund: str
    payment: str
    terminal: str
    state: str
    amount_minor: int
    refunded_minor: int
    currency: str
    refund_reference: str
    why: str
    at_us: int


def lines(tx: Tx, store: str, wanted: str, fact: SaleRecorded | None) -> list[LineRow]:
    """In the order of the receipt."""
    mine = sa.select(sale_line).where(sale_line.c.store == store, sale_line.c.sale == wanted)
    gone = {row["line"] for row in tx.rows(sa.select(returned_line.c.line).where(returned_line.c.sale == wanted))}
    back = _back(tx, wanted)
    said = {line.line: line for line in fact.lines} if fact is not None else {}
    order = {name: at for at, name in enumerate(said)}
    return [
        LineRow(
            **_values(row, LineRow, "returned", "taxes", "back"), returned=row["line"] in gone,
            taxes=_taxes(said.get(row["line"])), back=back.get(row["line"], []),
        )
        for row in sorted(tx.rows(mine), key=lambda row: (order.get(row["line"], len(order)), str(row["line"])))
    ]  # fmt: skip


def tenders(tx: Tx, store: str, wanted: str) -> list[TenderRow]:
    mine = sa.select(sale_tender).where(sale_tender.c.store == store, sale_tender.c.sale == wanted)
    return [TenderRow(**_values(row, TenderRow)) for row in tx.rows(mine.order_by(sale_tender.c.n))]


def refunds(tx: Tx, wanted: str) -> list[RefundRow]:
    """At whatever store, oldest first."""
    found = []
    for row in tx.rows(sa.select(refund).where(refund.c.sale == wanted).order_by(refund.c.recorded_us)):
        fact = told(tx, row, ReturnRecorded)
        paid = [_tender(each) for each in fact.tenders] if fact is not None else []
        found.append(RefundRow(**_values(row, RefundRow, "tenders"), tenders=paid))
    return found


def card_refunds(tx: Tx, wanted: str) -> list[CardRefundRow]:
    mine = sa.select(card_refund).where(card_refund.c.sale == wanted).order_by(card_refund.c.at_us)
    return [CardRefundRow(**_values(row, CardRefundRow)) for row in tx.rows(mine)]


def told(tx: Tx, row: sa.RowMapping, kind: type[Of]) -> Of | None:
    """The fact behind a row of `sale` or `refund`, as its store sent it; None: its log is not here."""
    log = Name(StoreId(row["store"]), Epoch(row["epoch"]), Stream.TRADE)
    return next((fact for fact in _facts(tx, log, row["seq"], kind) if fact.sale == row["sale"]), None)


def _facts(tx: Tx, log: Name, seq: int, kind: type[Of]) -> Iterator[Of]:
    fact: Fact
    for fact in postings.facts_at(tx, log, seq):
        if isinstance(fact, kind):
            yield fact


def _back(tx: Tx, wanted: str) -> dict[str, list[BackRow]]:
    """By line, oldest first."""
    of = (refund.c.till, refund.c.receipt_number, refund.c.business_day)
    same = [refund_line.c[name] == refund.c[name] for name in ("store", "epoch", "seq")]
    query = sa.select(refund_line, *of).join(refund, sa.and_(*same)).where(refund_line.c.sale == wanted)
    found: dict[str, list[BackRow]] = {}
    for row in tx.rows(query.order_by(refund.c.recorded_us)):
        found.setdefault(row["line"], []).append(BackRow(**_values(row, BackRow)))
    return found


def _taxes(line: SaleLine | None) -> list[TaxRow]:
    if line is None:
        return []
    return [
        TaxRow(code=tax.code, rate_bp=tax.rate_bp, base_minor=tax.base_minor, tax_minor=tax.tax_minor)
        for tax in taxes_of(line)
    ]


def _tender(tender: Tender) -> TenderRow:
    said = tender.conversion
    return TenderRow(
        kind=tender.kind, amount_minor=tender.amount_minor, change_minor=tender.change_minor, payment=tender.payment,
        reference=tender.reference, rounding_minor=tender.rounding_minor, account=tender.account,
        foreign_currency=said.currency if said else "", foreign_minor=said.amount_minor if said else 0,
        rate_e9=said.rate_e9 if said else 0, rate_source=said.source if said else "",
        quoted_us=said.quoted_us if said else 0,
    )  # fmt: skip


def _values(row: sa.RowMapping, of: type[Any], *but: str) -> dict[str, Any]:
    return {name: row[name] for name in of.__dataclass_fields__ if name not in but}
