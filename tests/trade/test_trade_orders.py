"""Terms, numbers and queues of clients' orders: arithmetic that keeps every unit, and words that say what may be done."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import Instalment, OrderEvent, OrderKind, OrderOpened, OrderQuoted, OrderTerms, QuoteLine
from contract.feed import SettingsCard
from trade.accounts import Account
from trade.orders import queues
from trade.orders.numbers import LETTERS, account_of, number_after, order_of, ordinal_of, typed
from trade.orders.order import apply, opened
from trade.orders.queues import Queue
from trade.orders.tables import ENDS, TABLES
from trade.orders.terms import (
    below,
    beside_total,
    deposit_minor,
    fee_minor,
    in_grace,
    overdue_since,
    plan,
    redone,
    terms_of,
    wrong,
)
from trade.orders.words import BY_ANOTHER_ACT, DONE, KINDS, STEPS, cannot, instead, possible
from trade.settling import post_settled

money = st.integers(0, 10**12)
HOUSE = SettingsCard(store="paris")


def order(kind=OrderKind.LAYAWAY, total=100_000, **more):
    told = {
        "order": "o-1", "number": "L-1001", "kind": kind, "client": "c-1", "title": "x", "currency": "EUR",
        "account": account_of("o-1"),
    }  # fmt: skip
    made = opened(OrderOpened(**{**told, **more}), 1, "ana")
    line = QuoteLine(line="q", description="x", gross_minor=total, tax_bp=2_000)
    return apply(made, OrderQuoted(order="o-1", quote=1, lines=(line,)), 2, "ana")


@given(total=money, first=money, months=st.integers(1, 60))
def test_instalments_make_the_total_to_the_last_unit_and_their_days_go_up(total, first, months):
    parts = plan(total, first, "2026-11-30", months)
    assert sum(part.amount_minor for part in parts) == total
    assert all(part.amount_minor > 0 for part in parts)
    days = [part.due_day for part in parts]
    assert days == sorted(set(days))
    assert not parts or wrong(OrderTerms(instalments=parts[:60])) is None
    rest = [part.amount_minor for part in parts if part.due_day != "2026-11-30"]
    assert not rest or max(rest) - min(rest) <= 1


@given(amounts=st.lists(st.integers(1, 10**9), max_size=8), paid=money)
def test_what_is_due_is_what_was_promised_less_what_was_paid(amounts, paid):
    parts = tuple(Instalment(due_day=f"2026-{n:02d}-01", amount_minor=each) for n, each in enumerate(amounts, 1))
    due = order(terms=OrderTerms(instalments=parts)).due(paid)
    assert sum(each.amount_minor for each in due) == max(sum(amounts) - paid, 0)
    assert all(each.amount_minor > 0 for each in due)
    assert [each.due_day for each in due] == sorted(each.due_day for each in due)


@given(total=money, share=st.integers(0, 10_000), paid=money)
def test_a_deposit_is_never_less_than_its_share_and_a_fee_never_more_than_was_paid(total, share, paid):
    one = order(total=total, terms=OrderTerms(deposit_bp=share, fee_bp=share))
    assert total * share <= deposit_minor(one) * 10_000 < total * share + 10_000
    assert 0 <= fee_minor(one, paid) <= paid


@given(fee=money, credit=money)
def test_an_order_that_ends_moves_what_was_owed_and_makes_nothing(fee, credit):
    legs = {leg.account: leg for leg in post_settled(fee, credit, "EUR", account_of("o-1"), "credit-c-1")}
    assert sum(leg.amount_minor for leg in legs.values()) == 0
    owed = legs.get(Account.CUSTOMER_DEPOSITS)
    assert (owed.amount_minor if owed else 0) == fee + credit
    assert owed is None or owed.by == "order-o-1"
    assert (-legs[Account.FORFEITED_DEPOSITS].amount_minor if fee else 0) == fee


@given(kind=st.sampled_from(list(OrderKind)), last=st.integers(0, 10**6))
def test_numbers_go_up_and_are_read_as_people_type_them(kind, last):
    number = number_after(kind, last)
    assert ordinal_of(number) > max(last, 1_000)
    for said in (number, number.lower(), number.replace("-", ""), number.replace("-", " "), f" {number} "):
        assert typed(said) == number


@pytest.mark.parametrize("text", ["", "L", "X-1", "L-1a", "p-1042", "3034257BF7194E4000001A85"])
def test_what_is_no_number_of_an_order_stays_as_it_is(text):
    assert typed(text) == text
    assert ordinal_of("L-") == ordinal_of("x") == ordinal_of("L-²") == 0


def test_an_account_names_its_order_and_no_other_account_does():
    assert order_of(account_of("o-1")) == "o-1"
    assert order_of("dep-1") == order_of("gc-1") == ""
    assert len(set(LETTERS.values())) == len(OrderKind)


def test_terms_of_the_house_are_not_below_themselves_and_each_lesser_one_is_named():
    for kind in OrderKind:
        assert below(kind, terms_of(kind, HOUSE), HOUSE, "2026-11-22") == ()
    less = OrderTerms(
        deposit_bp=0, fee_bp=0, grace_days=99, instalments=(Instalment(due_day="2028-01-01", amount_minor=1),)
    )
    assert len(below(OrderKind.LAYAWAY, less, HOUSE, "2026-11-22")) == 4


@pytest.mark.parametrize(
    "terms",
    [
        OrderTerms(deposit_bp=-1),
        OrderTerms(fee_bp=10_001),
        OrderTerms(grace_days=-1),
        OrderTerms(instalments=(Instalment(due_day="2026-02-30", amount_minor=1),)),
        OrderTerms(instalments=(Instalment(due_day="2026-02-03", amount_minor=0),)),
        OrderTerms(instalments=(Instalment(due_day="2026-02-03", amount_minor=1),) * 61),
    ],
)
def test_terms_that_nobody_can_agree_on_are_refused_in_words(terms):
    assert len(wrong(terms).why) > 20


def test_instalments_make_what_the_order_comes_to():
    def parts(*amounts):
        return OrderTerms(instalments=tuple(Instalment(due_day="2026-12-01", amount_minor=each) for each in amounts))

    for amounts in ((119_999,), (120_000, 1)):
        refusal = beside_total(parts(*amounts), 120_000, "EUR")
        assert refusal is not None
        assert "the order comes to 1200.00 EUR" in refusal.why
    assert beside_total(parts(40_000, 80_000), 120_000, "EUR") is None
    assert beside_total(parts(1), 0, "EUR") is None, "it has no price yet"


def test_a_layaway_is_overdue_the_day_after_and_forfeit_waits_for_its_grace():
    first = Instalment(due_day="2026-11-22", amount_minor=50_000)
    one = order(terms=OrderTerms(grace_days=3, instalments=(first,)))
    assert overdue_since(one, 0, "2026-11-22") == ""
    assert overdue_since(one, 0, "2026-11-23") == "2026-11-22"
    assert overdue_since(one, 50_000, "2026-11-23") == ""
    assert [in_grace(one, "2026-11-22", f"2026-11-{day}") for day in (25, 26)] == [True, False]


def test_an_order_stands_where_it_waits_and_nowhere_when_it_is_over():
    late = order(OrderKind.SPECIAL, promised_day="2026-11-20")
    assert queues.of(late, 0, "2026-11-22", "2026-11-23") == {Queue.OVERDUE}
    soon = msgspec.structs.replace(late, promised_day="2026-11-23", held="x")
    assert queues.of(soon, 0, "2026-11-22", "2026-11-23") == {Queue.TODAY, Queue.HELD}
    for state in (s for s in TABLES[OrderKind.SPECIAL].states() if s in ENDS):
        assert queues.of(msgspec.structs.replace(late, state=state), 0, "2026-11-22", "2026-11-23") == frozenset()
    ready = msgspec.structs.replace(late, state="received")
    assert queues.of(ready, 0, "2026-11-22", "2026-11-23") == {Queue.READY, Queue.CLIENT}, "the promise is kept"


def test_every_step_has_words_and_every_state_says_what_may_be_done():
    assert set(STEPS) == set(OrderEvent)
    assert set(OrderEvent) <= set(DONE)
    assert set(KINDS) == set(OrderKind)
    assert set(OrderEvent) > BY_ANOTHER_ACT
    for kind, machine in TABLES.items():
        for state in machine.states():
            one = msgspec.structs.replace(order(kind), state=state)
            for event in OrderEvent:
                refusal = cannot(one, event)
                assert (refusal is None) == (machine.after(state, event) is not None and state not in ENDS)
                assert refusal is None or len(refusal.why) > 20
            assert state in ENDS or (instead(one) and possible(kind, state))


PARTS = (("2026-12-01", 300), ("2027-01-01", 300), ("2027-02-01", 400))


@pytest.mark.parametrize(
    ("total", "paid", "parts"),
    [
        (1_000, 0, PARTS),
        (2_000, 0, (("2026-12-01", 600), ("2027-01-01", 600), ("2027-02-01", 800))),
        (2_000, 300, (("2026-12-01", 300), ("2027-01-01", 729), ("2027-02-01", 971))),
        (2_000, 400, (("2026-12-01", 300), ("2027-01-01", 633), ("2027-02-01", 1_067))),
        (400, 400, (("2026-12-01", 300), ("2027-01-01", 100))),
        (350, 400, (("2026-12-01", 300), ("2027-01-01", 50))),
        (1_500, 1_000, (("2026-12-01", 300), ("2027-01-01", 300), ("2027-02-01", 900))),
    ],
)
def test_instalments_are_redone_for_a_new_quote_and_what_was_paid_stays(total, paid, parts):
    made = OrderTerms(instalments=tuple(Instalment(due_day=day, amount_minor=amount) for day, amount in PARTS))
    told = redone(made, total, paid)
    assert tuple((each.due_day, each.amount_minor) for each in told.instalments) == parts
    assert sum(each.amount_minor for each in told.instalments) == total
    assert redone(OrderTerms(), total, paid) == OrderTerms()
