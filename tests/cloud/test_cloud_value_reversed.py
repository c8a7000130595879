"""What moved clients' money is not reversed in the ledger alone: their accounts would go on saying something else."""

import msgspec
import pytest
import sqlalchemy as sa
from house_owing import CARD, owed

from cloud.pos.ledger import closing
from cloud.pos.ledger.queries import balances
from cloud.tables import value_account
from cloud.work import begin
from contract.facts import Tender, TenderKind
from contract.ids import UserId
from trade.guards import ALL

pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)


@pytest.fixture
def paris(house):
    """A gift card of 100.00 is sold, and pays 40.00 of a ring."""
    box = house.store("paris", "p1", "p2")
    box.write(owed(box, house, "s1", 10_000))
    ring = house.sale(box, "s2", "p1")
    total = ring.total_minor
    tenders = (
        Tender(kind=TenderKind.GIFT_CARD, amount_minor=4_000, account=CARD),
        Tender(kind=TenderKind.CASH, amount_minor=total - 4_000),
    )
    box.write(msgspec.structs.replace(ring, tenders=tenders))
    box.write(house.sale(box, "s3", "p2"))
    box.send()
    return box


def said(house):
    """What the ledger owes for gift cards, and what the card's own account says is left."""
    (row,) = house.rows(sa.select(value_account).where(value_account.c.account == CARD))
    with house.office.reading() as tx:
        (owes,) = [each.amount_minor for each in balances(tx) if each.account == "gift_card_liability"]
    return -owes, row["issued_minor"] - row["spent_minor"]


def reverse(house, name):
    with house.office.transaction() as tx:
        closing.reverse(begin(tx, ALL, 9), "paris", name, by=UserId("eva"), why="by mistake")


@pytest.mark.parametrize("name", ["sale:s1", "sale:s2"])
def test_a_sale_that_gave_or_took_a_gift_card_is_not_reversed_in_the_ledger_alone(house, paris, name):
    before = said(house)
    with pytest.raises(closing.NotCorrectableError, match="take back at a till"):
        reverse(house, name)
    assert said(house) == before == (6_000, 6_000)


def test_a_sale_for_money_is_reversed(house, paris):
    reverse(house, "sale:s3")
    assert said(house) == (6_000, 6_000)


@pytest.mark.parametrize(("name", "apart"), [("sale:s1", (-4_000, 6_000)), ("sale:s2", (10_000, 6_000))])
def test_control_without_the_refusal_ledger_and_account_part(house, paris, monkeypatch, name, apart):
    monkeypatch.setattr(closing, "OWED", frozenset())
    reverse(house, name)
    assert said(house) == apart
