"""Where two tellings of one log part, found by heads alone: the first row, in a few questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.audit import Kept, Log, Walk, part, part_by_heads
from contract.entries import Entry, encode_entry, first_head, leaf_hash, next_head
from contract.facts import Stream
from contract.merkle import consistency_proof, root
from contract.messages import TreeHead

LOG = Log("paris", "e1", Stream.TRADE)


def made(size: int, other_from: int = 0) -> list[bytes]:
    """Leaves of a log; from row `other_from` on somebody else's."""
    return [leaf_hash(b"%d %d" % (seq, bool(other_from) and seq >= other_from)) for seq in range(1, size + 1)]


class Office:
    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves, self.asked = leaves, 0

    def __call__(self, size: int) -> TreeHead:
        self.asked += 1
        proof = consistency_proof(self.leaves, min(size, len(self.leaves)))
        return TreeHead(upto=len(self.leaves), head=root(self.leaves).hex(), proof=tuple(each.hex() for each in proof))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 45))
def test_heads_alone_tell_the_same_as_all_rows(box, office, other_from):
    here, there = made(box), Office(made(office, other_from))
    assert part_by_heads(LOG, here, there) == part(LOG, here, there.leaves)


def test_the_row_is_found_in_a_few_questions():
    office = Office(made(1_000, 700))
    assert part_by_heads(LOG, made(1_000), office).startswith("row 700 of the trade log e1 of paris")
    assert office.asked <= 11


@pytest.mark.parametrize("lie", [{"proof": ("zz",)}, {"proof": ("00",)}, {"head": "no"}, {"upto": 9}])
def test_an_office_that_cannot_prove_what_it_says_is_not_believed(lie):
    said = {"upto": 8, "head": root(made(8)).hex(), "proof": (), **lie}
    assert "one thing on the box and another at the office" in part_by_heads(
        LOG, made(5), lambda _size: TreeHead(**said)
    )


def row(place: int, head: bytes, **changes: object) -> Kept:
    values = {"stream": Stream.TRADE, "seq": place, "at_us": 1, "by": "ana", "why": "", "facts": ()}
    body = encode_entry(Entry(**{**values, **changes}))
    return Kept(place, body, leaf_hash(body), next_head(head, leaf_hash(body)))


def test_a_row_that_was_written_for_another_place_says_so():
    for changes in ({"seq": 7}, {"stream": Stream.FLOOR}):
        walk = Walk(LOG)
        walk.take(row(1, first_head(*LOG), **changes))
        assert "row 1 of the trade log e1 of paris says of itself that it is row" in walk.trouble


def test_a_row_nobody_can_read_is_damaged_and_not_the_end_of_the_look():
    walk, noise = Walk(LOG), b"\xa5"
    walk.take(Kept(1, noise, leaf_hash(noise), next_head(first_head(*LOG), leaf_hash(noise))))
    walk.end(rows=1, head=b"")
    assert walk.trouble == "row 1 of the trade log e1 of paris is damaged: nobody can read it"


def test_a_log_that_ends_early_is_told_by_what_is_noted_of_it():
    walk, first = Walk(LOG), row(1, first_head(*LOG))
    walk.take(first)
    walk.end(rows=2, head=first.head)
    assert walk.trouble == "the trade log e1 of paris has 1 rows that chain, and should have 2"
