"""Cash: rounded to the coins there are, on the cash part alone; foreign notes at the house's rate."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import Conversion, SaleRecorded, Tender, TenderKind
from contract.feed import RateCard
from contract.money import convert
from trade.acts import RecordSale
from trade.cash import CashRules, due, foreign, rounded, wrong
from trade.refusal import Refusal, Why
from trade.shift import Receipt, into_drawer

CHF = RateCard(currency="CHF", into="EUR", rate_e9=1_043_210_000, source="ECB", quoted_us=7)
STEPS = st.sampled_from([1, 5, 10, 50, 100])


def cash(amount, **more):
    return Tender(kind=TenderKind.CASH, amount_minor=amount, **more)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**9)), min_size=1, max_size=5), STEPS, st.booleans())
def test_what_counts_is_conserved_and_the_cash_part_is_payable(parts, step, back):
    tenders = tuple(
        cash(amount) if is_cash else Tender(kind=TenderKind.CARD, amount_minor=amount) for is_cash, amount in parts
    )
    after = rounded(tenders, step, back=back)
    assert [each.amount_minor for each in after] == [each.amount_minor for each in tenders]
    off = sum(each.rounding_minor for each in after)
    assert 2 * abs(off) <= step
    assert all(not each.rounding_minor for each in after if each.kind is TenderKind.CARD)
    receipt = Receipt(number=1, sale="s", gross_minor=0, tax_minor=0, is_return=back, tenders=after)
    counted = sum(each.amount_minor for each in after if each.kind is TenderKind.CASH)
    assert into_drawer(receipt) % step == 0
    assert into_drawer(receipt) - off == (-counted if back else counted)


@given(st.integers(-(10**9), 10**9), STEPS)
def test_the_rounding_is_what_the_drawer_got_more(rest, step):
    payable, off = due(rest, step)
    assert payable % step == 0
    assert payable == rest + off
    assert 2 * abs(off) <= step


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.integers(1, 10**13), STEPS)
def test_foreign_cash_is_worth_what_counts_and_change_and_rounding(given_minor, rest, rate, step):
    card = msgspec.structs.replace(CHF, rate_e9=rate)
    tender = foreign(given_minor, card, rest, step)
    worth = convert(given_minor, "CHF", "EUR", rate)
    assert tender.amount_minor + tender.change_minor + tender.rounding_minor == worth
    assert 2 * abs(tender.rounding_minor) <= step
    assert tender.change_minor % step == 0
    assert tender.change_minor >= 0
    assert tender.amount_minor <= rest
    if tender.amount_minor:
        assert not wrong((tender,), "EUR", CashRules(step, {"CHF": card}))


def test_a_sale_in_cash_is_rounded_and_one_by_card_is_not(mind):
    scene = msgspec.structs.replace(mind.cart("ring", price=120_003), cash=CashRules(5))
    *_, recorded = mind.decide(scene, RecordSale(sale="sale-1", tenders=(cash(120_003),)))
    assert isinstance(recorded, SaleRecorded)
    assert (recorded.total_minor, recorded.tenders[0].rounding_minor) == (120_003, 2)
    by_card = Tender(kind=TenderKind.CARD, amount_minor=120_003, reference="slip 7")
    *_, recorded = mind.decide(scene, RecordSale(sale="sale-1", tenders=(by_card,)))
    assert recorded.tenders[0].rounding_minor == 0


@pytest.mark.parametrize(
    ("tender", "words"),
    [
        (foreign(130_000, msgspec.structs.replace(CHF, rate_e9=10**9), 120_000, 5), "rate of CHF changed"),
        (foreign(130_000, msgspec.structs.replace(CHF, currency="GBP"), 120_000, 5), "no rate for GBP"),
        (msgspec.structs.replace(foreign(130_000, CHF, 120_000, 5), change_minor=25_000), "do not make that"),
        (cash(120_000, change_minor=3), "no coins for"),
        (
            Tender(kind=TenderKind.CARD, amount_minor=120_000, reference="x", rounding_minor=2),
            "Only cash is rounded",
        ),
    ],
)
def test_cash_that_cannot_have_been_given_so_is_refused(mind, tender, words):
    scene = msgspec.structs.replace(mind.cart("ring"), cash=CashRules(5, {"CHF": CHF}))
    refused = mind.decide(scene, RecordSale(sale="sale-1", tenders=(tender,)))
    assert isinstance(refused, Refusal)
    assert (refused.code, words in refused.why) == (Why.WRONG_TENDERS, True), refused.why


def test_francs_pay_and_the_change_is_in_euro(mind):
    scene = msgspec.structs.replace(mind.cart("ring"), cash=CashRules(5, {"CHF": CHF}))
    francs = foreign(120_000, CHF, 120_000, 5)
    *_, recorded = mind.decide(scene, RecordSale(sale="sale-1", tenders=(francs,)))
    (tender,) = recorded.tenders
    assert tender.conversion == Conversion(
        currency="CHF", amount_minor=120_000, rate_e9=1_043_210_000, source="ECB", quoted_us=7
    )
    assert (tender.amount_minor, tender.change_minor, tender.rounding_minor) == (120_000, 5_185, 0)


def test_a_bank_transfer_names_what_it_is_awaited_by(mind):
    transfer = Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=120_000)
    refused = mind.decide(mind.cart("ring"), RecordSale(sale="sale-1", tenders=(transfer,)))
    assert "reference" in refused.why
    named = msgspec.structs.replace(transfer, reference="RING-77")
    assert not isinstance(mind.decide(mind.cart("ring"), RecordSale(sale="sale-1", tenders=(named,))), Refusal)


def test_more_cash_than_the_store_may_take_is_refused_and_the_sum_itself_is_not(mind):
    scene = msgspec.structs.replace(mind.cart("ring"), cash=CashRules(1, taken_minor_max=120_000))
    *_, recorded = mind.decide(scene, RecordSale(sale="sale-1", tenders=(cash(120_000),)))
    assert isinstance(recorded, SaleRecorded)
    less = msgspec.structs.replace(scene, cash=CashRules(1, taken_minor_max=119_999))
    refused = mind.decide(less, RecordSale(sale="sale-1", tenders=(cash(60_000), cash(60_000))))
    assert isinstance(refused, Refusal)
    assert "At most 1199.99 EUR may be taken in cash" in refused.why


def test_foreign_cash_counts_at_its_worth_and_cash_may_go_back_in_any_sum(mind):
    rules = CashRules(5, {"CHF": CHF}, taken_minor_max=100_000)
    assert "At most 1000.00 EUR" in wrong((foreign(130_000, CHF, 120_000, 5),), "EUR", rules)
    assert wrong((cash(-200_000),), "EUR", rules, back=True) == ""
