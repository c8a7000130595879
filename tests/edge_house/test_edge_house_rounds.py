"""Rounds: a reader that is not there the whole second says nothing about anything."""

import numpy as np

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.floor import rounds as module
from edge.floor.rounds import Heard, Rounds, fold_reads
from edge.floor.zonemap import ZoneMap
from edge.readers.base import Look

R = ReaderId("r-case")


def walk(rounds, health, clock, seconds, *, heard=True):
    """Ticks of 20 ms for so many seconds; the reader is heard at each tick or not at all."""
    done = []
    for _ in range(int(seconds * 50)):
        clock.now += 20_000
        if heard:
            health.last_heard_us = clock.now
        done += rounds.close(clock.now, {R: health})
    return done


def test_a_working_reader_gives_about_one_round_a_second(config, clock, make):
    rounds = Rounds(ZoneMap(config), (R,))
    done = walk(rounds, make.health(), clock, 10.1)
    assert 9 <= len(done) <= 10
    assert all(0.9 < each.dt_s < 1.1 for each in done)


def test_a_round_with_no_read_is_still_a_round(config, clock, make):
    rounds = Rounds(ZoneMap(config), (R,))
    done = walk(rounds, make.health(), clock, 3.1)
    assert done
    assert all(len(each.row) == 0 and each.zones.tolist() == [1] for each in done)


def test_a_cut_cable_gives_no_round_even_before_the_watchdog_bites(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 3.1)
    before = rounds.tally.witnessed_total
    silent = walk(rounds, health, clock, 3.0, heard=False)  # the link still says READING
    health.link = ReaderLink.SILENT
    silent += walk(rounds, health, clock, 5.0, heard=False)
    assert len(silent) <= 1  # at most the second it was still heard in
    assert rounds.tally.witnessed_total - before <= 1
    assert rounds.tally.unwitnessed_total >= 2


def test_control_without_the_second_word_of_the_reader_the_silence_would_count(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 3.1)
    health.last_heard_us = 1 << 60  # what a pipeline without the guard would believe
    believed = walk(rounds, health, clock, 3.0, heard=False)
    assert len(believed) >= 2


def test_a_reader_that_blinks_loses_the_round_it_blinked_in(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
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
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    assert walk(rounds, health, clock, 1.1)[0].zones.tolist() == [1]
    health.antennas_down = frozenset({2})  # one of the two that look at the case
    assert [each.zones.tolist() for each in walk(rounds, health, clock, 2.1)] == [[], []]
    health.antennas_down = frozenset()
    again = walk(rounds, health, clock, 2.1)
    assert again[0].zones.tolist() == [], "it was down at the beginning of this one"
    assert again[1].zones.tolist() == [1]


def test_an_antenna_nobody_has_connected_is_no_loss(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health(antennas_down=frozenset({3, 4, 32}))
    assert walk(rounds, health, clock, 1.1)[0].zones.tolist() == [1]


def test_reads_that_a_reader_lost_make_no_round_of_the_second_they_were_lost_in(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 2.5)
    health.overflow_us, health.overflows_total = clock.now, 1
    before = rounds.tally.unwitnessed_total
    assert walk(rounds, health, clock, 0.7) == []
    assert rounds.tally.unwitnessed_total == before + 1
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_reads_lost_in_a_round_that_waits_for_the_readers_next_word_undo_it(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 0.9)
    assert walk(rounds, health, clock, 0.2, heard=False) == []
    health.overflow_us = clock.now
    assert walk(rounds, health, clock, 0.2) == []


def test_reads_that_a_standing_house_dropped_at_the_door_make_no_round(config, clock, make):
    lost_us = {}
    rounds, health = Rounds(ZoneMap(config), (R,), lost_us), make.health()
    walk(rounds, health, clock, 0.5)
    lost_us[R] = clock.now
    assert walk(rounds, health, clock, 0.7) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_a_round_with_more_reads_than_it_holds_accuses_nobody(config, clock, make, monkeypatch):
    monkeypatch.setattr(module, "READS_PER_ROUND_MAX", 2)
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    heard = heard_in(ZoneMap(config), make.batch("r-case", 5, [make.epc(1), make.epc(2)], 1), [7, 9])
    walk(rounds, health, clock, 0.5)
    rounds.hear(heard)
    assert len(walk(rounds, health, clock, 0.7)) == 1, "so many it holds"
    for _ in range(2):
        rounds.hear(heard)
    assert walk(rounds, health, clock, 1.0) == []
    assert (rounds.tally.reads_dropped_total, rounds.tally.unwitnessed_total) == (2, 1)


def test_control_the_same_round_counts_when_nothing_was_lost(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 0.9)
    walk(rounds, health, clock, 0.2, heard=False)
    assert len(walk(rounds, health, clock, 0.2)) == 1


def test_a_connection_that_went_and_came_between_two_ticks_breaks_the_round(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 0.5)
    health.alive_since_us = clock.now + 10_000
    assert walk(rounds, health, clock, 0.6) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1


def test_a_round_in_which_the_reader_began_to_look_otherwise_accuses_nobody(config, clock, make):
    rounds, health = Rounds(ZoneMap(config), (R,)), make.health()
    walk(rounds, health, clock, 0.5)
    health.look = Look(1, clock.now + 10_000)
    assert walk(rounds, health, clock, 0.6) == []
    assert len(walk(rounds, health, clock, 1.0)) == 1
