"""Nonsense, floods and years: a detector stays quick, stays awake and stays sane."""

import time

import numpy as np
import pytest

from contract.facts import AlarmKind
from edge.reconcile.detectors.budget import FALSE_KEPT_S, Budget
from edge.reconcile.detectors.in_view import InView
from edge.reconcile.detectors.returned import FOLLOWED_MAX, Returned
from edge.reconcile.gate import Gate
from edge.reconcile.presence.evidence import CLASSES
from edge.reconcile.presence.shapes import CUSTOMARY
from edge.reconcile.presence.threshold import calibrate, thresholds

MANY = np.arange(20_000, dtype=np.int32)
FAR = np.full(len(MANY), -8000, np.int16)


def test_a_gate_that_is_flooded_with_every_epc_of_the_house_keeps_up():
    gate, view = Gate(), InView()
    began = time.process_time()
    for turn in range(3):
        now_us = 1_000_000 + turn * 100_000
        believed = view.hear(now_us, MANY, FAR)
        gate.hear(now_us, MANY[believed], FAR[believed], np.ones(int(believed.sum()), np.uint16))
    assert time.process_time() - began < 2.0
    assert gate.overflow_total
    assert view.overflow_total


def test_after_the_flood_a_gate_follows_who_comes_then():
    gate, view = Gate(), InView()
    for hear in (lambda: view.hear(1_000_000, MANY, FAR), lambda: gate.hear(1_000_000, MANY, FAR, np.ones(len(MANY), np.uint16))):  # fmt: skip
        hear()
    later_us = 1_000_000 + 3_600_000_000
    thief, near = np.array([19_999], np.int32), np.array([-4000], np.int16)
    passed = [gate.hear(later_us + at * 100_000, thief, near, np.ones(1, np.uint16)) for at in range(20)]
    assert [19_999] in passed


def test_a_thousand_sales_do_not_deafen_the_detector_of_returns(monkeypatch):
    returned = Returned()
    for row in range(FOLLOWED_MAX + 10):
        returned._follow(returned._sold, row, 1_000_000, 30_000_000)
    later_us = 86_400_000_000
    assert returned._follow(returned._sold, 5000, later_us, 30_000_000) is not None
    assert len(returned._sold) < FOLLOWED_MAX


@pytest.mark.parametrize("kind", list(AlarmKind))
def test_an_alarm_of_any_kind_may_have_been_false(kind):
    budget = Budget()
    budget.closed(kind, 3.0, false=True)
    assert sum(budget.shares().values()) <= 1.0 + 1e-9


def test_what_was_false_years_ago_is_forgotten():
    budget = Budget()
    for year in range(10):
        budget.watched_s = year * 4 * FALSE_KEPT_S
        budget.closed(AlarmKind.EXIT, 0.0, false=True)
    assert len(budget.meters[AlarmKind.EXIT].false_s) == 1


def test_a_budget_that_leaves_presence_nothing_still_gives_it_bars():
    peaks = np.zeros((CLASSES, 400), np.int64)
    peaks[:, 60] = 50
    nats = calibrate(peaks[0], 1e6, 22.0, alarms_per_month_max=0.0, days=1.0)
    assert 14.0 <= nats <= 60.0
    rules = thresholds(peaks, 1e6, CUSTOMARY, alone_per_month_max=0.0, together_per_month_max=0.0, days=1.0)
    assert np.isfinite([rules.alarm_nats, rules.small_nats, rules.tray_nats, rules.group_nats]).all()
    budget = Budget(weights=dict.fromkeys(Budget().weights, 0.0))
    budget.watched_s = 1e6
    budget.calibrate(1.0)
    assert all(np.isfinite(line.bar_nats) for line in budget.lines())
