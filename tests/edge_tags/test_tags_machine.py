"""One tag on the pad: written, locked, bound, or refused in words; and taken up again wherever power failed."""

from pathlib import Path

import pytest

from contract.epc import decode
from edge.books import fold_tags, replica
from edge.books.replay import differences
from edge.tags import keeping, table
from edge.tags.table import ENDS, TABLE, Heard, State
from simulator import gen2

DOC = Path(__file__).resolve().parents[2] / "docs" / "tag-commissioning.md"
CUTS = ("before", "after", "half", "tag")


def locked(tag):
    return [field.name for field in (gen2.Field.EPC, gen2.Field.ACCESS) if tag.locks[field].pwd]


def is_bound(bench, piece, tag):
    """The piece is bound to just what the tag holds, locked under the store's password."""
    card = bench.card(piece)
    return (card.epc, card.tid) == (tag.epc.hex().upper(), tag.tid.hex().upper()) and len(locked(tag)) == 2


# --- the table ----------------------------------------------------------------------------------------------


def test_the_drawing_is_that_of_the_table():
    assert DOC.read_text() == table.diagram(), (
        "run: python -c 'from edge.tags.table import diagram; print(diagram(), end=\"\")' > docs/tag-commissioning.md"
    )


def test_every_state_is_reached_and_comes_to_an_end():
    reached, ends = {State.WAITING}, set(ENDS)
    for _ in State:
        reached |= {then for (state, _), (then, _) in TABLE.items() if state in reached}
        ends |= {state for (state, _), (then, _) in TABLE.items() if then in ends}
    assert reached == ends == set(State)


def test_binding_is_reached_only_by_reading_back():
    assert [key for key, (then, _) in TABLE.items() if then is State.BINDING] == [(State.READING_BACK, Heard.DONE)]


# --- the ordinary day ---------------------------------------------------------------------------------------


def test_a_tag_laid_alone_is_written_locked_and_bound(bench, make, password):
    tag = make.tag(1)
    done = bench.run("p1", make.pad(tag))
    assert done.state is State.DONE
    assert is_bound(bench, "p1", tag)
    assert decode(tag.epc).gtin14.startswith("04012345")
    assert int.from_bytes(tag.memory().reserved[4:]) == password(tag) != 0
    assert keeping.under_way(bench.store.books.db) == []
    assert "tag_binding" not in differences(bench.store.books)


def test_the_catalogue_knows_the_new_tag_in_the_same_moment(bench, make):
    tag = make.tag(1)
    bench.run("p1", make.pad(tag))
    catalogue = bench.store.stock.catalogue
    assert catalogue.epc_of(catalogue.row_of("p1")) == tag.epc.hex().upper()


def test_the_next_tag_waits_until_the_one_before_is_taken_away(bench, make):
    first, second = make.tag(1), make.tag(2)
    pad = make.pad(first)
    bench.run("p1", pad)

    commission = bench.begin("p2")
    for turn in range(100):
        pad.tags = [first] if turn < 30 else [first, second] if turn < 50 else [second]
        bench.clock.now += 50_000
        commission.read(pad.reads(bench.clock.now), bench.clock.now)
        commission.tick(bench.clock.now, reading=True)
    assert commission.state is State.READING_TID
    assert commission.was == second.epc


def test_no_two_tags_get_one_epc(bench, make):
    tags = [make.tag(n) for n in (1, 2, 3)]
    for n, tag in enumerate(tags, 1):
        assert bench.run(f"p{n}", make.pad(tag)).state is State.DONE
    assert len({tag.epc for tag in tags}) == 3


def test_a_piece_gets_a_new_tag_for_a_lost_one_and_remembers_both(bench, make):
    old, new = make.tag(1), make.tag(2)
    bench.run("p1", make.pad(old))
    bench.run("p1", make.pad(new))
    assert is_bound(bench, "p1", new)
    assert [row.tid for row in fold_tags.bindings(bench.store.books.db, "p1")] == [
        tag.tid.hex().upper() for tag in (old, new)
    ]
    assert replica.piece_by_epc(bench.store.books.db, old.epc.hex()) is None


def test_a_tag_that_was_printed_or_imported_keeps_its_epc_and_is_locked_on_the_pad(bench, make, replaced):
    from contract.feed import FeedPage, FeedRow

    tag = make.tag(1, bytes.fromhex("F00000000000000000000009"))
    card = replaced(bench.card("p1"), epc=tag.epc.hex().upper(), binding=1)
    page = FeedPage(rows=(FeedRow(rev=99, scope="*", key="piece:p1", body=card),), upto=99, more=False)
    bench.store.take_feed(page)
    assert bench.run("p1", make.pad(tag)).state is State.DONE
    assert tag.epc == bytes.fromhex("F00000000000000000000009")
    assert is_bound(bench, "p1", tag)


