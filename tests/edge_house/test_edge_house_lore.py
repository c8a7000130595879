"""What a store's counts teach the next ones, through the shop's own books."""

import pytest

from contract.facts import CountFinished, CountPlace, Verdict
from contract.ids import CountId, PieceId, UserId
from edge.counts.lore import Lore
from edge.reconcile.counts.learning import COUNTS_MIN, NOTHING
from edge.reconcile.counts.lessons import UNKNOWN
from edge.till.desk import Done

CASE = list(range(1, 13))
ANA, MAX = UserId("ana"), UserId("max")


@pytest.fixture
def shop(config, clock, make):
    return make.shop(config, clock, [make.card(n) for n in CASE])


def count(shop, number, lying):
    shop.store.start_count(CountId(f"c{number}"), CountPlace.SHELF, (), ANA)
    while len(shop.facts(CountFinished)) <= number:
        shop.run(1, lying={"r-case": lying})


def test_counts_teach_the_next_ones_and_a_restart_forgets_nothing(shop):
    shop.run(3, lying={"r-case": CASE})
    lore = shop.store.counting.lore
    for number in range(COUNTS_MIN):
        count(shop, number, CASE if number else CASE[:-1])
    row = shop.store.stock.catalogue.row_of("p12")
    assert lore.lessons.codes[0, row] < UNKNOWN, "read again in the next count: it was there in the first"
    shop.run(20, lying={"r-case": CASE})
    assert lore.learned is not NOTHING
    assert lore.learned.hits[row] < lore.learned.hits[:row].min()
    again = Lore(shop.store.stock)
    shop.store.pipeline.save(shop.clock.now)
    again.load(shop.store.books.db, shop.clock.now)
    assert (again.lessons.codes == lore.lessons.codes).all()


def test_a_new_store_hears_four_rounds_even_when_all_is_read_at_once(shop):
    shop.run(3, lying={"r-case": CASE})
    count(shop, 0, CASE)
    (finished,) = shop.facts(CountFinished)
    assert (finished.rounds, finished.why_stopped) == (4, "complete")


def test_a_piece_that_a_person_confirms_to_be_missing_does_not_teach_that_it_is_hard_to_read(shop):
    shop.run(60, lying={"r-case": CASE})
    shop.run(60, lying={"r-case": CASE[:-1]})
    count(shop, 0, CASE[:-1])
    (finished,) = shop.facts(CountFinished)
    assert [(one.piece, one.verdict) for one in finished.verdicts] == [("p12", Verdict.MISSING)]
    lessons = shop.store.counting.lore.lessons
    row = shop.store.stock.catalogue.row_of("p12")
    assert lessons.codes[0, row] >= UNKNOWN, "until then nobody knows"
    assert isinstance(shop.store.approve_count(CountId("c0"), "2026-11-29", MAX), Done)
    assert (lessons.codes[0, row], lessons.gone) == (0, 1)


@pytest.mark.parametrize("found", [False, True])
def test_a_piece_that_was_rightly_elsewhere_does_not_teach_when_it_is_back_that_it_is_hard_to_read(shop, found):
    """One that was in hand does, as whatever is read at home again."""
    shop.run(60, lying={"r-case": CASE})
    shop.run(60, lying={"r-case": CASE[:-1]})
    count(shop, 0, CASE[:-1])
    shop.store.explain_count(CountId("c0"), PieceId("p12"), "with the photographer until Friday", ANA, found=found)
    assert isinstance(shop.store.approve_count(CountId("c0"), "2026-11-29", MAX), Done)
    shop.run(60, lying={"r-case": CASE})
    count(shop, 1, CASE)
    lessons, row = shop.store.counting.lore.lessons, shop.store.stock.catalogue.row_of("p12")
    assert ((lessons.codes[0, row] == 0), lessons.gone) == ((False, 0) if found else (True, 1))
    assert lessons.codes[0, row] < UNKNOWN
