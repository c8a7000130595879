"""Guards of the tick, each taken out once: what would happen to a store without it."""

import pytest

from contract.facts import AlarmRaised, ExitSeen, PiecePresence, PresenceState, ReaderLink
from contract.ids import PieceId
from edge.floor import intake
from edge.floor.catalogue import UNKNOWN_EPCS_MAX
from edge.floor.rounds import Rounds
from edge.reconcile.presence import sight
from trade.custody import TokenState

CASE, SAFE = list(range(1, 31)), list(range(31, 51))


@pytest.fixture
def shop(config, clock, make):
    cards = [make.card(n, tray=f"t{n // 8}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    return make.shop(config, clock, cards)


def missing(shop):
    return {fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING}


# --- the witness -------------------------------------------------------------------------------------------------


def fall_silent(shop):
    """The case's reader is cut off for ten minutes."""
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.dead.add("r-case")
    shop.run(3, lying={"r-safe": SAFE})
    shop.health["r-case"].link = ReaderLink.SILENT
    shop.run(600, lying={"r-safe": SAFE})


def without_witness(monkeypatch, make):
    """Every round counts, whatever the reader's link and ear say."""
    close = Rounds.close
    believed = make.health(last_heard_us=1 << 60)
    monkeypatch.setattr(
        Rounds, "close", lambda self, now_us, health: close(self, now_us, dict.fromkeys(health, believed))
    )


def without_sight(monkeypatch):
    """A zone in which everything goes quiet at once is taken for well seen."""
    monkeypatch.setattr(sight, "watch", lambda belief, *_: belief)


def test_a_silent_reader_makes_nothing_missing(shop):
    fall_silent(shop)
    assert missing(shop) == set()


def test_the_witness_alone_is_enough(shop, monkeypatch):
    without_sight(monkeypatch)
    fall_silent(shop)
    assert missing(shop) == set()


def test_what_goes_quiet_together_is_blind_even_where_the_reader_is_believed(shop, monkeypatch, make):
    without_witness(monkeypatch, make)
    fall_silent(shop)
    assert missing(shop) == set()


def test_control_without_the_witness_and_without_sight_the_whole_case_is_called_stolen(shop, monkeypatch, make):
    without_witness(monkeypatch, make)
    without_sight(monkeypatch)
    fall_silent(shop)
    assert missing(shop) == {f"p{n}" for n in CASE}


# --- the sold list -----------------------------------------------------------------------------------------------


def carry_out(shop, number):
    for turn in range(100):
        shop.clock.now += 20_000
        for health in shop.health.values():
            health.last_heard_us = shop.clock.now
        if turn % 10 == 0:
            shop.read("r-exit", [number], rssi=-6500 + 30 * turn)
        shop.store.tick(shop.clock.now, writing=True)


def sell_and_carry_out(shop, make):
    shop.run(10, lying={"r-case": CASE})
    make.give(shop.books, 5, state=TokenState.SOLD)
    shop.store.stock.restand(shop.books.db, [PieceId("p5")])
    carry_out(shop, 5)


def test_a_sold_piece_passes_the_gate_in_peace(shop, make):
    sell_and_carry_out(shop, make)
    assert [(fact.piece, fact.peaceful, fact.why) for fact in shop.facts(ExitSeen)] == [("p5", True, "sold")]
    assert shop.facts(AlarmRaised) == []


def test_control_a_gate_that_does_not_know_what_was_sold_accuses_the_client(shop, make, monkeypatch):
    monkeypatch.setattr(shop.store.stock, "restand", lambda db, pieces: None)
    sell_and_carry_out(shop, make)
    assert [alarm.pieces for alarm in shop.facts(AlarmRaised)] == [("p5",)]


# --- strangers in the air ----------------------------------------------------------------------------------------


def crowd(shop, make, tags):
    """A delivery of somebody else's tags is rolled past."""
    epcs = [make.epc(1_000_000 + n) for n in range(tags)]
    for start in range(0, tags, 500):
        shop.store.pipeline.deliver(make.batch("r-exit", shop.clock.now, epcs[start : start + 500]))
    shop.run(0.1)


def test_strangers_beyond_the_cap_are_counted_and_not_kept(shop, make):
    crowd(shop, make, UNKNOWN_EPCS_MAX + 900)
    catalogue = shop.store.stock.catalogue
    assert (len(catalogue.unknown()), catalogue.unknown_dropped_total) == (UNKNOWN_EPCS_MAX, 900)
    shop.run(30, lying={"r-case": CASE})
    assert shop.store.seen(PieceId("p1"), shop.clock.now), "our own pieces are read as before"


def test_control_without_the_cap_every_tag_that_ever_passed_would_stay(config, clock, make, monkeypatch):
    monkeypatch.setattr("edge.floor.catalogue.Catalogue.__init__.__defaults__", (1 << 20, {}))
    shop = make.shop(config, clock, [make.card(n) for n in CASE])
    crowd(shop, make, UNKNOWN_EPCS_MAX + 900)
    assert len(shop.store.stock.catalogue.unknown()) == UNKNOWN_EPCS_MAX + 900


# --- the door ----------------------------------------------------------------------------------------------------


def flood(shop, make, batches):
    """The house stands still (a slow disk) and the readers go on."""
    batch = make.batch("r-case", shop.clock.now, [make.epc(1)])
    for _ in range(batches):
        shop.store.pipeline.deliver(batch)
    return len(shop.store.pipeline.intake)


def test_a_house_that_stands_still_drops_batches_at_the_door_and_counts_them(shop, make):
    assert flood(shop, make, intake.BATCHES_PENDING_MAX + 700) == intake.BATCHES_PENDING_MAX
    assert shop.store.pipeline.intake.batches_dropped_total == 700
    assert shop.store.pipeline.intake.lost_us == {"r-case": shop.clock.now}
    shop.run(0.1)
    assert len(shop.store.pipeline.intake) == 0


def test_control_without_the_bound_the_queue_grows_with_the_standstill(shop, make, monkeypatch):
    bound = intake.BATCHES_PENDING_MAX
    monkeypatch.setattr(intake, "BATCHES_PENDING_MAX", 1 << 40)
    assert flood(shop, make, bound + 700) == bound + 700
