"""Unknown tags on the running floor: which lie here, antenna by antenna, and who is told of strays."""

import msgspec
import numpy as np
import pytest

from contract.ids import ReaderId, ZoneId
from edge.floor import looking, strangers
from edge.floor.rounds import ByAntenna, Heard, Round
from edge.floor.strangers import Strangers
from edge.floor.zonemap import ZoneMap
from edge.readers.base import RSSI_ABSENT_CDBM

CASE, SAFE = [1, 2, 3, 4], [5, 6]
READER = ReaderId("r-case")
LOUD, FAINT = -5000, -6600
"""Levels of the case's own pieces through its two antennas: the second is at less power."""


@pytest.fixture
def two_antennas(config):
    """The case is read through ports 1 and 2 of its reader."""
    readers = tuple(
        msgspec.structs.replace(each, antennas={"1": ZoneId("case"), "2": ZoneId("case")})
        if each.id == READER
        else each
        for each in config.readers
    )
    return ZoneMap(msgspec.structs.replace(config, readers=readers))


def column(values, dtype):
    return np.array(values, dtype)


def notes_of(zones, port, cdbm, hits):
    """One unknown tag, read through one port in some of the rounds, beside two pieces that are read through both."""
    case, home = zones.index[ZoneId("case")], column([zones.index[ZoneId("case")]] * 2, np.int32)
    first = next(at for at, each in enumerate(zones.antennas) if each.reader == READER)
    own = ByAntenna(
        column([0, 1, 0, 1], np.int32), column([first, first, first + 1, first + 1], np.int32),
        column([LOUD, LOUD, FAINT, FAINT], np.int16),
    )  # fmt: skip
    levels = column([LOUD] * 2, np.int16)
    one = Round(
        READER, column([case], np.int32), 0, 1.0, column([0, 1], np.int32), column([case] * 2, np.int32),
        column([2, 2], np.int32), levels, by_antenna=own,
    )  # fmt: skip
    none = column([], np.int32)
    read = Heard(
        READER, 0, none, none, none, none, none, unknown=column([7, 7], np.int32), unknown_zone=column([case] * 2, np.int32),
        unknown_rssi_cdbm=column([cdbm, max(cdbm - 500, RSSI_ABSENT_CDBM)], np.int16), unknown_antenna=column([port, port], np.uint16),
    )  # fmt: skip
    notes = Strangers(zones)
    for hit in hits:
        if hit:
            notes.hear(read)
        notes.hear_rounds([one], home)
    return notes


def test_a_tag_at_the_faint_antenna_is_held_against_what_that_antenna_hears(two_antennas):
    hits = [0, 1, 0, 0, 1, 0, 0, 1]
    (lies,) = notes_of(two_antennas, 2, FAINT, hits).lying()
    assert (lies.rounds, lies.tag) == (3, 7)
    control = notes_of(two_antennas, 1, FAINT, hits)
    assert control.lying() == [], "control: as faint, through the loud one, it is next door's"


def test_where_no_antenna_is_told_the_zones_pieces_are_the_measure(two_antennas):
    hits = [0, 1, 0, 0, 1, 0, 0, 1]
    assert notes_of(two_antennas, 0, LOUD, hits).lying()
    assert not notes_of(two_antennas, 0, FAINT, hits).lying()


def test_a_tag_whose_level_nobody_tells_is_judged_by_its_rounds(two_antennas):
    assert notes_of(two_antennas, 1, RSSI_ABSENT_CDBM, [1] * 8).lying()


def test_what_comes_beyond_the_bounds_is_counted(two_antennas, monkeypatch):
    monkeypatch.setattr(strangers, "NOTES_MAX", 0)
    assert notes_of(two_antennas, 1, LOUD, [1] * 4).dropped_total == 4
    monkeypatch.setattr(strangers, "PENDING_MAX", 1)
    assert notes_of(two_antennas, 1, LOUD, [1] * 4).dropped_total == 8


@pytest.fixture
def shop(make, config, clock, monkeypatch):
    """A store with a neighbour, an hour of twenty seconds and a minute of ten."""
    monkeypatch.setattr(looking, "HOUR_US", 20_000_000)
    monkeypatch.setattr(looking, "ROUNDS_MIN", 5)
    monkeypatch.setattr(strangers, "WINDOW_US", 10_000_000)
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    shop = make.shop(config, clock, cards)
    shop.run(25, lying={"r-case": CASE, "r-safe": SAFE})
    return shop


def through_the_wall(shop, seconds, *, lying=()):
    for second in range(seconds):
        if second % 4 == 0:
            shop.read("r-case", [910 + second // 4 % 3], rssi=-7600)
        shop.run(1, lying={"r-case": [2, 3, 4, *lying], "r-safe": SAFE}, p=1.0)


def test_the_wall_tells_what_lies_here_and_leaves_out_what_is_heard_through_it(shop):
    through_the_wall(shop, 32, lying=[900])
    floor = shop.store.pipeline.floor
    assert (floor.unknown_lying, floor.strays) == (1, 3)
    assert floor.unknown_tags == 4, "control: they were all heard"
    assert shop.store.pipeline.strangers.strays_total >= 6
    through_the_wall(shop, 22)
    assert shop.store.pipeline.floor.unknown_lying == 0, "it was taken away"


def test_strays_make_nobody_look_for_a_double_tag(shop):
    through_the_wall(shop, 90)
    assert shop.store.looking.errors.notes.strangers == {}
    through_the_wall(shop, 60, lying=[900])
    assert set(shop.store.looking.errors.notes.strangers.values()) == {shop.store.stock.zones.index[ZoneId("case")]}
