"""Money: postings balance, prices round once, receipts tell the truth."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import LineKind, ReturnRecorded, SaleRecorded, Tender, TenderKind
from trade.accounts import Account
from trade.acts import CloseShift, OpenShift
from trade.posting import UnbalancedError, post_order, post_return, post_sale
from trade.price import other_line
from trade.refusal import Why
from trade.scene import Scene

line = st.builds(
    lambda unit, milli, tax: other_line(
        LineKind.GOODS, "chain", line="l", unit_minor=unit, quantity_milli=milli, tax_bp=tax, feed_rev=1
    ),
    st.integers(0, 10**9),
    st.integers(1, 10**6),
    st.integers(0, 10_000),
)


def _sale(lines, tenders=None):
    total = sum(each.gross_minor for each in lines)
    return SaleRecorded(
        sale="s",
        till="till-1",
        shift="sh",
        receipt_number=12,
        business_day="2026-11-22",
        associate="anna",
        currency="EUR",
        lines=tuple(lines),
        tenders=(Tender(kind=TenderKind.CASH, amount_minor=total),) if tenders is None else tenders,
        total_minor=total,
        tax_minor=sum(each.tax_minor for each in lines),
    )


@given(st.lists(line, min_size=1, max_size=8))
def test_a_sale_posts_to_zero_and_a_full_return_undoes_it(lines):
    sale = _sale(lines)
    legs = post_sale(sale)
    assert sum(leg.amount_minor for leg in legs) == 0
    back = ReturnRecorded(
        sale="s",
        lines=("l",),
        pieces=(),
        till="t",
        shift="sh",
        receipt_number=13,
        business_day="2026-11-22",
        currency="EUR",
        tenders=sale.tenders,
        total_minor=sale.total_minor,
        tax_minor=sale.tax_minor,
        reason="x",
    )
    both = [*legs, *post_return(back)]
    assert sum(leg.amount_minor for leg in both) == 0
    for account in (Account.CASH, Account.SALES_TAX_PAYABLE):
        assert sum(leg.amount_minor for leg in both if leg.account is account) == 0


@given(line)
def test_tax_lies_within_the_price(each):
    assert 0 <= each.tax_minor <= each.gross_minor


def test_a_sale_whose_figures_disagree_is_not_posted():
    sale = _sale([other_line(LineKind.GOODS, "x", line="l", unit_minor=500, quantity_milli=1000, tax_bp=0, feed_rev=1)])
    with pytest.raises(UnbalancedError):
        post_sale(msgspec.structs.replace(sale, total_minor=501))
    with pytest.raises(UnbalancedError):
        post_sale(msgspec.structs.replace(sale, tenders=()))


def test_a_web_order_is_owed_by_the_provider():
    legs = post_order(12_000, 2_000, "EUR", "W1")
    assert {leg.account: leg.amount_minor for leg in legs} == {
        Account.WEB_CLEARING: 12_000,
        Account.SALES: -10_000,
        Account.SALES_TAX_PAYABLE: -2_000,
    }


def test_a_till_has_one_open_shift_and_closes_it_once(mind):
    act = OpenShift(shift="s2", till="till-1", business_day="2026-11-22", float_minor=0, currency="EUR")
    assert mind.decide(Scene(shift=mind.shift()), act).code is Why.SHIFT_OPEN
    assert mind.decide(Scene(shift=mind.shift()), msgspec.structs.replace(act, shift="shift-1")) == ()
    assert mind.decide(Scene(), CloseShift(till="till-1", cash_counted_minor=0)).code is Why.NO_SHIFT


def test_a_z_waits_for_open_sales_and_hands_over_what_was_sold(mind):
    close = CloseShift(till="till-1", cash_counted_minor=9_500)
    busy = Scene(shift=mind.shift(), open_sales=1)
    assert mind.decide(busy, close).code is Why.OPEN_SALES
    (z,) = mind.decide(Scene(shift=mind.shift(), z_next=4, tokens_sold=("ring",)), close)
    assert (z.z_number, z.sold_pieces, z.cash_expected_minor, z.cash_counted_minor) == (4, ("ring",), 10_000, 9_500)
