"""The real edge and the real cloud by seed (custody.md §13): no history breaks an invariant, and each guard is needed.

Replay one: `python tests/simulation/replay.py 17 --hard`; it prints the last 40 events of each piece.
"""

import datetime as dt
import sys

import pytest
import sqlalchemy as sa

from cloud import tables
from cloud.tokens import Tokens
from cloud.work import QUARANTINED
from trade.custody import OFFICE, OfficeEvent, OfficeState
from trade.guards import ALL, Guards

HISTORIES = 300
"""In all: three fifths ordinary days, the rest shared by disasters, tills that remember and restored clouds."""
PARTS = 4
"""So that the runner's workers can share them."""
HISTORIES_LONG = 5_000
GUARD_SEEDS_MAX = 150
LONG_SAMPLE = pytest.param(range(41_000, 41_200), id="two hundred", marks=pytest.mark.long)
DAY = dt.datetime.now(dt.UTC).date().toordinal()


def _clean(driver, replay, seeds, **more):
    """Runs histories; fails with the seed, the invariant and the last events of the pieces."""
    totals = {}
    for seed in seeds:
        violation, sim = driver.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, **more)}\n{driver.tell(sim)}")
        for name, n in {**sim.stats, "sales": sim.world.sales, "refunds": len(sim.world.refunded)}.items():
            totals[name] = totals.get(name, 0) + n
    return totals


