"""The fold of what comes back: parts of lines, money to cards, and how pieces are from then on."""

from typing import Final

import msgspec

from contract.facts import (
    CardRefundRequested,
    PieceDisposed,
    ReturnAbandoned,
    ReturnBegan,
    ReturnedLine,
    ReturnRecorded,
)
from contract.feed import Condition, PieceCard, decode_body, encode_body
from contract.ids import Epoch, PieceId, ReturnId, SaleId
from edge.books import fold_receipts as receipts
from edge.books.db import Database
from edge.books.fold_custody import take_back
from edge.books.fold_sales import RECEIPTS, keep_tenders, load_lines
from edge.books.fold_shifts import count_receipt
from edge.books.rows import Body
from trade import card_refund as card_refunds
from trade.card_refund import CardRefund, CardRefundFact
from trade.refund import Paid, left_of, whole

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode_part: Final = msgspec.json.Decoder(ReturnedLine).decode
_decode_began: Final = msgspec.json.Decoder(ReturnBegan).decode
_decode_recorded: Final = msgspec.json.Decoder(ReturnRecorded).decode


class Disposed(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of this store on how a piece is."""

    piece: PieceId
    n: int
    disposition: str
    condition: str
    reason: str
    sale: str
    at_us: int


def return_recorded(db: Database, fact: ReturnRecorded, at_us: int, epoch: Epoch, seq: int) -> None:
    receipts.recorded(db, fact, at_us, epoch, seq)
    lines = {line.line: line for line in load_lines(db, fact.sale)}
    receipt = keep_parts(db, fact, epoch)
    if not fact.parts:
        for piece, name in zip(fact.pieces, fact.lines, strict=True):
            db.run("returned_add", line=name, sale=fact.sale, piece=piece, at_us=at_us)
    for part in fact.parts:
        line = lines.get(part.line)
        gone = line is not None and left_of(line, load_parts(db, fact.sale))[0] <= 0
        if part.piece is not None or gone:
            db.run("returned_add", line=part.line, sale=fact.sale, piece=part.piece or "", at_us=at_us)
    for piece in fact.pieces:
        take_back(db, piece)
    keep_tenders(db, receipt, fact.sale, fact.tenders)
    db.run("till_counter_set", till=fact.till, series=RECEIPTS, last=fact.receipt_number)
    count_receipt(db, fact, epoch, [line for line in lines.values() if line.line in fact.lines])
    if fact.returns:
        _keep(db, fact, at_us)


def keep_parts(db: Database, fact: ReturnRecorded, epoch: Epoch) -> str:
    """What of each line came back; under which name its receipt is kept."""
    # two lives of a store may have given one number: the later one had not heard of the earlier's last
    receipt = f"return {epoch} {fact.till} {fact.receipt_number}"
    lines = {line.line: line for line in load_lines(db, fact.sale)}
    for part in fact.parts or tuple(whole(lines[name]) for name in fact.lines if name in lines):
        db.run("return_part_set", receipt=receipt, line=part.line, sale=fact.sale, body=_encode(part))
    return receipt


def return_began(db: Database, fact: ReturnBegan, at_us: int) -> None:
    _keep(db, fact, at_us)


def return_abandoned(db: Database, fact: ReturnAbandoned) -> None:
    db.run("return_end", returns=fact.returns, state="abandoned")


def _keep(db: Database, fact: ReturnBegan | ReturnRecorded, at_us: int) -> None:
    done = isinstance(fact, ReturnRecorded)
    db.run(
        "return_set",
        returns=fact.returns,
        sale=fact.sale,
        till=fact.till,
        state="recorded" if done else "begun",
        at_us=at_us,
        receipt_number=fact.receipt_number if isinstance(fact, ReturnRecorded) else 0,
        body=_encode(fact),
    )


def card_refund_changed(db: Database, fact: CardRefundFact, at_us: int) -> None:
    known = None
    if not isinstance(fact, CardRefundRequested):
        known = db.one("card_refund", CardRefund, refund=fact.refund)
    db.run_struct("card_refund_set", card_refunds.apply(known, fact, at_us))


def disposed(db: Database, fact: PieceDisposed, at_us: int) -> None:
    """The card shows it at once, offline too."""
    known = db.one("piece_disposed", Disposed, piece=fact.piece)
    if known is not None and known.n > fact.n:
        return
    db.run(
        "piece_disposed_set",
        piece=fact.piece,
        n=fact.n,
        disposition=fact.disposition,
        condition=fact.condition,
        reason=fact.reason,
        sale=fact.sale,
        at_us=at_us,
    )
    stored = db.one("feed_body", Body, kind="piece", name=fact.piece)
    card = decode_body(stored.body) if stored else None
    if isinstance(card, PieceCard):
        shown = with_condition(db, card)
        db.run("feed_retag", name=fact.piece, epc=shown.epc.upper(), body=encode_body(shown))


def with_condition(db: Database, card: PieceCard) -> PieceCard:
    """The card with what this store found, unless the office has heard of that, or of something later."""
    mine = db.one("piece_disposed", Disposed, piece=card.piece)
    if mine is None or mine.n <= card.disposed:
        return card
    return msgspec.structs.replace(card, condition=Condition(mine.condition), disposed=mine.n)


def load_parts(db: Database, sale: SaleId) -> tuple[ReturnedLine, ...]:
    """Of this sale's lines, what came back by returns that are recorded."""
    return tuple(_decode_part(row.body) for row in db.rows("return_parts", Body, sale=sale))


def load_begun(db: Database, name: ReturnId) -> ReturnBegan | None:
    row = db.one("return_begun", Body, returns=name)
    return None if row is None else _decode_began(row.body)


def begun_at(db: Database, till: str) -> tuple[ReturnBegan, ...]:
    """Returns that have begun at a till and are not over, oldest first."""
    return tuple(_decode_began(row.body) for row in db.rows("returns_begun", Body, till=till))


def begun_of(db: Database, sale: SaleId, but: str = "") -> tuple[ReturnBegan, ...]:
    return tuple(_decode_began(row.body) for row in db.rows("return_parts_begun", Body, sale=sale, returns=but))


def load_recorded(db: Database, name: ReturnId) -> ReturnRecorded | None:
    row = db.one("return_body", Body, returns=name)
    return None if row is None else _decode_recorded(row.body)


def recorded_of(db: Database, sale: SaleId) -> tuple[ReturnRecorded, ...]:
    return tuple(_decode_recorded(row.body) for row in db.rows("returns_of", Body, sale=sale))


def load_paid(db: Database, sale: SaleId) -> tuple[Paid, ...]:
    return tuple(db.rows("paid_for", Paid, sale=sale))


def load_went(db: Database, sale: SaleId) -> tuple[Paid, ...]:
    return tuple(db.rows("went_back", Paid, sale=sale))
