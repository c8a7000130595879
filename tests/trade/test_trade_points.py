"""Points: which rule holds, what a sale earns, and that what comes back takes back what it earned, to the last one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import LineKind, SaleLine, SaleRecorded, Tender, TenderKind
from contract.feed import EarnRule
from trade.accounts import Account
from trade.acts import AskValue
from trade.points import Earned, client_of, earned, points_account, post_points
from trade.refund import Paid, Way, left_by, otherwise, proposed
from trade.value import Slice, credit_account

ONE = EarnRule(name="one in a hundred", rate_bp=100)


def sale(*minors: int, kind=LineKind.PIECE, day="2026-11-30", client="ana", points=0) -> SaleRecorded:
    lines = tuple(
        SaleLine(
            line=f"l{n}", kind=kind, description="Ring", list_price_minor=each, gross_minor=each, tax_bp=0, tax_minor=0
        )
        for n, each in enumerate(minors)
    )
    total = sum(minors)
    tenders = [Tender(kind=TenderKind.CARD, amount_minor=total - points, reference="slip")]
    if points:
        tenders.append(Tender(kind=TenderKind.POINTS, amount_minor=points, account=points_account("ana", "EUR")))
    return SaleRecorded(
        sale="s1", till="t1", shift="z1", receipt_number=1, business_day=day, associate="ana", currency="EUR", lines=lines,
        tenders=tuple(tenders), total_minor=total, tax_minor=0, pad_verdict="matched", client=client or None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "tier", "day", "rate"),
    [
        ([ONE], 0, "2026-11-30", 100),
        ([], 3, "2026-11-30", None),
        (
            [EarnRule(name="December", rate_bp=200, from_day="2026-12-01", until_day="2026-12-31"), ONE],
            0,
            "2026-11-30",
            100,
        ),
        (
            [EarnRule(name="December", rate_bp=200, from_day="2026-12-01", until_day="2026-12-31"), ONE],
            0,
            "2026-12-01",
            200,
        ),
        (
            [EarnRule(name="December", rate_bp=200, from_day="2026-12-01", until_day="2026-12-31"), ONE],
            0,
            "2026-12-31",
            200,
        ),
        (
            [EarnRule(name="December", rate_bp=200, from_day="2026-12-01", until_day="2026-12-31")],
            0,
            "2027-01-01",
            None,
        ),
        ([ONE, EarnRule(name="Gold", rate_bp=300, tier_min=2)], 1, "2026-11-30", 100),
        ([ONE, EarnRule(name="Gold", rate_bp=300, tier_min=2)], 2, "2026-11-30", 300),
    ],
)
def test_the_best_rule_that_holds_on_that_day_counts(rules, tier, day, rate):
    of = earned(sale(100_000, day=day), rules, tier)
    assert (of.rate_bp if of else None) == rate


def test_nobody_no_purchase_and_points_themselves_earn_nothing():
    assert earned(sale(100_000, client=""), [ONE], 0) is None
    assert earned(sale(100_000, kind=LineKind.GIFT_CARD), [ONE], 0) is None
    assert earned(sale(10_000, points=10_000), [ONE], 0) is None
    assert earned(sale(100_000, points=10_000), [ONE], 0).amount_minor == 900


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    st.integers(1, 5_000),
    st.integers(0, 10**8),
    st.data(),
)
def test_what_comes_back_in_any_parts_takes_back_exactly_what_was_earned(minors, rate, points, data):
    of = earned(sale(*minors, points=min(points, sum(minors) - 1)), [EarnRule(name="r", rate_bp=rate)], 0)
    taken, left = 0, of.amount_minor
    parts = data.draw(st.lists(st.integers(1, of.gross_minor), max_size=6))
    for back in (*sorted(parts), of.gross_minor):
        now = of.left(back)
        assert 0 <= now <= left, "more back never leaves more points"
        taken, left = taken + left - now, now
    assert (taken, left) == (of.amount_minor, 0)
    assert of.left(of.gross_minor + 1) == 0


@given(st.integers(-(10**9), 10**9))
def test_points_are_posted_in_balance_and_kept_by_their_account(amount):
    account = points_account("ana", "EUR")
    legs = post_points(amount, "EUR", account, "sale s1")
    assert sum(leg.amount_minor for leg in legs) == 0
    assert [leg.by for leg in legs if leg.account is Account.POINTS] == ([account] if amount else [])


def test_an_account_of_points_names_its_client():
    account = points_account("01990000-0000-7000-8000-000000000001", "CHF")
    assert client_of(account) == "01990000-0000-7000-8000-000000000001"
    assert client_of("credit-ana") == ""


def test_of_a_sale_without_goods_nothing_is_shared_by_zero():
    assert Earned(rule="r", rate_bp=100, basis_minor=100, gross_minor=0).left(5) == 1


def test_at_the_till_points_pay_as_what_was_set_aside_and_only_their_own_client(mind):
    account = points_account("ana", "EUR")
    act = AskValue(ask="a1", sale="sale-1", kind=TenderKind.POINTS, account=account, client="ana", amount_minor=2_000)
    (asked,) = mind.decide(mind.cart("ring"), act)
    assert (asked.kept_minor, asked.wanted_minor) == (0, 2_000), "the office is asked for what this store does not keep"
    kept = Slice(account=account, kind=TenderKind.POINTS, currency="EUR", client="ana", held_minor=500)
    (asked,) = mind.decide(msgspec.structs.replace(mind.cart("ring"), slice=kept), act)
    assert (asked.kept_minor, asked.wanted_minor) == (500, 1_500)
    for other in (points_account("ana", "CHF"), points_account("bo", "EUR"), credit_account("ana")):
        refused = mind.decide(mind.cart("ring"), msgspec.structs.replace(act, account=other))
        assert refused.why == "Say whose points they are: a client has one account of them in EUR"


def test_points_that_paid_go_back_as_points_and_to_nobody_else_without_a_word():
    account = points_account("ana", "EUR")
    came = (
        Paid(kind=TenderKind.POINTS, amount_minor=500, account=account),
        Paid(kind=TenderKind.CASH, amount_minor=500),
    )
    assert [(each.kind, each.amount_minor) for each in proposed(700, left_by(came, ()))] == [
        ("points", 500),
        ("cash", 200),
    ]
    more = Tender(kind=TenderKind.POINTS, amount_minor=600, account=account)
    assert otherwise((more,), came, ()) == {Way(TenderKind.POINTS, account=account): 100}
    cash = Tender(kind=TenderKind.CASH, amount_minor=1_000)
    assert otherwise((cash,), came, ()) == {Way(TenderKind.CASH): 500}
