"""Giving back at the till: parts over several returns, cards at the terminal, exchanges, and what becomes of pieces."""

import msgspec
import pytest

from contract.facts import (
    CardRefundDone,
    CardRefundFailed,
    CardRefundInDoubt,
    CardRefundRequested,
    Disposition,
    LineKind,
    PaymentCaptured,
    PieceDisposed,
    ReturnRecorded,
    Tender,
    TenderKind,
)
from contract.feed import FeedPage, FeedRow
from edge.books import replica
from edge.books.fold_returns import begun_at, load_parts, load_recorded, recorded_of
from edge.books.replay import differences
from trade.acts import (
    AbandonReturn,
    AddOther,
    AddPiece,
    BeginReturn,
    CloseShift,
    DisposePiece,
    Exchange,
    FinishReturn,
    HearCardRefund,
    HearPayment,
    LineBack,
    OpenSale,
    RecordSale,
    RequestCardRefund,
    RequestPayment,
    ReturnPieces,
)
from trade.refusal import Why

PRICE = 120_000


def give(pay, *, tenders=None, **more):
    standard = {"sale": "s1", "pieces": ("ring",), "till": "till-1", "reason": "too small", "returns": "r1"}
    return ReturnPieces(**{**standard, "tenders": pay(PRICE) if tenders is None else tenders, **more})


def said(answer, kind):
    return [fact for entry in answer.entries for fact in entry.facts if isinstance(fact, kind)]


def test_a_piece_of_another_sale_is_refused_by_its_receipt_and_not_by_an_id(shop, pay_cash):
    for sale, piece in (("s1", "ring"), ("s2", "brooch")):
        shop.cart(sale, piece)
        shop.pay(sale, piece)
    refusal = shop.refused(give(pay_cash, sale="s2"), pad=["ring"])
    assert refusal.code is Why.ALREADY_SOLD
    assert "was sold by another receipt, paris-till-1-000001: open that one" in refusal.why


@pytest.fixture
def by_card(shop):
    """The ring was paid by card at the terminal of its till."""
    shop.desk._terminals = {"till-1": "pin-1"}
    shop.cart("s1", "ring")
    shop.done(RequestPayment(payment="p1", sale="s1", amount_minor=PRICE))
    took = PaymentCaptured(payment="p1", sale="s1", amount_minor=PRICE, currency="EUR", reference="T1 then")
    shop.done(HearPayment(said=took))
    card = (Tender(kind=TenderKind.CARD, amount_minor=PRICE, payment="p1"),)
    shop.done(RecordSale(sale="s1", tenders=card), pad=["ring"])
    return shop


def begin(shop, pay, **more):
    shop.done(BeginReturn(returns="r1", back=give(pay, tenders=(), **more)), pad=["ring"])


def ask(shop, amount=PRICE, refund="f1"):
    return shop.do(RequestCardRefund(refund=refund, returns="r1", payment="p1", amount_minor=amount))


def hear(shop, fact):
    return shop.done(HearCardRefund(said=fact), by="house")


def test_money_goes_back_to_the_card_that_paid_and_then_the_return_is_recorded(by_card, pay_cash):
    assert by_card.refused(give(pay_cash), pad=["ring"], by="lea").code is Why.NEEDS_APPROVAL
    begin(by_card, pay_cash)
    (asked,) = said(ask(by_card), CardRefundRequested)
    assert (asked.terminal, asked.reference, asked.amount_minor) == ("pin-1", "T1 then", PRICE)
    assert by_card.refused(FinishReturn(returns="r1")).code is Why.PAYMENT_LIVE
    hear(by_card, CardRefundDone(refund="f1", sale="s1", amount_minor=PRICE, reference="R1"))
    (fact,) = said(by_card.done(FinishReturn(returns="r1")), ReturnRecorded)
    assert fact.tenders == (Tender(kind=TenderKind.CARD, amount_minor=PRICE, payment="p1", reference="R1"),)
    assert by_card.state("ring") == "here"
    assert by_card.done(FinishReturn(returns="r1")).entries == ()
    assert load_recorded(by_card.books.db, "r1") == fact
    assert begun_at(by_card.books.db, "till-1") == ()


def test_only_the_terminal_ends_a_doubt_about_a_refund(by_card, pay_cash):
    begin(by_card, pay_cash)
    ask(by_card)
    hear(by_card, CardRefundInDoubt(refund="f1", sale="s1", why="no answer"))
    assert by_card.refused(FinishReturn(returns="r1", tenders=pay_cash(PRICE))).code is Why.PAYMENT_LIVE
    assert by_card.refused(AbandonReturn(returns="r1")).code is Why.PAYMENT_LIVE
    assert by_card.refused(CloseShift(till="till-1", cash_counted_minor=10_000)).code is Why.OPEN_SALES
    assert ask(by_card, refund="f2").refusal.code is Why.PAYMENT_LIVE
    done = CardRefundDone(refund="f1", sale="s1", amount_minor=PRICE, reference="R1")
    hear(by_card, done)
    assert hear(by_card, done).entries == ()
    late = by_card.refused(HearCardRefund(said=CardRefundFailed(refund="f1", sale="s1", why="?")), by="house")
    assert "call the provider" in late.why
    by_card.done(FinishReturn(returns="r1"))


