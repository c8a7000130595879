"""How often clients come back and what that is worth: published answers, data of known parameters, and honesty."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.clienteling import spend as money
from cloud.clienteling.lifetime import REPEATERS_MIN, fit
from cloud.clienteling.visits import History, Visits, alive, drawn, expected

CDNOW = Visits(0.243, 4.414, 0.793, 2.426)
"""Fader, Hardie and Lee 2005, table 2; weeks."""
CLIENTS = 6_000


def one(frequency, recency, age):
    return History(np.array([float(frequency)]), np.array([float(recency)]), np.array([float(age)]))


@pytest.fixture(scope="module")
def learnt():
    rng = np.random.default_rng(5)
    seen = drawn(CDNOW, rng.uniform(27, 39, CLIENTS), rng)
    spend = rng.gamma(6, 1 / rng.gamma(4, 1 / 15_000, CLIENTS))
    return fit(seen.recency, seen.frequency, seen.age, spend, rng=rng, resamples=12)


def test_the_published_client_comes_as_often_as_published():
    """Their note on the spreadsheet: x = 2, t_x = 30.43, T = 38.86 gives 1.226 visits in 39 weeks."""
    assert expected(CDNOW, one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=0.001)


def test_what_made_the_clients_is_learnt_from_them(learnt):
    told = learnt.visits
    assert told.r == pytest.approx(CDNOW.r, rel=0.15)
    assert told.alpha == pytest.approx(CDNOW.alpha, rel=0.2)
    assert told.a / (told.a + told.b) == pytest.approx(CDNOW.a / (CDNOW.a + CDNOW.b), rel=0.15)


def test_the_visits_to_come_lie_within_their_interval(learnt):
    truth = expected(CDNOW, learnt.seen, 39).sum()
    told = learnt.expected(39)
    assert told.low.sum() < truth < told.high.sum()
    assert told.high.sum() < 1.3 * told.low.sum()


def test_the_mean_of_a_visit_is_drawn_towards_everybodys(learnt):
    of = learnt.spend
    everybody = of.p * of.gamma / (of.q - 1)
    assert everybody == pytest.approx(6 * 15_000 / 3, rel=0.1)
    once, often = money.per_visit(of, np.array([1.0, 50.0]), np.array([9e5, 9e5]))
    assert everybody < once < often < 9e5


@settings(deadline=None)
@given(x=st.integers(0, 30), age=st.floats(1, 500), share=st.floats(0.01, 1), horizon=st.floats(0, 300))
def test_more_time_is_more_visits_and_a_probability_is_one(x, age, share, horizon):
    seen = one(x, age * share if x else 0, age)
    assert 0 <= alive(CDNOW, seen)[0] <= 1
    soon, late = expected(CDNOW, seen, horizon)[0], expected(CDNOW, seen, horizon + 10)[0]
    assert 0 <= soon <= late + 1e-9
    assert soon <= (CDNOW.r + x) / (CDNOW.alpha + age) * horizon + 1e-9


@settings(deadline=None)
@given(x=st.integers(1, 20), early=st.floats(1, 50), later=st.floats(1, 50))
def test_whoever_was_here_lately_is_rather_alive(x, early, later):
    assert alive(CDNOW, one(x, early, 101))[0] <= alive(CDNOW, one(x, early + later, 101))[0] + 1e-12


def test_the_formula_holds_where_it_divides_by_nothing():
    near = [expected(Visits(0.3, 5, a, 2.0), one(2, 20, 30), 39)[0] for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(clients=st.integers(1, 60), age=st.floats(1, 1_000))
def test_a_house_to_which_nobody_came_back_says_so_and_promises_no_visit(clients, age):
    zero = np.zeros(clients)
    model = fit(zero, zero, np.full(clients, age), np.full(clients, 900.0), rng=np.random.default_rng(0))
    assert model.visits is None
    assert "only 0 of" in model.why
    came = model.expected(age)
    assert (came.value == 0).all()
    assert came.low[0] == 0 < came.high[0] == pytest.approx(3 / clients, rel=0.01)  # the rule of three
    assert np.isnan(model.alive().value).all()
    assert model.value(age).high[0] == pytest.approx(900 * came.high[0])


def test_a_few_who_came_back_are_too_few_to_know_one_from_another():
    few = np.zeros(400)
    few[: REPEATERS_MIN - 1] = 1.0
    model = fit(few * 10, few, np.full(400, 50.0), np.full(400, 900.0), rng=np.random.default_rng(0))
    assert model.visits is None
    assert len(set(model.expected(10).value)) == 1
    assert model.expected(10).low[0] < model.expected(10).value[0] < model.expected(10).high[0]


@pytest.mark.parametrize(
    ("recency", "frequency", "age", "spend", "said"),
    [
        ([], [], [], [], "at least one client"),
        ([1.0], [1.0, 2.0], [3.0], [1.0], "each client has one"),
        ([5.0], [1.0], [3.0], [1.0], "between the first and now"),
        ([0.0], [1.0], [3.0], [1.0], "join visits of one day"),
        ([0.0], [0.0], [0.0], [1.0], "the first before now"),
        ([1.0], [1.0], [3.0], [-1.0], "take returns off first"),
        ([1.0], [1.0], [float("nan")], [1.0], "finite"),
    ],
)
def test_a_history_that_cannot_be_is_refused(recency, frequency, age, spend, said):
    with pytest.raises(ValueError, match=said):
        fit(recency, frequency, age, spend, rng=np.random.default_rng(0))


def test_the_past_cannot_be_promised(learnt):
    with pytest.raises(ValueError, match="lies ahead"):
        learnt.expected(-1)


def test_what_is_slow_to_load_is_not_loaded_before_it_is_asked_for():
    code = (
        "import sys, cloud.clienteling.lifetime, cloud.clienteling.rising, cloud.clienteling.segments, cloud.clienteling.identity.matching; "
        "assert not [name for name in sys.modules if name.startswith(('scipy', 'phonenumbers'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
