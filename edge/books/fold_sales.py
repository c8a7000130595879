"""The fold of money: sales, returns, shifts, receipt counters."""

from typing import Final

import msgspec

from contract.facts import ReturnRecorded, SaleLine, SaleRecorded, ShiftClosed, ShiftOpened, Tender, TenderKind
from contract.ids import Epoch, SaleId, ShiftId, TillId, UserId
from edge.books.db import Database
from edge.books.fold_custody import sell, take_back
from edge.books.rows import Body
from trade import payment as payments
from trade.custody import Token, TokenEvent, moved
from trade.payment import Payment, PaymentFact
from trade.sale import Sale, SaleFact, SaleState, apply
from trade.shift import SHIFT, Shift, ShiftEvent

RECEIPTS: Final = "receipt"
ZS: Final = "z"


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


def load_sale(db: Database, sale: SaleId) -> Sale | None:
    """The sale with its lines, as `trade` knows it."""
    head = db.one("sale", _SaleHead, sale=sale)
    if head is None:
        return None
    return Sale(**msgspec.structs.asdict(head), lines=tuple(load_lines(db, sale)))


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
    if isinstance(fact, SaleRecorded):
        _recorded(db, fact, at_us, epoch, seq)


def payment_changed(db: Database, fact: PaymentFact, at_us: int) -> None:
    """Any fact of a payment at a terminal."""
    known = db.one("payment", Payment, payment=fact.payment)
    db.run_struct("payment_set", payments.apply(known, fact, at_us))


def _recorded(db: Database, fact: SaleRecorded, at_us: int, epoch: Epoch, seq: int) -> None:
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
    _tenders(db, f"sale {fact.sale}", fact.sale, fact.tenders)
    db.run("till_counter_set", till=fact.till, series=RECEIPTS, last=fact.receipt_number)
    _figures(db, fact.shift, sales=1, gross=fact.total_minor, tax=fact.tax_minor, cash=_cash(fact.tenders))


def return_recorded(db: Database, fact: ReturnRecorded, at_us: int, epoch: Epoch) -> None:
    for piece, line in zip(fact.pieces, fact.lines, strict=True):
        db.run("returned_add", line=line, sale=fact.sale, piece=piece, at_us=at_us)
        take_back(db, piece)
    # two lives of a store may have given one number: the later one had not heard of the earlier's last
    _tenders(db, f"return {epoch} {fact.till} {fact.receipt_number}", fact.sale, fact.tenders)
    db.run("till_counter_set", till=fact.till, series=RECEIPTS, last=fact.receipt_number)
    _figures(db, fact.shift, returns=1, gross=-fact.total_minor, tax=-fact.tax_minor, cash=-_cash(fact.tenders))


def shift_opened(db: Database, fact: ShiftOpened, at_us: int) -> None:
    """A till has one open shift. One that a lost box left open has no Z and never will: it ends here, without."""
    left = db.one("shift_open", Shift, till=fact.till)
    if left is not None and left.shift != fact.shift:
        state = SHIFT.after(left.state, ShiftEvent.CLOSE) or left.state
        db.run_struct("shift_set", msgspec.structs.replace(left, state=state, closed_us=at_us))
    shift = Shift(
        shift=fact.shift,
        till=fact.till,
        business_day=fact.business_day,
        currency=fact.currency,
        float_minor=fact.float_minor,
        opened_us=at_us,
    )
    db.run_struct("shift_set", shift)


def shift_closed(db: Database, fact: ShiftClosed, at_us: int) -> None:
    shift = db.one("shift", Shift, shift=fact.shift)
    if shift is not None:
        state = SHIFT.after(shift.state, ShiftEvent.CLOSE) or shift.state
        counted = fact.cash_counted_minor
        closed = msgspec.structs.replace(
            shift, state=state, z_number=fact.z_number, cash_counted_minor=counted, closed_us=at_us
        )
        db.run_struct("shift_set", closed)
    db.run("till_counter_set", till=fact.till, series=ZS, last=fact.z_number)
    for piece in fact.sold_pieces:
        token = db.one("token", Token, piece=piece)
        if token is not None:
            db.run_struct("token_set", moved(token, TokenEvent.CLOSED))


def _figures(
    db: Database, shift_id: ShiftId, *, gross: int, tax: int, cash: int, sales: int = 0, returns: int = 0
) -> None:
    shift = db.one("shift", Shift, shift=shift_id)
    if shift is None:
        return
    grown = msgspec.structs.replace(
        shift,
        sales=shift.sales + sales,
        returns=shift.returns + returns,
        gross_minor=shift.gross_minor + gross,
        tax_minor=shift.tax_minor + tax,
        cash_minor=shift.cash_minor + cash,
    )
    db.run_struct("shift_set", grown)


def _cash(tenders: tuple[Tender, ...]) -> int:
    return sum(tender.amount_minor for tender in tenders if tender.kind is TenderKind.CASH)


def _tenders(db: Database, receipt: str, sale: SaleId, tenders: tuple[Tender, ...]) -> None:
    for position, tender in enumerate(tenders):
        db.run_struct("tender_add", tender, receipt=receipt, position=position, sale=sale)