def test_what_the_card_does_not_take_goes_back_another_way_that_somebody_approves(by_card, pay_cash):
    begin(by_card, pay_cash)
    ask(by_card)
    hear(by_card, CardRefundDone(refund="f1", sale="s1", amount_minor=PRICE - 20_000, reference="R1"))
    assert by_card.refused(FinishReturn(returns="r1")).code is Why.WRONG_TENDERS
    assert by_card.refused(AbandonReturn(returns="r1")).code is Why.WRONG_STATE
    rest = FinishReturn(returns="r1", tenders=pay_cash(20_000))
    assert by_card.refused(rest, by="lea").code is Why.NEEDS_APPROVAL
    (fact,) = said(by_card.done(rest), ReturnRecorded)
    assert [tender.amount_minor for tender in fact.tenders] == [PRICE - 20_000, 20_000]


def test_no_more_is_asked_of_the_terminal_than_the_card_gave(by_card, pay_cash):
    begin(by_card, pay_cash)
    assert ask(by_card, PRICE + 1).refusal.code is Why.WRONG_TENDERS
    ask(by_card, 100_000)
    hear(by_card, CardRefundDone(refund="f1", sale="s1", amount_minor=100_000))
    assert ask(by_card, 20_001, refund="f2").refusal.code is Why.WRONG_TENDERS


def test_a_return_that_has_begun_is_nobody_elses_and_can_be_given_up(by_card, pay_cash):
    begin(by_card, pay_cash)
    other = by_card.refused(give(pay_cash, returns="r2"), pad=["ring"])
    assert other.code is Why.RETURNED
    ask(by_card)
    hear(by_card, CardRefundFailed(refund="f1", sale="s1", why="card closed"))
    by_card.done(AbandonReturn(returns="r1"))
    assert by_card.state("ring") == "sold"
    by_card.done(give(pay_cash, returns="r2"), pad=["ring"])


def test_a_line_comes_back_in_parts_and_never_more_than_was_sold(shop, pay_cash):
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    chain = AddOther(
        sale="s1", kind=LineKind.GOODS, description="gold chain", unit_minor=9_999, tax_bp=2_000, quantity_milli=3_000
    )
    shop.done(chain)
    shop.done(RecordSale(sale="s1", tenders=pay_cash(29_997)))
    line = next(fact.line.line for fact in shop.facts() if hasattr(fact, "line"))
    amounts = []
    for n, quantity in enumerate((1_000, 500, 1_500)):
        back = LineBack(line=line, quantity_milli=quantity)
        gross = (9_999, 5_000, 14_998)[n]
        act = give(pay_cash, pieces=(), lines=(back,), tenders=pay_cash(gross), returns=f"r{n}")
        (fact,) = said(shop.done(act), ReturnRecorded)
        amounts.append((fact.total_minor, fact.tax_minor))
    assert [sum(column) for column in zip(*amounts, strict=True)] == [29_997, 4_999]
    one_more = give(pay_cash, pieces=(), lines=(LineBack(line=line, quantity_milli=1),), tenders=(), returns="r9")
    assert shop.refused(one_more).code is Why.RETURNED
    assert len(load_parts(shop.books.db, "s1")) == len(recorded_of(shop.books.db, "s1")) == 3


def test_an_exchange_is_one_entry_with_two_receipts(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    shop.done(AddPiece(sale="s2", piece="brooch"), pad=["brooch", "ring"])
    swap = Exchange(give=RecordSale(sale="s2", tenders=()), back=give(pay_cash, tenders=()))
    assert shop.refused(swap, pad=["ring"]).code is Why.PAD_MISMATCH
    answer = shop.done(swap, pad=["brooch", "ring"])
    assert len(answer.entries) == 1
    assert (shop.state("ring"), shop.state("brooch")) == ("here", "sold")
    assert shop.done(swap, pad=["brooch", "ring"]).entries == ()
    numbers = [fact.receipt_number for fact in shop.facts() if hasattr(fact, "receipt_number")]
    assert numbers == [1, 2, 3]
    shop.done(CloseShift(till="till-1", cash_counted_minor=10_000 + PRICE))


def test_a_piece_that_is_kept_for_a_look_is_not_sold_until_somebody_looked(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(give(pay_cash, dispositions=(Disposition.INSPECTION,)), pad=["ring"])
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    assert shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"]).code is Why.NOT_FOR_SALE
    shop.feed("ring", "brooch", "watch")  # a card of an office that has not heard of it
    assert shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"]).code is Why.NOT_FOR_SALE
    good = DisposePiece(piece="ring", disposition=Disposition.STOCK, reason="like new")
    assert shop.refused(good, by="lea").code is Why.NOT_ALLOWED
    (fact,) = said(shop.done(good), PieceDisposed)
    assert fact.n == 2
    shop.done(AddPiece(sale="s2", piece="ring"), pad=["ring"])


def test_the_offices_word_about_a_piece_stands_once_it_has_heard_of_the_stores(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(give(pay_cash, dispositions=(Disposition.DAMAGED,)), pad=["ring"])
    ring = replica.piece(shop.books.db, "ring")
    assert (ring.condition, ring.disposed) == ("damaged", 1)
    mended = msgspec.structs.replace(ring, condition="ok")
    replica.take(
        shop.books, FeedPage(rows=(FeedRow(rev=9, scope="*", key="piece:ring", body=mended),), upto=9, more=False)
    )
    assert replica.piece(shop.books.db, "ring").condition == "ok"


def test_returns_are_the_fold_of_the_journal(by_card, pay_cash):
    begin(by_card, pay_cash, dispositions=(Disposition.REPAIR,))
    ask(by_card)
    hear(by_card, CardRefundDone(refund="f1", sale="s1", amount_minor=PRICE, reference="R1"))
    by_card.done(FinishReturn(returns="r1"))
    assert differences(by_card.books) == []