# --- refusals -----------------------------------------------------------------------------------------------


def refused(bench, piece, pad):
    commission = bench.run(piece, pad)
    assert commission.state is State.REFUSED
    assert bench.card(piece).epc == ""
    return commission.why


def test_two_tags_on_the_pad_are_refused_by_their_number(bench, make):
    pad = make.pad(make.tag(1, b"\xe2" + bytes(10) + b"\1"), make.tag(2), make.tag(3, b"\xe2" + bytes(10) + b"\3"))
    assert refused(bench, "p1", pad).startswith("3 tags answer")


def test_a_neighbour_that_answers_only_now_and_then_counts(bench, make):
    pad = make.pad(make.tag(1), make.tag(2, b"\xe2" + bytes(10) + b"\1"))
    pad.weak = {1}
    assert refused(bench, "p1", pad).startswith("2 tags answer")


@pytest.mark.parametrize("seed", range(8))
def test_two_tags_with_one_epc_are_told_apart_by_their_own_numbers(bench, make, seed):
    pad = make.pad(make.tag(1), make.tag(2), seed=seed)
    assert "answer" in refused(bench, "p1", pad)


def test_a_second_tag_with_the_old_epc_that_was_silent_before_is_heard_after_the_write(bench, make):
    tag, hidden = make.tag(1), make.tag(2)
    pad = make.pad(tag)

    def lay_beside(commission):
        if commission.state is State.VERIFYING:
            pad.tags = [tag, hidden]

    commission = bench.run("p1", pad, at=lay_beside)
    assert commission.state is State.REFUSED
    assert "Another tag answers" in commission.why
    assert bench.card("p1").epc == ""
    pad.tags = [tag]
    assert bench.run("p1", pad).state is State.DONE
    assert is_bound(bench, "p1", tag)


def test_an_empty_pad_is_waited_for_and_then_given_up(bench, make):
    assert refused(bench, "p1", make.pad()).startswith("No new tag was laid")


def test_a_tag_that_stays_on_the_pad_when_the_next_is_due_is_waited_for_and_then_given_up(bench, make):
    pad = make.pad(make.tag(1))
    bench.run("p1", pad)
    assert refused(bench, "p2", pad).startswith("No new tag was laid")


def test_a_tag_of_another_piece_is_refused(bench, make):
    tag = make.tag(1)
    bench.run("p1", make.pad(tag))
    bench.last = b""
    assert "bound to Ring 1" in refused(bench, "p2", make.pad(tag))
    assert is_bound(bench, "p1", tag)


def test_a_tag_of_an_imported_piece_is_known_by_its_epc(bench, make, replaced):
    from contract.feed import FeedPage, FeedRow

    tag = make.tag(1, bytes.fromhex("F00000000000000000000009"))
    card = replaced(bench.card("p2"), epc=tag.epc.hex().upper(), binding=1)
    page = FeedPage(rows=(FeedRow(rev=99, scope="*", key="piece:p2", body=card),), upto=99, more=False)
    bench.store.take_feed(page)
    assert "bound to Ring 2" in refused(bench, "p1", make.pad(tag))


def test_a_tag_locked_by_somebody_else_is_refused_and_left_as_it_is(bench, make):
    tag = make.tag(1)
    tag.write(gen2.Bank.RESERVED, 2, b"\1\2\3\4", secured=True)
    tag.lock(0b0011110000, 0b0010100000, secured=True)
    before = tag.memory()
    assert "password that this store's key does not give" in refused(bench, "p1", make.pad(tag))
    assert tag.memory() == before


def test_a_tag_whose_own_number_is_not_serialised_is_refused(bench, make):
    tag = gen2.Tag(bytes(12), bytes.fromhex("E28011606000000000000000"))
    assert "serialised TID" in refused(bench, "p1", make.pad(tag))


def test_a_store_without_a_scheme_writes_nothing(tmp_path, make):
    bench = make.bench(None, tmp_path, tags=None)
    tag = make.tag(1)
    before = tag.memory()
    assert "[tags]" in refused(bench, "p1", make.pad(tag))
    assert tag.memory() == before


