"""What a box claims of an account beyond what the office knows is not believed, and a person is told."""

import msgspec
import pytest
import sqlalchemy as sa
from house_owing import CARD, answers, ask, owed

from cloud.pos.ledger.queries import balances
from cloud.pos.value import apply as value
from cloud.tables import case_file, piece_backing, value_slice
from contract.facts import Tender, TenderKind, TradeIn, TradeInTaken, ValueKept, ValueReleased


def held_of(house):
    return {row["store"]: row["held_minor"] for row in house.rows(sa.select(value_slice))}


def cases_of(house):
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind))]


def keeps(amount, account=CARD):
    return ValueKept(account=account, kind=TenderKind.GIFT_CARD, amount_minor=amount, currency="EUR")


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("claimed", [9_000, -9_000])
def test_a_box_keeps_only_of_money_that_came_in_with_the_same_entry(house, claimed):
    """One that makes it up would starve the others, and spend it unseen."""
    paris, thief = house.store("paris"), house.store("nice")
    paris.write(owed(paris, house, "s1", 10_000), keeps(4_000))
    paris.send()
    thief.write(keeps(claimed))
    thief.send()
    assert {name: held for name, held in held_of(house).items() if held} == {"paris": 4_000}
    assert cases_of(house) == ["value unfounded"]


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_of_money_that_came_in_no_more_is_kept_than_it_was_however_often_it_is_said(house):
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000), keeps(7_000), keeps(7_000))
    paris.send()
    assert (held_of(house), cases_of(house)) == ({"paris": 10_000}, ["value unfounded"])


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("claimed", [5_000, -5_000])
def test_a_store_gives_back_no_more_than_it_held(house, claimed):
    """Below nothing, what it is allowed next would be given to others too."""
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000), keeps(4_000))
    paris.write(ValueReleased(account=CARD, amount_minor=claimed, currency="EUR"))
    paris.send()
    assert (held_of(house), cases_of(house)) == ({"paris": 0 if claimed > 0 else 4_000}, ["value unfounded"])


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("guarded", "given"), [(True, 6_000), (False, 1_000)])
def test_what_a_box_makes_up_is_not_missing_elsewhere(house, monkeypatch, guarded, given):
    """With the control: an office that believes it has the rest for nobody."""
    if not guarded:
        monkeypatch.setattr(value, "_believed", lambda claimed, _known: claimed)
    paris, thief = house.store("paris"), house.store("nice")
    paris.write(owed(paris, house, "s1", 10_000))
    paris.send()
    thief.write(keeps(9_000))
    thief.send()
    paris.write(ask("a1", 6_000))
    assert answers(paris)[-1].amount_minor == given


GIVEN = TradeIn(
    piece="ti-1", title="Old brooch", category="brooch", client="c-1", value_minor=30_000, currency="EUR",
    provenance="her aunt's", proof="identity card",
)  # fmt: skip


def paid_with_it(house, box, amount, account="ti-a"):
    """A sale of one piece for 1200.00, of which this much is a thing taken in payment."""
    tenders = (
        Tender(kind=TenderKind.TRADE_IN, amount_minor=amount, account=account),
        Tender(kind=TenderKind.CASH, amount_minor=120_000 - amount),
    )
    return msgspec.structs.replace(house.sale(box, "s1", "p1"), tenders=tenders)


def trade_ins(house):
    with house.office.reading() as tx:
        return {
            each.account: each.amount_minor
            for each in balances(tx)
            if each.account in ("trade_in_payable", "goods_received", "inventory_second_hand")
        }


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("paid", "claimed", "worth", "cases"),
    [
        (30_000, 30_000, 30_000, []),
        (30_000, 900_000, 30_000, ["value unfounded"]),
        (30_000, -5, 0, ["value unfounded"]),
    ],
)
def test_a_thing_taken_in_is_worth_what_its_sale_was_paid_with_it(house, paid, claimed, worth, cases):
    paris = house.store("paris", "p1")
    given = msgspec.structs.replace(GIVEN, value_minor=claimed)
    paris.write(paid_with_it(house, paris, paid), TradeInTaken(account="ti-a", sale="s1", trade_in=given))
    paris.send()
    (behind,) = house.rows(sa.select(piece_backing).where(piece_backing.c.piece == "ti-1"))
    assert (behind["cost_minor"], cases_of(house)) == (worth, cases)
    owed = {"trade_in_payable": paid - worth, "inventory_second_hand": worth}
    assert {account: amount for account, amount in trade_ins(house).items() if amount} == {
        account: amount for account, amount in owed.items() if amount
    }


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("sale", "account", "currency"), [("s1", "ti-b", "EUR"), ("s2", "ti-a", "EUR"), ("s1", "ti-a", "CHF")]
)
def test_of_another_sale_or_name_or_currency_it_is_worth_nothing(house, sale, account, currency):
    paris = house.store("paris", "p1")
    given = msgspec.structs.replace(GIVEN, currency=currency)
    paris.write(paid_with_it(house, paris, 30_000), TradeInTaken(account=account, sale=sale, trade_in=given))
    paris.send()
    assert cases_of(house) == ["value unfounded"]
    assert trade_ins(house).get("inventory_second_hand", 0) == 0


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("account", "cases"), [("ti-a", []), (CARD, ["value unfounded"])])
def test_a_thing_taken_in_is_no_account_of_the_house(house, account, cases):
    """Of its own name nothing is held; under a gift card's it is no money of that card."""
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000))
    told = ValueKept(account=account, kind=TenderKind.TRADE_IN, amount_minor=900_000, currency="EUR")
    paris.write(told)
    paris.send()
    assert (held_of(house), cases_of(house)) == ({}, cases)
