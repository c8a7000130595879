"""Points of a client with two ids: each keeps what its own purchases earned, and either may pay with all of it."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import house_settings
from cloud.points import NAME, Loyalty
from cloud.tables import client_alias, client_segment, ledger_line, points_lot, value_account, value_move
from cloud.work import begin
from contract.commands import AnswerValue, TellValue
from contract.facts import Tender, TenderKind, ValueAsked, ValueAskEnded, ValueInquired
from contract.facts.value import AskEnd
from contract.feed import EarnRule
from contract.ids import UserId
from trade.accounts import Account
from trade.guards import ALL
from trade.points import points_account

ONE, OTHER = points_account("one", "EUR"), points_account("other", "EUR")
TENTH = Loyalty(rules=(EarnRule(name="a tenth", rate_bp=1_000),), months=12)


@pytest.fixture
def paris(house):
    rule(house, TENTH)
    return house.store("paris", "p1", "p2", "p3")


def rule(house, told):
    with house.office.transaction() as tx:
        house_settings.write(begin(tx, ALL, 1), NAME, told, {"rules": str(told)}, by=UserId("ada"), why="a test")


def join(house):
    with house.office.transaction() as tx:
        tx.add(client_alias, {"merge": "m1", "survivor": "one", "absorbed": "other"})


def part(house):
    with house.office.transaction() as tx:
        tx.run(sa.update(client_alias).values(undone_us=1))


def buys(box, house, name, piece, client, *, day="2026-11-20"):
    tenders = (Tender(kind=TenderKind.CARD, amount_minor=10_000, reference="slip"),)
    fact = house.sale(box, name, piece, price_minor=10_000)
    box.write(msgspec.structs.replace(fact, client=client, business_day=day, tenders=tenders))
    box.send()


def asks(box, account, wanted, name="a1", day="2026-11-21"):
    """What the office gives."""
    client = account.split("-")[1].split(":")[0]
    asked = ValueAsked(
        ask=name, sale=f"sale-{name}", till="t1", account=account, kind=TenderKind.POINTS, currency="EUR",
        wanted_minor=wanted, client=client, business_day=day,
    )  # fmt: skip
    box.write(asked)
    (told,) = [each.command for each in box.obey(box.send()) if isinstance(each.command, AnswerValue)]
    return told


def balances(house):
    """By account; beside them the moves and the ledger say the same."""
    rows = house.rows(sa.select(value_account))
    found = {row["account"]: row["issued_minor"] - row["spent_minor"] for row in rows}
    moves = dict.fromkeys(found, 0)
    for row in house.rows(sa.select(value_move)):
        moves[row["account"]] += row["amount_minor"]
    owed = dict.fromkeys(found, 0)
    for row in house.rows(sa.select(ledger_line).where(ledger_line.c.account == Account.POINTS)):
        owed[row["by"]] -= row["amount_minor"]
    assert found == moves == owed
    return found


def test_what_was_bought_while_two_were_one_earns_for_the_number_it_was_bought_with(house, paris):
    """What the simulation of clients found: parted again, a purchase was one client's and its points the other's."""
    join(house)
    buys(paris, house, "s1", "p1", "other")
    part(house)
    assert balances(house) == {OTHER: 1_000}


def test_either_number_pays_with_all_points_of_the_client_and_no_more(house, paris):
    """A till's card says the sum of both; before, only what one of them had earned could be spent."""
    buys(paris, house, "s1", "p1", "one")
    buys(paris, house, "s2", "p2", "other")
    join(house)
    assert asks(paris, ONE, 1_500).amount_minor == 1_500
    assert balances(house) == {ONE: 1_500, OTHER: 500}
    assert asks(paris, OTHER, 800, "a2").amount_minor == 500, "what the first visit set aside is not there twice"


def test_who_never_earned_under_this_number_pays_with_what_the_other_has(house, paris):
    buys(paris, house, "s1", "p1", "other")
    assert asks(paris, ONE, 400).amount_minor == 0
    join(house)
    assert asks(paris, ONE, 400, "a2").amount_minor == 400
    part(house)
    assert balances(house) == {ONE: 400, OTHER: 600}, "what was asked for stays where it went"


def test_points_that_are_brought_together_keep_their_days(house, paris):
    buys(paris, house, "s1", "p1", "other", day="2025-12-20")
    buys(paris, house, "s2", "p2", "other")
    join(house)
    assert asks(paris, ONE, 1_200).amount_minor == 1_200
    rows = house.rows(sa.select(points_lot).where(points_lot.c.account == ONE, points_lot.c.left_minor > 0))
    assert sorted((row["expires"], row["left_minor"]) for row in rows) == [("2026-12-20", 1_000), ("2027-11-20", 200)]
    paris.write(ValueAskEnded(ask="a1", sale="sale-a1", account=ONE, how=AskEnd.GIVEN_UP))
    paris.send()
    assert asks(paris, ONE, 100, "a2", day="2027-12-01").amount_minor == 0, "all of them are over by then"


def test_a_blocked_account_gives_nothing_to_the_other(house, paris):
    buys(paris, house, "s1", "p1", "other")
    buys(paris, house, "s2", "p2", "one")
    join(house)
    with house.office.transaction() as tx:
        tx.run(sa.update(value_account).where(value_account.c.account == OTHER).values(blocked="lost"))
    assert asks(paris, ONE, 1_500).amount_minor == 1_000
    assert balances(house) == {ONE: 1_000, OTHER: 1_000}


def test_a_balance_is_told_of_all_numbers(house, paris):
    buys(paris, house, "s1", "p1", "one")
    buys(paris, house, "s2", "p2", "other")
    join(house)
    paris.write(ValueInquired(inquiry="i1", till="t1", account=ONE, kind=TenderKind.POINTS, client="one"))
    (told,) = [each.command for each in paris.obey(paris.send()) if isinstance(each.command, TellValue)]
    assert (told.balance_minor, told.why) == (2_000, "")


def test_the_higher_tier_of_two_numbers_earns(house, paris):
    gold = EarnRule(name="gold", rate_bp=2_000, tier_min=2)
    rule(house, msgspec.structs.replace(TENTH, rules=(*TENTH.rules, gold)))
    with house.office.transaction() as tx:
        tx.add(client_segment, {"person": "one", "tier": 1, "run": "r"}, {"person": "other", "tier": 2, "run": "r"})
    join(house)
    buys(paris, house, "s1", "p1", "one")
    assert balances(house) == {ONE: 2_000}
