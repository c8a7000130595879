"""Clients' orders at the till: laid away, ordered from a maker, lent on memo; collected, cancelled, forfeited."""

import datetime as dt

import msgspec
import pytest

from contract.facts import (
    AnswerHow,
    ClaimHeld,
    ClaimKind,
    Instalment,
    OrderEvent,
    OrderKind,
    OrderTerms,
    QuoteLine,
    Tender,
    TenderKind,
)
from edge.books import fold_orders
from edge.books.fold_value import load_asks, load_slice
from edge.till import queries
from edge.till.desk import Desk
from trade.acts import (
    AddOrder,
    AddPiece,
    AnswerQuote,
    BindOrderPiece,
    EndOrder,
    GiveDepositBack,
    HoldOrder,
    MoveOrder,
    OpenOrder,
    OpenSale,
    PromiseOrder,
    QuoteOrder,
    RecordSale,
    ReleaseHold,
    RemoveLine,
    RequestPayment,
    ResumeOrder,
    ReturnPieces,
    TakeDeposit,
    TakeMemoBack,
    VoidSale,
)
from trade.orders.numbers import account_of
from trade.refusal import Why
from trade.value import credit_account

PRICE, CLIENT = 120_000, "p-1"


def at(day):
    return int(dt.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1e6)


TODAY = "2026-11-22"


@pytest.fixture
def counter(shop):
    """A box with pieces, an open shift, and the clock at noon of the day."""

    shop.sees |= {"ring", "brooch"}
    shop.day = TODAY
    plain = shop.do

    def do(act, **more):
        return plain(act, **{"now_us": at(shop.day), **more})

    shop.do = do
    return shop


def order_of(shop, order="o-1"):
    return fold_orders.load(shop.books.db, order)


def held(shop, order="o-1"):
    part = load_slice(shop.books.db, account_of(order))
    return part.held_minor if part else 0


def layaway(shop, order="o-1", pieces=("ring",), **more):
    shop.done(
        OpenOrder(
            order=order, kind=OrderKind.LAYAWAY, client=CLIENT, title="A ring", currency="EUR", pieces=pieces, **more
        )
    )
    shop.done(MoveOrder(order=order, event=OrderEvent.RESERVE))
    return order_of(shop, order)


def pay_on(shop, sale, amount, order="o-1", client=CLIENT):
    shop.done(OpenSale(sale=sale, till="till-1", currency="EUR"))
    shop.done(TakeDeposit(sale=sale, account=account_of(order), amount_minor=amount, what=order_of(shop, order).number))
    return shop.do(RecordSale(sale=sale, client=client, tenders=(Tender(kind=TenderKind.CASH, amount_minor=amount),)))


def collect(shop, sale, order="o-1", pieces=(), pad=("ring",), client=CLIENT):
    """Pays what is set aside by the deposit and the rest in cash."""
    shop.done(OpenSale(sale=sale, till="till-1", currency="EUR"))
    shop.done(AddOrder(sale=sale, order=order, pieces=pieces))
    total = sum(line.gross_minor for line in queries.asked(shop.books.db, sale))
    asks = [ask for ask in load_asks(shop.books.db, sale) if ask.live]
    tenders = tuple(Tender(kind=TenderKind.DEPOSIT, amount_minor=ask.amount_minor, account=ask.account) for ask in asks)
    rest = total - sum(ask.amount_minor for ask in asks)
    if rest:
        tenders = (*tenders, Tender(kind=TenderKind.CASH, amount_minor=rest))
    return shop.do(RecordSale(sale=sale, client=client, tenders=tenders), pad=pad)


def facts_of(done):
    return [type(fact).__name__ for entry in done.entries for fact in entry.facts]


def test_a_layaway_is_kept_paid_in_parts_and_collected(counter):
    terms = OrderTerms(
        deposit_bp=3_000,
        fee_bp=1_000,
        grace_days=14,
        instalments=(
            Instalment(due_day="2026-11-22", amount_minor=40_000),
            Instalment(due_day="2026-12-22", amount_minor=80_000),
        ),
    )
    order = layaway(counter, terms=terms)
    assert (order.number, order.state, order.total_minor) == ("L-1001", "active", PRICE)
    claim = queries.live_claim(counter.books.db, "ring")
    assert (claim.kind, claim.ref) == (ClaimKind.LAYAWAY, "o-1")
    pay_on(counter, "s-1", 50_000)
    assert [each.amount_minor for each in order_of(counter).due(held(counter))] == [70_000]
    assert order_of(counter).state == "active"
    pay_on(counter, "s-2", 70_000)
    assert order_of(counter).state == "paid_up"
    done = collect(counter, "s-3")
    assert order_of(counter).state == "collected"
    assert order_of(counter).sale == "s-3"
    assert held(counter) == 0
    assert counter.state("ring") == "sold"
    (recorded,) = (f for e in done.entries for f in e.facts if type(f).__name__ == "SaleRecorded")
    assert [(t.kind, t.amount_minor) for t in recorded.tenders] == [("deposit", PRICE)]
    assert recorded.tax_minor == 20_000, "tax is due when it is collected"
    assert recorded.lines[0].order == "o-1"


