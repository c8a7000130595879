"""Held against each other: what ought to lie where, and what was heard where."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.reconcile.counts.tally import NOWHERE, tally

READS = st.lists(st.tuples(st.integers(-1, 7), st.integers(0, 3)), max_size=40)
HOMES = st.lists(st.integers(-1, 3), min_size=8, max_size=8)


def columns(reads):
    rows, zones = zip(*reads, strict=True) if reads else ((), ())
    return np.array(rows, np.int32), np.array(zones, np.int32)


@given(HOMES, READS)
def test_every_expected_piece_is_found_elsewhere_or_missing_and_no_other_is(home, reads):
    told = tally(np.array(home, np.int32), *columns(reads))
    expected = {row for row, zone in enumerate(home) if zone != NOWHERE}
    heard = {row: zone for row, zone in reads if row >= 0}
    at_home = {row for row, zone in reads if row >= 0 and home[row] == zone}
    assert set(told.found.tolist()) == expected & at_home
    assert set(told.elsewhere.tolist()) == expected & heard.keys() - at_home
    assert set(told.missing.tolist()) == expected - heard.keys()
    assert set(told.unexpected.tolist()) == heard.keys() - expected
    assert told.elsewhere_zone.tolist() == [heard[row] for row in told.elsewhere.tolist()]
    assert told.unexpected_zone.tolist() == [heard[row] for row in told.unexpected.tolist()]
    assert told.strangers == sum(row < 0 for row, _ in reads)


def test_a_read_next_door_does_not_hide_the_one_at_home():
    told = tally(np.array([2], np.int32), *columns([(0, 2), (0, 3)]))
    assert (told.found.tolist(), told.elsewhere.tolist()) == ([0], [])


def test_without_the_read_at_home_it_lies_next_door():
    """The control."""
    told = tally(np.array([2], np.int32), *columns([(0, 1), (0, 3)]))
    assert (told.found.tolist(), told.elsewhere.tolist(), told.elsewhere_zone.tolist()) == ([], [0], [3])
