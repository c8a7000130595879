"""Money goes back the way it came first; onto credit or another card it goes by somebody's word."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import ReturnRecorded, SaleRecorded, Tender, TenderKind, ValueKept
from contract.feed import SettingsCard
from trade.acts import RecordSale, ReturnPieces
from trade.custody import Token, TokenState
from trade.permissions import DEFAULTS, EVERYTHING, Approved, together
from trade.refund import NO_WAY_BACK, Paid, Way, left_by, otherwise
from trade.refusal import Why
from trade.sale import apply
from trade.scene import Scene
from trade.value import Slice

PRICE = 120_000
CARD, OTHER, CREDIT = "gc-0001", "gc-0002", "credit-c1"


def back(kind, amount=PRICE, account="", **more):
    return Tender(kind=TenderKind(kind), amount_minor=amount, account=account, **more)


def paid(kind, amount=PRICE, account=""):
    return Paid(kind=TenderKind(kind), amount_minor=amount, account=account)


def sold(mind, *ways, **more):
    """The ring was sold, paid so; it lies on the pad, before an associate."""
    cart = mind.cart("ring")
    fact = mind.decide(cart, RecordSale(sale="sale-1", tenders=mind.cash(PRICE)))[-1]
    assert isinstance(fact, SaleRecorded)
    sale = apply(cart.sale, msgspec.structs.replace(fact, business_day="2026-11-22"), 2)
    token = Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1")
    lea = together(card for card in DEFAULTS if card.role == "associate")
    standard = {"settings": SettingsCard(store="paris", offline_value_minor_max=50_000), "allowed": lea}
    pieces = {"ring": mind.standing(token=token)}
    return Scene(sale=sale, shift=mind.shift(), pieces=pieces, paid=ways, receipt_next=6, **{**standard, **more})


def give(mind, scene, *tenders, by="lea"):
    act = ReturnPieces(sale="sale-1", pieces=("ring",), till="till-1", tenders=tenders, reason="too small")
    return mind.decide(scene, act, by=by)


@pytest.mark.parametrize(
    ("came", "goes"),
    [
        ([paid("gift_card", account=CARD)], [back("gift_card", account=CARD)]),
        ([paid("store_credit", account=CREDIT)], [back("store_credit", account=CREDIT)]),
        (
            [paid("gift_card", 20_000, CARD), paid("cash", 100_000)],
            [back("gift_card", 20_000, CARD), back("cash", 100_000)],
        ),
        ([paid("deposit", account="dep-1")], [back("store_credit", account=CREDIT)]),
        ([paid("trade_in", 90_000, "ti-1"), paid("cash", 30_000)],
         [back("store_credit", 90_000, CREDIT), back("cash", 30_000)]),
    ],
)  # fmt: skip
def test_the_way_it_came_needs_nobodys_word(mind, came, goes):
    fact = give(mind, sold(mind, *came), *goes)[0]
    assert isinstance(fact, ReturnRecorded)
    assert [(each.kind, each.account) for each in fact.tenders] == [(each.kind, each.account) for each in goes]


@pytest.mark.parametrize(
    ("came", "goes", "words"),
    [
        (paid("cash"), back("store_credit", account=CREDIT), "1200.00 EUR back as store credit of client c1"),
        (paid("cash"), back("gift_card", account=CARD), "onto a gift card that did not pay"),
        (paid("gift_card", account=CARD), back("gift_card", account=OTHER), "onto a gift card that did not pay"),
        (paid("gift_card", account=CARD), back("cash"), "by cash that did not come by cash"),
        (paid("store_credit", account=CREDIT), back("store_credit", account="credit-c2"), "of client c2"),
        (paid("deposit", account="dep-1"), back("cash"), "by cash that did not come by cash"),
    ],
)
def test_another_way_needs_a_manager_whose_name_stands_in_the_return(mind, came, goes, words):
    scene = sold(mind, came)
    refused = give(mind, scene, goes)
    assert refused.code is Why.NEEDS_APPROVAL
    assert words in refused.why
    word = Approved(by="anna", over=refused.why, allowed=EVERYTHING)
    fact, *_ = give(mind, msgspec.structs.replace(scene, approved=word), goes)
    assert (fact.approved_by, fact.tenders) == ("anna", (goes,))


def test_of_money_put_onto_a_card_or_credit_the_store_keeps_what_its_settings_say(mind):
    _, kept = give(mind, sold(mind, paid("store_credit", account=CREDIT)), back("store_credit", account=CREDIT))
    assert isinstance(kept, ValueKept)
    assert (kept.account, kept.client, kept.amount_minor) == (CREDIT, "c1", 50_000)


def test_credit_lasts_from_the_day_it_is_given_and_cash_says_nothing_of_it(mind):
    house = SettingsCard(store="paris", value_months=6, offline_value_minor_max=1)
    came = (paid("store_credit", 20_000, CREDIT), paid("cash", 100_000))
    scene = sold(mind, *came, settings=house)
    fact, kept = give(mind, scene, back("store_credit", 20_000, CREDIT), back("cash", 100_000))
    assert [each.expires for each in fact.tenders] == ["2027-05-22", ""]
    assert kept.expires == "2027-05-22"


@pytest.mark.parametrize(
    ("tender", "why"),
    [
        (back("store_credit", account="credit-"), "Say whose credit"),
        (back("store_credit", account="c1"), "name the client"),
        (back("gift_card", account="7K2M-9QXC"), "Scan or type the gift card"),
        (back("deposit", account="dep-1"), "takes no deposit"),
    ],
)
def test_money_goes_onto_something_that_can_be_spent_again(mind, tender, why):
    refused = give(mind, sold(mind, paid("cash")), tender, by="anna")
    assert refused.code is Why.WRONG_TENDERS
    assert why in refused.why


def test_a_gift_card_in_another_currency_takes_none_of_it(mind):
    franc = Slice(account=CARD, kind=TenderKind.GIFT_CARD, currency="CHF", label="…9QXC", held_minor=1)
    scene = sold(mind, paid("gift_card", account=CARD), slices={CARD: franc})
    refused = give(mind, scene, back("gift_card", account=CARD))
    assert refused.code is Why.WRONG_CURRENCY
    same = msgspec.structs.replace(franc, currency="EUR")
    assert isinstance(
        give(mind, msgspec.structs.replace(scene, slices={CARD: same}), back("gift_card", account=CARD))[0],
        ReturnRecorded,
    )


def test_what_came_by_trade_in_becomes_credit_once(mind):
    """The second credit of the same money is another way."""
    came = (paid("trade_in", 50_000, "ti-1"), paid("cash", 70_000))
    half = (back("store_credit", 50_000, CREDIT),)
    assert otherwise(half, came, ()) == {}
    went = (paid("store_credit", 50_000, CREDIT),)
    assert otherwise(half, came, went) == {Way(TenderKind.STORE_CREDIT, account=CREDIT): 50_000}


WAYS = st.tuples(
    st.sampled_from([kind for kind in TenderKind if kind is not TenderKind.CARD]),
    st.integers(1, 10**6),
    st.sampled_from(["", "gc-1", "credit-1", "credit-2"]),
)


@given(st.lists(WAYS, max_size=5), st.lists(WAYS, max_size=5))
def test_what_goes_another_way_is_just_what_did_not_come_by_it(came, goes):
    ways = tuple(paid(*each) for each in came)
    tenders = tuple(back(*each) for each in goes)
    beyond = otherwise(tenders, ways, ())
    left = left_by(ways, ())
    homeless = sum(amount for way, amount in left.items() if way.kind in NO_WAY_BACK)
    for way in {Way(each.kind, account=each.account) for each in tenders if each.kind is not TenderKind.EXCHANGE}:
        now = sum(each.amount_minor for each in tenders if (each.kind, each.account) == (way.kind, way.account))
        over = max(now - left.get(way, 0), 0)
        told = beyond.get(way, 0)
        assert told == over if way.kind is not TenderKind.STORE_CREDIT else over - homeless <= told <= over
    credit = sum(minor for way, minor in beyond.items() if way.kind is TenderKind.STORE_CREDIT)
    excess = sum(
        max(sum(t.amount_minor for t in tenders if (t.kind, t.account) == (TenderKind.STORE_CREDIT, account))
            - left.get(Way(TenderKind.STORE_CREDIT, account=account), 0), 0)
        for account in {each.account for each in tenders}
    )  # fmt: skip
    assert credit == max(excess - homeless, 0)