def test_nobody_else_gets_what_is_laid_away_and_its_number_says_why(counter):
    layaway(counter)
    counter.done(OpenSale(sale="s-9", till="till-1", currency="EUR"))
    refusal = counter.refused(AddPiece(sale="s-9", piece="ring"), pad=["ring"])
    assert "L-1001" in refusal.why
    refusal = counter.refused(
        OpenOrder(order="o-2", kind=OrderKind.MEMO, client="p-2", title="x", currency="EUR", pieces=("ring",))
    )
    assert refusal.code is Why.CLAIMED
    claim = queries.live_claim(counter.books.db, "ring")
    assert "L-1001" in counter.refused(ReleaseHold(claim=claim.claim)).why


def test_taken_out_of_the_cart_a_layaway_is_kept_as_before_and_its_deposit_is_free(counter):
    layaway(counter, pieces=("ring", "brooch"))
    pay_on(counter, "s-1", 100_000)
    counter.done(OpenSale(sale="s-2", till="till-1", currency="EUR"))
    counter.done(AddOrder(sale="s-2", order="o-1"))
    lines = queries.sale(counter.books.db, "s-2").lines
    assert len(lines) == 2
    assert load_asks(counter.books.db, "s-2")[0].amount_minor == 100_000
    counter.done(RemoveLine(sale="s-2", line=lines[0].line))
    assert queries.sale(counter.books.db, "s-2").lines == (), "an order is collected whole"
    assert not any(ask.live for ask in load_asks(counter.books.db, "s-2"))
    assert {queries.live_claim(counter.books.db, each).ref for each in ("ring", "brooch")} == {"o-1"}
    counter.done(AddOrder(sale="s-2", order="o-1"))
    counter.done(VoidSale(sale="s-2", reason="another day"))
    assert {queries.live_claim(counter.books.db, each).ref for each in ("ring", "brooch")} == {"o-1"}
    assert held(counter) == 100_000
    collect(counter, "s-3", pad=("ring", "brooch"))
    assert order_of(counter).state == "collected"


def test_two_carts_with_one_order_sell_it_once(counter):
    layaway(counter)
    pay_on(counter, "s-1", PRICE)
    counter.done(OpenSale(sale="s-2", till="till-1", currency="EUR"))
    counter.done(AddOrder(sale="s-2", order="o-1"))
    counter.done(OpenSale(sale="s-3", till="till-1", currency="EUR"))
    counter.done(AddOrder(sale="s-3", order="o-1"))
    assert not load_asks(counter.books.db, "s-3"), "its money is set aside once"
    by_deposit = Tender(kind=TenderKind.DEPOSIT, amount_minor=PRICE, account=account_of("o-1"))
    counter.done(RecordSale(sale="s-2", client=CLIENT, tenders=(by_deposit,)), pad=["ring"])
    by_cash = Tender(kind=TenderKind.CASH, amount_minor=PRICE)
    refusal = counter.refused(RecordSale(sale="s-3", client=CLIENT, tenders=(by_cash,)), pad=["ring"])
    assert refusal.code in (Why.ALREADY_SOLD, Why.WRONG_STATE)


def test_an_order_is_collected_by_the_client_it_is_of(counter):
    layaway(counter)
    refusal = collect(counter, "s-1", client="p-2").refusal
    assert "L-1001" in refusal.why
    assert CLIENT in refusal.why


def test_no_more_is_paid_than_is_left_and_only_by_its_client(counter):
    layaway(counter)
    assert pay_on(counter, "s-0", 10_000, client="p-2").refusal.why.startswith("L-1001 is of client p-1")
    counter.done(VoidSale(sale="s-0", reason="x"))
    counter.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    act = TakeDeposit(sale="s-1", account=account_of("o-1"), amount_minor=PRICE + 1, what="L-1001")
    assert "1200.00 EUR left to pay" in counter.refused(act).why
    gone = TakeDeposit(sale="s-1", account=account_of("o-7"), amount_minor=1, what="?")
    assert "keeps no order o-7" in counter.refused(gone).why
    counter.desk = Desk(counter.books, {"till-1": "desk-1"})
    counter.done(msgspec.structs.replace(act, amount_minor=PRICE))
    pay_on(counter, "s-2", 50_000)
    asked = RequestPayment(payment="p-1", sale="s-1", amount_minor=PRICE)
    assert "700.00 EUR left to pay" in counter.refused(asked).why, "before a card is, if another till was quicker"


