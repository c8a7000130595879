"""Foreign cash lies beside the drawer: counted blind at the close, carried to the safe, brought to the bank at its rate."""

import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import CashBanked, CashKind, CashMoved, Conversion, ForeignCount, ShiftClosed, Tender, TenderKind
from contract.feed import RateCard, SettingsCard, StoreCard
from trade.accounts import Account
from trade.acts import BankCash, CloseShift, ForeignCounted, MoveCash
from trade.cash import CashRules
from trade.posting import Position, post_cash_banked, post_shift_closed
from trade.refusal import Why
from trade.scene import Scene
from trade.shift import Movement, Receipt, Shift, figures
from trade.zchain import FIELDS, z_digest

SHIFT = Shift(shift="shift-1", till="till-1", business_day="2026-11-22", currency="EUR", float_minor=10_000)
RULES = CashRules(1, {"CHF": RateCard(currency="CHF", into="EUR", rate_e9=1_043_210_000, source="ECB", quoted_us=7)})
STORE = StoreCard(store="paris", name="Paris", currency="EUR")


def francs(number, amount, *, sign=1, late=False, of="CHF"):
    said = Conversion(currency=of, amount_minor=amount, rate_e9=1_043_210_000, source="ECB", quoted_us=7)
    tender = Tender(kind=TenderKind.CASH, amount_minor=amount, conversion=said)
    return Receipt(
        number=number, sale=f"s{number}", gross_minor=sign * amount, tax_minor=0, is_return=sign < 0, tenders=(tender,),
        late=late,
    )  # fmt: skip


def drop(amount, of="CHF"):
    return Movement(move="m", kind=CashKind.DROP, amount_minor=amount, reason="x", by="anna", at_us=1, currency=of)


def drawer(*receipts, movements=(), **more):
    house = SettingsCard(store="paris", over_short_minor_max=500)
    return Scene(shift=SHIFT, receipts=receipts, movements=movements, cash=RULES, settings=house, store=STORE, **more)


def close(mind, scene, *counted, **more):
    told = tuple(ForeignCounted(currency=of, amount_minor=amount) for of, amount in counted)
    return mind.decide(scene, CloseShift(till="till-1", cash_counted_minor=10_000, foreign=told, **more))


def test_what_should_lie_beside_is_what_came_less_what_went_and_late_receipts_count():
    x = figures(SHIFT, (francs(1, 10_000), francs(2, 3_000, sign=-1), francs(3, 500, late=True)), (drop(2_000),))
    assert x.foreign == (("CHF", 5_500),)
    assert (x.cash_expected_minor, x.moved_minor) == (10_000, 0), "the drawer's own is untouched by it"


@pytest.mark.parametrize("counted", [(), (("CHF", 9_000),), (("CHF", 11_000),), (("CHF", 10_000), ("USD", 100))])
def test_foreign_cash_that_is_off_needs_a_note_and_the_refusal_tells_neither_sum_nor_currency(mind, counted):
    scene = drawer(francs(1, 10_000))
    refused = close(mind, scene, *counted)
    assert refused.code is Why.NOTE_MISSING
    assert refused.why == "The count of foreign cash is off: count each currency again, or say why in the note"
    (z,) = close(mind, scene, *counted, note="a note was torn")
    assert {each.currency: each.expected_minor for each in z.foreign}["CHF"] == 10_000


def test_what_fits_stands_in_the_z_and_a_drawer_without_any_says_nothing(mind):
    (z,) = close(mind, drawer(francs(1, 10_000)), ("CHF", 10_000))
    assert z.foreign == (ForeignCount(currency="CHF", expected_minor=10_000, counted_minor=10_000),)
    (z,) = close(mind, drawer(), ("CHF", 0))
    assert z.foreign == ()


@pytest.mark.parametrize("wrong", [(("EUR", 5),), (("CHF", 1), ("CHF", 1)), (("CHF", -1),)])
def test_a_count_that_is_none_is_refused(mind, wrong):
    assert close(mind, drawer(francs(1, 10_000)), *wrong).code is Why.WRONG_PRICE


