"""What people type to find a piece, and what of a card is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.feed import Attribute, Metal, PieceCard, Stone
from contract.ids import PieceId
from trade import seek
from trade.seek import Filter, Kind, SeekError


def card(**more):
    told = {
        "piece": PieceId("p-1"), "sku": "AU-1961", "title": "Aurora Ring", "category": "ring", "metal": "white_gold", "fineness": 750,
        "weight_mg": 3_400, "stones": "Émeraude taillée", "price_minor": 124_000, "currency": "EUR", "tax_bp": 2_000, "epc": "30AB",
    }  # fmt: skip
    return PieceCard(**{**told, **more})


def test_words_and_filters_are_told_apart():
    sought = seek.read('Aurora "van Cleef" metal:gold carat>1 price<=5000.50 length:42..45', {"length"})
    assert sought.words == ("aurora", "van cleef")
    assert sought.filters == (
        Filter(field="metal", kind=Kind.TEXT, text="gold"),
        Filter(field="carat", kind=Kind.NUMBER, low=1_001),
        Filter(field="price", kind=Kind.NUMBER, high=50_005_000),
        Filter(field="length", kind=Kind.ATTRIBUTE, low=42_000_000, high=45_000_000),
    )
    assert sought.key == "", "with filters it is nobody's name"


def test_a_query_without_filters_may_be_a_name():
    assert seek.read(" gia 2141438171 ").key == "GIA2141438171"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("metal:", "asks for nothing"),
        ("metal>gold", "is no number"),
        ("carat>one", "at most 3 digits"),
        ("carat>1.2345", "at most 3 digits"),
        ("fineness:750.5", "a whole number"),
        ("colour:red", "there is no field 'colour'"),
        ('"van cleef', "no partner"),
        ("price:..", "asks for nothing"),
        ("a" * 201, "at most 200"),
        (" ".join(f"w{n}" for n in range(13)), "at most 12 words"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_mend(query, words):
    with pytest.raises(SeekError, match=words):
        seek.read(query, {"length"})


@given(st.text(max_size=220))
def test_whatever_is_typed_is_read_or_refused_in_words(query):
    try:
        sought = seek.read(query, ())
    except SeekError as error:
        assert str(error)  # noqa: PT017 - it may be raised, or not
    else:
        assert len(sought.words) <= seek.WORDS_MAX


@given(st.integers(0, 10**9), st.integers(0, 999))
def test_a_carat_is_read_to_the_last_digit(whole, part):
    (one,) = seek.read(f"carat={whole}.{part:03d}").filters
    assert one.low == one.high == whole * 1000 + part


def test_of_a_card_names_numbers_and_plain_words_are_looked_at():
    seeds = seek.seeds(
        card(
            certificates=("GIA 2141438171",), serial="B 1042", metals=(Metal(metal="platinum", fineness=950),),
            gems=(Stone(kind="emerald", carat_milli=720), Stone(kind="diamond", carat_milli=80)),
            attributes=(Attribute(name="length", value="42.5", unit="cm"), Attribute(name="made", value="1961-03-01")),
        )
    )  # fmt: skip
    assert {
        ("serial", "B1042"),
        ("certificate", "2141438171"),
        ("certificate", "GIA2141438171"),
        ("epc", "30AB"),
    } <= set(seeds.keys)
    assert seeds.numbers == {"price": 12_400_000, "carat": 800, "weight": 3_400, "fineness": 750}
    assert seeds.texts["metal"] == "white gold platinum"
    assert "emeraude taillee" in seeds.words
    assert seeds.terms == (("length", "42.5", 42_500_000), ("made", "1961-03-01", 19_610_301_000_000))


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1_240), ("EUR", 124_000), ("BHD", 1_240_000)])
def test_prices_of_every_currency_are_compared_as_they_are_written(currency, minor):
    assert (
        seek.seeds(card(currency=currency, price_minor=minor)).numbers["price"]
        == seek.read("price=1240").filters[0].low
    )
