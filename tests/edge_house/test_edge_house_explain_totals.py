"""Answers by hand on a floor of two cases: which totals they change, what a later look makes of them, and replay."""

import pytest

from contract.facts import CountExplained, CountFinished, CountPlace, Verdict
from contract.feed import FeedPage, FeedRow
from contract.ids import CountId, PieceId, UserId
from edge.books import replay
from edge.books.rows import CountRow, totals_of

CASE, OTHER = list(range(1, 9)), list(range(21, 25))
ANA, LEO = UserId("ana"), UserId("leo")
C1 = CountId("c1")
COUNTS = {"count", "count_verdict", "count_look"}


@pytest.fixture
def shop(config, clock, make):
    """A store with two cases, counted while piece 4 of the first lay in the second."""
    shop = make.two_cases(config, clock)
    shop.run(20, lying={"r-case": CASE, "r-two": OTHER}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    until_done(shop, [n for n in CASE if n != 4], [*OTHER, 4])
    return shop


def until_done(shop, case: list[int], two: list[int]) -> CountFinished:
    before = len(shop.facts(CountFinished))
    for _ in range(90):
        shop.run(1, lying={"r-case": case, "r-two": two}, p=1.0)
        if len(shop.facts(CountFinished)) > before:
            return shop.facts(CountFinished)[-1]
    raise AssertionError("the count did not end")


def counted(shop) -> dict[str, tuple[int, int, int]]:
    row = shop.books.db.one("count", CountRow, count=C1)
    return {f"{each.zone}/{each.tray}": (each.expected, each.found, each.explained) for each in totals_of(row)}


def test_a_piece_put_away_is_answered_for_in_the_totals_of_its_own_place(shop):
    """The second look has it neither here nor there: what the place of the first read holds was whole all the time."""
    shop.store.recount(C1, ("case-2",), "put away", ANA)
    (said,) = until_done(shop, CASE, OTHER).verdicts
    assert (said.verdict, said.zone) == (Verdict.CHECK_BY_HAND, "case"), "where it belongs; the note says where it was"
    for found in (True, False, True):
        shop.store.explain_count(C1, said.piece, "lent", LEO, found=found)
        assert counted(shop) == {"case/": (8, 7 + found, 1 - found), "case-2/": (4, 4, 0)}


def test_an_answer_stands_while_another_place_is_counted_again_until_that_reads_the_piece(shop):
    shop.run(120, lying={"r-case": [n for n in CASE if n != 4], "r-two": OTHER}, p=1.0)  # nobody has seen it just now
    shop.store.recount(C1, ("case", "case-2"), "all of it", ANA)
    until_done(shop, [n for n in CASE if n != 4], OTHER)
    shop.store.explain_count(C1, PieceId("p4"), "lent", LEO, found=False)
    shop.store.recount(C1, ("case-2",), "once more", ANA)
    (said,) = until_done(shop, [n for n in CASE if n != 4], OTHER).verdicts
    assert (said.verdict, said.by, said.note) == (Verdict.EXPLAINED, LEO, "lent")
    assert counted(shop) == {"case/": (8, 7, 1), "case-2/": (4, 4, 0)}
    shop.store.recount(C1, ("case-2",), "and once more", ANA)
    (said,) = until_done(shop, [n for n in CASE if n != 4], [*OTHER, 4]).verdicts
    assert (said.verdict, said.by) == (Verdict.MISPLACED, "")
    assert counted(shop) == {"case/": (8, 8, 0), "case-2/": (4, 4, 0)}


def test_a_piece_that_was_put_into_another_tray_since_counts_where_it_lacked(config, clock, make):
    cards = [make.card(n, tray=f"case/{n % 2}") for n in CASE]
    shop = make.shop(config, clock, cards)
    shop.run(20, lying={"r-case": CASE}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    until_done(shop, [n for n in CASE if n != 4], [])
    moved = FeedRow(rev=99, scope="*", key="piece:p4", body=make.card(4, tray="case/1"))
    shop.store.take_feed(FeedPage(rows=(moved,), upto=99, more=False))
    shop.store.explain_count(C1, PieceId("p4"), "", LEO, found=True)
    assert counted(shop) == {"case/case/0": (4, 4, 0), "case/case/1": (4, 4, 0)}


def test_the_journal_alone_makes_the_same_rows_again(shop):
    shop.store.recount(C1, ("case-2",), "put away", ANA)
    until_done(shop, CASE, OTHER)
    shop.store.explain_count(C1, PieceId("p4"), "lent", LEO, found=False)
    shop.store.explain_count(C1, PieceId("p4"), "", ANA, found=True)
    assert len(shop.facts(CountExplained)) == 2
    assert COUNTS.isdisjoint(replay.differences(shop.books))
    shop.books.db.run("count_abandon", count=C1, why="", ended_us=1)
    assert COUNTS & set(replay.differences(shop.books)) == {"count"}, "it does compare them"
