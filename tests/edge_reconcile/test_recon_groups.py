"""What falls silent together: a lifted tray, a covered one, and a reader that only seems to read."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import AlarmKind
from contract.ids import ZoneId
from edge.reconcile.blob import pack, unpack
from edge.reconcile.presence import evidence as evidence_module
from edge.reconcile.presence import groups, judge
from edge.reconcile.presence.evidence import (
    CLASSES,
    FEW,
    GROUP,
    MISSING,
    PEAK_NATS_PER_BIN,
    SINGLE,
    SIZES,
    TRAY,
    Evidence,
    load,
)
from edge.reconcile.presence.groups import (
    COVER_LN_S,
    SIZE_NATS_MAX,
    Quiet,
    against_cover,
    lasting_nats,
    size_nats,
    size_of,
)
from edge.reconcile.presence.shapes import Rules
from edge.reconcile.presence.threshold import thresholds

READY = Rules(alarm_nats=16.0, tray_nats=6.0)


def shop_with_one_reader(floor, seed=3):
    """Four zones of one reader, looked at long enough to be known."""
    shop = floor(seed)
    shop.placement = dataclasses.replace(shop.placement, reader=np.zeros(shop.zones, np.int32))
    shop.rules = READY
    return shop.run(200)


def test_a_lifted_tray_is_one_alarm_within_a_minute(floor):
    shop = shop_with_one_reader(floor)
    shop.there[56:64] = False
    shop.run(60)
    (alarm,) = shop.accused()
    assert alarm.rows == tuple(range(56, 64))


def test_a_hand_that_lies_over_a_tray_and_its_neighbours_is_no_lifted_tray(floor):
    shop = shop_with_one_reader(floor)
    shop.cover[54:66], shop.cover_ends[54:66] = 0.0, shop.now_us + 90e6
    shop.run(130)
    assert shop.accused() == []


def test_without_the_tray_s_edges_the_same_hand_would_be_a_thief(floor, monkeypatch):
    """The control: each of the trays under the hand looks lifted to who does not look beside it."""
    shop = shop_with_one_reader(floor)
    monkeypatch.setattr(judge, "quiet_trays", lambda evidence, placement, heard: _any_quiet(evidence))
    shop.cover[54:66], shop.cover_ends[54:66] = 0.0, shop.now_us + 90e6
    shop.run(90)
    assert shop.accused() != []


def _any_quiet(evidence):
    trays = evidence.trays
    for number in np.flatnonzero(trays.silent_s > 30):
        zone, silent_s = int(trays.zone[number]), trays.silent_s[number]
        if zone >= 0:
            nats = against_cover(evidence, zone, trays.strength[number], silent_s)
            yield Quiet(np.arange(number * 8, number * 8 + 8), nats)


@pytest.mark.parametrize("left", [0.0, 0.1])
def test_a_reader_that_looks_alive_and_is_jammed_or_flaps_accuses_nobody(floor, left):
    shop = shop_with_one_reader(floor)
    for _ in range(12):
        shop.cover[:], shop.cover_ends[:] = left, shop.now_us + 6e6
        shop.run(12)
    shop.cover[:], shop.cover_ends[:] = left, shop.now_us + 120e6
    shop.run(150)
    assert shop.accused() == []
    assert shop.evidence.trouble.all()


def test_after_a_reader_s_trouble_its_zones_are_judged_again(floor):
    shop = shop_with_one_reader(floor)
    shop.cover[:], shop.cover_ends[:] = 0.0, shop.now_us + 30e6
    shop.run(100)
    assert not shop.evidence.withheld.any()
    shop.there[5] = False
    shop.run(120)
    assert shop.accused_rows() == [5]


def test_a_bag_read_next_door_hides_a_piece_for_a_limited_time_only(floor):
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, away_at_most_s=60.0)
    shop.there[5] = False
    for _ in range(90):
        shop.evidence.away_zone[5], shop.evidence.away_us[5] = 2, shop.now_us + 1_000_000
        shop.run(1)
    assert shop.accused_rows() == [5]
    assert shop.accused()[0].silent_s >= 60.0


def test_covers_teach_how_long_covers_last_and_the_lesson_survives_a_restart(floor):
    shop = shop_with_one_reader(floor)
    for _ in range(6):
        shop.cover[56:64], shop.cover_ends[56:64] = 0.0, shop.now_us + 40e6
        shop.rules = dataclasses.replace(READY, tray_nats=99.0)
        shop.run(60)
    covers = shop.evidence.covers
    assert covers[1, 0] >= 4
    assert covers[1, 1] / covers[1, 0] == pytest.approx(np.log(41), abs=0.2)
    assert shop.evidence.peaks[TRAY].sum() >= 4
    assert lasting_nats(covers, 1, 60.0) < lasting_nats(np.zeros((4, 3)), 1, 60.0)
    pieces, zones = [f"p{row}" for row in range(200)], [f"z{zone}" for zone in range(4)]
    again = load(shop.evidence.save(shop.now_us, pieces, zones), shop.now_us, pieces, zones)
    assert np.array_equal(again.covers, covers)
    assert np.array_equal(again.peaks, shop.evidence.peaks)


def lengths_learned(floor):
    """Geometric mean of the covers learned, in s, of some that last 80 s and let one read in twenty-five through."""
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, tray_nats=99.0, group_nats=99.0, few_nats=99.0)
    for _ in range(8):
        shop.cover[56:64], shop.cover_ends[56:64] = 0.04, shop.now_us + 80e6
        shop.run(110)
    many, total, _ = shop.evidence.covers[1]
    return np.exp(total / many)


def test_a_cover_that_lets_a_read_through_is_one_cover(floor):
    assert lengths_learned(floor) == pytest.approx(80, rel=0.1)


def test_if_each_read_ended_it_covers_would_seem_to_be_short(floor, monkeypatch):
    """The control."""
    monkeypatch.setattr(groups, "CLEAR_WEIGHT", 1.0)
    monkeypatch.setattr(groups, "CLEAR_SHARE", 1e-9)
    assert lengths_learned(floor) < 50


def test_a_tray_is_as_large_as_it_was_when_some_of_it_has_left(floor):
    """A cover lies over empty places too: what is left of a tray is covered as often as the whole of it."""
    shop = shop_with_one_reader(floor)
    whole = shop.evidence.trays.size[7]
    shop.evidence.state[[56, 57, 63]] = MISSING
    groups.know(shop.evidence, shop.placement, shop.now_us)
    assert shop.evidence.trays.able[7] < 8
    assert shop.evidence.trays.size[7] == whole != size_of(np.array([5]), np.array([47]))[0]


def test_a_tray_nobody_looked_at_was_not_silent(floor):
    """Rounds without its zone, as while its reader is away, are no silence of the tray."""
    shop = shop_with_one_reader(floor)
    shop.alive[1] = False
    shop.run(300)
    assert shop.accused() == []
    assert shop.evidence.trays.silent_s[7] < 5
    shop.alive[1] = True
    shop.there[56:64] = False
    assert len(shop.run(70).accused()) == 1


def test_a_restart_in_the_midst_of_a_tray_s_silence_does_not_begin_it_anew(floor):
    shop = shop_with_one_reader(floor)
    shop.there[56:64] = False
    shop.run(20)
    pieces, zones = [f"p{row}" for row in range(200)], [f"z{zone}" for zone in range(4)]
    shop.evidence = load(shop.evidence.save(shop.now_us, pieces, zones), shop.now_us, pieces, zones)
    shop.run(45)
    assert [len(one.rows) for one in shop.accused()] == [8]


def test_a_cover_over_a_restart_is_learned_from_its_first_lacking_read(floor):
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, tray_nats=99.0, group_nats=99.0, few_nats=99.0)
    shop.cover[56:64], shop.cover_ends[56:64] = 0.0, shop.now_us + 60e6
    shop.run(40)
    pieces, zones = [f"p{row}" for row in range(200)], [f"z{zone}" for zone in range(4)]
    shop.evidence = load(shop.evidence.save(shop.now_us, pieces, zones), shop.now_us, pieces, zones)
    shop.run(40)
    (learned,) = [zone.tolist() for zone in shop.evidence.covers if zone[0]]
    assert learned[0] == 1
    assert np.exp(learned[1]) == pytest.approx(60, rel=0.1)


def test_half_of_all_covers_outlast_the_usual_one():
    assert lasting_nats(np.zeros((2, 3)), 0, float(np.exp(COVER_LN_S))) == pytest.approx(np.log(2), abs=0.15)
    assert lasting_nats(np.zeros((2, 3)), 0, 600.0) > lasting_nats(np.zeros((2, 3)), 0, 60.0) > 1.0


def limits(alone, together):
    peaks = np.zeros((CLASSES, 400), np.int64)
    peaks[SINGLE, 16:60] = 100
    peaks[TRAY, 0:12], peaks[GROUP, 20:40] = 5, 3
    return thresholds(peaks, 1e6, Rules(), alone_per_month_max=alone, together_per_month_max=together, days=99)


def test_a_smaller_budget_makes_every_class_surer():
    wide, tight = limits(2.0, 2.0), limits(0.2, 0.2)
    assert wide.alarm_nats < tight.alarm_nats
    assert wide.tray_nats < tight.tray_nats
    assert wide.group_nats < tight.group_nats


def test_what_a_manager_takes_from_groups_leaves_single_pieces_as_they_were():
    even, fewer = limits(2.0, 2.0), limits(2.0, 0.2)
    assert fewer.alarm_nats == even.alarm_nats
    assert fewer.tray_nats > even.tray_nats
    assert fewer.group_nats > even.group_nats


def test_a_cover_that_reached_farther_asks_for_more_but_for_less_than_it_reached():
    month_s, bins = 30 * 86_400.0, {}
    for nats in (0.5, 3.0):
        peaks = np.zeros((CLASSES, 400), np.int64)
        peaks[TRAY, int(nats * 4)] = 1
        share = {"alone_per_month_max": 0.1, "together_per_month_max": 0.2}
        bins[nats] = thresholds(peaks, month_s / 20, READY, **share, days=1e3).tray_nats
    assert 0 < bins[3.0] - bins[0.5] < 2.5


def test_what_is_seldom_covered_alone_takes_less_to_be_missed_and_only_so_much_less():
    evidence = Evidence(2)
    assert not size_nats(evidence).any(), "a store that saw no cover knows nothing of their sizes"
    evidence.cover_parts[:, 1] = (0, 0, 0, 5e6, 5e6, 0)
    evidence.cover_parts[3, 0] = 40
    nats = size_nats(evidence)
    assert nats[3] < 0 < nats[4] <= SIZE_NATS_MAX
    assert nats[0] == nats[4], "no cover was so large either"
    evidence.cover_parts[3, 0] = 4000
    assert size_nats(evidence)[4] == SIZE_NATS_MAX
    evidence.cover_parts[1, 0] = 400_000
    assert size_nats(evidence)[1] == -SIZE_NATS_MAX, "no tray is so large, and a cover was"


@given(st.integers(1, 500), st.integers(1, 500))
def test_the_size_of_a_tray_falls_with_its_part_of_the_zone(able, rest):
    one, other = size_of(np.array([able, able]), np.array([able + rest, able + rest + 50]))
    assert 0 <= one <= other < SIZES


def covers_seen(floor, lasts_s=20):
    """Covers by part, as learned of a hand over a tray and four others."""
    shop = floor(3)
    shop.placement = dataclasses.replace(shop.placement, reader=np.zeros(shop.zones, np.int32))
    shop.rules = Rules(alarm_nats=99.0, small_nats=99.0, tray_nats=99.0, group_nats=99.0, few_nats=99.0)
    shop.p[64:68] = 0.25
    before = shop.run(600).evidence.cover_parts[:, 0].copy()
    shop.cover[56:68], shop.cover_ends[56:68] = 0.0, shop.now_us + lasts_s * 1e6
    shop.run(40)
    return (shop.evidence.cover_parts[:, 0] - before).tolist()


def test_a_cover_is_as_large_as_all_that_was_not_read_since(floor):
    """Twelve of fifty, not the eight of its tray: small covers would seem to be common, and lifted trays wait."""
    assert covers_seen(floor) == np.eye(SIZES)[size_of(12, 50)].tolist()


def test_a_cover_too_short_to_show_its_neighbours_teaches_no_part(floor):
    """Four of the hand's twelve are read in a quarter of the rounds: after eight seconds none of them is missed."""
    assert not any(covers_seen(floor, lasts_s=8))


