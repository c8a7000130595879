"""What guards a tag on its way: each of these fails where the guard is taken away."""

import pytest

from contract.feed import FeedPage, FeedRow
from edge.readers.access import Bank, Lock, WriteMemory
from edge.tags import commission, keeping
from edge.tags.scheme import epc_of, serial
from edge.tags.table import State

TERM = (1 << 32) | 1


def tell(bench, piece, epc, replaced):
    """The feed says that this piece has this tag."""
    card = replaced(bench.card(piece), epc=epc.hex().upper(), tid="", binding=1)
    page = FeedPage(rows=(FeedRow(rev=99, scope="*", key=f"piece:{piece}", body=card),), upto=99, more=False)
    bench.store.take_feed(page)


def half_written(bench, make):
    """A tag whose EPC is half an old and half a new one, and the box that wrote it gone."""
    tag = make.tag(1)
    pad = make.pad(tag, seed=5)
    pad.fail_next = [""] * 6 + ["half"]
    bench.run("p1", pad, steps=8)
    bench.restart()
    return tag, pad


def test_a_tag_taken_up_again_gets_the_epc_it_was_begun_with(bench, make):
    tag, pad = half_written(bench, make)
    assert bench.run("p1", pad).state is State.DONE
    assert tag.epc == epc_of(make.scheme, bench.card("p1"), serial(0, TERM, 1))
    assert bench.store.books.db.number("tag_serial", term=TERM) == 1


def test_half_an_epc_that_happens_to_be_another_piece_s_is_taken_up_by_its_own_number(bench, make, replaced):
    tag, pad = half_written(bench, make)
    tell(bench, "p3", tag.epc, replaced)
    done = bench.run("p1", pad)
    assert (done.state, done.why) == (State.DONE, "")


def test_a_tag_begun_and_not_written_that_became_another_piece_s_meanwhile_is_left_alone(bench, make, replaced):
    tag = make.tag(1)
    was, pad = tag.epc, make.pad(tag)
    bench.run("p1", pad, steps=7)
    assert tag.epc == was
    assert [work.was for work in keeping.under_way(bench.store.books.db)] == [was.hex().upper()]
    bench.restart()
    tell(bench, "p3", was, replaced)
    refused = bench.run("p1", pad)
    assert (refused.state, tag.epc) == (State.REFUSED, was)
    assert "use another tag" in refused.why


def test_an_epc_that_some_piece_has_already_is_passed_over(bench, make, replaced):
    tell(bench, "p3", epc_of(make.scheme, bench.card("p3"), serial(0, TERM, 1)), replaced)
    tag = make.tag(1)
    assert bench.run("p1", make.pad(tag)).state is State.DONE
    assert tag.epc == epc_of(make.scheme, bench.card("p1"), serial(0, TERM, 2))


@pytest.mark.parametrize("stale_us", [400_000])
def test_reads_that_were_under_way_when_the_epc_was_overwritten_are_no_second_tag(bench, make, stale_us):
    tag = make.tag(1)
    pad = make.pad(tag)
    old, reads, do = tag.epc, pad.reads, pad.do
    written = []

    def write(access, now_us):
        if isinstance(access, WriteMemory) and access.bank is Bank.EPC and not written:
            written.append(now_us)
        return do(access, now_us)

    def late(now_us):
        under_way = bool(written) and now_us - written[0] < stale_us
        return [*reads(now_us), *([(old, 1)] if under_way else [])]

    pad.do, pad.reads = write, late
    assert bench.run("p1", pad).state is State.DONE


def open_tag_with_lost_answers(bench, make, lost):
    """It answers to the lock and does not do it; the first answers to the stranger are lost on the air."""
    pad, losses = make.pad(make.tag(1)), []
    do = pad.do
    pad.do = lambda access, now_us: b"" if isinstance(access, Lock) else do(access, now_us)

    def lose(run):
        if run.state is State.PROVING_LOCK and not pad.fail_next and len(losses) < lost:
            pad.fail_next.append("tag")
            losses.append(run)

    return bench.run("p1", pad, at=lose)


@pytest.mark.parametrize("lost", range(commission.STRANGER_TRIES))
def test_a_tag_that_says_it_is_locked_and_lets_anybody_write_is_bound_to_nothing(bench, make, lost):
    """Nor when answers to the stranger are lost: a tag that says nothing has not said that it is locked."""
    refused = open_tag_with_lost_answers(bench, make, lost)
    assert refused.state is State.REFUSED
    assert "lets anybody write" in refused.why
    assert bench.card("p1").epc == ""


def test_control_by_one_lost_answer_an_open_tag_would_be_bound(bench, make, monkeypatch):
    monkeypatch.setattr(commission, "STRANGER_TRIES", 1)
    assert open_tag_with_lost_answers(bench, make, 1).state is State.DONE


def test_a_tag_whose_reader_tells_no_reasons_is_tried_as_a_stranger_some_times(bench, make):
    pad = make.pad(make.tag(1))
    pad.tells_locked = False
    tries = []
    done = bench.run("p1", pad, at=lambda one: tries.append(one.state))
    assert done.state is State.DONE
    assert tries.count(State.PROVING_LOCK) == commission.STRANGER_TRIES


def test_a_tag_that_says_it_is_locked_is_believed_at_once(bench, make):
    tries = []
    assert bench.run("p1", make.pad(make.tag(1)), at=lambda one: tries.append(one.state)).state is State.DONE
    assert tries.count(State.PROVING_LOCK) == 1
