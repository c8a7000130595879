"""Rounds: a reader that is not there the whole second says nothing about anything."""

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.floor import rounds as module
from edge.floor.rounds import BEAT_US, Heard, Rounds, fold_reads, together
from edge.floor.zonemap import ZoneMap
from edge.readers.base import Look

R = ReaderId("r-case")
TICK_US = 20_000


def walk(rounds, health, clock, seconds, *, heard=True):
    """Ticks of 20 ms for so many seconds; the reader is heard at each tick or not at all."""
    done = []
    for _ in range(int(seconds * 50)):
        clock.now += TICK_US
        if heard:
            health.last_heard_us = clock.now
        done += rounds.close(clock.now, {R: health})
    return done


def test_a_working_reader_gives_about_one_round_a_second(config, clock, make):
    rounds = Rounds(ZoneMap(config), (R,), beat_us=TICK_US)
    done = walk(rounds, make.health(), clock, 10.1)
    assert 9 <= len(done) <= 10
    assert all(0.9 < each.dt_s < 1.1 for each in done)


def test_a_round_with_no_read_is_still_a_round(config, clock, make):
    rounds = Rounds(ZoneMap(config), (R,), beat_us=TICK_US)
    done = walk(rounds, make.health(), clock, 3.1)
    assert done
    assert all(len(each.row) == 0 and each.zones.tolist() == [1] for each in done)


def test_a_cut_cable_gives_no_round_even_before_the_watchdog_bites(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 3.1)
    before = rounds.tally.witnessed_total
    silent = walk(rounds, health, clock, 3.0, heard=False)  # the link still says READING
    health.link = ReaderLink.SILENT
    silent += walk(rounds, health, clock, 5.0, heard=False)
    assert len(silent) <= 1  # at most the second it was still heard in
    assert rounds.tally.witnessed_total - before <= 1
    assert rounds.tally.unwitnessed_total >= 2


def test_control_without_the_second_word_of_the_reader_the_silence_would_count(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 3.1)
    health.last_heard_us = 1 << 60  # what a pipeline without the guard would believe
    believed = walk(rounds, health, clock, 3.0, heard=False)
    assert len(believed) >= 2


def test_a_reader_that_blinks_loses_the_round_it_blinked_in(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.5)
    health.link = ReaderLink.CONNECTING
    walk(rounds, health, clock, 0.04)
    health.link = ReaderLink.READING
    assert walk(rounds, health, clock, 0.6) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


def heard_in(zones, batch, rows):
    """Reads of these rows, as the intake gives them."""
    zone = np.array([zones.zone_at(batch.reader, port) for port in batch.antenna.tolist()], np.int32)
    row = np.array(rows, np.int32)
    return Heard(batch.reader, batch.arrived_us, row, zone, batch.rssi_cdbm, batch.seen_count, batch.antenna)


def test_each_piece_counts_once_per_zone_with_its_strongest_read(config, make):
    zones = ZoneMap(config)
    strong = heard_in(zones, make.batch("r-case", 5, [make.epc(1), make.epc(2)], [1, 2], rssi=-4000), [7, 9])
    weak = heard_in(zones, make.batch("r-case", 6, [make.epc(1)], 2, rssi=-7000), [7])
    row, zone, reads, rssi = fold_reads([strong, weak])
    assert row.tolist() == [7, 9]
    assert zone.tolist() == [1, 1]
    assert reads.tolist() == [2, 1]
    assert rssi.tolist() == [-4000, -4000]