@pytest.mark.parametrize("part", range(PARTS))
def test_no_history_of_three_stores_breaks_an_invariant(driver, replay, part):
    totals = _clean(driver, replay, range(part, HISTORIES * 3 // 5, PARTS))
    assert totals["sales"] > HISTORIES // 2 // PARTS
    for name in ("web orders", "power cuts", "crashes", "boxes lost", "copies", "disks restored"):
        assert totals[name] > 0, f"these histories had no {name}: they prove nothing about them"


def test_no_history_with_many_disasters_breaks_an_invariant(driver, replay):
    _clean(driver, replay, range(1_000, 1_000 + HISTORIES * 2 // 15), hard=True)


def test_no_history_with_disks_put_back_and_tills_that_remember_breaks_an_invariant(driver_with_tills, replay):
    seeds = range(7_000, 7_000 + HISTORIES * 2 // 15)
    totals = _clean(driver_with_tills, replay, seeds, rollbacks=True, hard=True)
    for name in ("disks rolled back", "stopped by a till", "rows brought by tills"):
        assert totals[name] > 0, f"these histories had no {name}: they prove nothing about them"


@pytest.mark.parametrize("guard", ["witness", "journal"])
def test_without_what_tills_remember_some_put_back_disk_breaks_an_invariant(driver_with_tills, guard):
    for seed in range(7_000, 7_000 + GUARD_SEEDS_MAX):
        violation, _ = driver_with_tills.history(seed, Guards(**{guard: False}), rollbacks=True, hard=True)
        if violation:
            return
    pytest.fail(f"{GUARD_SEEDS_MAX} histories without {guard} found nothing: the simulation is blind to it")


@pytest.mark.parametrize("seed", [5044, 5071, 5161, 5297, 6221])
def test_what_the_histories_once_found_stays_mended(driver, replay, seed):
    """A copied disk taken for its store; the snapshot of a lost life; a shift left open by a lost box; lives out of order."""
    _clean(driver, replay, [seed], hard=True, restores=True)


@pytest.mark.parametrize(("seed", "hard"), [(11177, False), (12383, False), (21579, True)])
def test_a_sale_whose_every_copy_burnt_while_its_piece_lay_there_is_counted_and_accuses_nobody(
    driver, replay, seed, hard
):
    """What cannot be promised (custody.md §12): nobody can know of it, so the piece is stock again."""
    assert _clean(driver, replay, [seed], hard=hard)["sales gone with every copy"] == 1


def test_a_refund_whose_every_copy_burnt_is_paid_again_and_counted(driver, replay):
    """The other half of the same promise that nobody can keep: what only the burnt box knew."""
    assert _clean(driver, replay, [22907], hard=True)["refunds gone with every copy"] == 1


@pytest.mark.parametrize(("seed", "hard"), [(11311, False), (21751, True), (21869, True), (22000, True)])
def test_a_late_sale_of_an_ended_life_is_a_case_for_a_person(driver, seed, hard):
    violation, sim = driver.history(seed, hard=hard)
    assert violation is None
    with sim.head.office.reading() as tx:
        assert [case for case in tx.rows(sa.select(tables.case_file)) if case["kind"] == QUARANTINED]


def off_the_table(moves):
    """Moves of tokens, (state before or None, state after, adopted), that the table of `trade.custody` does not have.

    What only an adoption may do, as it believes a lost life of the office, is off the table for every other move.
    """
    drawn = {(None, start) for start in OFFICE.starts} | {(state, state) for state in OFFICE.states()}
    drawn |= {(before, after) for (before, event), after in OFFICE.table.items() if event is not OfficeEvent.ADOPTED}
    adopted = {(before, after) for (before, event), after in OFFICE.table.items() if event is OfficeEvent.ADOPTED}
    return {move for move in moves if move[:2] not in (drawn | adopted if move[2] else drawn)}


def test_no_history_with_a_restored_cloud_breaks_an_invariant_and_tokens_move_only_as_the_table_says(
    driver, replay, monkeypatch
):
    moves, move, adopt, adopting = set(), Tokens.set, Tokens.adopt, []

    def watched(tokens, token, *, forced=False):
        before = tokens.get(token.piece)
        after = move(tokens, token, forced=forced)
        moves.add((before and before.state, after.state, bool(adopting)))
        return after

    def adopts(tokens, store, piece, ce):
        adopting.append(piece)
        try:
            adopt(tokens, store, piece, ce)
        finally:
            adopting.pop()

    monkeypatch.setattr(Tokens, "set", watched)
    monkeypatch.setattr(Tokens, "adopt", adopts)
    totals = _clean(driver, replay, range(2_000, 2_000 + HISTORIES * 2 // 15), hard=True, restores=True)
    assert totals["cloud restores"] > 0
    assert off_the_table(moves) == set()
    walked = {(before, after) for before, after, adopted in moves if before is not after and not adopted}
    ordinary = [event for _, event in OFFICE.table if event is not OfficeEvent.ADOPTED]
    assert len(walked) > len(ordinary) / 2, "these histories moved hardly anything: they prove nothing"
    assert any(adopted for _, _, adopted in moves), "no store told of a lost life: they prove nothing about it"
    assert off_the_table(moves | {(OfficeState.SOLD, OfficeState.TRANSIT, False)}), "a move that is not drawn is seen"
    unbelieved = (OfficeState.FROZEN, OfficeState.HERE, False)
    assert off_the_table({unbelieved}) == {unbelieved}, "what only an adoption may do is seen elsewhere"


@pytest.mark.parametrize("seed", [pytest.param(range(40_000, 40_003), id="some"), LONG_SAMPLE])
def test_no_history_with_the_office_on_postgresql_breaks_an_invariant(driver, empty_again, postgres_office, seed):
    """What SQLite cannot show: row locks, sets of rows in one statement, the server's own types."""
    office = sys.modules[driver.__name__.replace("driver", "office")]
    for one in seed:
        empty_again()
        office.furnish(postgres_office)
        violation, sim = driver.history(one, head=office.on_server(postgres_office.engine), hard=True)
        assert violation is None, f"history({one}) on PostgreSQL: {violation}\n{driver.tell(sim)}"


@pytest.mark.long
def test_thousands_of_histories_of_today_break_nothing(driver, driver_with_tills, replay):
    """5,000 in all, with new seeds every day; `replay.py` plays any of them again on any day."""
    first, part = DAY * HISTORIES_LONG, HISTORIES_LONG // 5
    _clean(driver, replay, range(first, first + 2 * part))
    _clean(driver, replay, range(first + 2 * part, first + 3 * part), hard=True)
    _clean(driver, replay, range(first + 3 * part, first + 4 * part), hard=True, restores=True)
    _clean(driver_with_tills, replay, range(first + 4 * part, first + 5 * part), hard=True, rollbacks=True)


def test_a_history_is_its_seed(driver):
    once, twice = (driver.history(5, hard=True)[1] for _ in range(2))
    assert list(once.recorded) == list(twice.recorded)
    assert once.stats == twice.stats


@pytest.mark.parametrize(
    ("guard", "first", "more"),
    [
        ("claim_unique", 2, {"hard": True}),
        ("one_tx", 3, {"hard": True}),
        ("ack_after_commit", 0, {"hard": True}),
        ("contiguous", 9, {"hard": True}),
        ("dedupe", 0, {"hard": True}),
        ("release_confirm", 4, {"hard": True}),
        ("pad_receive", 7, {"roam": True}),
        ("instance", 0, {"hard": True}),
        ("ship_gives_up", 0, {"hard": True}),
        ("rejoin_snapshot", 3, {"hard": True}),
    ],
)
def test_without_this_guard_some_history_breaks_an_invariant(driver, guard, first, more):
    """`first`: the seed looked at first, which found it when this was written; any other will do."""
    assert getattr(ALL, guard)
    for seed in range(first, first + GUARD_SEEDS_MAX):
        violation, _ = driver.history(seed, Guards(**{guard: False}), **more)
        if violation:
            return
    pytest.fail(f"{GUARD_SEEDS_MAX} histories without {guard} found nothing: the simulation is blind to it")
