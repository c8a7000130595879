"""Store credit of a client with two numbers: either pays with all of it, once, and parted again each has their own."""

import pytest
import sqlalchemy as sa

from cloud.ledger import Kind
from cloud.pos.clients import merging
from cloud.pos.ledger import closing
from cloud.tables import client, client_alias, ledger_line, posting, value_account, value_move, value_slice
from cloud.work import begin
from contract.commands import AnswerValue, RecallValue, TellValue
from contract.facts import (
    AskEnd,
    OrderSettled,
    Tender,
    TenderKind,
    ValueAsked,
    ValueAskEnded,
    ValueInquired,
    ValueReleased,
)
from contract.ids import UserId
from trade.accounts import Account
from trade.guards import ALL
from trade.value import credit_account

ONE, OTHER = credit_account("one"), credit_account("other")


@pytest.fixture
def paris(house):
    with house.office.transaction() as tx:
        tx.add(client, *({"person": each, "sealed": b"", "made_us": 1} for each in ("one", "other")))
    return house.store("paris", "p1", "p2", "p3")


def join(house):
    with house.office.transaction() as tx:
        tx.add(client_alias, {"merge": "m1", "survivor": "one", "absorbed": "other"})


def part(house):
    with house.office.transaction() as tx:
        merging.undo(begin(tx, ALL, 5), "m1", by=UserId("ada"))


def owed(box, account, amount, *, order="o1", expires="", currency="EUR"):
    """An order ended, and its deposit became the client's credit."""
    client = account.removeprefix("credit-")
    settled = OrderSettled(
        order=order, account=f"deposit-{order}", credit=account, credit_minor=amount, fee_minor=0, currency=currency,
        client=client, business_day="2026-11-20", expires=expires,
    )  # fmt: skip
    box.write(settled)
    box.send()


def asks(box, account, wanted, name="a1", day="2026-11-21"):
    """What the office says at once; nothing while it asks stores for what they keep."""
    asked = ValueAsked(
        ask=name, sale=f"sale-{name}", till="t1", account=account, kind=TenderKind.STORE_CREDIT, currency="EUR",
        wanted_minor=wanted, client=account.removeprefix("credit-"), business_day=day,
    )  # fmt: skip
    box.write(asked)
    return [each.command for each in box.obey(box.send()) if isinstance(each.command, AnswerValue | RecallValue)]


def given(box, *args, **named):
    (told,) = [each for each in asks(box, *args, **named) if isinstance(each, AnswerValue)]
    return told.amount_minor


def balances(house):
    """By account; beside them the moves and the ledger say the same."""
    rows = [row for row in house.rows(sa.select(value_account)) if row["kind"] == TenderKind.STORE_CREDIT]
    found = {row["account"]: row["issued_minor"] - row["spent_minor"] for row in rows}
    moves, lines = dict.fromkeys(found, 0), dict.fromkeys(found, 0)
    for row in house.rows(sa.select(value_move).where(value_move.c.account.in_(found))):
        moves[row["account"]] += row["amount_minor"]
    for row in house.rows(sa.select(ledger_line).where(ledger_line.c.account == Account.STORE_CREDIT)):
        lines[row["by"]] -= row["amount_minor"]
    assert found == moves
    assert sum(lines.values()) == sum(found.values())
    return found


def pays(box, house, name, account, amount, piece):
    tenders = (Tender(kind=TenderKind.STORE_CREDIT, amount_minor=amount, account=account),)
    sold = house.sale(box, name, piece, price_minor=amount)
    box.write(type(sold)(**{**{each: getattr(sold, each) for each in sold.__struct_fields__}, "tenders": tenders}))
    box.send()