def test_cancelled_the_fee_of_its_terms_is_the_houses_and_the_rest_goes_back(counter):
    layaway(counter)
    pay_on(counter, "s-1", 50_000)
    counter.done(OpenSale(sale="s-2", till="till-1", currency="EUR"))
    early = counter.refused(GiveDepositBack(sale="s-2", account=account_of("o-1")))
    assert "cancel it first" in early.why
    counter.done(EndOrder(order="o-1", event=OrderEvent.CANCEL, why="the client asks"), by="lea")
    order = order_of(counter)
    assert (order.state, order.fee_minor, held(counter)) == ("cancelled", 5_000, 45_000)
    assert queries.live_claim(counter.books.db, "ring") is None
    counter.done(GiveDepositBack(sale="s-2", account=account_of("o-1")))
    counter.done(RecordSale(sale="s-2", client=CLIENT, tenders=(Tender(kind=TenderKind.CASH, amount_minor=-45_000),)))
    assert held(counter) == 0


def test_cancelled_without_the_fee_needs_somebody_elses_word_and_may_become_credit(counter):
    layaway(counter)
    pay_on(counter, "s-1", 50_000)
    free = EndOrder(order="o-1", event=OrderEvent.CANCEL, why="our mistake", credit=True, fee_minor=0)
    assert counter.refused(free, by="lea").code is Why.NEEDS_APPROVAL
    counter.done(free, by="anna")
    assert (order_of(counter).credit_minor, held(counter)) == (50_000, 0)
    more = EndOrder(order="o-1", event=OrderEvent.CANCEL, why="again")
    assert counter.refused(more).why == "L-1001 is over (cancelled): open a new order"


def test_a_layaway_is_forfeited_when_its_grace_is_over_by_a_person_who_may(counter):
    first = Instalment(due_day="2026-11-25", amount_minor=PRICE)
    layaway(counter, terms=OrderTerms(deposit_bp=3_000, fee_bp=1_000, grace_days=14, instalments=(first,)))
    pay_on(counter, "s-1", 20_000)
    end = EndOrder(order="o-1", event=OrderEvent.FORFEIT, why="nobody came")
    assert "Nothing of L-1001 is overdue" in counter.refused(end).why
    counter.day = "2026-12-09"
    assert "14 days of grace" in counter.refused(end).why
    counter.day = "2026-12-10"
    assert counter.refused(end, by="lea").code is Why.NEEDS_APPROVAL
    counter.done(end)
    assert order_of(counter).state == "forfeited"


def test_terms_below_the_houses_need_somebody_elses_word(counter):
    act = OpenOrder(
        order="o-1",
        kind=OrderKind.LAYAWAY,
        client=CLIENT,
        title="x",
        currency="EUR",
        pieces=("ring",),
        terms=OrderTerms(),
    )
    refusal = counter.refused(act, by="lea")
    assert refusal.code is Why.NEEDS_APPROVAL
    assert "a deposit of 0 % in place of 30 %" in refusal.why
    counter.done(act)
    parts = (Instalment(due_day="2027-11-22", amount_minor=PRICE),)
    longer = OrderTerms(deposit_bp=3_000, fee_bp=1_000, instalments=parts)
    assert "180 days" in counter.refused(PromiseOrder(order="o-1", terms=longer), by="lea").why


def special(shop, amount=200_000):
    shop.done(OpenOrder(order="o-1", kind=OrderKind.SPECIAL, client=CLIENT, title="A rare ring", currency="EUR"))
    line = QuoteLine(line="q-1", description="A rare ring", gross_minor=amount, tax_bp=2_000)
    shop.done(QuoteOrder(order="o-1", lines=(line,), valid_until="2026-12-01"))


