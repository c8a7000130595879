"""What is written into a tag, and why no two tags of the house ever get the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.epc import SERIAL_MAX, decode
from edge.config import TagScheme, TagsConfig
from edge.tags.scheme import SchemeError, check, epc_of, parts, serial

numbers, counts = st.integers(0, 511), st.integers(0, (1 << 18) - 1)
terms = st.builds(lambda life, nth: life << 32 | nth, st.integers(0, 15), st.integers(0, 127))
FIRST = (1 << 32) | 1
OWN = TagsConfig(scheme=TagScheme.OWN, prefix="F0A1")
GS1 = TagsConfig(scheme=TagScheme.SGTIN_96, company="4012345", item="012345")


@given(numbers, terms, counts)
def test_a_serial_number_says_which_store_which_term_and_which_tag_so_no_two_are_equal(number, term, count):
    value = serial(number, term, count)
    assert 0 <= value <= SERIAL_MAX
    assert parts(value) == (number, term, count)


@given(numbers, terms, counts)
def test_the_house_s_own_scheme_keeps_the_whole_serial_number(number, term, count):
    value = serial(number, term, count)
    own = epc_of(OWN, None, value)
    assert (len(own), own[:2], int.from_bytes(own[7:])) == (12, b"\xf0\xa1", value)


@pytest.mark.parametrize(
    ("number", "term", "count", "what"),
    [
        (512, FIRST, 1, "this store's number"),
        (1, 16 << 32, 1, "lives of the head office"),
        (1, FIRST + 127, 1, "box was replaced"),
        (1, FIRST, 1 << 18, "tags written"),
    ],
)
def test_a_count_without_room_is_refused_and_not_cut_off(number, term, count, what):
    with pytest.raises(SchemeError, match=what):
        serial(number, term, count)


def test_a_sku_that_is_a_gtin_names_the_item(make, replaced):
    card = replaced(make.card(1), sku="4012345678901")
    tag = decode(epc_of(GS1, card, 7))
    assert (tag.gtin14, tag.serial, tag.filter) == ("04012345678901", 7, 1)


def test_a_list_names_the_gtin_of_other_skus_and_one_item_stands_for_the_rest(make, replaced):
    tags = replaced(GS1, gtins={"R-1": "4012345678901"})
    assert decode(epc_of(tags, make.card(1), 7)).gtin14 == "04012345678901"
    assert decode(epc_of(tags, make.card(2), 7)).item == "012345"


def test_a_sku_without_a_gtin_is_refused_with_the_mend(make, replaced):
    with pytest.raises(SchemeError, match=r"R-1.*tags\.gtins"):
        epc_of(replaced(GS1, item=""), make.card(1), 7)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"company": "12"}, "company"),
        ({"company": "", "item": ""}, "GS1 company prefix"),
        ({"item": "1"}, "item"),
        ({"gtins": {"R-1": "4012345678902"}}, "check digit"),
        ({"gtins": {"R-1": "4999999678909"}}, "not under|check digit"),
        ({"scheme": TagScheme.OWN}, "prefix"),
        ({"scheme": TagScheme.OWN, "prefix": "F0" * 8}, "1 to 7 bytes"),
        ({"scheme": TagScheme.OWN, "prefix": "30AA"}, "SGTIN-96"),
    ],
)
def test_a_scheme_that_cannot_be_is_named_by_its_key(replaced, changes, why):
    with pytest.raises(SchemeError, match=why):
        check(replaced(GS1, **changes))


def test_schemes_that_can_be_pass(replaced):
    for tags in (OWN, GS1, replaced(GS1, item="", gtins={"R-1": "4012345678901"})):
        check(tags)
