"""Payments at a terminal: the sale is stored first, its lines are frozen, and only the terminal ends a doubt."""

import msgspec
import pytest

from contract.facts import (
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentInDoubt,
    PaymentKept,
    PaymentRefunded,
    PaymentRequested,
    PaymentVoided,
    SaleRecorded,
    Tender,
    TenderingBegan,
    TenderingEnded,
    TenderKind,
)
from trade import payment as payments
from trade import sale as sales
from trade.acts import GiveUpPayment, HearPayment, ParkSale, RecordSale, RemoveLine, RequestPayment, VoidSale
from trade.payment import Payment, PaymentState
from trade.refusal import Refusal, Why
from trade.sale import SaleState

PAYMENT_FACTS = payments.PaymentFact.__args__
CAPTURED = PaymentCaptured(
    payment="p1", sale="sale-1", amount_minor=120_000, currency="EUR", brand="visa", last4="4242", auth_code="A1"
)
DOUBT = PaymentInDoubt(payment="p1", sale="sale-1", why="no answer within 120 s")
FAILED = PaymentFailed(payment="p1", sale="sale-1", why="declined")


class Counter:
    """A till with a terminal: facts fold into the scene, as the desk does it in the books."""

    def __init__(self, mind, terminal="desk-1", **more):
        self.mind = mind
        self.scene = msgspec.structs.replace(mind.cart("ring"), terminal=terminal, **more)

    def do(self, act):
        name = act.said.payment if isinstance(act, HearPayment) else getattr(act, "payment", "")
        known = {each.payment: each for each in self.scene.payments}
        busy = next((p for p, each in known.items() if each.state in payments.ASKED), None)
        scene = msgspec.structs.replace(self.scene, payment=known.get(name), terminal_busy=busy)
        answer = self.mind.decide(scene, act)
        for fact in answer if isinstance(answer, tuple) else ():
            if isinstance(fact, PAYMENT_FACTS):
                known[fact.payment] = payments.apply(known.get(fact.payment), fact, 5)
            elif isinstance(fact, sales.SaleFact.__args__):
                self.scene = msgspec.structs.replace(self.scene, sale=sales.apply(self.scene.sale, fact, 5))
        self.scene = msgspec.structs.replace(self.scene, payments=tuple(known.values()))
        return answer

    def ask(self, amount=120_000, payment="p1"):
        return self.do(RequestPayment(payment=payment, sale="sale-1", amount_minor=amount))

    def hear(self, said):
        return self.do(HearPayment(said=said))

    def record(self, *tenders):
        return self.do(RecordSale(sale="sale-1", tenders=tenders))

    @property
    def state(self):
        return self.scene.sale.state


def by_card(amount=120_000, payment="p1", **more):
    return Tender(kind=TenderKind.CARD, amount_minor=amount, payment=payment, **more)


@pytest.fixture
def counter(mind):
    return Counter(mind)


def test_the_sale_is_stored_with_its_final_lines_before_the_terminal_is_asked(counter):
    began, asked = counter.ask()
    assert (type(began), type(asked)) == (TenderingBegan, PaymentRequested)
    assert (began.total_minor, began.lines) == (120_000, counter.scene.sale.lines)
    assert counter.state is SaleState.TENDERING


def test_a_captured_payment_and_nothing_less_records_the_sale(counter):
    counter.ask()
    assert counter.record(by_card()).code is Why.PAYMENT_LIVE
    counter.hear(DOUBT)
    assert counter.record(by_card()).code is Why.PAYMENT_LIVE
    counter.hear(CAPTURED)
    recorded = next(fact for fact in counter.record(by_card()) if isinstance(fact, SaleRecorded))
    assert recorded.tenders == (by_card(),)


def test_money_that_was_captured_is_not_left_out_of_the_receipt(counter):
    counter.ask()
    counter.hear(CAPTURED)
    refused = counter.record(Tender(kind=TenderKind.CASH, amount_minor=120_000))
    assert refused.code is Why.WRONG_TENDERS
    assert "give it up" in refused.why
    assert counter.record(by_card(), by_card()).code is Why.WRONG_TENDERS


@pytest.mark.parametrize("act", [RemoveLine(sale="sale-1", line="id-2"), ParkSale(sale="sale-1"), VoidSale(sale="sale-1", reason="left")])  # fmt: skip
def test_lines_are_frozen_while_a_payment_is_live(counter, act):
    counter.ask()
    assert counter.do(act).code is Why.PAYMENT_LIVE
    counter.hear(CAPTURED)
    assert counter.do(act).code is Why.PAYMENT_LIVE


