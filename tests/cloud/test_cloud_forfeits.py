"""What was forfeited by mistake is given back by reversing it: account and ledger say the same before and after."""

import pytest
import sqlalchemy as sa
from house_owing import CARD, answers, ask, owed

from cloud.pos.ledger import closing
from cloud.pos.ledger.queries import balances
from cloud.pos.value import by_hand
from cloud.tables import office_change, value_account
from cloud.work import begin
from contract.facts import OrderSettled
from contract.ids import UserId
from trade.guards import ALL

EVA = UserId("eva")


def work(house, act, at_us=5):
    with house.office.transaction() as tx:
        return act(begin(tx, ALL, at_us))


def ledger(house):
    with house.office.reading() as tx:
        return {each.account: each.amount_minor for each in balances(tx) if each.amount_minor}


def left(house):
    (row,) = house.rows(sa.select(value_account).where(value_account.c.account == CARD))
    return row["issued_minor"] - row["spent_minor"]


@pytest.fixture
def paris(house):
    """A gift card of 100.00, sold there, of which it keeps nothing; forfeited at the office."""
    box = house.store("paris")
    box.write(owed(box, house, "s1", 10_000))
    box.send()
    work(house, lambda w: by_hand.block(w, CARD, "not used in ten years", by=EVA))
    assert work(house, lambda w: by_hand.forfeit(w, CARD, ref="f1", by=EVA, why="the law of the land")) == ""
    assert (left(house), ledger(house)) == (0, {"card_clearing": 10_000, "gift_card_breakage": -10_000})
    return box


def reverse(house, name="forfeit:f1", why="they came with the card"):
    return work(house, lambda w: closing.reverse(w, "paris", name, by=EVA, why=why))


def test_reversing_it_gives_the_account_its_money_back_and_it_can_be_spent(house, paris):
    reverse(house)
    assert (left(house), ledger(house)) == (10_000, {"card_clearing": 10_000, "gift_card_liability": -10_000})
    newest = house.rows(sa.select(office_change).order_by(office_change.c.n.desc()))[0]
    assert (newest["subject"], newest["by"]) == (CARD, EVA)
    assert newest["why"] == "no longer forfeited: they came with the card"
    paris.write(ask("a1", 4_000))
    assert [each.amount_minor for each in answers(paris)] == [0], "it is blocked still"
    work(house, lambda w: by_hand.block(w, CARD, "", by=EVA))
    paris.write(ask("a2", 4_000))
    assert [each.amount_minor for each in answers(paris)] == [4_000]


def test_it_is_given_back_once_and_forfeited_again_by_forfeiting_it(house, paris):
    reversal = reverse(house)
    with pytest.raises(closing.NotCorrectableError, match="reversed already"):
        reverse(house)
    with pytest.raises(closing.NotCorrectableError, match="forfeit it once more"):
        reverse(house, reversal)
    assert left(house) == 10_000
    assert work(house, lambda w: by_hand.forfeit(w, CARD, ref="f2", by=EVA, why="a copy of the card")) == ""
    assert (left(house), ledger(house)) == (0, {"card_clearing": 10_000, "gift_card_breakage": -10_000})


def test_without_a_reason_nothing_is_given_back(house, paris):
    with pytest.raises(closing.NotCorrectableError, match="Say why"):
        reverse(house, why=" ")
    assert left(house) == 0


def test_the_end_of_an_order_is_not_reversed_in_the_ledger_alone(house):
    box = house.store("paris")
    settled = OrderSettled(
        order="o1", account="order-o1", client="c-1", currency="EUR", business_day="2026-12-01", fee_minor=500,
        credit_minor=4_500, credit="credit-c-1",
    )  # fmt: skip
    box.write(settled)
    box.send()
    was = ledger(house)
    with pytest.raises(closing.NotCorrectableError, match="follows the end of an order"):
        reverse(house, "forfeit:order:o1")
    assert ledger(house) == was
    assert not closing.stays("forfeit", "f1", ["gift_card_liability"]), "the control"
