"""What to show next: it goes with what they have, can be had, they do not own it, and it says why."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.clienteling import next_piece
from cloud.clienteling.next_piece import Liked, Piece, Together, band, suggest, together

BRACELET = Piece(
    "B1", "vega-b", "bracelet", "gold", "white gold", "diamond", "Vega", "Ida", "", "Vega bracelet", 400_000
)
EARRINGS = Piece(
    "E1", "vega-e", "earrings", "gold", "white gold", "diamond", "Vega", "Ida", "", "Vega earrings", 380_000
)
PLAIN = Piece("E2", "plain-e", "earrings", "silver", "silver", "", "Basic", "Bo", "", "Hoops", 390_000)
SECOND = Piece("B2", "lyra-b", "bracelet", "gold", "white gold", "diamond", "Lyra", "Ida", "", "Lyra bracelet", 390_000)


def ids(told):
    return [one.piece for one in told]


def test_a_white_gold_bracelet_calls_for_the_earrings_that_match_it():
    told = suggest([BRACELET], [PLAIN, SECOND, EARRINGS])
    assert ids(told)[0] == "E1"
    assert told[0].reasons[0] == "goes with the Vega bracelet"
    assert "of the collection Vega, which they own pieces of" in told[0].reasons


def test_without_complements_another_bracelet_is_as_good(monkeypatch):
    """The control: what is worn together is a table, not a coincidence of attributes."""
    other = replace(EARRINGS, collection="Lyra")
    assert ids(suggest([BRACELET], [SECOND, other]))[0] == "E1"
    monkeypatch.setattr(next_piece, "COMPLEMENTS", {})
    monkeypatch.setattr(next_piece, "SAME_KIND", 0.0)
    assert ids(suggest([BRACELET], [SECOND, other]))[0] == "B2"


def test_what_completes_a_set_comes_first_even_in_a_style_they_own():
    mine = replace(EARRINGS, id="R1", category="ring", style="trio", set_id="S", title="Trio ring")
    part = replace(mine, id="R2", title="Trio ring, second")
    told = suggest([mine], [EARRINGS, SECOND, part])
    assert told[0].piece == "R2"
    assert told[0].reasons[0] == "completes the set of the Trio ring"
    assert suggest([mine], [replace(part, set_id="")]) == []


def test_what_they_own_from_elsewhere_is_not_shown():
    assert ids(suggest([BRACELET], [EARRINGS])) == ["E1"]
    assert suggest([BRACELET], [EARRINGS], owned=frozenset({"E1"})) == []


def test_a_price_far_from_what_they_pay_is_left_out_unless_a_person_pinned_the_budget():
    dear = replace(EARRINGS, price_minor=4_000_000)
    assert suggest([BRACELET], [dear]) == []
    assert ids(suggest([BRACELET], [dear], liked=Liked(budget_minor=(3_000_000, 5_000_000)))) == ["E1"]
    assert band([100, 200, 300]) == pytest.approx((120, 280))
    assert band([]) is None


def test_a_pinned_like_is_a_reason_where_nothing_was_bought():
    assert suggest([], [EARRINGS]) == []
    (one,) = suggest([], [EARRINGS, PLAIN], liked=Liked(stones=frozenset({"diamond"})))
    assert one == ("E1", next_piece.PINNED, ("likes diamond",))


def test_ten_alike_are_shown_once():
    many = [replace(EARRINGS, id=f"E{at}") for at in range(10)]
    assert ids(suggest([BRACELET], many)) == ["E0"]


def test_styles_that_go_together_lift_each_other_the_more_the_oftener_it_was_seen():
    seldom = together([["a", "b"], ["a", "b"], *[["c"]] * 20])
    often = together([*[["a", "b"]] * 40, *[["c"]] * 400])
    assert 0 < seldom.between("a", "b") < often.between("b", "a")
    assert seldom.between("a", "c") == 0
    assert together([["a", "b"], ["a"], ["b"]]).between("a", "b") == 0  # no more often than by chance


def test_without_shrinkage_a_coincidence_would_weigh_as_much(monkeypatch):
    """The control."""
    monkeypatch.setattr(next_piece, "SHRINK", 0.0)
    seldom = together([["a", "b"], ["a", "b"], *[["c"]] * 20]).between("a", "b")
    often = together([*[["a", "b"]] * 40, *[["c"]] * 400]).between("a", "b")
    assert seldom == pytest.approx(often)


def test_a_style_others_chose_is_a_reason_in_words():
    pairs = Together({frozenset({"vega-b", "plain-e"}): 1.0})
    told = suggest([BRACELET], [PLAIN], pairs=pairs)
    assert "others who own the same style chose it" in told[0].reasons


def test_too_much_to_look_at_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="near the store"):
        suggest([], [], at_most=0)
    monkeypatch.setattr(next_piece, "CLAIMABLE_MAX", 1)
    with pytest.raises(ValueError, match="near the store"):
        suggest([], [EARRINGS, PLAIN])


pieces = st.lists(
    st.builds(
        Piece,
        id=st.sampled_from([f"P{at}" for at in range(12)]),
        style=st.sampled_from(["s", "t", "u", ""]),
        category=st.sampled_from(["ring", "earrings", "bracelet", ""]),
        metal=st.sampled_from(["gold", ""]),
        stone=st.sampled_from(["ruby", "pearl", ""]),
        set_id=st.sampled_from(["", "S"]),
        price_minor=st.integers(0, 900_000),
    ),
    max_size=12,
    unique_by=lambda piece: piece.id,
)


@settings(deadline=None)
@given(bought=pieces, claimable=pieces, at_most=st.integers(1, 5))
def test_every_suggestion_can_be_claimed_is_not_owned_and_says_why(bought, claimable, at_most):
    told = suggest(bought, claimable, at_most=at_most)
    assert len(told) <= at_most
    assert {one.piece for one in told} <= {piece.id for piece in claimable} - {piece.id for piece in bought}
    assert all(one.reasons and one.score > 0 for one in told)
    assert told == suggest(bought, claimable[::-1], at_most=at_most)
    assert [one.score for one in told] == sorted((one.score for one in told), reverse=True)
