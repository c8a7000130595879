"""A hallmark is checked as far as paper can tell: its office exists, its standard is one of the metal's, and fits."""

import pytest

from contract.feed import Attribute, FinenessUnit, Metal, PieceCard
from trade.hallmarks import KARAT, MARK, NAMES, OFFICE, STANDARD, STANDARDS, wrong_hallmark

GOOD = {OFFICE: "GB London", MARK: "A&Co", STANDARD: "750"}


def card(told, *, metal="white gold", fineness=750, metals=()):
    return PieceCard(
        piece="p1", sku="s", title="Ring", category="ring", metal=metal, fineness=fineness, weight_mg=4_000, stones="",
        price_minor=1, currency="EUR", tax_bp=0, epc="", metals=metals,
        attributes=tuple(Attribute(name=name, value=value) for name, value in told.items()),
    )  # fmt: skip


def test_a_piece_without_a_hallmark_and_one_with_a_whole_one_are_right():
    assert wrong_hallmark(card({})) == []
    assert wrong_hallmark(card({"clasp": "box"})) == []
    assert wrong_hallmark(card(GOOD)) == []
    assert wrong_hallmark(card(GOOD | {OFFICE: "CH Biel"})) == [], "of other countries any town"


@pytest.mark.parametrize("left_out", NAMES)
def test_a_hallmark_is_all_of_it_or_none(left_out):
    (why,) = wrong_hallmark(card({name: value for name, value in GOOD.items() if name != left_out}))
    assert why.startswith(f"{left_out}: ")
    assert "say all three, or none" in why


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({OFFICE: "London"}, "like GB London"),
        ({OFFICE: "GB Chester"}, "none is called Chester"),
        ({MARK: ""}, "letters of the sponsor's mark"),
        ({MARK: "A name that is too long"}, "12 at most"),
        ({STANDARD: "18k"}, "three figures"),
        ({STANDARD: "925"}, "no gold is struck 925"),
        ({STANDARD: "585"}, "said to be 750"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_write(changes, words):
    (why,) = wrong_hallmark(card(GOOD | changes))
    assert words in why


def test_a_karat_is_struck_as_its_stamp_and_not_as_its_share():
    metals = (Metal(metal="gold", fineness=14, unit=FinenessUnit.KARAT),)
    assert wrong_hallmark(card(GOOD | {STANDARD: "585"}, metal="gold", fineness=0, metals=metals)) == []
    assert "look at it again" in wrong_hallmark(card(GOOD, metal="gold", fineness=0, metals=metals))[0]
    assert set(KARAT.values()) <= set(STANDARDS["gold"])


def test_a_piece_of_two_metals_may_bear_either():
    metals = (Metal(metal="gold", fineness=750), Metal(metal="platinum", fineness=950))
    for struck in ("750", "950"):
        assert wrong_hallmark(card(GOOD | {STANDARD: struck}, metal="gold", metals=metals)) == []
    assert wrong_hallmark(card(GOOD | {STANDARD: "925"}, metal="gold", metals=metals))
