"""Payments at the stores' terminals, as the office hears of them."""

import msgspec
import sqlalchemy as sa

from cloud.custody import Custody
from cloud.pos.payments.apply import APPLY
from cloud.pos.payments.queries import listing
from cloud.tables import sale_tender
from cloud.work import Heard, begin
from contract.facts import PaymentCaptured, PaymentInDoubt, PaymentRequested, Stream
from contract.ids import Epoch, StoreId, UserId
from trade.guards import ALL

ASKED = PaymentRequested(
    payment="p1", sale="s1", till="till-1", terminal="desk-1", amount_minor=500, currency="EUR", offline_minor_max=100
)
DOUBT = PaymentInDoubt(payment="p1", sale="s1", why="no answer")
CAPTURED = PaymentCaptured(
    payment="p1", sale="s1", amount_minor=400, currency="EUR", brand="visa", last4="4242", stored_offline=True
)


def hear(office, *facts, store="paris"):
    with office.transaction() as tx:
        tokens = Custody(begin(tx, ALL, 1))
        for seq, fact in enumerate(facts, 1):
            heard = Heard(
                store=StoreId(store), epoch=Epoch("e1"), stream=Stream.TRADE, seq=seq, at_us=seq, by=UserId("ana")
            )
            APPLY[type(fact)](tokens, heard, fact)


def test_a_payment_is_followed_from_its_request_to_its_end(office):
    hear(office, ASKED, DOUBT)
    with office.reading() as tx:
        (doubt,) = listing(tx, state="in_doubt")
    assert (doubt.sale, doubt.terminal, doubt.why, doubt.amount_minor) == ("s1", "desk-1", "no answer", 500)
    hear(office, ASKED, DOUBT, CAPTURED)
    with office.reading() as tx:
        (row,) = listing(tx, store="paris", sale="s1")
        assert listing(tx, state="in_doubt") == listing(tx, store="lyon") == []
    assert (row.state, row.captured_minor, row.brand, row.last4, row.stored_offline) == (
        "captured", 400, "visa", "4242", True,
    )  # fmt: skip


def test_two_stores_may_give_one_name(office):
    hear(office, ASKED)
    hear(office, CAPTURED, store="lyon")
    with office.reading() as tx:
        assert {(row.store, row.state) for row in listing(tx)} == {("paris", "requested"), ("lyon", "captured")}


def test_a_tender_of_the_office_names_its_payment(house):
    box = house.store("paris", "ring")
    paid = house.sale(box, "s1", "ring")
    tenders = (msgspec.structs.replace(paid.tenders[0], payment="p1"),)
    box.write(msgspec.structs.replace(paid, tenders=tenders))
    box.send()
    assert [row["payment"] for row in house.rows(sa.select(sale_tender.c.payment))] == ["p1"]