def test_a_reader_that_lost_an_antenna_vouches_no_more_for_its_zone(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    assert walk(rounds, health, clock, 1.1)[0].zones.tolist() == [1]
    health.antennas_down = frozenset({2})  # one of the two that look at the case
    assert [each.zones.tolist() for each in walk(rounds, health, clock, 2.1)] == [[], []]
    health.antennas_down = frozenset()
    again = walk(rounds, health, clock, 2.1)
    assert again[0].zones.tolist() == [], "it was down at the beginning of this one"
    assert again[1].zones.tolist() == [1]


def test_an_antenna_nobody_has_connected_is_no_loss(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health(antennas_down=frozenset({3, 4, 32}))
    assert walk(rounds, health, clock, 1.1)[0].zones.tolist() == [1]


def test_reads_that_a_reader_lost_make_no_round_of_the_second_they_were_lost_in(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 2.5)
    health.overflow_us, health.overflows_total = clock.now, 1
    before = rounds.tally.unwitnessed_total
    assert walk(rounds, health, clock, 0.7) == []
    assert rounds.tally.unwitnessed_total == before + 1
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_reads_lost_in_a_round_that_waits_for_the_readers_next_word_undo_it(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.9)
    assert walk(rounds, health, clock, 0.2, heard=False) == []
    health.overflow_us = clock.now
    assert walk(rounds, health, clock, 0.2) == []


def test_reads_that_a_standing_house_dropped_at_the_door_make_no_round(config, clock, make):
    lost_us = {}
    rounds, health = Rounds(ZoneMap(config), (R,), lost_us, beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.5)
    lost_us[R] = clock.now
    assert walk(rounds, health, clock, 0.7) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_a_round_with_more_reads_than_it_holds_accuses_nobody(config, clock, make, monkeypatch):
    monkeypatch.setattr(module, "READS_PER_ROUND_MAX", 2)
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    heard = heard_in(ZoneMap(config), make.batch("r-case", 5, [make.epc(1), make.epc(2)], 1), [7, 9])
    walk(rounds, health, clock, 0.5)
    rounds.hear(heard)
    assert len(walk(rounds, health, clock, 0.7)) == 1, "so many it holds"
    for _ in range(2):
        rounds.hear(heard)
    assert walk(rounds, health, clock, 1.0) == []
    assert (rounds.tally.reads_dropped_total, rounds.tally.unwitnessed_total) == (2, 1)


def test_control_the_same_round_counts_when_nothing_was_lost(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.9)
    walk(rounds, health, clock, 0.2, heard=False)
    assert len(walk(rounds, health, clock, 0.2)) == 1


def test_a_connection_that_went_and_came_between_two_ticks_breaks_the_round(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.5)
    health.alive_since_us = clock.now + 10_000
    assert walk(rounds, health, clock, 0.6) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_a_round_in_which_the_reader_began_to_look_otherwise_accuses_nobody(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    walk(rounds, health, clock, 0.5)
    health.look = Look(1, clock.now + 10_000)
    assert walk(rounds, health, clock, 0.6) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


@pytest.mark.parametrize(
    ("without", "watched"), [(frozenset({1}), []), (frozenset({2}), []), (frozenset({9}), [0]), (frozenset(), [0])]
)
def test_a_look_that_leaves_an_antenna_out_is_no_witness_of_its_zone(config, clock, make, without, watched):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=TICK_US), make.health()
    health.look = Look(1, clock.now, without)
    own = ZoneMap(config).zones_of(R).tolist()
    assert [one.zones.tolist() for one in walk(rounds, health, clock, 1.5)] == [[own[at] for at in watched]]


def test_rounds_that_end_at_about_the_same_time_are_given_back_together(config, clock, make):
    other = ReaderId("r-safe")
    rounds, readers = Rounds(ZoneMap(config), (R, other)), {R: make.health()}
    given = []
    for tick in range(400):
        clock.now += TICK_US
        if tick == 3:
            readers[other] = make.health()
        for state in readers.values():
            state.last_heard_us = clock.now
        done = rounds.close(clock.now, readers)
        if done:
            given.append((clock.now, sorted(one.reader for one in done)))
    both = [at for at, those in given if those == [R, other]]
    assert len(both) >= len(given) / 2, "a beat apart at most"
    assert all(at % BEAT_US < TICK_US for at, _ in given)


def test_two_rounds_of_one_reader_are_weighed_one_after_the_other(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,), beat_us=3_000_000), make.health()
    done = walk(rounds, health, clock, 6.0)
    layers = list(together(done))
    assert len(done) == len(layers) >= 3
    assert [layer[0].began_us for layer in layers] == sorted(one.began_us for one in done)
    assert list(together([])) == []
