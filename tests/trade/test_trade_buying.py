"""Buying from the public: what may be bought, for how much, and how it is paid."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import CashMoved, PurchaseRecorded, Spot, Tender, TenderKind, TradeIn, ValueKept
from contract.feed import MetalPriceCard, SettingsCard
from contract.money import BASIS_POINTS
from trade.acts import BuyPieces
from trade.buying import hold_until, spot_of
from trade.melt import fine_mg, offer_minor, per_kg, worth_minor
from trade.permissions import Allowed
from trade.refusal import Refusal, Why
from trade.scene import Scene

GOLD = MetalPriceCard(
    metal="gold", currency="EUR", minor_per_kg=12_000_000, payout_bp=8_500, source="LBMA", quoted_us=5
)
SCRAP = TradeIn(
    piece="b-1", title="Chain", category="chain", client="c-1", value_minor=76_500, currency="EUR", metal="gold",
    fineness=750, weight_mg=10_000, provenance="her mother's", proof="passport", scrap=True, spot=spot_of(GOLD),
    payout_bp=8_500,
)  # fmt: skip
RING = TradeIn(
    piece="b-2", title="Ring", category="ring", client="c-1", value_minor=40_000, currency="EUR",
    provenance="a present", proof="passport",
)  # fmt: skip


@pytest.fixture
def scene(mind):
    return Scene(
        shift=mind.shift(), metal_prices=(GOLD,), purchase_next=3,
        settings=SettingsCard(store="paris", buy_hold_days=14, buy_cash_minor_max=100_000),
    )  # fmt: skip


def cash(amount):
    return Tender(kind=TenderKind.CASH, amount_minor=amount)


def act(*items, tenders=None, client="c-1"):
    total = sum(each.value_minor for each in items)
    return BuyPieces(
        purchase="p-1", till="till-1", client=client, items=items, tenders=tenders or (cash(total),), move="m-1"
    )


def said(answer):
    assert isinstance(answer, Refusal), answer
    return answer.why


def test_a_chain_is_worth_its_fine_metal_and_offered_a_part_of_it():
    spot = spot_of(GOLD)
    assert fine_mg(10_000, 750) == 7_500
    assert worth_minor(10_000, 750, spot) == 90_000
    assert offer_minor(10_000, 750, spot, 8_500) == 76_500


def test_an_ounce_price_is_told_for_a_kilogram():
    assert per_kg(373_242) == 12_000_009  # 3,732.42 an ounce


@given(st.integers(1, 10**8), st.integers(1, 999), st.integers(1, 10**10), st.integers(0, BASIS_POINTS))
def test_no_offer_is_above_the_metal_and_each_is_rounded_once(weight, fineness, price, payout):
    spot = Spot(minor_per_kg=price, currency="EUR", source="x", quoted_us=1)
    exact = weight * fineness * price * payout / (1000 * 1_000_000 * BASIS_POINTS)
    offer = offer_minor(weight, fineness, spot, payout)
    assert offer <= worth_minor(weight, fineness, spot)
    assert abs(offer - exact) <= 0.5 + exact * 1e-12


def test_what_is_bought_is_held_and_its_cash_leaves_the_drawer(mind, scene):
    recorded, moved = mind.decide(scene, act(SCRAP))
    assert isinstance(recorded, PurchaseRecorded)
    assert (recorded.number, recorded.total_minor, recorded.items[0].hold_until) == (3, 76_500, "2026-12-06")
    assert isinstance(moved, CashMoved)
    assert (moved.kind, moved.amount_minor, moved.reason) == ("out", 76_500, "purchase 3")


def test_asked_twice_it_is_bought_once(mind, scene):
    recorded = mind.decide(scene, act(SCRAP))[0]
    known = msgspec.structs.replace(scene, purchase=recorded)
    assert mind.decide(known, act(SCRAP)) == ()
    other = mind.decide(known, act(RING))
    assert isinstance(other, Refusal)
    assert "purchase 3 is recorded, which is another" in other.why
    dearer = msgspec.structs.replace(SCRAP, value_minor=80_000)
    assert isinstance(mind.decide(known, act(dearer)), Refusal)


def test_days_untouched_begin_with_the_real_day_where_a_shift_is_of_an_older_one(mind, scene):
    """Else a shift of last year's day would have them over at once."""
    today = msgspec.structs.replace(scene, calendar_day="2027-01-05")
    recorded = mind.decide(today, act(RING))[0]
    assert recorded.items[0].hold_until == "2027-01-19"
    last = hold_until(scene.settings, "9999-12-31")
    assert last == "9999-12-31", "five digits would come before every day"


