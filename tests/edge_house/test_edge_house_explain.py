"""A finished count lacks a piece, and a person answers for it: it is in hand, or rightly elsewhere."""

import pytest

from contract.facts import CountExplained, CountFinished, CountPlace, CountVerdict, Verdict
from contract.ids import CountId, PieceId, UserId
from edge.api.counts.views import how_it_ended
from edge.books.rows import CountRow, counters_of, totals_of
from edge.counts.counting import CountRefusedError
from edge.till.desk import Done, Refused
from trade.acts import ApproveCount

CASE, SAFE = list(range(1, 9)), list(range(31, 37))
ANA, LEO, MAX = UserId("ana"), UserId("leo"), UserId("max")
C1, P4, P6 = CountId("c1"), PieceId("p4"), PieceId("p6")
APPROVE = ApproveCount(count=C1, business_day="2026-01-02")


@pytest.fixture
def shop(config, clock, make):
    """A shelf count that lacks pieces 4 and 6 has ended."""
    cards = [make.card(n, tray=f"case/{n % 2}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    shop = make.shop(config, clock, cards)
    shop.run(20, lying={"r-case": CASE, "r-safe": SAFE}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    return finish(shop)


def finish(shop, lacking: tuple[int, ...] = (4, 6), where: str = "r-case"):
    before = len(shop.facts(CountFinished))
    for _ in range(90):
        lying = {"r-case": [n for n in CASE if n not in lacking], "r-safe": SAFE}
        if where != "r-case":
            lying[where] = [*lying[where], *lacking]
        shop.run(1, lying=lying, p=1.0)
        if len(shop.facts(CountFinished)) > before:
            return shop
    raise AssertionError("the count did not end")


def row(shop) -> CountRow:
    return shop.books.db.one("count", CountRow, count=C1)


def said(shop) -> dict[str, CountVerdict]:
    return {each.piece: each for each in shop.books.db.rows("verdicts", CountVerdict, count=C1)}


def explain(shop, piece: PieceId, reason: str, *, found: bool = False, by: UserId = LEO) -> None:
    shop.store.explain_count(C1, piece, reason, by, found=found)


def test_what_a_person_says_of_a_missing_piece_is_kept_with_who_said_it_and_counted_as_explained(shop):
    was = said(shop)[P4].verdict
    explain(shop, P4, " with the photographer until Friday ")
    now = said(shop)[P4]
    assert (now.verdict, now.by, now.note, now.p_present) == (
        Verdict.EXPLAINED, LEO, "with the photographer until Friday", 0.0,
    )  # fmt: skip
    assert now.at_us > 0
    (fact,) = shop.facts(CountExplained)
    assert (fact.was, fact.verdict) == (was, now)
    (even,) = [each for each in totals_of(row(shop)) if each.tray == "case/0"]
    assert (even.expected, even.found, even.explained, even.explained_mg, even.explained_minor) == (
        4, 2, 1, 3200, 120_000,
    )  # fmt: skip
    assert row(shop).found == len(CASE) - 2


def test_a_piece_in_hand_is_found_and_the_count_is_as_sure_as_if_it_had_been_read(shop):
    before = row(shop)
    explain(shop, P4, "", found=True)
    after = row(shop)
    assert (after.found, after.value_minor - before.value_minor, after.weight_mg - before.weight_mg) == (
        before.found + 1, 120_000, 3200,
    )  # fmt: skip
    explain(shop, P6, "", found=True)
    assert (row(shop).found, row(shop).p_complete) == (len(CASE), 1.0)
    assert how_it_ended(len(CASE), len(CASE), {Verdict.FOUND: 2}) == "All 8 found; 2 of them seen by hand."


def test_who_explained_a_piece_does_not_approve_the_count_and_who_does_reads_what_was_said(shop):
    explain(shop, P4, "with the photographer")
    assert counters_of(row(shop)) == (ANA, LEO)
    assert isinstance(shop.store.act(APPROVE, LEO), Refused)
    answer = shop.store.act(APPROVE, MAX)
    assert isinstance(answer, Done)
    approved = answer.entries[-1].facts[-1]
    assert approved.missing == tuple(piece for piece, each in said(shop).items() if each.verdict is Verdict.MISSING)
    assert P4 not in approved.missing
    assert [(each.note, each.by) for each in approved.verdicts if each.piece == P4] == [("with the photographer", LEO)]


def test_an_answer_can_be_given_anew_and_totals_follow_it(shop):
    explain(shop, P4, "with the photographer")
    explain(shop, P4, "", found=True)
    (even,) = [each for each in totals_of(row(shop)) if each.tray == "case/0"]
    assert (even.found, even.explained) == (3, 0)
    assert said(shop)[P4].verdict is Verdict.FOUND
    explain(shop, P4, "with the photographer after all")
    (even,) = [each for each in totals_of(row(shop)) if each.tray == "case/0"]
    assert (even.found, even.found_minor, even.explained) == (2, 240_000, 1)


@pytest.mark.parametrize(
    ("piece", "reason", "why"),
    [
        (P4, "  ", "Say where the piece is"),
        ("p1", "at the bench", "not one that this count looks for"),
        ("nobody", "x", "nobody"),
    ],
)
def test_an_answer_without_a_reason_or_for_a_piece_that_was_read_is_refused_and_changes_nothing(
    shop, piece, reason, why
):
    before = (row(shop), said(shop))
    with pytest.raises(CountRefusedError, match=why):
        explain(shop, PieceId(piece), reason)
    assert (row(shop), said(shop)) == before


def test_a_running_an_approved_and_a_blind_count_without_its_figures_take_no_answer(shop):
    shop.store.act(APPROVE, MAX)
    with pytest.raises(CountRefusedError, match="approved"):
        explain(shop, P4, "with the photographer")
    shop.store.start_count(CountId("c2"), CountPlace.SHELF, (), ANA, blind=True)
    with pytest.raises(CountRefusedError, match="counting"):
        shop.store.explain_count(CountId("c2"), P4, "with the photographer", LEO, found=False)
    finish(shop)
    with pytest.raises(CountRefusedError, match="blind"):
        shop.store.explain_count(CountId("c2"), P4, "with the photographer", LEO, found=False)


def test_a_recount_of_its_place_asks_anew_and_one_of_another_place_keeps_the_answer(shop):
    explain(shop, P4, "with the photographer")
    shop.store.recount(C1, ("case",), "", ANA)
    finish(shop)
    assert said(shop)[P4].verdict in (Verdict.MISSING, Verdict.CHECK_BY_HAND)
    assert said(shop)[P4].by == ""