def test_a_special_order_comes_in_as_a_piece_and_is_collected_as_it(counter):
    special(counter)
    order = MoveOrder(order="o-1", event=OrderEvent.ORDER, party="Maison A")
    refusal = counter.refused(order, by="lea")
    assert "0.00 EUR of 600.00 EUR deposit" in refusal.why
    pay_on(counter, "s-1", 60_000)
    assert order_of(counter).state == "deposit_taken"
    assert order_of(counter).quote.approved, "who pays the deposit agrees"
    early = counter.refused(BindOrderPiece(order="o-1", piece="brooch"))
    assert "once it was ordered" in early.why
    counter.done(order, by="lea")
    counter.done(BindOrderPiece(order="o-1", piece="brooch"), by="lea")
    assert order_of(counter).state == "received"
    assert counter.done(BindOrderPiece(order="o-1", piece="brooch"), by="lea").entries == ()
    counter.done(MoveOrder(order="o-1", event=OrderEvent.NOTIFY))
    done = collect(counter, "s-2", pad=("brooch",))
    (recorded,) = (f for e in done.entries for f in e.facts if type(f).__name__ == "SaleRecorded")
    assert (recorded.total_minor, recorded.lines[0].piece) == (200_000, "brooch")
    assert {t.kind: t.amount_minor for t in recorded.tenders} == {"deposit": 60_000, "cash": 140_000}
    assert order_of(counter).state == "collected"


def test_a_declined_quote_is_not_ordered_and_an_old_one_not_accepted(counter):
    special(counter)
    counter.day = "2026-12-02"
    late = AnswerQuote(order="o-1", approved=True, how=AnswerHow.TELEPHONE)
    assert "until 2026-12-01" in counter.refused(late).why
    counter.done(AnswerQuote(order="o-1", approved=False, how=AnswerHow.TELEPHONE))
    assert "declined" in counter.refused(MoveOrder(order="o-1", event=OrderEvent.ORDER, party="x")).why


def memo(shop, pieces=("ring", "brooch"), day="2026-11-29"):
    shop.done(
        OpenOrder(
            order="o-1", kind=OrderKind.MEMO, client=CLIENT, title="To look at home", currency="EUR", pieces=pieces,
            promised_day=day,
        )
    )  # fmt: skip
    unsigned = shop.refused(MoveOrder(order="o-1", event=OrderEvent.ISSUE))
    assert "sign" in unsigned.why
    return shop.done(MoveOrder(order="o-1", event=OrderEvent.ISSUE, signature="ab" * 32))


def test_of_a_memo_one_piece_comes_back_and_the_other_is_sold_from_it(counter):
    done = memo(counter)
    kinds = {fact.kind for entry in done.entries for fact in entry.facts if isinstance(fact, ClaimHeld)}
    assert kinds == {ClaimKind.MEMO}
    counter.sees -= {"ring", "brooch"}
    back = TakeMemoBack(order="o-1", pieces=("ring",))
    assert "lay it on the pad" in counter.refused(back).why
    counter.done(back, pad=["ring"])
    assert (order_of(counter).state, order_of(counter).out) == ("part_returned", ("brooch",))
    assert queries.live_claim(counter.books.db, "ring") is None
    done = collect(counter, "s-1", pad=())
    assert order_of(counter).state == "closed"
    assert counter.state("brooch") == "sold"
    (recorded,) = (f for e in done.entries for f in e.facts if type(f).__name__ == "SaleRecorded")
    assert recorded.pad_verdict == "matched", "what a client has at home need not lie on the pad"


def test_a_memo_is_over_when_its_last_piece_is_back(counter):
    memo(counter)
    counter.done(TakeMemoBack(order="o-1", pieces=("ring",)), pad=["ring"])
    counter.done(TakeMemoBack(order="o-1", pieces=("brooch",)), pad=["brooch"])
    assert order_of(counter).state == "closed"
    assert counter.done(TakeMemoBack(order="o-1", pieces=("brooch",)), pad=["brooch"]).entries == ()


def test_a_step_that_is_not_in_the_table_is_refused_with_those_that_are(counter):
    layaway(counter)
    refusal = counter.refused(MoveOrder(order="o-1", event=OrderEvent.START))
    assert refusal.why.startswith("L-1001 is active: you can take what is left to pay at the register, ")
    by_itself = counter.refused(MoveOrder(order="o-1", event=OrderEvent.COLLECT))
    assert "put it into a cart" in by_itself.why