def test_credit_moves_no_cash_and_stays_the_clients(mind, scene):
    credit = Tender(kind=TenderKind.STORE_CREDIT, amount_minor=40_000, account="credit-c-1")
    recorded, *kept = mind.decide(scene, act(RING, tenders=(credit,)))
    assert recorded.tenders[0].account == "credit-c-1"
    assert all(isinstance(each, ValueKept) for each in kept)
    other = msgspec.structs.replace(credit, account="credit-c-2")
    assert "Credit goes to the client who sells" in said(mind.decide(scene, act(RING, tenders=(other,))))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provenance": " "}, "where they had it from"),
        ({"proof": ""}, "how they proved who they are"),
        ({"client": "c-2"}, "another client's"),
        ({"currency": "CHF"}, "This drawer holds EUR"),
        ({"value_minor": 0}, "above nothing"),
        ({"weight_mg": 0}, "weigh it"),
        ({"spot": None}, "weigh it"),
        ({"value_minor": 90_001}, "is not bought for more"),
        ({"metal": "silver"}, "gave no price for silver"),
        ({"payout_bp": 9_000}, "changed meanwhile"),
        ({"spot": msgspec.structs.replace(spot_of(GOLD), minor_per_kg=1)}, "changed meanwhile"),
    ],
)
def test_what_cannot_be_bought_so_is_refused_in_words(mind, scene, change, words):
    assert words in said(mind.decide(scene, act(msgspec.structs.replace(SCRAP, **change), tenders=(cash(1),))))


def test_payments_make_the_total_and_cash_has_a_limit(mind, scene):
    assert "do not make the total" in said(mind.decide(scene, act(SCRAP, tenders=(cash(76_499),))))
    less = msgspec.structs.replace(scene, settings=SettingsCard(store="paris", buy_cash_minor_max=76_499))
    assert "at most 764.99 EUR in cash" in said(mind.decide(less, act(SCRAP)))
    transfer = Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=76_500)
    assert "Type the reference" in said(mind.decide(scene, act(SCRAP, tenders=(transfer,))))
    card = Tender(kind=TenderKind.CARD, amount_minor=76_500, reference="x")
    assert "not by card" in said(mind.decide(scene, act(SCRAP, tenders=(card,))))


def test_without_a_shift_nothing_is_bought(mind, scene):
    answer = mind.decide(msgspec.structs.replace(scene, shift=None), act(SCRAP))
    assert isinstance(answer, Refusal)
    assert answer.code is Why.NO_SHIFT


def test_two_things_of_one_number_are_refused(mind, scene):
    assert "one number" in said(mind.decide(scene, act(SCRAP, SCRAP)))


def test_who_may_pay_less_asks_and_scrap_above_the_offer_says_so(mind, scene):
    few = Allowed(permissions=frozenset({"sell", "refund"}), refund_minor_max=50_000)
    dear = msgspec.structs.replace(SCRAP, value_minor=80_000)
    answer = mind.decide(msgspec.structs.replace(scene, allowed=few), act(dear))
    assert isinstance(answer, Refusal)
    assert answer.code is Why.NEEDS_APPROVAL
    assert "35.00 above what the house offers" in answer.why
