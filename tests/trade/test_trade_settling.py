"""What settles beside a sale: every posting balances, and what is opened is closed to the last unit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import giftcard
from trade import settling
from trade.accounts import Account
from trade.posting import balanced, named, reversed_legs

few = settings(max_examples=60, deadline=None)
money = st.integers(1, 10**12)
CODE = giftcard.make(b"twelve bytes")


def sums(legs) -> set[int]:
    return {sum(leg.amount_minor for leg in legs if leg.currency == cur) for cur in {leg.currency for leg in legs}}


@few
@given(money, st.booleans())
def test_a_transfer_ends_in_the_bank_and_leaves_nothing_between(amount, missed):
    legs = settling.post_transfer_missing(amount, "EUR", "s1/1") if missed else ()
    legs = (*legs, *settling.post_transfer_arrived(amount, "EUR", "s1/1", missed=missed))
    assert {leg.account: leg.amount_minor for leg in balanced(legs, "both")} == {
        Account.BANK: amount, Account.BANK_CLEARING: -amount,
    }  # fmt: skip


@few
@given(money, st.sampled_from(list(settling.FORFEITS_TO)))
def test_what_is_forfeited_is_owed_no_more_and_is_no_sale(amount, kind):
    legs = settling.post_forfeited(kind, amount, "EUR", "a-1")
    assert sums(legs) == {0}
    assert Account.SALES not in {leg.account for leg in legs}
    assert {leg.by for leg in legs} == {"a-1", ""}


@few
@given(money)
def test_a_payment_that_goes_back_after_all_leaves_nothing(amount):
    kept = settling.post_payment_kept(amount, "EUR", "p1", "desk-1")
    assert sums(kept) == {0}
    assert balanced((*kept, *reversed_legs(kept)), "both") == ()
    trade_in = settling.post_trade_in(amount, "EUR", "ti-1")
    assert sums(trade_in) == {0}


@few
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.integers(1, 10**12), st.data())
def test_foreign_cash_sold_in_any_parts_leaves_no_position(parts, own, data):
    left, cost_left, gained = sum(parts), own, 0
    for part in parts:
        cost = settling.position_share(part, left, cost_left)
        got = data.draw(st.integers(0, 10**12))
        legs = settling.post_currency_sold(part, "USD", got, "EUR", cost_minor=cost)
        assert sums(legs) <= {0}
        gained += sum(leg.amount_minor for leg in legs if leg.account is Account.FX_DIFFERENCE) + got
        left, cost_left = left - part, cost_left - cost
    assert (left, cost_left, gained) == (0, 0, own)


def test_no_more_foreign_cash_is_sold_than_was_bought():
    with pytest.raises(AssertionError):
        settling.position_share(2, 1, 5)


@few
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(0, 10**12))
def test_the_cost_of_a_stock_goes_out_with_it_to_the_last_unit(parts, worth):
    stock, value = sum(parts), worth
    for part in parts:
        cost = settling.average_cost(part, stock, value)
        assert sums(settling.post_goods_sold(cost, "EUR", "melee")) <= {0}
        stock, value = stock - part, value - cost
        assert value >= 0
    assert (stock, value) == (0, 0)
    assert settling.average_cost(1, stock, value) == 0


@few
@given(money, st.booleans())
def test_goods_that_come_in_are_owed_and_those_measured_away_are_written_off(amount, out):
    legs = settling.post_goods_received(-amount if out else amount, "EUR", "melee")
    assert sums(legs) == {0}
    assert (Account.WRITE_OFF in {leg.account for leg in legs}) is out


def test_no_leg_names_the_code_of_a_gift_card():
    assert named(giftcard.shown(CODE)) == named(CODE) == giftcard.account_of(CODE)
    assert named("credit-c1") == "credit-c1"
