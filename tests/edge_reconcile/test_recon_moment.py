"""The moment at which a piece fell silent outlives a single read: covers let some through."""

import numpy as np
import pytest

from bench.reference_presence import PlainPresence
from contract.facts import PresenceState
from edge.reconcile.blob import pack, unpack
from edge.reconcile.presence.evidence import MISSING, load
from edge.reconcile.presence.step import Placement, Round, Rules, step

LONE = Rules(alarm_nats=16.0, small_nats=16.0, tray_nats=1e9, group_nats=1e9, few_nats=1e9)


def well_read(floor, per_zone, rules=LONE):
    shop = floor(3, zones=4, per_zone=per_zone)
    shop.p[:] = 0.9
    shop.rules = rules
    return shop.run(200)


def hold(shop, rows, *, read):
    """From now on these are read in every round, or in none."""
    shop.cover[rows], shop.cover_ends[rows] = (1 / 0.9 if read else 0.0), 1e18


def since_s(shop, row):
    return (shop.now_us - int(shop.evidence.onset_us[row])) / 1e6


def test_one_read_amid_a_silence_does_not_end_its_moment_and_a_second_one_soon_does(floor):
    shop = well_read(floor, 50)
    hold(shop, [7], read=True)
    shop.run(1)
    assert since_s(shop, 7) == 0
    hold(shop, [7], read=False)
    shop.run(12)
    hold(shop, [7], read=True)
    shop.run(1)
    assert since_s(shop, 7) == 13
    assert shop.evidence.read_us[7] == shop.now_us
    hold(shop, [7], read=False)
    shop.run(12)
    assert since_s(shop, 7) == 25
    hold(shop, [7], read=True)
    shop.run(2)
    assert since_s(shop, 7) == 0


def leaky_cover(floor, *, outlives=True):
    """Three neighbours of 24 under one cover; two of them are read through it now and then, one is not."""
    shop = well_read(floor, 24)
    hold(shop, [0, 1, 2], read=False)
    for second in range(90):
        hold(shop, [1], read=second % 12 == 11)
        hold(shop, [2], read=second % 12 == 9)
        shop.run(1)
        if not outlives:
            shop.evidence.onset_us[:] = shop.evidence.read_us
    return shop.accused_rows()


def test_who_is_left_of_a_cover_that_lets_its_neighbours_be_read_is_not_alone(floor):
    assert leaky_cover(floor) == []


def test_if_every_read_ended_its_moment_the_last_of_the_cover_would_be_a_theft(floor):
    """The control."""
    assert leaky_cover(floor, outlives=False) == [0]


@pytest.mark.parametrize("left", [0, 8])
def test_a_piece_that_is_taken_from_among_others_is_missed_as_soon_as_ever(floor, left):
    """Chance lights somebody up all the time; it makes a thief wait for seconds at most."""
    after = []
    for outlives in (True, False):
        shop = well_read(floor, 50)
        shop.there[left] = False
        for _ in range(200):
            shop.run(1)
            if not outlives:
                shop.evidence.onset_us[:] = shop.evidence.read_us
            if shop.accused():
                break
        assert shop.accused_rows() == [left]
        after.append(shop.now_us / 1e6)
    assert after[0] <= after[1] + 5


def test_a_moment_is_kept_over_a_restart_and_a_blob_from_before_has_the_last_read(floor):
    shop = well_read(floor, 17)
    hold(shop, [7], read=False)
    shop.run(12)
    hold(shop, [7], read=True)
    shop.run(1)
    pieces, zones = [f"p{row}" for row in range(len(shop.home))], [f"z{zone}" for zone in range(shop.zones)]
    blob = shop.evidence.save(shop.now_us, pieces, zones)
    assert np.array_equal(load(blob, shop.now_us, pieces, zones).onset_us, shop.evidence.onset_us)
    older = unpack(b"VTEV1\n", blob)
    del older["onset_us"]
    loaded = load(pack(b"VTEV1\n", older), shop.now_us, pieces, zones)
    assert np.array_equal(loaded.onset_us, shop.evidence.read_us)


@pytest.mark.parametrize("seed", [1, 2])
def test_under_leaky_covers_the_slow_reference_says_the_same_of_each_piece(floor, seed):
    shop = floor(seed, zones=3, per_zone=24)
    shop.rules = Rules(alarm_nats=12.0, small_nats=12.0)
    n = len(shop.home)
    shop.placement = Placement(
        shop.home, np.full(n, -1, np.int32), np.ones(n, bool), np.ones(3, bool), np.zeros(3, "i4")
    )
    plain = PlainPresence(shop.home.tolist(), 3, shop.rules)
    outlived = 0
    for second in range(900):
        if second % 60 == 40:
            shop.shadow(second // 60 % 3, 0.3, 50, depth=0.15)
        if second == 600:
            shop.there[[3, 30]] = False
        shop.now_us += 1_000_000
        rows = shop.reads()
        changes = step(shop.evidence, shop.placement, Round(shop.now_us, shop.alive, rows, shop.home[rows]), shop.rules)
        said = plain.weigh(shop.now_us, [0, 1, 2], [(int(shop.home[row]), int(row)) for row in rows])
        accused = {row for one in changes.accused for row in one.rows}
        assert accused == {row for row, state in said if state is PresenceState.MISSING}
        assert shop.evidence.onset_us.tolist() == [piece.onset_us for piece in plain.pieces]
        outlived += int((shop.evidence.onset_us < shop.evidence.read_us).sum())
    assert outlived > 50
    assert {3, 30} <= set(np.flatnonzero(shop.evidence.state == MISSING).tolist())
