"""The door of the tick: all readers of a tick are looked up at once, and each keeps its own reads."""

import numpy as np
import pytest

from contract.ids import ReaderId
from edge.floor.intake import Intake
from edge.floor.stock import Stock
from edge.floor.zonemap import ZoneMap
from edge.readers.base import PHASE_ABSENT, ReadBatch, epc_columns

PIECES = 6


def epc_of(number):
    return bytes.fromhex("E280AA") + number.to_bytes(9)


def batch(reader, epcs, antenna=1, at_us=1_000):
    matrix, bits = epc_columns(epcs)
    n = len(epcs)
    return ReadBatch.of(
        ReaderId(reader), at_us, matrix, epc_bits=bits, antenna=np.full(n, antenna), rssi_cdbm=np.full(n, -5500),
        phase=np.full(n, PHASE_ABSENT), channel=np.zeros(n), seen_count=np.ones(n), first_seen_us=np.zeros(n),
        last_seen_us=np.zeros(n), rospec_id=np.ones(n),
    )  # fmt: skip


@pytest.fixture
def intake(config, make):
    stock = Stock(ZoneMap(config))
    stock.learn([make.card(number) for number in range(PIECES)])
    return Intake(stock, tuple(reader.id for reader in config.readers))


def heard(intake, *batches):
    for one in batches:
        intake.deliver(one)
    return [(one.reader, one.row.tolist()) for one in intake.drain()]


@pytest.mark.parametrize("size", [12, 16], ids=["one width", "two widths"])
def test_each_reader_of_a_tick_keeps_its_own_reads(intake, size):
    strange = bytes(range(size))
    told = heard(
        intake,
        batch("r-safe", [epc_of(2), epc_of(0)]),
        batch("r-case", [epc_of(5), strange, epc_of(1)], antenna=2),
        batch("r-pad", [strange]),
        batch("r-safe", [epc_of(3)]),
    )
    assert told == [("r-safe", [2, 0]), ("r-case", [5, 1]), ("r-pad", []), ("r-safe", [3])]
    assert intake.reads_total == 7
    assert [(one.epc, one.reads) for one in intake._stock.catalogue.unknown()] == [(strange.hex().upper(), 2)]


def test_a_tick_in_which_nothing_came_hears_nothing(intake):
    assert heard(intake) == []
    assert intake.reads_total == 0


@pytest.mark.parametrize("other", ["r-pad", "r-case"])
def test_reads_at_an_antenna_that_nobody_configured_are_left_out_and_their_neighbours_stay(intake, other):
    """Beside another batch too, whose reader has more ports."""
    lost = batch("r-safe", [epc_of(1), bytes(range(12))], antenna=9)
    intake.deliver(lost)
    intake.deliver(batch(other, [epc_of(4), bytes(range(1, 13))]))
    first, second = intake.drain()
    assert (first.row.tolist(), first.unknown.tolist()) == ([], [])
    assert (second.row.tolist(), len(second.unknown)) == ([4], 1)
    assert second.zone.tolist() == second.unknown_zone.tolist() == [intake._stock.zones.zone_at(other, 1)]
    assert intake._stock.sightings.last(1) is None
    assert intake._stock.sightings.last(4).reader == ["r-safe", "r-case", "r-pad"].index(other)
