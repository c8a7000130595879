"""What a piece's record may say: fineness, stones, papers, attributes of its category; and what is no goods."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.feed import Attribute, Condition, FinenessUnit, Metal, Ownership, Price, Stone
from trade.attributes import AttributeKind, AttributeRule, is_day, wrong_rules, wrong_values
from trade.certificates import is_lab_grown
from trade.certificates import wrong as wrong_certificate
from trade.record import gtin_checks, wrong, wrong_metal, wrong_stone
from trade.refusal import Refusal, Why

RULES = (
    AttributeRule(name="length", kind=AttributeKind.NUMBER, unit="cm", required=True),
    AttributeRule(name="clasp", kind=AttributeKind.CHOICE, choices=("lobster", "box")),
    AttributeRule(name="made on", kind=AttributeKind.DATE),
    AttributeRule(name="engraving", kind=AttributeKind.TEXT),
)


@pytest.mark.parametrize(("fineness", "unit", "fits"), [
    (24, FinenessUnit.KARAT, True), (25, FinenessUnit.KARAT, False), (999, FinenessUnit.PERMILLE, True),
    (1000, FinenessUnit.PERMILLE, False), (-1, FinenessUnit.KARAT, False), (0, FinenessUnit.PERMILLE, True),
])  # fmt: skip
def test_gold_has_24_karat_at_most_and_nothing_is_stamped_a_thousand(fineness, unit, fits):
    assert (wrong_metal(Metal(metal="gold", fineness=fineness, unit=unit)) == "") is fits


@pytest.mark.parametrize("paper", [
    "GIA 2141438171", "GIA 7654321", "GIA LG12345678", "IGI LG523456789", "HRD 180000123456", "AGS 104099472001",
    "GRS GRS2026-012345", "LFG 123-45", "SSEF 98765",
])  # fmt: skip
def test_papers_as_laboratories_number_them(paper):
    assert wrong_certificate(paper) == ""


@pytest.mark.parametrize("paper", [
    "", "GIA", "GIA 123456", "GIA 12345678901", "GIA 21414A8171", "gia 2141438171", "IGI LG12", "HRD 1", "AGS A", "2141438171",
    "GIA  2141438171", "GIA 2141438171 ", "LFG 12",
])  # fmt: skip
def test_a_mistyped_paper_is_refused_in_words(paper):
    assert wrong_certificate(paper)


def test_lg_before_the_number_says_laboratory_grown():
    assert is_lab_grown("IGI LG523456789")
    assert not is_lab_grown("IGI 523456789")
    assert "laboratory-grown" in wrong_stone(Stone(kind="natural diamond", certificate="IGI LG523456789"))


def test_a_record_with_everything_in_it_is_right(mind):
    card = msgspec.structs.replace(
        mind.card(), metals=(Metal(metal="gold", fineness=18, unit=FinenessUnit.KARAT, weight_mg=3_000), Metal(metal="platinum", fineness=950, weight_mg=1_100)),
        gems=(Stone(kind="diamond", carat_milli=300, colour="G", clarity="VS1", cut="round", certificate="GIA 2141438171"),),
        certificates=("GIA 2141438171",), prices=(Price(currency="USD", amount_minor=130_000),), barcode="4006381333931",
    )  # fmt: skip
    assert wrong(card) == []


@pytest.mark.parametrize(("field", "change"), [
    ("metals", {"metals": (Metal(metal="gold", weight_mg=4_000), Metal(metal="silver", weight_mg=101))}),
    ("metals", {"metals": (Metal(metal="a;b"),)}), ("gems", {"gems": (Stone(kind="diamond", count=0),)}),
    ("gems", {"gems": (Stone(kind="diamond", carat_milli=-1),)}), ("gems", {"gems": (Stone(kind="", carat_milli=1),)}),
    ("certificates", {"certificates": ("GIA 1",)}), ("fineness", {"fineness": 1000}), ("barcode", {"barcode": "4006381333932"}),
    ("prices", {"prices": (Price(currency="EUR", amount_minor=1),)}), ("prices", {"prices": (Price(currency="usd", amount_minor=1),)}),
    ("prices", {"prices": (Price(currency="USD", amount_minor=-1),)}), ("set_of", {"set_of": "ring"}),
    ("title", {"title": ""}), ("price_minor", {"price_minor": -1}), ("currency", {"currency": "eur"}), ("epc", {"epc": "abc"}),
    ("weight_mg", {"weight_mg": -1}), ("tax_bp", {"tax_bp": 10_001}), ("sku", {"sku": "x" * 201}),
])  # fmt: skip
def test_each_mistake_names_its_field(mind, field, change):
    assert [name for name, _ in wrong(msgspec.structs.replace(mind.card(), **change))] == [field]


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_day_is_one_of_the_calendar(year, month, day):
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        date.fromisoformat(text)
        there = True
    except ValueError:
        there = False
    assert is_day(text) is there


@given(st.text("0123456789", min_size=7, max_size=13), st.integers(0, 13), st.integers(1, 9))
def test_a_barcode_with_one_digit_mistyped_is_seen(digits, at, more):
    check = next(last for last in "0123456789" if gtin_checks(digits + last))
    whole = digits + check
    at %= len(whole)
    mistyped = whole[:at] + str((int(whole[at]) + more) % 10) + whole[at + 1 :]
    assert not gtin_checks(mistyped)


@pytest.mark.parametrize(("values", "said"), [
    ([("length", "42", "cm")], ""), ([("length", "42.5", "cm"), ("clasp", "box", ""), ("made on", "2026-02-28", "")], ""),
    ([], "length"), ([("length", "42", "")], "unit"), ([("length", "42,5", "cm")], "number"), ([("length", "042", "cm")], "number"),
    ([("length", "42", "cm"), ("clasp", "hook", "")], "lobster"), ([("length", "42", "cm"), ("made on", "2026-02-30", "")], "day"),
    ([("length", "42", "cm"), ("colour", "red", "")], "ask"), ([("length", "42", "cm"), ("length", "42", "cm")], "twice"),
    ([("length", "42", "cm"), ("engraving", "a; b", "")], "semicolon"),
])  # fmt: skip
def test_attributes_are_what_their_category_asks(values, said):
    found = wrong_values([Attribute(name=n, value=v, unit=u) for n, v, u in values], RULES, "chain")
    assert (found == []) if said == "" else any(said in each for each in found)


@pytest.mark.parametrize("rule", [
    AttributeRule(name="Length", kind=AttributeKind.TEXT), AttributeRule(name="", kind=AttributeKind.TEXT),
    AttributeRule(name="clasp", kind=AttributeKind.CHOICE), AttributeRule(name="clasp", kind=AttributeKind.TEXT, choices=("a",)),
    AttributeRule(name="made", kind=AttributeKind.DATE, unit="cm"), AttributeRule(name="clasp", kind=AttributeKind.CHOICE, choices=("a;b",)),
])  # fmt: skip
def test_a_list_of_attributes_that_nobody_could_fill_is_refused(rule):
    assert wrong_rules([rule])
    assert wrong_rules(RULES) == ""
    assert "twice" in wrong_rules([*RULES, RULES[0]])


@pytest.mark.parametrize("change", [{"ownership": Ownership.CUSTOMER}, *({"condition": each} for each in Condition)])
def test_a_clients_own_piece_and_a_damaged_one_are_no_goods(mind, change):
    card = msgspec.structs.replace(mind.card(), **change)
    scene = msgspec.structs.replace(mind.cart(), pieces={"ring": mind.standing(card=card)})
    answer = mind.decide(scene, mind.add("ring"))
    if change.get("condition") in (Condition.OK, Condition.ATTENTION):
        assert not isinstance(answer, Refusal)
    else:
        assert isinstance(answer, Refusal)
        assert answer.code is Why.NOT_FOR_SALE