def test_foreign_cash_only_goes_to_the_safe_and_only_what_is_taken_here(mind):
    act = MoveCash(move="m1", till="till-1", kind=CashKind.DROP, amount_minor=5_000, reason="full", currency="CHF")
    (fact,) = mind.decide(drawer(), act)
    assert isinstance(fact, CashMoved)
    assert fact.currency == "CHF"
    put_in = mind.decide(drawer(), msgspec.structs.replace(act, kind=CashKind.IN))
    assert put_in.code is Why.WRONG_CURRENCY
    yen = msgspec.structs.replace(act, currency="JPY")
    assert mind.decide(drawer(), yen).code is Why.WRONG_CURRENCY
    (fact,) = mind.decide(drawer(francs(1, 9_000, of="JPY")), yen)
    assert fact.currency == "JPY", "its rate is gone, and its cash is still there"


def test_cash_goes_to_the_bank_once_under_the_number_of_its_bag(mind):
    act = BankCash(move="b1", business_day="2026-11-22", amount_minor=5_000, reference=" bag 7 ", currency="CHF")
    (fact,) = mind.decide(drawer(), act)
    assert isinstance(fact, CashBanked)
    assert (fact.currency, fact.amount_minor, fact.reference) == ("CHF", 5_000, "bag 7")
    assert mind.decide(drawer(move_known=True), act) == ()
    for wrong, code in (
        ({"reference": " "}, Why.EMPTY),
        ({"amount_minor": 0}, Why.WRONG_PRICE),
        ({"currency": "JPY"}, Why.WRONG_CURRENCY),
    ):
        assert mind.decide(drawer(), msgspec.structs.replace(act, **wrong)).code is code
    assert mind.decide(drawer(), msgspec.structs.replace(act, currency="EUR"))[0].currency == "EUR"


def z(*counts):
    return ShiftClosed(
        shift="z", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=0, returns=0, gross_minor=0,
        tax_minor=0, cash_expected_minor=0, cash_counted_minor=0, foreign=counts, sales_digest="x",
    )  # fmt: skip


def sums(legs):
    return {(leg.account, leg.currency): leg.amount_minor for leg in legs}


def test_what_is_missing_of_it_is_short_at_what_it_was_taken_for():
    count = ForeignCount(currency="CHF", expected_minor=10_000, counted_minor=9_000)
    legs = post_shift_closed(z(count), {"CHF": Position(foreign_minor=20_000, own_minor=20_864)})
    assert sums(legs) == {
        (Account.CASH, "CHF"): -10_000,
        (Account.SAFE, "CHF"): 9_000,
        (Account.CURRENCY_POSITION, "CHF"): 1_000,
        (Account.CURRENCY_POSITION, "EUR"): -1_043,
        (Account.OVER_SHORT, "EUR"): 1_043,
    }


@given(st.integers(1, 10**9), st.integers(0, 10**10), st.integers(1, 10**9))
def test_what_goes_to_the_bank_leaves_the_position_in_step(foreign, own, amount):
    banked = CashBanked(move="b", business_day="2026-11-22", currency="CHF", amount_minor=amount, reference="bag 7")
    at = Position(foreign_minor=foreign, own_minor=own)
    legs = sums(post_cash_banked(banked, "EUR", at))
    assert legs[Account.SAFE, "CHF"] == -amount
    assert legs.get((Account.BANK, "EUR"), 0) == at.worth(amount)
    if amount == foreign:
        assert at.worth(amount) == own, "with the last note nothing of it is left in the books"


def test_the_houses_own_cash_goes_from_the_safe_into_the_bank_as_it_is():
    banked = CashBanked(move="b", business_day="2026-11-22", currency="EUR", amount_minor=700, reference="bag 7")
    assert sums(post_cash_banked(banked, "EUR", Position())) == {
        (Account.BANK, "EUR"): 700,
        (Account.SAFE, "EUR"): -700,
    }


def test_the_digest_of_a_z_that_counted_foreign_cash_holds_its_count():
    count = ForeignCount(currency="CHF", expected_minor=10_000, counted_minor=9_000)
    made = z(count)
    lines = "".join(
        f"{name}={json.dumps(msgspec.to_builtins(getattr(made, name)), separators=(',', ':'))}\n"
        for name in (*FIELDS, "foreign")
    )
    assert z_digest(made) == hashlib.sha256(f"vitrine z 2\n{lines}".encode()).hexdigest()
    other = msgspec.structs.replace(count, counted_minor=10_000)
    assert z_digest(z(other)) != z_digest(made)
    assert z_digest(z()) != z_digest(made)
