"""Gift cards and credit that may be spent until a day: set when money comes in, refused after it, never sooner than said."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.commands import KeepValue
from contract.facts import SaleRecorded, TenderKind, ValueAsked, ValueInquired, ValueKept
from contract.feed import SettingsCard
from trade.acts import AskValue, InquireValue, RecordSale, SellGiftCard
from trade.periods import day_number, is_day, months_after
from trade.refusal import Why
from trade.sale import apply
from trade.scene import Scene
from trade.value import Slice, expired, later, more

CARD = "gc-0001"
SETTINGS = SettingsCard(store="paris", value_months=24, offline_value_minor_max=50_000)


def kept(expires, held=20_000):
    return Slice(
        account=CARD, kind=TenderKind.GIFT_CARD, currency="EUR", label="…9QXC", held_minor=held, expires=expires
    )


def load(mind, settings):
    sale = mind.cart("ring")
    (added,) = mind.decide(sale, SellGiftCard(sale="sale-1", account=CARD, label="…9QXC", amount_minor=10_000))
    scene = msgspec.structs.replace(sale, sale=apply(sale.sale, added, 1), settings=settings)
    return mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(130_000)))


def test_a_card_that_is_sold_lasts_as_the_house_says_and_its_receipt_says_until_when(mind):
    facts = load(mind, SETTINGS)
    (fact,) = [each for each in facts if isinstance(each, SaleRecorded)]
    (told,) = [each for each in facts if isinstance(each, ValueKept)]
    assert [line.expires for line in fact.lines] == ["", "2028-11-22"]
    assert told.expires == "2028-11-22"
    assert [each.details for each in fact.receipt.lines][-1] == ("May be spent until 2028-11-22",)


def test_where_the_house_says_nothing_it_lasts_for_ever(mind):
    facts = load(mind, msgspec.structs.replace(SETTINGS, value_months=0))
    assert not any(line.expires for each in facts if isinstance(each, SaleRecorded) for line in each.lines)


@pytest.mark.parametrize(("expires", "refused"), [("2026-11-21", True), ("2026-11-22", False), ("", False)])
def test_on_its_last_day_a_card_pays_and_the_day_after_it_does_not(mind, expires, refused):
    scene = msgspec.structs.replace(mind.cart("ring"), slice=kept(expires))
    answer = mind.decide(scene, AskValue(ask="a1", sale="sale-1", kind=TenderKind.GIFT_CARD, account=CARD))
    if refused:
        assert answer.code is Why.EXPIRED
        assert "until 2026-11-21" in answer.why
        assert "have the office give it another day" in answer.why
    else:
        (asked,) = answer
        assert isinstance(asked, ValueAsked)
        assert asked.business_day == "2026-11-22"


def test_an_inquiry_sets_nothing_aside_and_is_one_by_its_name(mind):
    act = InquireValue(inquiry="i1", till="till-1", kind=TenderKind.GIFT_CARD, account=CARD, label="…9QXC")
    (asked,) = mind.decide(Scene(), act)
    assert isinstance(asked, ValueInquired)
    assert mind.decide(Scene(inquiry_known=True), act) == ()
    trade_in = msgspec.structs.replace(act, kind=TenderKind.TRADE_IN)
    assert mind.decide(Scene(), trade_in).code is Why.WRONG_TENDERS


def test_money_that_joins_a_card_never_makes_the_rest_expire_sooner():
    assert later("2027-01-01", "2026-12-31") == "2027-01-01"
    assert later("", "2026-12-31") == later("2026-12-31", "") == ""
    fact = ValueKept(account=CARD, kind=TenderKind.GIFT_CARD, amount_minor=5, currency="EUR", expires="2027-06-01")
    assert more(kept("2027-01-01"), fact).expires == "2027-06-01"
    assert more(kept(""), fact).expires == ""
    assert more(None, fact).expires == "2027-06-01"


def test_what_the_office_says_of_a_card_holds_also_when_it_is_sooner():
    told = KeepValue(account=CARD, kind=TenderKind.GIFT_CARD, amount_minor=0, currency="EUR", expires="2026-12-01")
    assert (more(kept("2027-01-01"), told).expires, more(kept("2027-01-01"), told).held_minor) == ("2026-12-01", 20_000)


@given(st.dates(), st.integers(0, 600))
def test_months_later_is_the_same_day_or_the_last_of_its_month(day, months):
    if (day.year * 12 + day.month - 1 + months) // 12 > 9_999:
        return
    found = months_after(day.isoformat(), months)
    assert is_day(found)
    assert found[8:] == day.isoformat()[8:] or (
        found[8:] < day.isoformat()[8:] and not is_day(found[:8] + day.isoformat()[8:])
    )
    assert 28 * months <= day_number(found) - day_number(day.isoformat()) <= 31 * months
    assert not expired(found, found)


@pytest.mark.parametrize("text", ["", "2026-02-29", "2026-1-1", "tomorrow"])
def test_what_is_no_day_is_none(text):
    assert not is_day(text)