def test_told_by_its_tray_alone_the_same_cover_would_seem_small(floor, monkeypatch):
    """The control."""
    monkeypatch.setattr(groups, "_may_be_covered", lambda _evidence, _placement, _zone, rows: (len(rows), 50))
    assert covers_seen(floor) == np.eye(SIZES)[size_of(8, 50)].tolist()


def test_a_piece_of_it_that_is_in_a_cart_makes_a_covered_tray_no_smaller(floor):
    """It is not judged, and says nothing of what lies over the others; nor is it missing with them."""
    shop = shop_with_one_reader(floor)
    shop.placement.expected[56] = False
    before = shop.run(20).evidence.cover_parts[:, 0].copy()
    shop.rules = dataclasses.replace(READY, tray_nats=99.0, group_nats=99.0, few_nats=99.0)
    shop.cover[56:64], shop.cover_ends[56:64] = 0.0, shop.now_us + 20e6
    shop.run(60)
    assert (shop.evidence.cover_parts[:, 0] - before).tolist() == np.eye(SIZES)[size_of(7, 50)].tolist()
    shop.rules = READY
    shop.there[57:64] = False
    shop.run(120)
    assert [one.rows for one in shop.accused()] == [tuple(range(57, 64))]


def test_what_was_learned_of_trays_by_their_own_size_is_learned_anew():
    evidence = Evidence(1)
    evidence.cover_parts[3] = (40, 5e6)
    arrays = unpack(evidence_module._MAGIC, evidence.save(0, [], [ZoneId("case")]))
    arrays["cover_sizes"] = arrays.pop("cover_parts")
    assert not load(pack(evidence_module._MAGIC, arrays), 0, [], [ZoneId("case")]).cover_parts.any()


