"""Taxes and promotions: integers that add up, one rounding, and the best offer only."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import LineKind, TaxScheme
from contract.feed import PieceCard, Price, PromotionCard, PromotionKind, TaxCard, TaxPart, TaxRounding
from contract.money import allocate, convert, round_to
from trade.price import Offer, cart, other_line, piece_line, price_in
from trade.promotion import Cart, offs
from trade.tax import Taxable, due, of_line

rates = st.lists(st.integers(0, 3_000), min_size=1, max_size=4)
cards = st.builds(
    lambda some, included: TaxCard(
        tax=f"t{sorted(some)}{included}",
        name="",
        parts=tuple(TaxPart(code=f"c{n}", name="", rate_bp=rate) for n, rate in enumerate(some)),
        included=included,
    ),
    rates,
    st.booleans(),
)
amounts = st.integers(0, 10**9)
VAT = TaxCard(tax="vat", name="VAT", parts=(TaxPart(code="vat", name="VAT", rate_bp=2_000),))
NEW_YORK = TaxCard(
    tax="ny",
    name="Sales tax",
    parts=(
        TaxPart(code="state", name="State", rate_bp=400),
        TaxPart(code="city", name="City", rate_bp=450),
        TaxPart(code="mctd", name="MCTD", rate_bp=38),
    ),
    included=False,
)


def ring(**more):
    card = PieceCard(
        piece="p1", sku="R-1", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=4_000, stones="",
        price_minor=100_000, currency="EUR", tax_bp=2_000, epc="",
    )  # fmt: skip
    return msgspec.structs.replace(card, **more)


def line_of(card, offer, **more):
    price = more.pop("price_minor", card.price_minor)
    return piece_line(
        card, line=f"l-{card.piece}", claim="c", ce=1, price_minor=price, discount_minor=0, feed_rev=1, offer=offer, **more
    )  # fmt: skip


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_what_is_shared_out_adds_up_and_nobody_is_off_by_a_unit(total, weights):
    if not sum(weights):
        with pytest.raises(ValueError, match="above nothing"):
            allocate(total, weights)
        return
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(amounts, cards)
def test_the_taxes_of_a_line_are_of_one_net_amount(amount, card):
    got = of_line(Taxable(amount, card))
    bases = {tax.base_minor for tax in got.taxes}
    assert len(bases) <= 1
    if card.included:
        assert got.gross_minor == amount
        assert not got.taxes or bases == {amount - got.tax_minor}
    else:
        assert got.gross_minor == amount + got.tax_minor
        assert not got.taxes or bases == {amount}
    for tax in got.taxes:
        exact = Fraction(tax.base_minor * tax.rate_bp, 10_000)
        assert abs(tax.tax_minor - exact) <= 1 + (Fraction(len(card.parts), 2) if card.included else 0)


@given(st.lists(st.tuples(amounts, cards), min_size=1, max_size=6), st.sampled_from(TaxRounding))
def test_whatever_is_rounded_where_the_receipt_adds_up(asked, rounding):
    lines = [Taxable(amount, card) for amount, card in asked]
    for line, got in zip(lines, due(lines, rounding), strict=True):
        net = got.taxes[0].base_minor if got.taxes else got.gross_minor
        assert got.gross_minor == net + got.tax_minor
        assert got.gross_minor == line.amount_minor if line.tax.included else net == line.amount_minor


@given(st.lists(amounts, min_size=1, max_size=9), cards)
def test_on_the_receipt_a_tax_is_rounded_once(asked, card):
    got = due([Taxable(amount, card) for amount in asked], TaxRounding.RECEIPT)
    whole = of_line(Taxable(sum(asked), card))
    assert sum(each.tax_minor for each in got) == whole.tax_minor
    for part in whole.taxes:
        assert sum(t.tax_minor for each in got for t in each.taxes if t.code == part.code) == part.tax_minor


def test_three_taxes_of_new_york_come_on_top():
    got = of_line(Taxable(19_999, NEW_YORK))
    assert [tax.tax_minor for tax in got.taxes] == [800, 900, 76]
    assert got.gross_minor == 19_999 + 1_776


@pytest.mark.parametrize(
    ("scheme", "gross", "tax"),
    [
        (TaxScheme.STANDARD, 12_000, 2_000),
        (TaxScheme.EXEMPT, 10_000, 0),
        (TaxScheme.MARGIN, 12_000, 0),
        (TaxScheme.OUTSIDE, 12_000, 0),
    ],
)
def test_who_pays_no_tax_pays_the_net_price_and_a_margin_shows_none(scheme, gross, tax):
    got = of_line(Taxable(12_000, VAT, scheme))
    assert (got.gross_minor, got.tax_minor) == (gross, tax)


def test_second_hand_goes_under_the_margin_scheme_only_where_the_store_does():
    old = ring(second_hand=True)
    assert line_of(old, Offer(currency="EUR", margin_scheme=True)).scheme is TaxScheme.MARGIN
    assert line_of(old, Offer(currency="EUR")).tax_minor == 16_667
    under = line_of(old, Offer(currency="EUR", margin_scheme=True))
    assert cart((under,), Offer(currency="EUR", exemption="export"))[0].scheme is TaxScheme.MARGIN


def test_an_exemption_that_is_taken_back_leaves_the_tax_as_it_was():
    line = other_line(
        LineKind.SERVICE, "engraving", line="l", unit_minor=6_000, quantity_milli=1_000, tax_bp=2_000, feed_rev=1
    )
    free = cart((line,), Offer(currency="EUR", exemption="export, form 12"))
    assert (free[0].gross_minor, free[0].tax_minor, free[0].scheme) == (5_000, 0, TaxScheme.EXEMPT)
    assert cart(free, Offer(currency="EUR")) == cart((line,), Offer(currency="EUR"))


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 5_000), cards), max_size=5), st.booleans())
def test_asking_twice_what_a_cart_costs_is_asking_once(some, free):
    taxes = {card.tax: card for _, _, card in some}
    offer = Offer(currency="EUR", taxes=taxes, exemption="x" if free else "", rounding=TaxRounding.RECEIPT)
    lines = tuple(
        msgspec.structs.replace(
            other_line(
                LineKind.GOODS, "chain", line=f"{n}", unit_minor=unit, quantity_milli=milli, tax_bp=0, feed_rev=1
            ),
            tax=card.tax,
        )
        for n, (unit, milli, card) in enumerate(some)
    )
    once = cart(lines, offer)
    assert cart(once, offer) == once


# --- promotions ------------------------------------------------------------------------------------------------------

TEN = PromotionCard(promotion="ten", name="Ten", how=PromotionKind.PERCENT, off_bp=1_000)
FIFTY = PromotionCard(promotion="fifty", name="Fifty", how=PromotionKind.AMOUNT, off_minor=5_000, currency="EUR")
BRIDE = PromotionCard(
    promotion="bride", name="Bridal set", how=PromotionKind.SET, off_minor=30_000, currency="EUR",
    categories=("ring", "necklace"),
)  # fmt: skip


def a_cart(*cards, day="2026-11-29", discount=0, currency="EUR"):
    lines = [
        msgspec.structs.replace(line_of(card, Offer(currency=currency)), discount_minor=discount) for card in cards
    ]
    return Cart(lines, [card.price_minor for card in cards], {card.piece: card for card in cards}, currency, day)


def test_the_best_of_two_counts_and_never_both():
    (off,) = offs(a_cart(ring()), [FIFTY, TEN])
    assert off == ("ten", 10_000)


def test_a_set_is_shared_out_among_its_pieces_and_nothing_else():
    pieces = (ring(), ring(piece="p2", category="necklace", price_minor=200_000), ring(piece="p3", category="watch"))
    got = offs(a_cart(*pieces), [BRIDE])
    assert [off.amount_minor for off in got] == [10_000, 20_000, 0]
    assert not any(off.amount_minor for off in offs(a_cart(*pieces[:1]), [BRIDE]))


@pytest.mark.parametrize(
    "change",
    [
        {"from_day": "2026-11-30"},
        {"to_day": "2026-11-28"},
        {"categories": ("watch",)},
        {"skus": ("R-2",)},
        {"total_minor_min": 100_001, "currency": "EUR"},
        {"total_minor_min": 1, "currency": "USD"},
    ],
)
def test_what_does_not_fit_takes_nothing_off(change):
    assert offs(a_cart(ring()), [msgspec.structs.replace(TEN, **change)]) == [("", 0)]


def test_a_persons_discount_and_a_promotion_go_together_only_where_it_says_so():
    bargained = a_cart(ring(), discount=1_000)
    assert offs(bargained, [TEN]) == [("", 0)]
    assert offs(bargained, [msgspec.structs.replace(TEN, with_discount=True)]) == [("ten", 10_000)]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10_000), st.integers(0, 10**7))
def test_nothing_gets_cheaper_than_free(price, discount, percent, amount):
    discount = min(discount, price)
    some = [
        msgspec.structs.replace(TEN, off_bp=percent, with_discount=True),
        msgspec.structs.replace(FIFTY, off_minor=amount, with_discount=True),
    ]
    card = ring(price_minor=price)
    offer = Offer(currency="EUR", promotions=tuple(some), cards={"p1": card}, business_day="2026-11-29")
    line = msgspec.structs.replace(line_of(card, Offer(currency="EUR")), discount_minor=discount)
    (priced,) = cart((line,), offer)
    assert 0 <= priced.gross_minor == price - discount - priced.promotion_minor


# --- other currencies, coins ---------------------------------------------------------------------------------------


def test_a_price_in_another_currency_is_the_houses_own():

    card = ring(prices=(Price(currency="CHF", amount_minor=109_000),))
    assert [price_in(card, each) for each in ("EUR", "CHF", "USD")] == [100_000, 109_000, None]


@given(st.integers(-(10**9), 10**9), st.sampled_from([1, 5, 10, 50, 100]))
def test_cash_is_rounded_to_the_nearest_coin(amount, step):
    rounded = round_to(amount, step)
    assert rounded % step == 0
    assert 2 * abs(rounded - amount) <= step


def test_foreign_cash_is_turned_once_and_by_the_digits_of_both():
    assert convert(10_000, "USD", "EUR", 921_234_567) == 9_212
    assert convert(10_000, "JPY", "EUR", 6_123_000) == 6_123
    assert convert(100, "EUR", "KWD", 330_000_000) == 330
