"""A morning of tagging while the power fails: every tag is bound or refused, none to what it does not hold."""

import random

import pytest

from edge.tags import keeping
from edge.tags.table import State
from simulator import gen2

HOWS = ("before", "after", "half", "tag")


def morning(bench, make, *, tags, cuts, seed):
    """Tag after tag on the pad; `cuts` failures spread over them by the seed, the box dies at some of them."""
    chance = random.Random(seed)
    cut_at = chance.sample(range(tags), min(cuts, tags)) + [chance.randrange(tags) for _ in range(max(0, cuts - tags))]
    reel = [make.tag(number) for number in range(1, tags + 1)]
    ends = {}
    for number, tag in enumerate(reel, 1):
        piece = f"p{number}"
        pad = make.pad(tag, seed=chance.randrange(1 << 30))
        for _ in range(cut_at.count(number - 1)):
            pad.fail_next += [""] * chance.randrange(17) + [chance.choice(HOWS)]
            if chance.random() < 0.3:
                bench.run(piece, pad, steps=chance.randrange(17))
                bench.restart()
                bench.last = b""
        ends[piece] = bench.run(piece, pad)
    return reel, ends


def check_truth(bench, reel, ends):
    """What the books say is what the tags hold: the simulated memory is the witness."""
    by_epc = {tag.epc.hex().upper(): tag for tag in reel}
    assert len(by_epc) == len(reel), "no EPC twice"
    for piece, end in ends.items():
        card = bench.card(piece)
        if end.state is State.REFUSED:
            assert end.why
            assert card.epc == ""
            continue
        tag = by_epc[card.epc]
        assert tag.tid.hex().upper() == card.tid
        assert tag.locks[gen2.Field.EPC].pwd
        assert tag.locks[gen2.Field.ACCESS].pwd
        row = bench.store.stock.catalogue.row_of(piece)
        assert bench.store.stock.catalogue.epc_of(row) == card.epc
    unbound = {work.piece for work in keeping.under_way(bench.store.books.db)}
    assert unbound <= {piece for piece, end in ends.items() if end.state is State.REFUSED}


def test_twelve_tags_through_four_power_cuts(tmp_path, make):
    bench = make.bench(None, tmp_path, pieces=12)
    reel, ends = morning(bench, make, tags=12, cuts=4, seed=7)
    check_truth(bench, reel, ends)
    assert [end.state for end in ends.values()] == [State.DONE] * 12


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_hundred_tags_through_twenty_power_cuts(tmp_path, make, seed):
    bench = make.bench(None, tmp_path, pieces=100)
    reel, ends = morning(bench, make, tags=100, cuts=20, seed=seed)
    check_truth(bench, reel, ends)
    assert [end.state for end in ends.values()] == [State.DONE] * 100
