"""A tag nobody knows either lies here, or is heard through the wall, or is carried past."""

import numpy as np
import pytest

from edge.reconcile.counts.count import Count
from edge.reconcile.counts.expected import Expected
from edge.reconcile.counts.strays import Heard, lying

OWN_DB = -62.0


def heard(hits, level_db):
    """One tag of which each round either heard something or not."""
    at = np.flatnonzero(hits)
    columns = ([len(at)], [at[0]], [at[-1]], [len(hits)])
    levels = ([np.nan if level_db is None else level_db], [OWN_DB])
    return Heard(*(np.array(each, np.int64) for each in columns), *(np.array(each) for each in levels))


def test_a_tag_read_round_after_round_as_loud_as_the_pieces_lies_here():
    assert lying(heard([1] * 8, OWN_DB)).tolist() == [True]
    assert lying(heard([1, 1, 0, 1, 1, 1], None)).tolist() == [True], "nor does it need a level"


def test_a_badly_hung_tag_that_is_as_loud_as_the_pieces_lies_here():
    assert lying(heard([0, 0, 1, 0, 1, 0], OWN_DB - 2)).tolist() == [True]


def test_a_faint_tag_that_is_always_read_lies_here():
    assert lying(heard([1] * 8, OWN_DB - 10)).tolist() == [True]


def test_the_neighbours_stock_through_the_wall_does_not():
    assert lying(heard([0, 1, 0, 0, 0, 0, 1, 0], OWN_DB - 14)).tolist() == [False]
    assert lying(heard([0, 1, 0, 0, 0, 0], None)).tolist() == [False]


@pytest.mark.parametrize("hits", [[1] * 5 + [0] * 12, [0] * 12 + [1] * 5, [0] * 8 + [1] * 6 + [0] * 8])
def test_a_client_who_walks_past_with_a_tag_of_their_own_does_not_however_loud(hits):
    assert lying(heard(hits, OWN_DB + 6)).tolist() == [False]


@pytest.mark.parametrize("seed", range(4))
def test_by_seed_strays_go_and_what_lies_here_stays(seed):
    """200 of each: strays read at 5 % and 14 dB fainter, tags of ours at 30 to 95 %, twelve rounds."""
    rng, rounds = np.random.default_rng(seed), 12

    def some(p, below_db):
        hits = rng.random((200, rounds)) < p[:, None]
        levels = OWN_DB - below_db + rng.normal(0, 4, 200)
        return [lying(heard(row, level))[0] for row, level in zip(hits, levels, strict=True) if row.any()]

    kept, let_in = some(rng.uniform(0.3, 0.95, 200), 0), some(np.full(200, 0.05), 14)
    assert np.mean(kept) >= 0.95
    assert np.mean(let_in) <= 0.03


def test_at_least_so_many_more_is_said_of_what_lies_here_and_not_of_strays():
    two = np.arange(2, dtype=np.int32)
    count = Count(Expected(two, np.zeros(2, np.int32), np.full(2, 38.0), np.full(2, 2.0), np.full(2, 0.998)), 1)
    rng, here, all_seen = np.random.default_rng(2), np.arange(20), np.array([True])
    for number in range(6):
        strays = np.array([100 + 2 * number, 101 + 2 * number])
        tags = np.concatenate([here[rng.random(20) < 0.6], strays]).astype(np.int32)
        count.hear(np.array([0, 1], np.int32), np.zeros(2, np.int32), all_seen, tags)
    assert count.unknown_tags()[0] > 25
    seen, more = count.unknown_tags(here.astype(np.int32))
    assert seen <= 20
    assert more < 2 < count.unknown_tags()[1], "control: with the strays left in"