def test_sizes_of_covers_outlive_a_restart():
    evidence = Evidence(1)
    evidence.cover_parts[2] = (3, 500.0)
    again = load(evidence.save(0, [], [ZoneId("case")]), 0, [], [ZoneId("case")])
    assert again.cover_parts[2].tolist() == [3, 500.0]


def test_a_few_neighbours_of_two_trays_are_missed_long_before_a_group_of_any_size(floor):
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=6.5)
    shop.there[61:66] = False
    shop.run(110)
    (alarm,) = shop.accused()
    assert set(alarm.rows) == set(range(61, 66))
    assert alarm.kind is AlarmKind.GROUP


def test_a_hand_over_a_third_of_a_zone_is_not_few_of_it(floor):
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=6.5)
    shop.cover[54:70], shop.cover_ends[54:70] = 0.0, shop.now_us + 150e6
    shop.run(140)
    assert shop.accused() == []


def test_called_few_whatever_its_size_the_same_hand_would_be_a_thief(floor, monkeypatch):
    """The control."""
    monkeypatch.setattr(judge, "few_of_zone", lambda *_: True)
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=6.5)
    shop.cover[54:70], shop.cover_ends[54:70] = 0.0, shop.now_us + 150e6
    shop.run(140)
    assert shop.accused() != []


