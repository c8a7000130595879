"""What a scanner types is read for what it is, and nothing is guessed of what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.epc import Sgtin96, encode
from trade import scan
from trade.scan import GS, ScanError

GTIN = "04006381333931"
TAG = Sgtin96(company="4006381", item="033393", serial=1042)


@pytest.mark.parametrize(
    "code",
    [
        f"]d201{GTIN}211042",
        f"]Q301{GTIN}10LOT7{GS}211042",
        f"]C101{GTIN}17261231211042{GS}",
        f"{GS}01{GTIN}211042",
        f"01{GTIN}211042",
        f"01{GTIN}3103001234211042",
        f"(01){GTIN}(21)1042",
        f"01{GTIN}10LOT\u241d211042",
        f"https://id.gs1.org/01/{GTIN}/21/1042",
        f"HTTPS://ID.GS1.ORG/01/{GTIN}/21/1042",
        f"https://jeweller.example/p/01/{GTIN}/10/LOT%2F7/21/1042?x=1",
        "urn:epc:id:sgtin:4006381.033393.1042",
        "urn:epc:tag:sgtin-96:1.4006381.033393.1042",
    ],
)
def test_every_spelling_of_one_piece_is_one_piece(code):
    read = scan.read(code)
    assert (read.gtin, read.serial) == (GTIN, "1042")
    assert encode(TAG).hex().upper() in read.epcs


@pytest.mark.parametrize(
    ("code", "gtin"),
    [("4006381333931", GTIN), (GTIN, GTIN), ("614141000012", "00614141000012"), ("96385074", "00000096385074")],
)
def test_a_gtin_alone_is_an_article(code, gtin):
    read = scan.read(code)
    assert (read.gtin, read.serial, read.epcs) == (gtin, "", ())
    assert code in list(scan.gtins(gtin))


@pytest.mark.parametrize(
    "code", ["4006381333932", "AU-1961", "B 1042", "01234", "0104006381333932", "30AB", "12345678901234567890"]
)
def test_what_is_no_code_of_gs1_is_a_name(code):
    read = scan.read(code)
    assert (read.name, read.gtin, read.epcs) == (code, "", ())


def test_a_tag_typed_by_a_wedge_is_a_tag_and_may_be_a_name_too():
    read = scan.read("30395dfa835a1c000000007b")
    assert (read.epcs, read.name) == (("30395DFA835A1C000000007B",), "30395dfa835a1c000000007b")
    assert scan.read("urn:epc:raw:96.x30395DFA835A1C000000007B").epcs == read.epcs


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("]d20104006381333932211042", "last digit of GTIN"),
        ("]d2211042", "names no article"),
        (f"]d201{GTIN[:-3]}", "ends too early"),
        (f"]d201{GTIN}XX1", "no field of GS1"),
        ("https://example.org/about", "names no article"),
        ("https://id.gs1.org/01/123/21/1", "does not fit"),
        ("urn:epc:id:sscc:1", "cannot be read"),
        ("x" * 401, "at most 400"),
    ],
)
def test_a_code_that_goes_on_wrongly_is_refused_in_words(code, words):
    with pytest.raises(ScanError, match=words):
        scan.read(code)


@given(st.text(max_size=60) | st.text("01]dQC2" + GS + "()9", max_size=40))
def test_whatever_is_typed_is_read_or_refused_in_words(code):
    for begin in ("", "]d2", "https://a.example/01/", "urn:epc:", "("):
        try:
            assert scan.read(begin + code).words
        except ScanError as error:
            assert str(error)  # noqa: PT017 - it may be raised, or not
