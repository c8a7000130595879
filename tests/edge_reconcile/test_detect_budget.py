"""One budget of false alarms: it is shared, never exceeded, and taught by what people close."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import AlarmKind
from edge.reconcile.detectors.budget import CHARGED, TUNED, WEIGHTS, Budget, bar_for, share_out
from edge.reconcile.presence.threshold import MONTH_S, false_alarms_per_month

KINDS = sorted(WEIGHTS)
JAM = AlarmKind.JAM


@given(
    total=st.floats(0.1, 20),
    weights=st.dictionaries(st.sampled_from(KINDS), st.floats(0.1, 10), min_size=1),
    needs=st.dictionaries(st.sampled_from(KINDS), st.floats(0, 20)),
)
def test_shares_never_add_up_to_more_than_the_budget_and_nobody_gets_more_than_it_needs(total, weights, needs):
    shares = share_out(total, weights, needs)
    assert set(shares) == set(weights)
    assert sum(shares.values()) <= total * (1 + 1e-9)
    unmeasured = [kind for kind in weights if kind not in needs]
    if unmeasured:
        assert sum(shares.values()) == pytest.approx(total)
    for kind in weights:
        fair = total * weights[kind] / sum(weights.values())
        assert shares[kind] >= min(fair, needs.get(kind, np.inf)) * (1 - 1e-9), "who needs little costs nobody anything"


def test_a_detector_that_costs_little_leaves_its_share_to_the_others():
    tight = share_out(1.0, {AlarmKind.MISSING: 1, JAM: 1}, {})
    loose = share_out(1.0, {AlarmKind.MISSING: 1, JAM: 1}, {JAM: 0.01})
    assert tight[AlarmKind.MISSING] == 0.5
    assert loose == {JAM: 0.01, AlarmKind.MISSING: 0.99}


def noisy(budget, kind, scale, gaps=4000, seed=1):
    for nats in np.random.default_rng(seed).exponential(scale, gaps):
        budget.meters[kind].innocent(nats)


def test_a_bar_rises_until_its_share_is_kept_by_a_nat_a_day():
    budget = Budget(watched_s=MONTH_S)
    noisy(budget, JAM, 4.0)
    before = budget.meters[JAM].bar_nats
    budget.calibrate(days=1)
    assert budget.meters[JAM].bar_nats == before + 1
    budget.calibrate(days=100)
    bar = budget.meters[JAM].bar_nats
    assert false_alarms_per_month(budget.meters[JAM].peaks, MONTH_S, bar) <= budget.shares()[JAM] + 1e-6
    assert bar_for(budget.meters[JAM].peaks, MONTH_S, 100.0, 1.0, 80.0) < bar, "who bears more is told sooner"


def test_bars_stay_within_their_bounds_and_a_young_store_moves_none():
    wild, calm, young = (Budget(watched_s=watched) for watched in (MONTH_S, MONTH_S, 3600.0))
    noisy(wild, JAM, 60.0)
    noisy(young, JAM, 60.0)
    for budget in (wild, calm, young):
        budget.calibrate(days=1000)
    assert wild.meters[JAM].bar_nats == pytest.approx(TUNED[JAM][1])
    assert calm.meters[JAM].bar_nats == TUNED[JAM][0]
    assert young.meters[JAM].bar_nats == 20.0


def test_an_alarm_closed_as_false_teaches_its_own_detector_and_a_theft_teaches_nothing():
    taught, thieved = Budget(watched_s=MONTH_S), Budget(watched_s=MONTH_S)
    for _ in range(30):
        taught.closed(AlarmKind.TRAVEL, 30.0, false=True)
        thieved.closed(AlarmKind.TRAVEL, 30.0, false=False)
    for budget in (taught, thieved):
        budget.calibrate(days=1000)
    assert taught.meters[AlarmKind.CLONE].bar_nats > 30
    assert thieved.meters[AlarmKind.CLONE].bar_nats == TUNED[AlarmKind.CLONE][0]


def test_what_the_gate_costs_is_taken_before_anything_is_shared_but_never_all():
    budget = Budget(watched_s=3 * MONTH_S)
    whole = budget.shares()[AlarmKind.MISSING]
    budget.closed(AlarmKind.EXIT, 20.0, false=True)
    assert budget.shares()[AlarmKind.EXIT] == pytest.approx(1 / 3)
    assert budget.shares()[AlarmKind.MISSING] < whole
    for _ in range(30):
        budget.closed(AlarmKind.EXIT, 20.0, false=True)
    shares = budget.shares()
    assert sum(shares.values()) <= 1.0 + 1e-9
    assert sum(share for kind, share in shares.items() if kind not in CHARGED) >= 0.2 - 1e-9


def test_old_mistakes_are_forgotten():
    budget = Budget(watched_s=MONTH_S)
    budget.closed(AlarmKind.EXIT, 20.0, false=True)
    budget.watched_s += 4 * MONTH_S
    assert budget.shares()[AlarmKind.EXIT] == 0.0


def test_the_wall_is_told_of_every_detector():
    lines = Budget(watched_s=MONTH_S).lines()
    assert {line.kind for line in lines} == set(WEIGHTS)
    assert sum(line.share for line in lines) <= 1.0 + 1e-9
