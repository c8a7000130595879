"""Receipts: what is put down when money moved, what is made of it, and how often it is handed over."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import (
    LineKind,
    ReceiptForm,
    ReceiptText,
    SaleLine,
    SaleRecorded,
    Seller,
    Tender,
    TenderKind,
)
from contract.feed import EarnRule, Metal, PieceCard, SettingsCard, StoreCard, TaxCard, TaxPart
from contract.receipt_code import short_head
from trade.acts import GiveReceipt, RecordSale
from trade.payment import Payment
from trade.price import NO_OFFER, cart, other_line
from trade.receipt import as_gift, moves_cash, receipt_of
from trade.receipt_text import with_points
from trade.receipt_words import WORDS, amount, share
from trade.receipts import COPIES_MAX, Given, Handed, details, give, text_of
from trade.refusal import Why
from trade.scene import Scene

HEAD = bytes(range(32))
PLAIN = ReceiptText(template=1, language="en", time_zone="UTC", seller=Seller(name="Maison"))


def sale(lines, tenders=(), **more):
    return SaleRecorded(
        sale="s", till="till-1", shift="z", receipt_number=7, business_day="2026-11-29", associate="ana", currency="EUR",
        lines=tuple(lines), tenders=tenders, total_minor=sum(line.gross_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines), **more,
    )  # fmt: skip


def made(fact, **more):
    given_ = {"at_us": 1, "by": "ana", "head": HEAD, "people": {}, "otherwise": PLAIN, **more}
    return receipt_of("paris", fact, **given_)


def goods(name, minor, tax_bp=2_000, quantity=1_000):
    return other_line(
        LineKind.GOODS, name, line=name, unit_minor=minor, quantity_milli=quantity, tax_bp=tax_bp, feed_rev=1
    )


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from([0, 550, 1_000, 2_000])), min_size=1, max_size=12))
def test_the_taxes_of_a_receipt_add_up_to_its_lines(drawn):
    lines = cart([goods(f"g{n}", minor, bp) for n, (minor, bp) in enumerate(drawn)], NO_OFFER)
    receipt = made(sale(lines))
    assert sum(tax.tax_minor for tax in receipt.taxes) == receipt.tax_minor
    taxed = [line for line in lines if line.taxes]
    assert sum(tax.base_minor + tax.tax_minor for tax in receipt.taxes) == sum(line.gross_minor for line in taxed)
    letters = {tax.letter for tax in receipt.taxes}
    assert {line.letter for line in receipt.lines if line.letter} == letters


def test_a_line_of_the_first_release_still_says_its_tax():
    old = SaleLine(
        line="l", kind=LineKind.GOODS, description="Chain", list_price_minor=12_000, gross_minor=12_000, tax_bp=2_000,
        tax_minor=2_000,
    )  # fmt: skip
    (tax,) = made(sale([old])).taxes
    assert (tax.rate, tax.base_minor, tax.tax_minor) == ("20 %", 10_000, 2_000)


def test_the_number_and_the_code_are_those_of_the_row():
    receipt = made(sale([goods("g", 100)]))
    assert (receipt.number, receipt.code) == ("paris-till-1-000007", short_head(HEAD))


def test_rounded_cash_is_shown_as_it_lay_on_the_counter():
    cash = Tender(kind=TenderKind.CASH, amount_minor=1_003, rounding_minor=2, change_minor=995)
    (paid,) = made(sale([goods("g", 1_003)], (cash,))).tenders
    assert (paid.given_minor, paid.change_minor, paid.rounding_minor) == (2_000, 995, 2)


@given(st.sampled_from(TenderKind), st.integers(0, 10), st.integers(0, 10))
def test_the_drawer_opens_for_cash_that_moves_and_for_nothing_else(kind, amount_minor, change_minor):
    tender = Tender(kind=kind, amount_minor=amount_minor, change_minor=change_minor)
    assert moves_cash(tender) == (kind is TenderKind.CASH and amount_minor + change_minor > 0)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [(123_456_789, "EUR", "en", "1,234,567.89"), (123_456, "EUR", "de", "1.234,56"), (-5, "EUR", "it", "-0,05"),
     (1_234_567, "JPY", "en", "1,234,567"), (1_234, "KWD", "en", "1.234")],
)  # fmt: skip
def test_amounts_are_written_as_the_language_writes_them(minor, currency, language, text):
    assert amount(minor, currency, WORDS[language]) == text


@given(st.integers(-(10**14), 10**14), st.sampled_from(sorted(WORDS)), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_digit_of_an_amount_is_lost(minor, language, currency):
    digits = "".join(sign for sign in amount(minor, currency, WORDS[language]) if sign.isdigit())
    assert int(digits) == abs(minor)


def test_shares_have_no_ends_of_noughts():
    assert [share(bp, WORDS["fr"]) for bp in (2_000, 550, 888)] == ["20 %", "5,5 %", "8,88 %"]


def test_every_language_has_a_word_for_every_tender():
    for words in WORDS.values():
        assert set(words.tenders) == set(TenderKind)
        assert all(getattr(words, name) for name in words.__struct_fields__)


def test_metal_stones_serial_and_papers_stand_under_a_piece_and_nothing_unknown():
    card = PieceCard(
        piece="p", sku="S", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=4_100, stones="0.5 ct F VS1",
        price_minor=1, currency="EUR", tax_bp=0, epc="", serial="A-1", certificates=("GIA 1",),
        metals=(Metal(metal="platinum", fineness=950),),
    )  # fmt: skip
    assert details(card, WORDS["en"]) == ("Platinum 950 · 4.1 g", "0.5 ct F VS1", "Serial no. A-1", "GIA 1")
    bare = msgspec.structs.replace(
        card, metals=(), metal="", fineness=0, weight_mg=0, stones="", serial="", certificates=()
    )
    assert details(bare, WORDS["en"]) == ()


def test_what_a_receipt_says_is_put_down_with_the_sale(mind):
    scene = mind.cart("ring")
    settings = SettingsCard(
        store="paris", legal_name="Maison SAS", tax_number="FR 1", address="1, rue de la Paix\n75002 Paris", language="fr",
        receipt_foot="Merci", check_url="https://m.example/receipt",
    )  # fmt: skip
    scene = msgspec.structs.replace(
        scene, settings=settings, store=StoreCard(store="paris", name="Paris", currency="EUR", time_zone="Europe/Paris")
    )
    *_, sold = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(120_000), gift=True))
    text = sold.receipt
    assert (text.template, text.language, text.time_zone, text.foot) == (1, "fr", "Europe/Paris", "Merci")
    assert (text.seller.name, text.seller.legal_name, text.seller.tax_number) == ("Paris", "Maison SAS", "FR 1")
    assert text.lines[0].details == ("Gold 750 · 4,1 g",)
    assert sold.gift


def test_a_slip_is_kept_of_the_payments_that_pay_and_no_name_of_anybody():
    payments = (
        Payment(payment="p1", sale="s", brand="Visa", last4="4242", auth_code="1"),
        Payment(payment="p2", sale="s"),
    )
    tax = TaxCard(tax="t", name="T", parts=(TaxPart(code="20", name="VAT", rate_bp=2_000),))
    text = text_of(
        [goods("g", 100)], (Tender(kind=TenderKind.CARD, amount_minor=100, payment="p1"),),
        store=StoreCard(store="paris", name="", currency="EUR"), settings=SettingsCard(store="paris", language="xx"),
        cards={}, taxes=(tax,), payments=payments,
    )  # fmt: skip
    assert [slip.payment for slip in text.slips] == ["p1"]
    assert (text.language, text.seller.name) == ("en", "paris")


# --- handing over -------------------------------------------------------------------------------------------


def act(give="g", gift=False):  # noqa: FBT002 - the word beside it says it
    return GiveReceipt(give=give, receipt="sale-1", form=ReceiptForm.PAPER, gift=gift)


def handed(*given_, is_return=False):
    return Handed(receipt="sale-1", sale="sale-1", till="till-1", is_return=is_return, given=given_)


@given(st.lists(st.booleans(), max_size=20))
def test_there_is_one_original_of_each_kind_and_every_other_is_a_numbered_copy(gifts):
    known, copies = [], {False: [], True: []}
    for n, gift in enumerate(gifts):
        (fact,) = give(handed(*known), act(f"g{n}", gift))
        known.append(Given(give=fact.give, gift=fact.gift, copy=fact.copy))
        copies[gift].append(fact.copy)
    for numbers in copies.values():
        assert numbers == list(range(len(numbers)))


def test_asked_again_under_one_name_it_is_handed_over_once(mind):
    scene = Scene(handed=handed(Given(give="g", gift=False, copy=0)))
    assert mind.decide(scene, act()) == ()
    (second,) = mind.decide(scene, act("h"))
    assert second.copy == 1


def test_what_cannot_be_handed_over_is_refused_in_words(mind):
    assert mind.decide(Scene(), act()).code is Why.NOT_FOUND
    assert mind.decide(Scene(handed=handed(is_return=True)), act(gift=True)).code is Why.WRONG_STATE
    many = [Given(give=f"g{n}", gift=False, copy=n) for n in range(COPIES_MAX + 1)]
    assert "on the screen" in mind.decide(Scene(handed=handed(*many)), act("x")).why
    assert mind.decide(Scene(handed=handed(*many[:-1])), act("x"))[0].copy == COPIES_MAX


def test_receipts_of_one_till_are_numbered_without_a_gap(mind):
    numbers = []
    for next_ in itertools.islice(itertools.count(5), 4):
        scene = msgspec.structs.replace(mind.cart("ring"), receipt_next=next_)
        *_, sold = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(120_000)))
        numbers.append(sold.receipt_number)
    assert numbers == [5, 6, 7, 8]


RULES = (EarnRule(name="All", rate_bp=200), EarnRule(name="Gold", rate_bp=500, tier_min=2))


@pytest.mark.parametrize(
    ("rules", "client", "words"),
    [
        (RULES[:1], "c-1", ("Earned with this purchase: points worth 2.40 EUR",)),
        (RULES, "c-1", ("Earned with this purchase: points worth 2.40 EUR or more",)),
        (RULES[1:], "c-1", ()),
        (RULES, None, ()),
        ((), "c-1", ()),
        ((EarnRule(name="Over", rate_bp=200, until_day="2026-11-28"),), "c-1", ()),
    ],
)
def test_a_receipt_says_what_is_sure_to_be_earned(rules, client, words):
    fact = with_points(Scene(earn_rules=rules), sale([goods("g", 12_000)], client=client, receipt=PLAIN))
    assert made(fact).notes == words
    assert as_gift(made(fact)).notes == ()


def test_points_are_called_what_the_receipts_language_calls_them():
    told = msgspec.structs.replace(PLAIN, points_minor=123_456, language="de")
    assert made(sale([goods("g", 12_000)], receipt=told)).notes == (
        "Mit diesem Kauf gesammelt: Punkte im Wert von 1.234,56 EUR",
    )


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_points_are_told_by_what_they_are_worth(words):
    """A point is the smallest coin of its currency: “0.95” alone would be taken for less than one point."""
    for said in (words.points, words.points_least):
        assert said.count("%s") == 1
    assert words.points != words.points_least
