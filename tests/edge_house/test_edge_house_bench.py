"""A bench is where tags are written and looked at: a piece on it is in the house, and its silence accuses nobody."""

import msgspec
import pytest

from contract.facts import (
    AlarmRaised,
    CountFinished,
    CountPlace,
    PiecePresence,
    PresenceState,
    ReaderLink,
    Vision,
    ZoneVision,
)
from contract.ids import CountId, UserId
from edge.config import ZoneKind

CASE = list(range(1, 31))
REST = [n for n in CASE if n != 7]


@pytest.fixture
def shop(config, clock, make):
    zones = tuple(
        msgspec.structs.replace(zone, kind=ZoneKind.BENCH) if zone.id == "pad" else zone for zone in config.zones
    )
    return make.shop(
        msgspec.structs.replace(config, zones=zones), clock, [make.card(n, tray=f"t{n // 8}") for n in CASE]
    )


def missing(shop):
    return {fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING}


def test_a_piece_that_is_looked_at_on_the_bench_is_not_missed_in_its_case(shop):
    shop.run(60, lying={"r-case": CASE})
    shop.run(240, lying={"r-case": REST, "r-pad": [7]})
    assert shop.facts(AlarmRaised) == []
    shop.run(60, lying={"r-case": CASE})
    assert missing(shop) == set()


def test_a_piece_that_leaves_the_bench_for_nowhere_is_missed_in_its_case(shop):
    """The control: being read on the bench was what kept it."""
    shop.run(60, lying={"r-case": CASE})
    shop.run(30, lying={"r-case": REST, "r-pad": [7]})
    shop.run(240, lying={"r-case": REST})
    assert [(alarm.pieces, alarm.zone) for alarm in shop.facts(AlarmRaised)] == [(("p7",), "case")]


def test_nothing_lies_on_a_bench_so_that_its_silence_is_no_absence(shop):
    shop.run(60, lying={"r-case": REST, "r-pad": [7]})
    shop.run(240, lying={"r-case": REST})
    bench = next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == "pad")
    assert (bench.vision, bench.expected, bench.missing) == (Vision.SEEING, 0, 0)
    assert all(alarm.zone == "case" for alarm in shop.facts(AlarmRaised))


def test_a_count_of_the_floor_does_not_wait_for_the_bench(shop):
    shop.run(30, lying={"r-case": CASE})
    shop.dead.add("r-pad")
    shop.health["r-pad"].link = ReaderLink.SILENT
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), UserId("ana"))
    shop.run(60, lying={"r-case": CASE})
    (ended,) = shop.facts(CountFinished)
    assert (ended.found, ended.expected, ended.why_stopped) == (30, 30, "complete")
    assert [fact.vision for fact in shop.facts(ZoneVision) if fact.zone == "case"] == [Vision.SEEING]
