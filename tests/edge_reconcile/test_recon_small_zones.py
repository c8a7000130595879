"""One piece of a small zone is as large a part of it as a cover may be, and is held to a bar of its own."""

import dataclasses

import numpy as np
import pytest

from edge.floor.showing import least_bar
from edge.reconcile.presence.evidence import CLASSES, SINGLE, SMALL, SMALL_ZONE, Evidence
from edge.reconcile.presence.step import Rules
from edge.reconcile.presence.threshold import alone_shares, calibrate, thresholds

EVEN = Rules(alarm_nats=16.0, small_nats=16.0, tray_nats=1e9, group_nats=1e9, few_nats=1e9)
NEVER = Rules(1e9, 1e9, 1e9, 1e9, 1e9, hard_after_s=1e12)
SURER = dataclasses.replace(EVEN, small_nats=30.0)


def grown(floor, per_zone, rules=EVEN, zones=4):
    shop = floor(3, zones=zones, per_zone=per_zone)
    shop.p[:] = 0.9
    shop.rules = rules
    return shop.run(200)


def cover_one(shop, row, seconds):
    shop.cover[row], shop.cover_ends[row] = 0.0, shop.now_us + seconds * 1e6


def silence_until_said(floor, per_zone, rules):
    shop = grown(floor, per_zone, rules)
    shop.there[1] = False
    for second in range(600):
        shop.run(1)
        if shop.accused():
            assert shop.accused_rows() == [1]
            return second
    return pytest.fail("a theft was never said")


@pytest.mark.parametrize(("per_zone", "kind", "other"), [(8, SMALL, SINGLE), (50, SINGLE, SMALL)])
def test_what_lone_silences_reach_is_kept_by_the_size_of_the_zone(floor, per_zone, kind, other):
    shop = grown(floor, per_zone, NEVER)
    shop.evidence.peaks[:] = 0
    for row in range(4):
        cover_one(shop, row, 20)
        shop.run(60)
    reached = shop.evidence.peaks[:, 20:].sum(axis=1)  # 5 nats and more
    assert reached[kind] == 4
    assert reached[other] == 0


def test_a_zone_that_was_emptied_to_a_few_pieces_is_small(floor):
    shop = grown(floor, 50)
    assert not shop.evidence.small.any()
    shop.placement.expected[: 50 - SMALL_ZONE] = False  # sold
    shop.run(30)
    assert shop.evidence.small.tolist() == [True, False, False, False]


def test_a_small_zone_s_piece_is_said_when_it_is_surer_and_no_other_waits_for_it(floor):
    assert silence_until_said(floor, 8, SURER) > silence_until_said(floor, 8, EVEN) + 10
    assert silence_until_said(floor, 50, SURER) == silence_until_said(floor, 50, EVEN)


def test_covers_of_one_piece_in_small_zones_make_nobody_else_wait():
    peaks = np.zeros((CLASSES, 400), np.int64)
    peaks[SINGLE, 16:36] = 60
    share = {"alone_per_month_max": 0.2, "together_per_month_max": 0.2}
    quiet = thresholds(peaks, 1e6, Rules(), days=1e3, **share)
    peaks[SMALL, 40:120:8] = 1
    told = thresholds(peaks, 1e6, Rules(), days=1e3, **share)
    assert told.alarm_nats == quiet.alarm_nats
    assert told.small_nats > quiet.small_nats + 5


def test_the_wall_tells_the_least_bar_of_the_zones_that_are_there(floor):
    surer, bolder = dataclasses.replace(EVEN, small_nats=30.0), dataclasses.replace(EVEN, small_nats=14.0)
    large, small = grown(floor, 50), grown(floor, 8)
    assert [least_bar(large.evidence, rules) for rules in (surer, bolder)] == [16.0, 16.0]
    assert [least_bar(small.evidence, rules) for rules in (surer, bolder)] == [30.0, 14.0]
    large.placement.expected[: 50 - SMALL_ZONE] = False
    large.run(30)
    assert [least_bar(large.evidence, rules) for rules in (surer, bolder)] == [16.0, 14.0]
    assert least_bar(Evidence(3), surer) == 16.0


def test_what_lone_pieces_may_cost_is_divided_by_how_many_silences_each_class_has():
    peaks = np.zeros((CLASSES, 400), np.int64)
    assert alone_shares(peaks) == {SINGLE: 0.5, SMALL: 0.5}, "before any"
    peaks[SINGLE, 20], peaks[SMALL, 20] = 600, 200
    assert alone_shares(peaks) == {SINGLE: 0.75, SMALL: 0.25}
    peaks[SMALL, 20] = 2
    assert alone_shares(peaks) == {SINGLE: 0.9, SMALL: 0.1}, "the few have a tenth"


def test_where_few_lie_in_small_zones_all_others_are_said_sooner():
    peaks = np.zeros((CLASSES, 400), np.int64)
    peaks[SINGLE, 16:96] = 600 * np.exp(-np.arange(80) / 8)
    peaks[SMALL, 16:76:8] = 1
    share = {"alone_per_month_max": 0.2, "together_per_month_max": 0.2}
    by_silences = thresholds(peaks, 1e6, Rules(), days=1e3, **share).alarm_nats
    half = calibrate(peaks[SINGLE], 1e6, 22.0, alarms_per_month_max=0.1, days=1e3)
    assert by_silences < half - 0.8