def test_an_order_of_another_store_is_only_read_here(counter):
    for act in (
        MoveOrder(order="o-9", event=OrderEvent.NOTIFY),
        EndOrder(order="o-9", event=OrderEvent.CANCEL, why="x"),
        HoldOrder(order="o-9", why="x"),
        ResumeOrder(order="o-9"),
        TakeMemoBack(order="o-9", pieces=("ring",)),
        BindOrderPiece(order="o-9", piece="ring"),
        QuoteOrder(order="o-9", lines=()),
        AnswerQuote(order="o-9", approved=True, how=AnswerHow.COUNTER),
        PromiseOrder(order="o-9", promised_day="2027-01-01"),
    ):
        refusal = counter.refused(act)
        assert refusal.code is Why.NOT_FOUND
        assert "where they are kept" in refusal.why


def test_while_an_order_rests_nothing_goes_on_but_its_end(counter):
    layaway(counter)
    counter.done(HoldOrder(order="o-1", why="the client thinks it over"))
    counter.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    assert "resume it first" in counter.refused(AddOrder(sale="s-1", order="o-1")).why
    counter.done(ResumeOrder(order="o-1"))
    counter.done(AddOrder(sale="s-1", order="o-1"))


def test_numbers_count_up_by_kind_and_each_order_has_its_own(counter):
    for n, kind in enumerate((OrderKind.SPECIAL, OrderKind.SPECIAL, OrderKind.REPAIR)):
        counter.done(OpenOrder(order=f"o-{n}", kind=kind, client=CLIENT, title="x", currency="EUR"))
    assert [order_of(counter, f"o-{n}").number for n in range(3)] == ["S-1001", "S-1002", "R-1001"]
    again = OpenOrder(order="o-1", kind=OrderKind.SPECIAL, client=CLIENT, title="x", currency="EUR")
    assert counter.done(again).entries == ()


def test_who_sold_the_order_earns_when_somebody_else_hands_it_over(counter):
    counter.done(
        OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, client=CLIENT, title="x", currency="EUR", pieces=("ring",)),
        by="lea",
    )
    counter.done(MoveOrder(order="o-1", event=OrderEvent.RESERVE), by="lea")
    done = collect(counter, "s-1")
    (recorded,) = (f for e in done.entries for f in e.facts if type(f).__name__ == "SaleRecorded")
    assert [(share.associate, share.share_bp) for share in recorded.shares] == [("lea", 10_000)]


def test_a_piece_quoted_below_its_price_is_a_discount(counter):
    counter.done(
        OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, client=CLIENT, title="x", currency="EUR", pieces=("ring",))
    )
    line = QuoteLine(line="q-1", description="The ring", gross_minor=100_000, tax_bp=2_000, piece="ring")
    act = QuoteOrder(order="o-1", lines=(line,))
    assert counter.refused(act, by="lea").code is Why.NEEDS_APPROVAL
    counter.done(act)
    assert order_of(counter).total_minor == 100_000
    other = msgspec.structs.replace(line, piece="brooch")
    assert "names no other piece" in counter.refused(QuoteOrder(order="o-1", lines=(other,))).why


def test_what_was_collected_comes_back_like_any_sale_and_its_deposit_becomes_credit(counter):
    layaway(counter)
    pay_on(counter, "s-1", 50_000)
    collect(counter, "s-2")
    tenders = (
        Tender(kind=TenderKind.CASH, amount_minor=70_000),
        Tender(kind=TenderKind.STORE_CREDIT, amount_minor=50_000, account=credit_account(CLIENT)),
    )
    act = ReturnPieces(
        sale="s-2", pieces=("ring",), till="till-1", tenders=tenders, reason="changed their mind", returns="r-1"
    )
    done = counter.done(act, pad=["ring"])
    (back,) = (f for e in done.entries for f in e.facts if type(f).__name__ == "ReturnRecorded")
    assert (back.total_minor, back.tax_minor) == (PRICE, 20_000)
    assert counter.state("ring") == "here"
    assert order_of(counter).state == "collected", "the order is over; the return is the sale's"


def test_the_terminal_is_not_asked_for_an_order_that_is_over(counter):
    counter.desk = Desk(counter.books, {"till-1": "desk-1"})
    layaway(counter)
    counter.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    counter.done(AddOrder(sale="s-1", order="o-1"))
    counter.done(EndOrder(order="o-1", event=OrderEvent.CANCEL, why="the client asks"))
    act = RequestPayment(payment="p-1", sale="s-1", amount_minor=PRICE)
    assert "L-1001 is over" in counter.refused(act).why


def test_a_fee_is_not_raised_after_it_was_agreed_without_somebody_elses_word(counter):
    order = layaway(counter)
    worse = msgspec.structs.replace(order.terms, fee_bp=10_000)
    refusal = counter.refused(PromiseOrder(order="o-1", terms=worse), by="lea")
    assert "100 % in place of the 10 % that were agreed" in refusal.why
