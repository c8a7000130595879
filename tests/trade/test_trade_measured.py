"""Goods by measure leave at the average cost; whatever happens, no unit of money is made or lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade.accounts import Account
from trade.measured import (
    Stock,
    comes_back,
    comes_in,
    goes_out,
    post_arrived,
    post_delivered,
    post_left,
    post_measured,
    post_sold,
)

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.integers(1, 10**6), st.integers(0, 10**8)),
        st.tuples(st.just("out"), st.integers(1, 10**6), st.just(0)),
        st.tuples(st.just("cost"), st.just(0), st.integers(1, 10**6)),
    ),
    max_size=25,
)


def sums(legs):
    return {leg.account: leg.amount_minor for leg in legs}


def test_melee_leaves_at_the_average_of_two_deliveries():
    stock = comes_in(Stock(), 10_000, 200_000).stock
    stock = comes_in(stock, 10_000, 300_000).stock
    stock, cost = goes_out(stock, 1_250)
    assert cost == 31_250, "25 000 a carat"
    assert (stock.quantity_milli, stock.value_minor) == (18_750, 468_750)


def test_the_last_of_it_takes_all_that_is_left():
    stock = comes_in(Stock(), 3_000, 1_000).stock
    costs = []
    for _ in range(3):
        stock, cost = goes_out(stock, 1_000)
        costs.append(cost)
    assert costs == [333, 334, 333]
    assert (stock.quantity_milli, stock.value_minor) == (0, 0)


def test_what_is_sold_before_it_came_in_leaves_at_the_last_average_and_is_put_right():
    stock, _ = goes_out(comes_in(Stock(), 1_000, 10_000).stock, 1_000)
    stock, cost = goes_out(stock, 500)
    assert (cost, stock.quantity_milli, stock.value_minor) == (5_000, -500, -5_000)
    moved = comes_in(stock, 2_000, 24_000)
    assert (moved.sold_minor, moved.rest_minor) == (1_000, 23_000), "half a unit cost 6 000, not 5 000"
    assert (moved.stock.quantity_milli, moved.stock.value_minor) == (1_500, 18_000)


def test_a_cost_that_was_never_known_is_booked_when_it_comes():
    stock, cost = goes_out(Stock(), 500)
    assert cost == 0
    moved = comes_in(stock, 500, 6_000)
    assert (moved.sold_minor, moved.rest_minor) == (6_000, 0)
    assert (moved.stock.quantity_milli, moved.stock.value_minor) == (0, 0)
    stock = comes_in(Stock(), 1_000, 0).stock
    assert comes_in(stock, 0, 9_000).stock.value_minor == 9_000, "the invoice came after the goods"
    late = comes_in(goes_out(stock, 1_000)[0], 0, 9_000)
    assert (late.sold_minor, late.rest_minor, late.stock.value_minor) == (9_000, 0, 0)


@given(MOVES)
def test_what_was_paid_is_on_hand_or_sold_to_the_last_unit(moves):
    stock, paid, sold = Stock(), 0, 0
    for what, quantity, cost in moves:
        if what == "out":
            stock, gone = goes_out(stock, quantity)
            assert gone >= 0
            sold += gone
        else:
            moved = comes_in(stock, quantity, cost)
            stock, paid, sold = moved.stock, paid + cost, sold + moved.sold_minor
        assert stock.value_minor + sold == paid
        if stock.quantity_milli >= 0:
            assert stock.value_minor >= 0
        if not stock.quantity_milli:
            assert not stock.value_minor


@given(MOVES, st.integers(1, 10**6))
def test_what_comes_back_undoes_its_sale(moves, quantity):
    stock = Stock()
    for what, many, cost in moves:
        stock = goes_out(stock, many)[0] if what == "out" else comes_in(stock, many, cost).stock
    after, gone = goes_out(stock, quantity)
    again = comes_back(after, quantity, gone)
    assert (again.quantity_milli, again.value_minor) == (stock.quantity_milli, stock.value_minor)


@pytest.mark.parametrize(
    ("legs", "told"),
    [
        (post_sold(500, "EUR", "melee"), {Account.COST_OF_GOODS_SOLD: 500, Account.INVENTORY: -500}),
        (post_sold(-500, "EUR", "melee"), {Account.COST_OF_GOODS_SOLD: -500, Account.INVENTORY: 500}),
        (post_measured(500, "EUR", "melee"), {Account.WRITE_OFF: 500, Account.INVENTORY: -500}),
        (
            post_delivered(comes_in(Stock(), 1_000, 500), "EUR", "melee"),
            {Account.INVENTORY: 500, Account.GOODS_RECEIVED: -500},
        ),
    ],
)
def test_where_it_is_posted(legs, told):
    assert sums(legs) == told


@given(
    held=st.integers(1, 10**7), worth=st.integers(0, 10**9), share=st.floats(0, 1), sold_before=st.integers(0, 10**6)
)
def test_what_goes_to_another_store_takes_its_cost_along_and_no_unit_is_made_or_lost(held, worth, share, sold_before):
    here = comes_in(Stock(), held, worth).stock
    there, _ = goes_out(Stock(), sold_before)
    quantity = max(1, round(held * share))
    left, cost = goes_out(here, quantity)
    came = comes_in(there, quantity, cost)
    assert left.quantity_milli + came.stock.quantity_milli == held - sold_before
    assert left.value_minor + came.stock.value_minor + came.sold_minor == worth
    legs = [*post_left(cost, "EUR", "melee", "lyon"), *post_arrived(came, "EUR", "melee", "paris")]
    clearing = [leg.amount_minor for leg in legs if leg.account is Account.INTER_STORE]
    assert sum(clearing) == 0, "what one store is owed the other owes"
    assert sum(leg.amount_minor for leg in legs) == 0
