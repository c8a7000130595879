"""Payments in the store's books: they outlive the box, a shift waits for them, and older books learn of them."""

import pytest

from contract.facts import PaymentCaptured, PaymentFailed, Tender, TenderKind
from contract.feed import FeedPage, FeedRow, SettingsCard
from edge.books import replica
from edge.books.db import Database, statements
from edge.till import queries
from edge.till.desk import Desk, Done
from trade.acts import CloseShift, GiveUpPayment, HearPayment, RecordSale, RequestPayment
from trade.payment import Payment, PaymentState
from trade.refusal import Why
from trade.sale import SaleState

ASK = RequestPayment(payment="p1", sale="s1", amount_minor=120_000)
CAPTURED = PaymentCaptured(payment="p1", sale="s1", amount_minor=120_000, currency="EUR", last4="4242", reference="R1")


@pytest.fixture
def till(shop):
    """A ring in the cart of a till whose card terminal is connected."""
    shop.desk = Desk(shop.books, {"till-1": "desk-1"})
    shop.cart("s1", "ring")
    return shop


def payment(shop, name="p1"):
    return shop.books.db.one("payment", Payment, payment=name)


def test_a_card_sale_from_the_terminal_to_the_receipt(till):
    till.done(ASK)
    till.done(HearPayment(said=CAPTURED))
    tender = Tender(kind=TenderKind.CARD, amount_minor=120_000, payment="p1")
    till.done(RecordSale(sale="s1", tenders=(tender,)), pad=["ring"])
    assert [(row.kind, row.payment) for row in queries.sale_tenders(till.books.db, "s1")] == [("card", "p1")]
    assert payment(till).state is PaymentState.CAPTURED


def test_a_shift_does_not_close_over_a_payment(till):
    till.done(ASK)
    refused = till.refused(CloseShift(till="till-1", cash_counted_minor=10_000))
    assert refused.code is Why.OPEN_SALES


def test_one_terminal_is_asked_for_one_payment_at_a_time(till):
    till.done(ASK)
    again = RequestPayment(payment="p2", sale="s1", amount_minor=1)
    assert till.refused(again).code is Why.PAYMENT_LIVE


def test_the_settings_say_what_may_be_stored_offline(till):
    row = FeedRow(rev=90, scope="*", key="settings", body=SettingsCard(store="paris", offline_card_minor_max=5_000))
    replica.take(till.books, FeedPage(rows=(row,), upto=90, more=False))
    till.done(ASK)
    assert payment(till).offline_minor_max == 5_000


def test_giving_up_and_failing_leave_a_cart(till):
    till.done(ASK)
    till.done(GiveUpPayment(payment="p1", reason="pays cash"))
    till.done(HearPayment(said=PaymentFailed(payment="p1", sale="s1", why="stopped at the till")))
    assert queries.sale(till.books.db, "s1").state is SaleState.OPEN
    assert isinstance(till.pay("s1", "ring"), Done)


def test_the_books_of_before_learn_of_payments():
    old = Database(None)
    sql = statements()
    old._db.executescript(sql["schema"] + "".join(sql[f"upgrade_{step}"] for step in range(2, 11)))
    old._db.executescript(
        "INSERT INTO tender VALUES ('sale s', 0, 's', 'card', 500, 0, 'slip 3'); PRAGMA user_version = 10;"
    )
    old.prepare()
    (tender,) = queries.sale_tenders(old, "s")
    assert (tender.reference, tender.payment) == ("slip 3", "")
    assert old.rows("payments_of", Payment, sale="s") == []