def test_a_declined_card_makes_a_cart_of_the_sale_again(counter):
    counter.ask()
    assert counter.hear(FAILED) == (FAILED, TenderingEnded(sale="sale-1"))
    assert counter.state is SaleState.OPEN
    assert isinstance(counter.ask(payment="p2"), tuple)


def test_in_doubt_ends_by_the_terminals_word_only(counter):
    counter.ask()
    counter.hear(DOUBT)
    assert counter.ask(payment="p2").code is Why.PAYMENT_LIVE
    counter.do(GiveUpPayment(payment="p1", reason="she paid cash"))
    assert counter.scene.payments[0].state is PaymentState.IN_DOUBT
    assert counter.state is SaleState.TENDERING


def test_a_partial_approval_leaves_the_rest_to_pay(counter):
    counter.ask()
    counter.hear(msgspec.structs.replace(CAPTURED, amount_minor=70_000))
    refused = counter.ask(amount=50_001, payment="p2")
    assert "500.00 EUR to pay" in refused.why
    cash = Tender(kind=TenderKind.CASH, amount_minor=50_000)
    assert counter.record(by_card(120_000)).code is Why.WRONG_TENDERS
    assert isinstance(counter.record(by_card(70_000), cash), tuple)


def test_giving_up_gives_back_what_was_captured(counter):
    counter.ask()
    counter.hear(CAPTURED)
    assert isinstance(counter.do(GiveUpPayment(payment="p1", reason="changed her mind"))[0], PaymentGivenUp)
    assert counter.record(by_card()).code is Why.PAYMENT_LIVE
    voided = PaymentVoided(payment="p1", sale="sale-1")
    assert counter.hear(voided) == (voided, TenderingEnded(sale="sale-1"))


def test_what_is_captured_after_it_was_given_up_goes_back_too(counter):
    counter.ask()
    counter.do(GiveUpPayment(payment="p1", reason="changed her mind"))
    counter.hear(CAPTURED)
    assert counter.scene.payments[0].state is PaymentState.RETURNING
    counter.hear(PaymentRefunded(payment="p1", sale="sale-1"))
    assert counter.state is SaleState.OPEN


def test_money_the_terminal_would_not_give_back_still_pays(counter):
    counter.ask()
    counter.hear(CAPTURED)
    counter.do(GiveUpPayment(payment="p1", reason="changed her mind"))
    counter.hear(PaymentKept(payment="p1", sale="sale-1", why="settled"))
    assert isinstance(counter.record(by_card()), tuple)


def test_the_same_word_twice_is_one_fact_and_the_contrary_is_kept_as_a_refusal(counter):
    counter.ask()
    counter.hear(CAPTURED)
    assert counter.hear(CAPTURED) == ()
    assert counter.hear(FAILED).code is Why.WRONG_STATE
    assert counter.ask() == ()


def test_only_what_is_still_to_pay_is_asked_for(counter):
    for amount in (0, -1, 120_001):
        assert counter.ask(amount=amount).code is Why.WRONG_TENDERS


def test_a_till_without_a_terminal_types_the_reference_of_the_slip(mind):
    counter = Counter(mind, terminal="")
    assert counter.ask().code is Why.NO_TERMINAL
    assert counter.record(by_card(payment="")).code is Why.WRONG_TENDERS
    assert counter.record(by_card(payment="", reference=" ")).code is Why.WRONG_TENDERS
    assert isinstance(counter.record(by_card(payment="", reference="0042")), tuple)


def test_a_till_with_a_terminal_takes_no_typed_slip(counter):
    assert counter.record(by_card(payment="", reference="0042")).code is Why.WRONG_TENDERS


@pytest.mark.parametrize(("limit", "asked"), [(0, 0), (50_000, 50_000), (200_000, 120_000)])
def test_a_terminal_without_a_line_stores_no_more_than_the_store_allows(mind, limit, asked):
    counter = Counter(mind, offline_card_minor_max=limit)
    assert counter.ask()[1].offline_minor_max == asked


def test_a_payment_heard_of_in_the_middle_is_made_from_what_is_told():
    heard = payments.apply(None, CAPTURED, 7)
    assert (heard.state, heard.captured_minor, heard.last4) == (PaymentState.CAPTURED, 120_000, "4242")


def test_only_live_payments_count():
    assert {state for state in PaymentState if Payment(payment="p", sale="s", state=state).live} == payments.LIVE
    assert isinstance(Refusal(Why.PAYMENT_LIVE, "x").code, Why)
