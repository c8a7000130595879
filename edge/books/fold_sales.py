"""The fold of money that comes in: sales, payments, receipt counters."""

from typing import Final

import msgspec

from contract.facts import SaleLine, SaleRecorded, SaleShared, Share, Tender
from contract.ids import Epoch, SaleId, TillId, UserId
from edge.books import fold_receipts as receipts
from edge.books import fold_value as value
from edge.books.db import Database
from edge.books.fold_custody import sell
from edge.books.fold_shifts import count_receipt
from edge.books.rows import Body
from trade import payment as payments
from trade.payment import Payment, PaymentFact
from trade.sale import Sale, SaleFact, SaleState, apply

RECEIPTS: Final = "receipt"

_encode_line: Final = msgspec.json.Encoder(order="deterministic").encode
_decode_line: Final = msgspec.json.Decoder(SaleLine).decode


class _SaleHead(msgspec.Struct, frozen=True, kw_only=True):
    sale: SaleId
    till: TillId
    associate: UserId
    currency: str
    state: SaleState
    opened_us: int
    exemption: str
    business_day: str


def load_sale(db: Database, sale: SaleId) -> Sale | None:
    """The sale with its lines, as `trade` knows it."""
    head = db.one("sale", _SaleHead, sale=sale)
    if head is None:
        return None
    shares = tuple(db.rows("shares", Share, sale=sale))
    return Sale(**msgspec.structs.asdict(head), lines=tuple(load_lines(db, sale)), shares=shares)


def load_lines(db: Database, sale: SaleId) -> list[SaleLine]:
    """In the order they were added."""
    return [_decode_line(row.body) for row in db.rows("lines", Body, sale=sale)]


def sale_changed(db: Database, fact: SaleFact, at_us: int, epoch: Epoch, seq: int) -> None:
    """Any fact of a sale's life before and at its recording."""
    sale = apply(load_sale(db, fact.sale), fact, at_us)
    db.run(
        "sale_set",
        sale=sale.sale,
        till=sale.till,
        associate=sale.associate,
        currency=sale.currency,
        state=sale.state,
        opened_us=sale.opened_us,
        total_minor=sale.total_minor,
        tax_minor=sale.tax_minor,
        exemption=sale.exemption,
    )
    db.run("lines_drop", sale=sale.sale)
    for position, line in enumerate(sale.lines):
        body = _encode_line(line)
        db.run("line_add", sale=sale.sale, position=position, line=line.line, piece=line.piece, body=body)
    if isinstance(fact, SaleShared | SaleRecorded):
        db.run("shares_drop", sale=sale.sale)
        for position, share in enumerate(sale.shares):
            db.run_struct("share_add", share, sale=sale.sale, position=position)
    if isinstance(fact, SaleRecorded):
        _recorded(db, fact, at_us, epoch, seq)


def payment_changed(db: Database, fact: PaymentFact, at_us: int) -> None:
    """Any fact of a payment at a terminal."""
    known = db.one("payment", Payment, payment=fact.payment)
    db.run_struct("payment_set", payments.apply(known, fact, at_us))


def _recorded(db: Database, fact: SaleRecorded, at_us: int, epoch: Epoch, seq: int) -> None:
    receipts.recorded(db, fact, at_us, epoch, seq)
    db.run(
        "sale_recorded",
        sale=fact.sale,
        shift=fact.shift,
        receipt_number=fact.receipt_number,
        business_day=fact.business_day,
        client=fact.client or "",
        pad_verdict=fact.pad_verdict,
        recorded_us=at_us,
        trade_seq=seq,
        epoch=epoch,
    )
    for line in fact.lines:
        if line.piece is not None:
            sell(db, line.piece, line.ce, fact.sale)
    keep_tenders(db, f"sale {fact.sale}", fact.sale, fact.tenders)
    db.run("till_counter_set", till=fact.till, series=RECEIPTS, last=fact.receipt_number)
    value.spent(db, fact, at_us)
    count_receipt(db, fact, epoch)


def keep_tenders(db: Database, receipt: str, sale: SaleId, tenders: tuple[Tender, ...]) -> None:
    for position, tender in enumerate(tenders):
        conversion = _encode_line(tender.conversion).decode()
        db.run_struct("tender_add", tender, receipt=receipt, position=position, sale=sale, conversion=conversion)
