"""Whom a campaign goes to: by rules, never without consent, some held out; and what it did."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.clienteling.campaigns import Consent, Facts, Rule, audience, held_out, lift

KEY, OTHER = b"k" * 16, b"o" * 16


def client(name="A", **more):
    return Facts(
        name, **{"consent": Consent.GIVEN, "tier": 2, "spend_minor": 5_000, "visits": 3, "days_since": 90.0} | more
    )


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (Rule(), True),
        (Rule(tier_min=2), True),
        (Rule(tier_min=3), False),
        (Rule(spend_minor_min=5_000, spend_minor_max=5_000), True),
        (Rule(spend_minor_max=4_999), False),
        (Rule(visits_min=4), False),
        (Rule(quiet_days_min=90), True),
        (Rule(quiet_days_min=91), False),
        (Rule(segment="rising"), False),
        (Rule(segment="rising", unless=True), True),
        (Rule(unless=True), False),
    ],
)
def test_a_rule_lets_through_whom_it_says(rule, holds):
    assert rule.holds(client()) is holds


def test_who_never_bought_has_not_been_quiet():
    assert not Rule(quiet_days_min=0).holds(client(days_since=None))


many = st.lists(
    st.builds(
        Facts,
        client=st.integers(0, 10**6).map(str),
        tier=st.integers(0, 3),
        consent=st.sampled_from(Consent),
        erased=st.booleans(),
    ),
    max_size=40,
    unique_by=lambda one: one.client,
)


@settings(deadline=None)
@given(clients=many, holdout=st.integers(0, 10_000), tier=st.integers(0, 3))
def test_nobody_is_written_to_who_did_not_say_yes(clients, holdout, tier):
    told = audience(clients, [Rule(tier_min=tier)], key=KEY, holdout_bp=holdout)
    known = {one.client: one for one in clients}
    for name in (*told.sent, *told.held_out):
        assert known[name].consent is Consent.GIVEN
        assert not known[name].erased
    everybody = [*told.sent, *told.held_out, *told.without_consent]
    assert sorted(everybody) == sorted(one.client for one in clients if one.tier >= tier)
    assert audience(clients[::-1], [Rule(tier_min=tier)], key=KEY, holdout_bp=holdout) == told


def test_without_the_filter_somebody_who_withdrew_would_be_written_to():
    """The control."""
    clients = [client(consent=Consent.WITHDRAWN)]
    assert audience(clients, [], key=KEY, holdout_bp=0).sent == ()
    assert audience(clients, [], key=KEY, holdout_bp=0, may_write=lambda _: True).sent == ("A",)


@settings(deadline=None)
@given(name=st.text(max_size=20), less=st.integers(0, 10_000), more=st.integers(0, 10_000))
def test_who_is_held_out_stays_so_and_a_larger_holdout_only_adds(name, less, more):
    less, more = sorted((less, more))
    assert held_out(name, KEY, less) <= held_out(name, KEY, more)
    assert not held_out(name, KEY, 0)
    assert held_out(name, KEY, 10_000)


def test_as_many_are_held_out_as_was_said_and_others_by_another_campaign():
    names = [f"client-{at}" for at in range(20_000)]
    one = {name for name in names if held_out(name, KEY, 1_000)}
    other = {name for name in names if held_out(name, OTHER, 1_000)}
    assert len(one) == pytest.approx(2_000, abs=5 * math.sqrt(1_800))
    assert len(one & other) == pytest.approx(200, abs=5 * math.sqrt(200))


def test_a_key_that_could_be_guessed_and_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="random bytes"):
        held_out("A", b"short", 5)
    for rules, holdout in (([], 10_001), ([], -1), ([Rule()] * 51, 0)):
        with pytest.raises(ValueError, match="at most 50 rules"):
            audience([], rules, key=KEY, holdout_bp=holdout)


def test_a_lift_is_told_with_its_interval():
    """Newcombe 1998, table II (a): 56/70 − 48/80 is 0.2000; method 10 gives 0.0524 to 0.3339 at 95 %; ours is narrower."""
    told = lift(70, 56, 80, 48)
    assert told.lift == pytest.approx(0.2)
    assert 0.0524 < told.low < told.lift < told.high < 0.3339
    assert told.words == "more of those we wrote to bought"


def test_a_lift_that_may_be_chance_says_so_and_few_clients_say_nothing():
    assert lift(100, 10, 100, 9).words == "no difference can be told yet"
    assert lift(1_000, 5, 1_000, 90).words == "fewer of those we wrote to bought"
    assert lift(19, 10, 1_000, 0) is None
    with pytest.raises(ValueError, match="as many may have bought"):
        lift(20, 21, 20, 0)


@settings(deadline=None)
@given(st.integers(20, 500), st.integers(20, 500), st.data())
def test_an_interval_holds_its_lift_and_turns_round_with_the_sides(sent, held, data):
    a, b = data.draw(st.integers(0, sent)), data.draw(st.integers(0, held))
    told, turned = lift(sent, a, held, b), lift(held, b, sent, a)
    assert -1 <= told.low <= told.lift <= told.high <= 1
    assert told.low < told.high
    assert (turned.low, turned.high) == pytest.approx((-told.high, -told.low))


def test_the_newcombe_interval_is_the_published_one_at_its_own_confidence(monkeypatch):
    monkeypatch.setattr("cloud.clienteling.campaigns.Z90", 1.959964)
    told = lift(70, 56, 80, 48)
    assert (told.low, told.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)
