"""Tiers that do not flicker, quintiles that treat equals as equals, those who lapse, and those who rise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.clienteling.rising import Prior, Span, prior, probability, rising
from cloud.clienteling.segments import Tier, lapsing, rfm, tiers

STEPS = (Tier("silver", 1_000, 800), Tier("gold", 5_000, 4_000), Tier("platinum", 20_000, 15_000))
FLAT = tuple(Tier(step.name, step.from_minor, step.from_minor) for step in STEPS)
money = st.integers(-5_000, 40_000)


def tier(spend, before=0, steps=STEPS):
    return int(tiers(np.array([spend]), np.array([before]), steps)[0])


def test_a_tier_is_reached_at_once_and_kept_for_somewhat_less():
    assert [tier(999), tier(1_000), tier(5_000), tier(99_000)] == [0, 1, 2, 3]
    assert tier(4_500, before=2) == 2
    assert tier(3_999, before=2) == 1
    assert tier(850, before=2) == 1
    assert tier(-3, before=3) == 0


@settings(deadline=None)
@given(st.lists(money, min_size=1, max_size=24), st.integers(0, 3))
def test_hysteresis_only_ever_keeps_somebody_up_and_settles_at_once(spends, before):
    for spend in spends:
        after = tier(spend, before)
        assert tier(spend) <= after <= max(before, tier(spend))
        assert tier(spend, after) == after
        before = after


def test_without_hysteresis_a_client_at_the_edge_flickers():
    """The control."""

    def moves(steps):
        now, moved = 2, 0
        for spend in (5_100, 4_900, 5_050, 4_950, 5_001):
            after = tier(spend, now, steps)
            moved, now = moved + (after != now), after
        return moved

    assert (moves(STEPS), moves(FLAT)) == (0, 4)


@pytest.mark.parametrize(
    "steps", [STEPS[::-1], (Tier("a", 10, 20),), (Tier("a", 10, 5), Tier("b", 20, 5)), tuple([STEPS[0]] * 21)]
)
def test_steps_that_do_not_ascend_are_refused(steps):
    with pytest.raises(ValueError, match="each above the one below"):
        tier(1, steps=steps)


def test_a_tier_that_is_no_longer_there_is_refused():
    with pytest.raises(ValueError, match="map renamed tiers"):
        tier(1, before=4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 9), money), min_size=1, max_size=60))
def test_quintiles_follow_the_values_and_equals_are_equal(rows):
    since, visits, spend = (np.array(column) for column in zip(*rows, strict=True))
    told = rfm(since.astype(float), visits, spend)
    for scores, values in ((told.recency, -since), (told.frequency, visits), (told.money, spend)):
        assert (scores[visits == 0] == 0).all()
        bought = visits > 0
        assert ((scores[bought] >= 1) & (scores[bought] <= 5)).all()
        order = np.argsort(values[bought], kind="stable")
        assert (np.diff(scores[bought][order]) >= 0).all()
        assert len(set(zip(values[bought].tolist(), scores[bought].tolist(), strict=True))) == len(
            set(values[bought].tolist())
        )


def test_where_values_differ_each_quintile_is_a_fifth():
    told = rfm(np.arange(100.0), np.ones(100, np.int64), np.arange(100))
    assert np.bincount(told.money).tolist() == [0, 20, 20, 20, 20, 20]
    assert set(told.frequency.tolist()) == {3}
    assert told.recency[0] == 5


def test_a_client_lapses_by_their_own_rhythm():
    def lapses(since, visits, span):
        return bool(lapsing(np.array([float(since)]), np.array([visits]), np.array([float(span)]))[0])

    assert lapses(250, 5, 400)  # every 100 days
    assert not lapses(190, 5, 400)
    assert not lapses(250, 3, 600)  # every 300 days
    assert not lapses(80, 4, 9)  # thrice in a week, for one ring
    assert lapses(366, 1, 0)
    assert not lapses(364, 1, 0)
    assert not lapses(9_999, 0, 0)


def span(visits, time=12.0, spend=None):
    return Span(np.array([visits]), np.array([float(time)]), np.array([visits * 100 if spend is None else spend]))


OF = Prior(0.5, 6.0)


def test_the_probability_is_what_a_draw_of_both_rates_says():
    rng = np.random.default_rng(3)
    late, before = rng.gamma(4.5, 1 / 18, 400_000), rng.gamma(2.5, 1 / 42, 400_000)
    told = probability(span(4), span(2, 36), OF)[0]
    assert told == pytest.approx((late > 1.5 * before).mean(), abs=0.005)


@settings(deadline=None)
@given(late=st.integers(0, 40), before=st.integers(0, 40), factor=st.floats(0.2, 5))
def test_more_of_late_is_likelier_and_a_higher_bar_is_not(late, before, factor):
    told = probability(span(late), span(before, 36), OF, factor=factor)[0]
    assert 0 <= told <= 1
    assert told <= probability(span(late + 1), span(before, 36), OF, factor=factor)[0] + 1e-12
    assert told >= probability(span(late), span(before + 1, 36), OF, factor=factor)[0] - 1e-12
    assert told >= probability(span(late), span(before, 36), OF, factor=factor * 1.1)[0] - 1e-12


@settings(deadline=None)
@given(before_time=st.floats(0, 10_000), sure=st.floats(0, 0.99), shape=st.floats(0.05, 20))
def test_nobody_rises_on_one_purchase(before_time, sure, shape):
    assert not rising(span(1, spend=10**9), span(0, before_time), Prior(shape, 1.0), sure=sure)[0]


def test_without_the_least_number_of_visits_one_purchase_would_do(monkeypatch):
    """The control."""
    monkeypatch.setattr("cloud.clienteling.rising.VISITS_MIN", 1)
    assert rising(span(1, spend=10**9), span(0, 600), Prior(0.05, 1.0), sure=0.5)[0]


def test_a_client_rises_who_comes_more_often_and_does_not_spend_less():
    assert rising(span(4), span(2, 36), OF)[0]
    assert not rising(span(2), span(6, 36), OF)[0]
    assert not rising(span(4, spend=100), span(2, 36, spend=9_000), OF)[0]
    assert not rising(span(4, spend=0), span(2, 36, spend=0), OF)[0]


def test_the_prior_is_learnt_from_the_house():
    rng = np.random.default_rng(4)
    time = rng.uniform(10, 60, 40_000)
    visits = rng.poisson(rng.gamma(0.6, 1 / 12, 40_000) * time)
    told = prior(visits, time)
    assert told.shape == pytest.approx(0.6, rel=0.1)
    assert told.time == pytest.approx(12, rel=0.1)
    assert prior(np.zeros(5, np.int64), np.ones(5)).time > 0
    with pytest.raises(ValueError, match="seen for a while"):
        prior(np.zeros(5, np.int64), np.zeros(5))