def test_a_hand_over_a_fifth_of_a_zone_is_not_few_of_it_because_some_of_what_lay_there_is_gone(floor):
    """What is missing would not be read in any case: the cover may lie where it lay."""
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=6.5)
    for row in (58, 62, 64):
        shop.there[row] = False
        shop.run(150)
    gone = shop.accused_rows()
    assert set(gone) == {58, 62, 64}
    shop.cover[56:66], shop.cover_ends[56:66] = 0.0, shop.now_us + 150e6
    shop.run(140)
    assert shop.accused_rows() == gone


def test_a_hand_over_a_fifth_of_a_zone_is_not_few_of_it_because_some_of_it_is_hard_to_read(floor):
    """Who is read in one round of eight or less was not asked, and lies under the same hand."""
    shop = floor(3)
    shop.p[[57, 60, 63]] = 0.08
    shop.placement = dataclasses.replace(shop.placement, reader=np.zeros(shop.zones, np.int32))
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=6.5)
    shop.run(600)
    shop.cover[55:65], shop.cover_ends[55:65] = 0.0, shop.now_us + 150e6
    shop.run(140)
    assert shop.accused() == []


def test_a_few_that_come_back_teach_how_far_innocence_goes(floor):
    shop = shop_with_one_reader(floor)
    shop.rules = dataclasses.replace(READY, group_nats=99.0, few_nats=99.0)
    shop.cover[61:66], shop.cover_ends[61:66] = 0.0, shop.now_us + 100e6
    shop.run(140)
    few = shop.evidence.peaks[FEW]
    assert 1 <= few.sum() <= 2, "seen as few, and for a moment as more: it is one silence of each, not of every round"
    assert np.flatnonzero(few).max() * PEAK_NATS_PER_BIN > 5.0
