"""A withdrawn consent wins, in whatever order words arrive."""

from hypothesis import given
from hypothesis import strategies as st

from trade.consent import Channel, Proof, Said, may_reach, standing


def said(given_, at, channel=Channel.EMAIL):
    return Said(channel, given_, at, "ana", Proof.SIGNED, "2026-01")


WORDS = st.lists(st.builds(said, st.booleans(), st.integers(0, 3), st.sampled_from(Channel)), max_size=8)


def test_nobody_is_reached_who_never_said_yes():
    assert not may_reach([], Channel.EMAIL)
    assert not may_reach([said(True, 1, Channel.SMS)], Channel.EMAIL)


def test_a_yes_of_the_morning_that_comes_late_does_not_outlive_the_no_of_noon():
    assert not may_reach([said(False, 12), said(True, 9)], Channel.EMAIL)


def test_of_two_words_of_one_moment_the_no_wins():
    for words in ([said(True, 1), said(False, 1)], [said(False, 1), said(True, 1)]):
        assert not may_reach(words, Channel.EMAIL)


def test_who_says_yes_again_later_is_reached_again():
    assert may_reach([said(True, 1), said(False, 2), said(True, 3)], Channel.EMAIL)


@given(WORDS, st.randoms(use_true_random=False))
def test_the_order_in_which_words_are_heard_changes_nothing(words, random):
    shuffled = list(words)
    random.shuffle(shuffled)
    assert {c: w.given for c, w in standing(words).items()} == {c: w.given for c, w in standing(shuffled).items()}


@given(WORDS, st.sampled_from(Channel))
def test_a_last_no_is_a_no(words, channel):
    latest = max((word.said_us for word in words), default=0)
    assert not may_reach([*words, said(False, latest, channel)], channel)
