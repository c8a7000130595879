"""Nonsense of people, disks and clocks on the running house: it says so, or goes on, and never forgets what it knows."""

import msgspec
import numpy as np
import pytest

from contract.facts import AlarmRaised, CountFinished, CountPlace, RestockEnded
from contract.ids import CountId, UserId
from trade.stocktake import CountState

ANA, MAX = UserId("ana"), UserId("max")
CASE, SAFE = list(range(1, 11)), list(range(11, 16))
ALL = {"r-case": CASE, "r-safe": SAFE}


@pytest.fixture
def shop(make, config, clock):
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    return make.shop(config, clock, cards)


def state_of(shop, count):
    return shop.store._count(CountId(count)).state


def test_an_approved_count_is_not_begun_again_under_its_own_id(shop):
    shop.run(5, lying=ALL)
    shop.store.start_count(CountId("c1"), CountPlace.SAFE, (), ANA)
    shop.run(60, lying=ALL)
    shop.store.approve_count(CountId("c1"), "2026-01-01", MAX)
    assert state_of(shop, "c1") is CountState.APPROVED
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), ANA)
    assert not shop.store.counting._running
    shop.run(60, lying={"r-case": [], "r-safe": SAFE})
    assert state_of(shop, "c1") is CountState.APPROVED
    assert len(shop.facts(CountFinished)) == 1


def test_a_delivery_that_is_begun_twice_forgets_nothing_of_what_it_muted(shop):
    shop.run(120, lying=ALL)
    shop.store.begin_restock("r1", ("case",), 60, MAX)
    shop.run(200, lying={"r-case": CASE[1:], "r-safe": SAFE})
    assert shop.facts(AlarmRaised) == []
    shop.store.begin_restock("r1", ("safe",), 240, MAX)
    shop.store.end_restock("r1", "put away", MAX)
    shop.run(1, lying=ALL)
    assert [alarm.pieces for alarm in shop.facts(AlarmRaised)] == [("p1",)]


def test_a_clock_that_is_set_back_does_not_make_a_delivery_last_longer(shop, monkeypatch):
    shop.run(1, lying=ALL)
    shop.store.begin_restock("r1", ("case",), 1, MAX)
    wall_us = shop.clock.wall_us
    monkeypatch.setattr(shop.clock, "wall_us", lambda: wall_us() - 86_400_000_000)
    shop.run(90, lying=ALL)
    assert [fact.restock for fact in shop.facts(RestockEnded)] == ["r1"]


@pytest.mark.parametrize("name", ["presence", "threshold", "detectors", "zones/tags"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"nan", b"-1", b"1e999", b"[]", b"\xff\xfe" * 9,
        b'{"watched_s":1e9,"meters":{"jam":{"bar_nats":1e300,"peaks":{"5":99999999999999999999},"false_s":[]}}}',
        b'{"watched_s":-5,"meters":{"jam":{"bar_nats":-1,"peaks":{"-5":-9},"false_s":[1e300]}}}',
    ],
)  # fmt: skip
def test_a_damaged_memory_is_begun_anew_and_the_house_goes_on(shop, name, body):
    shop.run(2, lying=ALL)
    with shop.books.transaction() as tx:
        tx.db.run("evidence_set", name=name, body=body, at_us=1)
    shop.store.reload()
    shop.run(62, lying=ALL)
    assert 14.0 <= shop.store.pipeline.rules.alarm_nats <= 60.0
    assert all(np.isfinite(line.bar_nats) and line.bar_nats >= 0 for line in shop.store.pipeline.floor.budget)


def test_a_manager_who_gives_presence_no_share_does_not_stop_the_house(shop):
    shop.run(62, lying=ALL)
    shop.store.pipeline.evidence.store_s = 1e6
    shop.store.pipeline.watch.budget.watched_s = 1e6
    shop.store.set_budget(1.0, {"missing": 0.0, "group": 0.0}, MAX)
    shop.run(62, lying=ALL)
    assert msgspec.json.encode(shop.store.pipeline.floor.alarms_per_month_max)
