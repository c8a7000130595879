"""What came back of a sale, in parts, at whatever stores: together never more than was sold and paid."""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.custody import Custody
from cloud.tables import card_refund, refund_line, returned_line, sale_line
from cloud.work import Heard
from contract.facts import CardRefundRequested, ReturnRecorded
from trade.card_refund import EVENT_OF, CardRefund, CardRefundFact, apply

TWICE: Final = "refunded twice"
CHANGES: Final = (CardRefundRequested, *EVENT_OF)


def lines_back(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    """Stored whatever it is; a case when a line came back twice, or more of it than was sold."""
    work = tokens.work
    back = {"sale": fact.sale, "store": heard.store, "at_us": heard.at_us}
    whole = [part.line for part in fact.parts if part.piece is not None] if fact.parts else list(fact.lines)
    for line in whole:
        if not work.tx.add_new(returned_line, {**back, "line": line}):
            sentence = f"Line {line} of sale {fact.sale} was refunded twice, the second time by {heard.store}"
            work.open_case(TWICE, sentence, store=heard.store, ref=fact.sale)
    for part in fact.parts:
        row = {
            "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "sale": fact.sale, "line": part.line,
            "piece": part.piece or "", "disposition": part.disposition if part.piece else "",
            "quantity_milli": part.quantity_milli, "gross_minor": part.gross_minor, "tax_minor": part.tax_minor,
        }  # fmt: skip
        work.tx.add(refund_line, row)
        if part.piece is None:
            _too_much(tokens, heard, fact, part.line)


def _too_much(tokens: Custody, heard: Heard, fact: ReturnRecorded, line: str) -> None:
    work = tokens.work
    work.tx.settle()
    sold = work.tx.row(sa.select(sale_line).where(sale_line.c.sale == fact.sale, sale_line.c.line == line))
    if sold is None:
        return  # its sale comes later, or is burnt
    sums = sa.select(sa.func.sum(refund_line.c.quantity_milli), sa.func.sum(refund_line.c.gross_minor))
    row = work.tx.row(sums.where(refund_line.c.sale == fact.sale, refund_line.c.line == line))
    assert row is not None
    quantity, gross = (int(each) for each in row.values())
    if quantity >= sold["quantity_milli"]:
        work.tx.add_new(returned_line, {"sale": fact.sale, "line": line, "store": heard.store, "at_us": heard.at_us})
    if quantity > sold["quantity_milli"] or gross > sold["gross_minor"]:
        sentence = (
            f"More of line {line} of sale {fact.sale} came back than was sold: {gross} of {sold['gross_minor']} "
            f"minor units, the last part at {heard.store}"
        )
        work.open_case(TWICE, sentence, store=heard.store, ref=fact.sale)


def card_refund_changed(tokens: Custody, heard: Heard, fact: CardRefundFact) -> None:
    """The refund after the fact; one whose request was lost with a box begins with what the fact tells."""
    tx = tokens.work.tx
    mine = (card_refund.c.store == heard.store, card_refund.c.refund == fact.refund)
    row = tx.row(sa.select(card_refund).where(*mine))
    said = None if row is None else {name: row[name] for name in CardRefund.__struct_fields__}
    known = None if said is None else msgspec.convert(said, CardRefund, strict=False)
    tx.put(card_refund, {**msgspec.structs.asdict(apply(known, fact, heard.at_us)), "store": heard.store})
