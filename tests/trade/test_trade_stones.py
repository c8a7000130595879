"""A client's stone is known again, and nothing is said of it that nobody measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import OrderMetal, StoneIdentity
from contract.remarks import FORGOTTEN, NOT_HERE
from trade.orders import bench, stones, wording
from trade.orders.bench import Flag
from trade.orders.stones import StoneLook, checks, compare, known_by, problems

CENTRE = StoneIdentity(
    at="centre", kind="white stone", carat_milli=1020, length_um=6480, width_um=6450, inscription="GIA 2141438171",
    certificate="GIA 2141438171", plot="ab" * 32,
)  # fmt: skip
AGAIN = StoneLook(
    at="centre", carat_milli=1020, length_um=6480, width_um=6450, inscription="gia 2141438171", plot_same=True
)


def test_the_same_stone_is_the_same() -> None:
    told = compare(CENTRE, AGAIN)
    assert told.same
    assert told.agreed == ("weight", "length", "width", "inscription", "plot")
    assert told.unmeasured == ("certificate",)


@given(carat=st.integers(-10, 10), size=st.integers(-50, 50))
def test_within_tolerance_nothing_differs(carat: int, size: int) -> None:
    look = StoneLook(at="centre", carat_milli=1020 + carat, length_um=6480 + size, width_um=6450 - size)
    assert compare(CENTRE, look).same


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (StoneLook(at="centre", carat_milli=1031), "weight was 1.020 ct and is 1.031 ct"),
        (StoneLook(at="centre", carat_milli=1020, length_um=6540), "length was 6.48 mm and is 6.54 mm"),
        (StoneLook(at="centre", inscription="GIA 2141438172"), "inscription was GIA 2141438171 and is GIA 2141438172"),
        (StoneLook(at="centre", carat_milli=1020, plot_same=False), "inclusions are not those of the plot"),
        (StoneLook(at="centre", missing=True), "the stone at centre is not there"),
    ],
)
def test_another_stone_is_a_difference_in_words(look: StoneLook, says: str) -> None:
    told = compare(CENTRE, look)
    assert not told.same
    assert says in told.words


def test_what_cannot_be_measured_in_its_setting_says_so_and_is_no_difference() -> None:
    told = compare(CENTRE, StoneLook(at="centre", length_um=6380, width_um=6540))
    assert told.same
    assert "weight, which is not measured in its setting" in told.words
    loose = compare(CENTRE, StoneLook(at="centre", carat_milli=1020, length_um=6380))
    assert not loose.same, "loose, a calliper has no such excuse"


@pytest.mark.parametrize("told", [NOT_HERE, FORGOTTEN])
def test_words_that_cannot_be_read_here_are_no_difference(told: str) -> None:
    """The key of a client's words may come later than the client."""
    stone = StoneIdentity(at="centre", kind="white", carat_milli=1_020, inscription=told)
    seen = compare(stone, StoneLook(at="centre", carat_milli=1_020, inscription="GIA 1"))
    assert seen.same
    assert seen.unmeasured == (f"inscription, which is {told}",)


def test_a_stone_of_which_nothing_was_compared_is_not_the_same() -> None:
    assert not compare(CENTRE, StoneLook(at="centre")).same
    paper_only = compare(CENTRE, StoneLook(at="centre", certificate="GIA 2141438171"))
    assert not paper_only.same, "a certificate speaks of whichever stone lies beside it"


def test_every_stone_recorded_is_checked_and_one_left_out_is_not_the_same() -> None:
    side = StoneIdentity(at="left", kind="white stone", length_um=2000, width_um=2000)
    told = checks((CENTRE, side), (AGAIN,))
    assert [(each.at, each.same) for each in told] == [("centre", True), ("left", False)]
    assert told[1].note == "nobody looked at it again"
    assert stones.not_recorded((CENTRE,), (AGAIN, StoneLook(at="right"))) == ("right",)


def test_intake_says_by_what_a_stone_is_known() -> None:
    assert known_by(CENTRE) == ("weight", "length and width", "inscription", "plot")
    assert known_by(StoneIdentity(at="left", kind="white stone", length_um=2000)) == ()
    assert problems((CENTRE, CENTRE)) == ("two stones are at centre: tell their places apart",)
    assert problems((StoneIdentity(at="", kind="x"),))
    assert problems((StoneIdentity(at="a", kind="x", carat_milli=-1),))


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("white gold ring with diamond", "white metal ring with white stone"),
        ("18k yellow gold chain", 'stamped "18k" yellow metal chain'),
        ("Platinum 950 ring, 3 rubies", 'white metal stamped "950" ring, 3 red stones'),
    ],
)
def test_intake_words_that_assert_a_material_are_not_taken(text: str, instead: str) -> None:
    assert wording.suggested(text) == instead
    assert instead in wording.problem(text)
    assert not wording.problem(instead)


@pytest.mark.parametrize(
    "text", ["white metal ring with white stone", "ring stamped 750", 'ring marked "18K"', "Goldsmith's tag, 12.5 mm"]
)
def test_intake_words_of_what_is_seen_are_taken(text: str) -> None:
    assert wording.problem(text) == ""


def test_an_empty_description_is_not_taken() -> None:
    assert wording.problem("  ")


def metal(grams: float, fineness: int = 750, name: str = "gold") -> OrderMetal:
    return OrderMetal(metal=name, fineness=fineness, weight_mg=round(grams * 1000))


def test_fine_metal_is_compared_whatever_its_alloy() -> None:
    assert bench.reckon((metal(10, 585),), (metal(7.8, 750),)).flags == ()


@pytest.mark.parametrize(
    ("given_g", "back_g", "flags"),
    [
        (10, 9.6, ()),
        (10, 9.4, (Flag.EXCESS_WASTAGE,)),
        (10, 0, (Flag.SHORT_RETURN,)),
        (10, 10.5, (Flag.EXCESS_RETURN,)),
        (0.1, 0.09, ()),
    ],
)
def test_what_a_bench_brings_back_is_reckoned(given_g: float, back_g: float, flags: tuple[Flag, ...]) -> None:
    told = bench.reckon((metal(given_g),), (metal(back_g),))
    assert told.flags == flags
    assert len(told.words) == len(flags)


def test_a_stone_too_few_or_too_many_is_named() -> None:
    told = bench.reckon((), (), stones_given=("centre", "left"), stones_back=("left", "right"))
    assert told.flags == (Flag.STONE_MISSING, Flag.STONE_STRANGE)
    assert told.words[0] == "the stone for centre did not come back"


@given(st.lists(st.tuples(st.sampled_from(["gold", "platinum"]), st.integers(0, 10**6)), max_size=6))
def test_what_comes_back_whole_is_never_flagged(rows: list[tuple[str, int]]) -> None:
    metals = tuple(OrderMetal(metal=name, fineness=750, weight_mg=weight) for name, weight in rows)
    assert bench.reckon(metals, tuple(reversed(metals))).flags == ()
