"""Points of a client who is erased: nothing more is earned for them, and what they had comes to nothing as it comes back."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import house_settings
from cloud.points import NAME, Loyalty
from cloud.tables import client, points_move, sale, value_account
from cloud.work import begin
from contract.facts import ReturnedLine, ReturnRecorded, Tender, TenderKind
from contract.feed import EarnRule
from contract.ids import UserId
from trade.guards import ALL

PRICE = 120_000
RULES = Loyalty(rules=(EarnRule(name="one in a hundred", rate_bp=100),), months=12)
PAID = (Tender(kind=TenderKind.CARD, amount_minor=PRICE, reference="slip"),)


@pytest.fixture
def paris(house):
    with house.office.transaction() as tx:
        house_settings.write(begin(tx, ALL, 1), NAME, RULES, {"rules": "one"}, by=UserId("ada"), why="a test")
    return house.store("paris", "ring")


def erase(house):
    with house.office.transaction() as tx:
        tx.put(client, {"person": "ana", "sealed": b"", "erased_us": 7, "changed_us": 7})


def buys(house, paris):
    sold = house.sale(paris, "s1", "ring", price_minor=PRICE)
    sold = msgspec.structs.replace(sold, client="ana", business_day="2026-11-20", tenders=PAID)
    paris.write(sold)
    paris.send()
    return sold


def test_who_was_erased_while_a_store_was_offline_earns_nothing_and_the_sale_stands(house, paris):
    erase(house)
    buys(house, paris)
    assert (house.rows(sa.select(value_account)), house.rows(sa.select(points_move))) == ([], [])
    (kept,) = house.rows(sa.select(sale.c.state, sale.c.total_minor))
    assert kept == {"state": "posted", "total_minor": PRICE}
    assert house.rows(sa.select(client.c.changed_us)) == [{"changed_us": 7}], "no store is told of who is no more"


def test_what_was_earned_before_is_taken_back_though_its_client_was_erased(house, paris):
    """The books stay right: what comes back is owed to nobody any more."""
    (line,) = buys(house, paris).lines
    erase(house)
    part = ReturnedLine(line=line.line, gross_minor=PRICE, tax_minor=0, quantity_milli=1000, piece="ring")
    paris.write(
        ReturnRecorded(
            sale="s1", lines=(line.line,), pieces=("ring",), till="t1", shift="z1", receipt_number=9,
            business_day="2026-11-25", currency="EUR", total_minor=PRICE, tax_minor=0, reason="too large",
            tenders=PAID, parts=(part,),
        )
    )  # fmt: skip
    paris.send()
    (known,) = house.rows(sa.select(value_account))
    assert (known["issued_minor"], known["spent_minor"]) == (1_200, 1_200)