def test_a_piece_that_is_sold_while_its_tag_is_written_is_not_bound(bench, make):
    from trade.custody import Token, TokenState

    def sell(commission):
        if commission.state is State.LOCKING:
            with bench.store.books.transaction() as tx:
                tx.db.run_struct("token_set", Token(piece="p1", ce=1, state=TokenState.SOLD))

    commission = bench.run("p1", make.pad(make.tag(1)), at=sell)
    assert commission.state is State.REFUSED
    assert "is sold" in commission.why
    assert bench.card("p1").epc == ""


def test_a_person_who_gives_up_is_heard_until_the_books_are_asked(bench, make):
    commission = bench.begin("p1")
    assert commission.abandon("by max", bench.clock.now)
    assert commission.why == "Given up: by max"
    late = []
    bench.run(
        "p1",
        make.pad(make.tag(1)),
        at=lambda c: late.append(c.abandon("by max", 0)) if c.state is State.BINDING else None,
    )
    assert late == [False]
    assert bench.card("p1").epc


# --- power --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("at", range(18))
def test_power_that_fails_at_any_act_costs_a_moment_and_no_truth(bench, make, cut, at):
    tag = make.tag(1)
    pad = make.pad(tag, seed=at)
    pad.fail_next = [""] * at + [cut]
    assert bench.run("p1", pad).state is State.DONE
    assert is_bound(bench, "p1", tag)


@pytest.mark.parametrize("at", [6, 8])
def test_a_reader_that_says_done_after_half_a_write_is_found_out(bench, make, at):
    """Half an EPC by reading it back; half a password by the lock that needs it whole."""
    tag = make.tag(1)
    pad = make.pad(tag, seed=3)
    pad.fail_next = [""] * at + ["lie"]
    end = bench.run("p1", pad)
    assert (end.state, end.agains) == (State.DONE, 1)
    assert is_bound(bench, "p1", tag)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("steps", range(19))
def test_a_box_that_dies_at_any_act_finishes_the_tag_when_it_is_begun_again(bench, make, steps, cut):
    tag = make.tag(1)
    pad = make.pad(tag, seed=steps)
    pad.fail_next = [""] * max(0, steps - 2) + [cut]
    bench.run("p1", pad, steps=steps)
    assert bench.card("p1").epc in ("", tag.epc.hex().upper())
    bench.restart()
    bench.last = b""
    assert bench.run("p1", pad).state is State.DONE
    assert is_bound(bench, "p1", tag)
    assert keeping.under_way(bench.store.books.db) == []


def test_a_half_written_tag_may_be_used_for_another_piece(bench, make):
    tag, other = make.tag(1), make.tag(2)
    pad = make.pad(tag)
    pad.fail_next = [""] * 6 + ["half"]
    bench.run("p1", pad, steps=8)
    assert len(keeping.under_way(bench.store.books.db)) == 1
    assert bench.run("p2", make.pad(tag)).state is State.DONE
    bench.last = b""
    assert bench.run("p1", make.pad(other)).state is State.DONE
    assert is_bound(bench, "p2", tag)
    assert is_bound(bench, "p1", other)


def test_a_tag_changed_on_the_pad_in_the_dark_is_not_taken_for_the_first(bench, make):
    first, second = make.tag(1), make.tag(2)
    pad = make.pad(first)
    pad.fail_next = [""] * 7 + ["half"]

    def swap(commission):
        if not pad.up(bench.clock.now):
            pad.tags = [second]

    commission = bench.begin("p1")
    while not commission.over:
        bench.clock.now += 50_000
        if not pad.up(bench.clock.now):
            pad.tags = [second]
        commission.read(pad.reads(bench.clock.now), bench.clock.now)
        commission.tick(bench.clock.now, reading=pad.up(bench.clock.now))
        asked = commission.take()
        if asked is not None:
            commission.told(bench.do(asked, pad), bench.clock.now)
    assert commission.state is State.DONE
    assert is_bound(bench, "p1", second)


def test_a_reader_that_stays_away_is_named(bench, make):
    pad = make.pad(make.tag(1))
    pad.up_from_us = 10**12
    assert "reader does not read" in refused(bench, "p1", pad)


def test_a_tag_that_never_takes_the_write_is_refused_after_some_tries(bench, make):
    pad = make.pad(make.tag(1))
    do = pad.do
    from edge.readers.access import Bank, WriteMemory
    from edge.readers.base import TagError

    def weak(access, now_us):
        if isinstance(access, WriteMemory) and access.bank is Bank.EPC:
            raise TagError("too little power to write")
        return do(access, now_us)

    pad.do = weak
    assert "could not be written (too little power to write)" in refused(bench, "p1", pad)