def test_either_number_pays_with_all_credit_of_the_client_and_no_more(house, paris):
    owed(paris, ONE, 1_000)
    owed(paris, OTHER, 2_000, order="o2")
    assert given(paris, ONE, 2_500) == 1_000, "two clients: each has their own"
    paris.write(
        ValueAskEnded(ask="a1", sale="sale-a1", account=ONE, how=AskEnd.GIVEN_UP),
        ValueReleased(account=ONE, currency="EUR", amount_minor=1_000),
    )
    paris.send()
    join(house)
    assert given(paris, ONE, 2_500, "a2") == 2_500
    assert balances(house) == {ONE: 2_500, OTHER: 500}
    assert given(paris, OTHER, 800, "a3") == 500, "what the first visit set aside is not there twice"


def test_who_has_no_credit_under_the_living_number_pays_with_that_of_the_other(house, paris):
    owed(paris, OTHER, 1_000)
    assert given(paris, ONE, 400) == 0
    join(house)
    assert given(paris, ONE, 400, "a2") == 400
    pays(paris, house, "sale-a2", ONE, 400, "p1")
    assert balances(house) == {ONE: 0, OTHER: 600}


def test_parted_again_what_was_brought_over_and_not_spent_goes_back_once(house, paris):
    owed(paris, OTHER, 1_000)
    join(house)
    assert given(paris, ONE, 700) == 700
    pays(paris, house, "sale-a1", ONE, 300, "p1")
    paris.write(ValueReleased(account=ONE, currency="EUR", amount_minor=400))
    paris.send()
    assert balances(house) == {ONE: 400, OTHER: 300}
    part(house)
    assert balances(house) == {ONE: 0, OTHER: 700}
    with pytest.raises(merging.UnknownMergeError):
        part(house)
    assert balances(house) == {ONE: 0, OTHER: 700}


def test_parted_again_nobody_gets_what_was_the_others_own(house, paris):
    owed(paris, ONE, 500)
    owed(paris, OTHER, 1_000, order="o2")
    join(house)
    part(house)
    assert balances(house) == {ONE: 500, OTHER: 1_000}


def test_what_a_store_keeps_of_the_other_number_is_asked_back_and_then_given(house, paris):
    owed(paris, OTHER, 1_000)
    with house.office.transaction() as tx:
        tx.add(value_slice, {"store": "paris", "account": OTHER, "held_minor": 1_000})
    join(house)
    assert asks(paris, ONE, 400) == [RecallValue(account=OTHER)]
    paris.write(ValueReleased(account=OTHER, currency="EUR", amount_minor=1_000))
    (told,) = [each.command for each in paris.obey(paris.send()) if isinstance(each.command, AnswerValue)]
    assert (told.ask, told.account, told.amount_minor) == ("a1", ONE, 400)


def test_blocked_credit_and_credit_that_is_over_or_in_other_money_is_not_brought_over(house, paris):
    owed(paris, OTHER, 1_000, expires="2026-11-20")
    join(house)
    assert given(paris, ONE, 400) == 0
    with house.office.transaction() as tx:
        tx.run(sa.update(value_account).values(expires="", blocked="lost"))
    assert given(paris, ONE, 400, "a2") == 0
    with house.office.transaction() as tx:
        tx.run(sa.update(value_account).values(blocked="", currency="CHF"))
    assert given(paris, ONE, 400, "a3") == 0


def test_a_balance_is_told_of_all_numbers(house, paris):
    owed(paris, ONE, 500)
    owed(paris, OTHER, 1_000, order="o2")
    join(house)
    paris.write(ValueInquired(inquiry="i1", till="t1", account=ONE, kind=TenderKind.STORE_CREDIT, client="one"))
    (told,) = [each.command for each in paris.obey(paris.send()) if isinstance(each.command, TellValue)]
    assert (told.balance_minor, told.why) == (1_500, "")


def test_what_was_brought_over_is_not_reversed_in_the_ledger_alone(house, paris):
    owed(paris, OTHER, 5_000)
    join(house)
    given(paris, ONE, 3_000)
    (moved,) = house.rows(sa.select(posting).where(posting.c.kind == Kind.JOINED))
    with house.office.transaction() as tx, pytest.raises(closing.NotCorrectableError, match="part the two numbers"):
        closing.reverse(begin(tx, ALL, 9), moved["store"], moved["posting"], by=UserId("ada"), why="by mistake")
