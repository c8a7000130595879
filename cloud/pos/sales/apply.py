"""What the stores sold and took back. A sale that cannot be true for us is quarantined, never dropped or mended."""

from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.applying import Applier
from cloud.custody import CLOUD, Custody, Sold
from cloud.pos.sales import backs
from cloud.tables import (
    case_file,
    refund,
    sale,
    sale_line,
    sale_tender,
)
from cloud.work import QUARANTINED, Heard, Work
from contract.facts import Fact, ReturnAbandoned, ReturnBegan, ReturnRecorded, SaleLine, SaleRecorded, Tender
from contract.ids import PieceId, SaleId
from trade.custody import OfficeState
from trade.sale import SaleState


def recorded(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    work = tokens.work
    row = {
        "store": heard.store, "sale": fact.sale, "till": fact.till, "shift": fact.shift,
        "receipt_number": fact.receipt_number, "business_day": fact.business_day, "associate": fact.associate,
        "currency": fact.currency, "total_minor": fact.total_minor, "tax_minor": fact.tax_minor,
        "client": fact.client or "", "pad_verdict": fact.pad_verdict,
        "exemption": fact.exemption, "approved_by": fact.approved_by,
        "recorded_us": heard.at_us, "feed_rev": fact.feed_rev, "epoch": heard.epoch, "seq": heard.seq,
    }  # fmt: skip
    if not work.is_new_sale(heard.store, fact.sale):
        work.quarantined.add(fact.sale)
        sentence = f"Sale {fact.sale} of {heard.store} was recorded twice (row {heard.seq}); only the first counts"
        work.open_case("double post", sentence, store=heard.store, ref=fact.sale)
        return
    trouble = [why for line in fact.lines if (why := _sold(tokens, heard, fact, line))]
    if trouble:
        work.quarantined.add(fact.sale)
        work.open_case(QUARANTINED, "; ".join(trouble), store=heard.store, ref=fact.sale)
        if fact.client:  # nothing is posted that would bring stores the card of who bought
            aliases.touch(work.tx, fact.client, now_us=work.now_us)
    work.tx.add_soon(sale, {**row, "state": SaleState.QUARANTINED if trouble else SaleState.POSTED})
    work.tx.add_soon(sale_line, *(_line(heard, fact.sale, line) for line in fact.lines))
    work.tx.add_soon(
        sale_tender,
        *(
            {
                "store": heard.store, "sale": fact.sale, "n": n, "kind": tender.kind, "reference": tender.reference,
                "amount_minor": tender.amount_minor, "change_minor": tender.change_minor,
                "payment": tender.payment, "rounding_minor": tender.rounding_minor, "account": tender.account,
                **_foreign(tender),
            }
            for n, tender in enumerate(fact.tenders, 1)
        ),
    )  # fmt: skip


def _line(heard: Heard, of: SaleId, line: SaleLine) -> dict[str, object]:
    return {
        "store": heard.store, "sale": of, "line": line.line, "kind": line.kind, "description": line.description,
        "piece": line.piece or "", "ce": line.ce, "quantity_milli": line.quantity_milli,
        "list_price_minor": line.list_price_minor, "discount_minor": line.discount_minor,
        "gross_minor": line.gross_minor, "tax_bp": line.tax_bp, "tax_minor": line.tax_minor, "scheme": line.scheme,
        "promotion": line.promotion, "promotion_minor": line.promotion_minor, "approved_by": line.approved_by,
        "account": line.account, "goods": line.goods, "unit": line.unit,
    }  # fmt: skip


def _foreign(tender: Tender) -> dict[str, object]:
    said = tender.conversion
    return {
        "foreign_currency": said.currency if said else "", "foreign_minor": said.amount_minor if said else 0,
        "rate_e9": said.rate_e9 if said else 0, "rate_source": said.source if said else "",
        "quoted_us": said.quoted_us if said else 0,
    }  # fmt: skip


def _sold(tokens: Custody, heard: Heard, fact: SaleRecorded, line: SaleLine) -> str:
    """What the sale of a piece does to its token; a sentence when it had no right to it."""
    piece = line.piece
    if piece is None:
        return ""
    work = tokens.work
    tokens.adopt(heard.store, piece, line.ce)
    current, legitimate = (
        tokens.current(heard.store, piece, line.ce),
        tokens.legitimate(heard.store, piece, line.ce),
    )
    if work.guards.return_wins and tokens.came_back(fact.sale, piece):
        return ""
    other = tokens.sell(piece, heard.store, fact.sale, line.line)
    token = tokens.get(piece)
    at_hand = current and token is not None and token.state is OfficeState.HERE
    if other is not None and at_hand and _had_no_right(work, other):
        tokens.oust(piece, heard.store, fact.sale, line.line)
        other = None
    if token is not None and legitimate and other is None:
        if current:
            tokens.change(token, OfficeState.SOLD, sale=fact.sale)
        else:
            sentence = f"{heard.store} sold piece {piece} before it heard that the piece had left its hands"
            work.open_case("late sale", sentence, store=heard.store, piece=piece, ref=fact.sale)
            tokens.place_hold(piece, fact.sale, heard.store)
        return ""
    if token is not None and other is None:
        _meet(tokens, heard, fact.sale, piece)
    if other is not None:
        return f"piece {piece} is sold already (sale {other.sale} of {other.store or 'the web'})"
    return f"{heard.store} sold piece {piece} under custody epoch {line.ce}, which it did not hold"


def _had_no_right(work: Work, other: Sold) -> bool:
    """That sale was quarantined when it was heard: it does not stand against the holder's own."""
    work.tx.settle()
    state = sa.select(sale.c.state).where(sale.c.store == other.store, sale.c.sale == other.sale)
    return bool(work.tx.value(state) == SaleState.QUARANTINED)


def _meet(tokens: Custody, heard: Heard, sold_in: SaleId, piece: PieceId) -> None:
    """A sale without authority: wherever the piece is now, it must not be sold again before a person looked."""
    token = tokens.get(piece)
    assert token is not None
    if token.holder == CLOUD and token.state is not OfficeState.SOLD:
        tokens.change(token, OfficeState.SOLD, sale=sold_in)
    elif token.holder != CLOUD and token.state is OfficeState.HERE:
        tokens.place_hold(piece, sold_in, heard.store)


def returned(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    work = tokens.work
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "sale": fact.sale, "till": fact.till,
        "shift": fact.shift, "receipt_number": fact.receipt_number, "business_day": fact.business_day,
        "currency": fact.currency, "total_minor": fact.total_minor, "tax_minor": fact.tax_minor,
        "reason": fact.reason, "recorded_us": heard.at_us, "approved_by": fact.approved_by,
        "returns": fact.returns, "override": fact.override, "exchange": fact.exchange,
    }  # fmt: skip
    if not work.tx.add_new(refund, row):
        return
    backs.lines_back(tokens, heard, fact)
    for piece in fact.pieces:
        tokens.bring_back(fact.sale, piece, heard.store)
        _back(tokens, heard, fact.sale, piece)


def _back(tokens: Custody, heard: Heard, of: SaleId, piece: PieceId) -> None:
    """`returned` wins: the piece is stock again where it was taken in."""
    work = tokens.work
    about = (case_file.c.piece == piece, case_file.c.closed_us.is_(None))
    closing = sa.update(case_file).where(*about)
    closing = closing.values(closed_us=work.now_us, closed_by=heard.by, outcome="the piece came back")
    was_late = work.tx.run(closing.where(case_file.c.kind == "late sale", case_file.c.ref == of)) > 0
    work.tx.run(closing.where(case_file.c.kind == "order paid twice", case_file.c.ref != of))
    tokens.lift_hold(piece, of)
    token = tokens.get(piece)
    if token is None:
        return
    if was_late and token.holder not in (CLOUD, heard.store):
        tokens.lift_hold(piece, of, tell=token.holder)
    if token.holder == heard.store and tokens.present(heard):
        tokens.change(token, OfficeState.HERE)
    elif token.holder == CLOUD:
        if token.sale == of and token.state is OfficeState.SOLD:
            tokens.change(token, OfficeState.FROZEN)
    elif token.sale == of:
        tokens.lift_hold(piece, of, tell=token.holder)
        tokens.change(token, OfficeState.HERE)


def on_the_way(_: Custody, __: Heard, ___: ReturnBegan | ReturnAbandoned) -> None:
    """A return counts when it is recorded; until then it is its till's."""


APPLY: Final[dict[type[Fact], Applier]] = {
    SaleRecorded: recorded,
    ReturnRecorded: returned,
    ReturnBegan: on_the_way,
    ReturnAbandoned: on_the_way,
    **dict.fromkeys(backs.CHANGES, backs.card_refund_changed),
}
