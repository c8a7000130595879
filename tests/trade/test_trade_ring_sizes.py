"""A ring size is one length, told in five ways."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade.ring_sizes import STEP_UM, UM_MAX, UM_MIN, SizeError, SizeSystem, by_home, read, told

CIRCUMFERENCES = st.integers(41_000, 80_000)


@pytest.mark.parametrize(
    ("um", "eu", "us", "uk", "jp", "ch"),
    [
        (54_400, "54.5", "7", "N ½", "14", "14.5"),
        (50_000, "50", "5 ¼", "K", "10", "10"),
        (46_800, "47", "4", "H ½", "7", "7"),
        (62_100, "62", "10", "T ½", "21", "22"),
        (70_000, "70", "13", "Z+1", "29", "30"),
    ],
)
def test_one_finger_in_five_countries(um, eu, us, uk, jp, ch):
    said = {SizeSystem.EU: eu, SizeSystem.US: us, SizeSystem.UK: uk, SizeSystem.JP: jp, SizeSystem.CH: ch}
    assert {system: told(um, system) for system in SizeSystem} == said


@pytest.mark.parametrize(
    ("country", "system"), [("US", "us"), ("GB", "uk"), ("JP", "jp"), ("IT", "ch"), ("FR", "eu"), ("", "eu")]
)
def test_a_size_is_told_first_as_its_country_tells_it(country, system):
    assert by_home(country)[0] == system
    assert set(by_home(country)) == set(SizeSystem)


def test_us_seven_is_the_diameter_of_the_standard_and_no_n():
    assert read("7", SizeSystem.US) == round(math.pi * 25_400 * (0.458 + 0.032 * 7))
    assert told(read("7", SizeSystem.US), SizeSystem.UK) == "N ½"


@given(CIRCUMFERENCES, st.sampled_from(SizeSystem))
def test_what_is_told_is_read_back_to_within_half_a_step(um, system):
    assert abs(read(told(um, system), system) - um) <= STEP_UM[system] / 2 + 1


@given(CIRCUMFERENCES, st.sampled_from(SizeSystem))
def test_what_was_told_is_told_again(um, system):
    name = told(um, system)
    assert told(read(name, system), system) == name


@given(CIRCUMFERENCES, CIRCUMFERENCES, st.sampled_from(SizeSystem))
def test_a_larger_finger_never_has_a_smaller_size(one, other, system):
    small, large = sorted((one, other))
    assert read(told(small, system), system) <= read(told(large, system), system)


@pytest.mark.parametrize("text", ["6 1/2", "6.5", "6,5", "6½", " 6 ½ "])
def test_a_half_is_written_as_people_write_it(text):
    assert told(read(text, SizeSystem.US), SizeSystem.US) == "6 ½"


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("N½", SizeSystem.US),
        ("7", SizeSystem.UK),
        ("", SizeSystem.EU),
        ("6.5 ½", SizeSystem.US),
        ("K+2", SizeSystem.UK),
    ],
)
def test_nonsense_is_refused_with_how_to_write_it(text, system):
    with pytest.raises(SizeError, match="write a"):
        read(text, system)


@pytest.mark.parametrize("text", ["7", "99"])
def test_a_size_of_another_country_is_told_by_what_it_would_be(text):
    with pytest.raises(SizeError, match="choose the country"):
        read(text, SizeSystem.EU)


@given(st.integers(UM_MIN, UM_MAX), st.sampled_from(SizeSystem))
def test_every_finger_has_a_word_or_none(um, system):
    assert isinstance(told(um, system), str)


@given(st.text(max_size=12), st.sampled_from(SizeSystem))
def test_whatever_is_typed_is_a_size_or_a_sentence(text, system):
    try:
        um = read(text, system)
    except SizeError:
        return
    assert UM_MIN <= um <= UM_MAX
