"""Postings of a sale and of what comes back: money, goods and commission, each in a posting of its own."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from cloud import costs, logs, parking, points
from cloud.db import Tx
from cloud.ledger import Kind, post
from cloud.logs import Name
from cloud.settlements import kept_of
from cloud.tables import refund_line, sale, terminal_payment
from cloud.work import Work
from contract.facts import AnyFact, ReturnRecorded, SaleRecorded, Stream, Tender
from contract.ids import Epoch, LineId, PaymentId, SaleId, StoreId
from trade.commission import Back, clawed_back, post_clawed_back, post_earned
from trade.posting import post_return, post_sale


class Known(NamedTuple):
    """A sale as its store recorded it."""

    store: StoreId
    fact: SaleRecorded


def sold(work: Work, store: StoreId, fact: SaleRecorded, *, at_us: int) -> None:
    """Raises `UnbalancedError`."""
    payments = [tender.payment for tender in fact.tenders if tender.payment]
    kept = kept_of(work, store, payments) if payments else set[PaymentId]()
    legs = post_sale(fact, terminals_of(work, store, fact.tenders), kept)
    day, ref = fact.business_day, str(fact.sale)
    post(work, legs, store=store, kind=Kind.SALE, ref=ref, business_day=day, at_us=at_us, sale=fact.sale)
    earned = post_earned(fact)
    post(work, earned, store=store, kind=Kind.COMMISSION, ref=ref, business_day=day, at_us=at_us, sale=fact.sale)
    costs.sold(work, store, fact.sale, fact.lines, fact.currency, ref=f"sale:{ref}", day=day, at_us=at_us)
    points.sold(work, store, fact, at_us=at_us)


def taken_back(work: Work, store: StoreId, fact: ReturnRecorded, *, ref: str, at_us: int) -> None:
    """`ref` is of this return alone. What was earned by the sale is taken back where it was earned.

    Raises `UnbalancedError`.
    """
    known = find_sale(work, fact.sale)
    lines = known.fact.lines if known is not None else ()
    came_back = [line for line in lines if line.line in set(fact.lines)]
    legs = post_return(fact, came_back, terminals_of(work, store, fact.tenders))
    day = fact.business_day
    post(work, legs, store=store, kind=Kind.RETURN, ref=ref, business_day=day, at_us=at_us, sale=fact.sale)
    costs.rested(work, store, fact.pieces, ref=f"return:{ref}", day=day, at_us=at_us, sale=fact.sale)
    if known is not None:
        taken = clawed_back(known.fact, _backs(work, known.fact, fact))
        legs = post_clawed_back(taken, fact.currency, fact.sale)
        whose, of = known.store, f"return:{ref}"
        post(work, legs, store=whose, kind=Kind.COMMISSION, ref=of, business_day=day, at_us=at_us, sale=fact.sale)
        points.came_back(work, known.store, known.fact, ref=of, business_day=day, at_us=at_us)


def _backs(work: Work, sold: SaleRecorded, fact: ReturnRecorded) -> dict[LineId, Back]:
    """Less tax, of each line of this return; the sale's noun has stored this return's parts already."""
    nets = {line.line: line.gross_minor - line.tax_minor for line in sold.lines}
    if not fact.parts:
        return {line: Back(0, nets[line]) for line in fact.lines if line in nets}
    work.tx.settle()
    net = sa.func.sum(refund_line.c.gross_minor - refund_line.c.tax_minor).label("net")
    query = sa.select(refund_line.c.line, net).where(refund_line.c.sale == fact.sale).group_by(refund_line.c.line)
    together = {row["line"]: int(row["net"]) for row in work.tx.rows(query)}
    now = {part.line: part.gross_minor - part.tax_minor for part in fact.parts}
    return {line: Back(max(0, together.get(line, amount) - amount), amount) for line, amount in now.items()}


def terminals_of(work: Work, store: StoreId, tenders: Iterable[Tender]) -> dict[PaymentId, str]:
    """Which terminal took each payment, as far as its store told."""
    named = [tender.payment for tender in tenders if tender.payment]
    mine = (terminal_payment.c.store == store, terminal_payment.c.payment.in_(named))
    query = sa.select(terminal_payment.c.payment, terminal_payment.c.terminal).where(*mine)
    return {PaymentId(row["payment"]): row["terminal"] for row in work.tx.rows(query)} if named else {}


def find_sale(work: Work, wanted: SaleId) -> Known | None:
    """The row of a sale, wherever it was recorded; None: nobody told us of it yet."""
    of = (sale.c.store, sale.c.epoch, sale.c.seq)
    for row in work.tx.rows(sa.select(*of).where(sale.c.sale == wanted).order_by(sale.c.recorded_us)):
        store = StoreId(row["store"])
        fact = as_recorded(work, Name(store, Epoch(row["epoch"]), Stream.TRADE), row["seq"], wanted)
        if fact is not None:
            return Known(store, fact)
    return None


def as_recorded(work: Work, log: Name, seq: int, wanted: SaleId) -> SaleRecorded | None:
    """The sale's own row: of the log, or one of those that came late to its place."""
    found = (each for each in facts_at(work.tx, log, seq) if isinstance(each, SaleRecorded) and each.sale == wanted)
    return next(found, None)


def facts_at(tx: Tx, log: Name, seq: int) -> Iterator[AnyFact]:
    """What we were ever told in this place of a log, and understand."""
    for body in logs.bodies_at(tx, log, seq):
        read = parking.read_row(log.store, log.stream, seq, body)
        yield from read.entry.facts if read.entry is not None else ()
