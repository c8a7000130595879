"""What settles beside a sale: every posting balances, and what is opened is closed to the last unit."""

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


def test_no_leg_names_the_code_of_a_gift_card():
    assert named(giftcard.shown(CODE)) == named(CODE) == giftcard.account_of(CODE)
    assert named("credit-c1") == "credit-c1"
