"""The watch of a whole store: what detectors say becomes one alarm each, as loud as it should be, and no more."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from contract.facts import (
    AlarmBudgetSet,
    AlarmKind,
    AlarmRaised,
    ExitSeen,
    PiecePresence,
    PresenceState,
    RestockEnded,
    Severity,
)
from contract.facts.signals import InputKind
from contract.ids import AlarmId, PieceId, ReaderId, UserId, ZoneId
from edge.books.rows import RestockRow
from edge.config import InputConfig
from edge.floor.alarms import memory, words
from edge.floor.alarms.deliveries import Deliveries, Missed, RestockRefusedError
from edge.hours import HoursConfig, check, is_open, span_of
from edge.readers.details import Details
from edge.reconcile.detectors.budget import Budget
from edge.till import queries
from edge.till.desk import Done
from trade import acts

CASE = list(range(1, 31))
SAFE = list(range(31, 51))
ALL = {"r-case": CASE, "r-safe": SAFE}
LOU, MAX = UserId("lou"), UserId("max")


def make_shop(config, clock, make, **more):
    config = msgspec.structs.replace(config, **more)
    cards = [make.card(n, tray=f"t{n // 8}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    return make.shop(config, clock, cards)


@pytest.fixture
def shop(config, clock, make):
    return make_shop(config, clock, make)


def alarms(shop):
    return [(alarm.kind, alarm.pieces) for alarm in shop.facts(AlarmRaised)]


def without(*numbers):
    return {"r-case": [n for n in CASE if n not in numbers], "r-safe": SAFE}


TRAY = range(8, 16)
GONE = tuple(f"p{n}" for n in TRAY)


def test_a_lifted_tray_is_one_alarm_that_names_it_and_says_what_to_do(shop):
    shop.run(60, lying=ALL)
    shop.run(200, lying=without(*TRAY))
    (alarm,) = shop.facts(AlarmRaised)
    assert (alarm.kind, set(alarm.pieces)) == (AlarmKind.TRAY, set(GONE))
    assert "The whole tray: 8 of its 8 pieces are silent" in alarm.sentence
    assert alarm.value_minor == 8 * 120_000
    assert alarm.severity is Severity.ALARM


def test_a_tray_of_great_value_sounds_at_the_exits(config, clock, make):
    shop = make_shop(config, clock, make, siren_from_minor=900_000)
    shop.run(60, lying=ALL)
    shop.run(200, lying=without(*TRAY))
    (alarm,) = shop.facts(AlarmRaised)
    assert alarm.severity is Severity.SIREN
    assert (
        shop.books.db.rows("alarms_newest", msgspec.defstruct("R", [("severity", str)]), limit=1)[0].severity == "siren"
    )


def test_during_a_delivery_nobody_is_accused_and_what_does_not_come_back_is_said_at_its_end(shop):
    shop.run(60, lying=ALL)
    shop.store.begin_restock("d1", (ZoneId("case"),), 30, LOU)
    assert shop.store.pipeline.floor.deliveries, "the page that is shown next tells of it"
    shop.run(200, lying=without(*TRAY))
    assert alarms(shop) == []
    gone = {fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING}
    assert gone == set(GONE), "presence goes on saying what it sees"
    shop.run(30, lying=without(8, 9))
    shop.store.end_restock("d1", "put away", LOU)
    assert not shop.store.pipeline.floor.deliveries
    shop.run(1, lying=without(8, 9))
    assert alarms(shop) == [(AlarmKind.GROUP, ("p8", "p9"))]
    (ended,) = shop.facts(RestockEnded)
    assert ended.muted == 1
    with pytest.raises(RestockRefusedError, match="ended already"):
        shop.store.end_restock("d1", "again", LOU)


def test_a_delivery_ends_by_itself_and_goes_on_after_a_restart(config, clock, make):
    shop = make_shop(config, clock, make)
    shop.store.begin_restock("d1", (), 1, LOU)
    shop.store.reload()
    assert [one.restock for one in shop.store.pipeline.watch.deliveries.now] == ["d1"]
    shop.run(75)
    assert shop.store.pipeline.watch.deliveries.now == ()
    assert shop.facts(RestockEnded)[0].why == "its time was over"
    for wrong in ({"minutes": 0}, {"minutes": 9999}, {"minutes": 5, "zones": (ZoneId("attic"),)}):
        with pytest.raises(RestockRefusedError):
            shop.store.begin_restock("d2", wrong.get("zones", ()), wrong["minutes"], LOU)


def test_the_gate_is_never_muted(shop):
    shop.run(10, lying=ALL)
    shop.store.begin_restock("d1", (), 30, LOU)
    pass_gate(shop, [5])
    assert alarms(shop) == [(AlarmKind.EXIT, ("p5",))]


def pass_gate(shop, numbers, seconds=2.0):
    for turn in range(int(seconds * 50)):
        shop.clock.now += 20_000
        for health in shop.health.values():
            health.last_heard_us = shop.clock.now
        if turn % 10 == 0:
            shop.read("r-exit", numbers, rssi=-6500 + 30 * turn)
        shop.store.tick(shop.clock.now, writing=True)


def test_a_box_carried_out_is_one_alarm_with_its_number_and_value(shop):
    shop.run(10, lying=ALL)
    pass_gate(shop, CASE)
    shop.run(200, lying={"r-safe": SAFE})
    raised = shop.facts(AlarmRaised)
    assert [(alarm.kind, len(alarm.pieces)) for alarm in raised] == [(AlarmKind.EXIT, n) for n in (1, 1, len(CASE))]
    assert raised[2].value_minor == len(CASE) * 120_000
    assert f"{len(CASE)} pieces within" in raised[2].sentence
    gone = {fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING}
    assert gone == {f"p{n}" for n in CASE}, "nor is any of them missed a second time"


def test_what_a_delivery_muted_before_a_restart_is_said_at_its_end(config, clock, make):
    shop = make_shop(config, clock, make)
    shop.run(60, lying=ALL)
    shop.run(120, lying=without(3))
    assert alarms(shop) == [(AlarmKind.MISSING, ("p3",))]
    shop.store.begin_restock("d1", (ZoneId("case"),), 30, LOU)
    shop.run(200, lying=without(3, *TRAY))
    shop.store.reload()
    shop.run(20, lying=without(3, *TRAY))
    shop.store.end_restock("d1", "put away", LOU)
    shop.run(1, lying=without(3, *TRAY))
    assert alarms(shop)[1:] == [(AlarmKind.GROUP, GONE)], "and not what was said before it began"


def test_after_a_restart_a_delivery_has_muted_only_what_was_missed_since_in_its_zones_and_named_by_no_alarm():
    deliveries = Deliveries({ZoneId("case"): 0, ZoneId("safe"): 1})
    begun = RestockRow(
        restock="d1", zones='["case"]', by=LOU, began_us=100, until_us=1_000_000, ended_us=0, muted=0, why=""
    )
    muted, before, said, elsewhere = (
        Missed(1, 0, 150, 0),
        Missed(2, 0, 50, 0),
        Missed(3, 0, 150, 160),
        Missed(4, 1, 150, 0),
    )
    deliveries.load([begun], 200, 0, [muted, before, said, elsewhere])
    assert deliveries.ended("d1", lambda: {1, 2, 3, 4}).rows == (1,)


def test_a_siren_stands_above_newer_trifles(config, clock, make):
    shop = make_shop(config, clock, make, alarm_from_minor=100_000_000)
    shop.run(60, lying=ALL)
    pass_gate(shop, [5])
    shop.run(200, lying=without(5, 3))
    assert [alarm.severity for alarm in shop.facts(AlarmRaised)] == [Severity.SIREN, Severity.NOTICE]
    assert [row.severity for row in queries.alarms_open(shop.books.db)] == [Severity.SIREN, Severity.NOTICE]


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_a_title_and_says_what_to_do(kind):
    assert words.TITLES[kind]
    assert words.ADVICE[kind]


def test_a_piece_that_lies_by_the_door_is_learned_and_shown_and_heard_when_it_is_carried_out(shop):
    for _ in range(4):
        shop.run(2, lying={"r-case": CASE, "r-safe": SAFE, "r-exit": [5]})
        shop.clock.now += 900_000_000
    shop.store.tick(shop.clock.now, writing=True)
    shop.run(2, lying=ALL)
    assert shop.store.pipeline.floor.in_view == ("p5",)
    before = len(shop.facts(ExitSeen))
    pass_gate(shop, [5], seconds=0.6)  # -65 to -56 dBm, of a piece usually heard at -55
    assert len(shop.facts(ExitSeen)) == before
    for turn in range(20):
        shop.clock.now += 200_000
        shop.read("r-exit", [5], rssi=-5500 + 100 * turn)
        shop.store.tick(shop.clock.now, writing=True)
    assert len(shop.facts(ExitSeen)) == before + 1


def test_a_jammed_reader_is_one_alarm_and_no_missing_piece(shop):
    shop.run(120, lying=ALL)
    shop.run(90, lying=ALL, p=0.1)
    assert {kind for kind, _ in alarms(shop)} == {AlarmKind.JAM}
    assert len(alarms(shop)) == 2, "two readers, each once"
    assert not [fact for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING]


def test_a_jammer_that_is_turned_up_over_a_minute_is_one_alarm_a_reader_and_no_missing_piece(shop):
    shop.run(120, lying=ALL)
    for second in range(60):
        shop.run(1, lying=ALL, p=0.9 - 0.8 * second / 60)
    shop.run(60, lying=ALL, p=0.1)
    shop.run(60, lying=ALL)
    assert sorted(kind for kind, _ in alarms(shop)) == [AlarmKind.JAM] * 2, "two readers, each once"
    assert not [fact for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING]


def test_ten_thousand_strange_tags_a_second_are_one_alarm_bounded_and_counted(shop):
    shop.run(130, lying=ALL)  # what is heard in the first two minutes is the house's own
    catalogue = shop.store.stock.catalogue
    for second in range(5):
        shop.read("r-safe", range(1_000_000 + 10_000 * second, 1_010_000 + 10_000 * second))
        shop.run(1, lying=ALL)
    kept = sum(one.reads for one in catalogue.unknown())
    assert kept <= catalogue.unknown_epcs_max
    assert kept + catalogue.unknown_dropped_total == 50_000
    assert [kind for kind, _ in alarms(shop)] == [AlarmKind.JAM]
    assert "tags that nobody issued" in shop.facts(AlarmRaised)[0].sentence


def test_a_missing_piece_on_the_pad_was_never_sold(shop):
    shop.run(60, lying=ALL)
    shop.run(120, lying=without(3))
    assert alarms(shop) == [(AlarmKind.MISSING, ("p3",))]
    shop.run(10, lying={**without(3), "r-pad": [3]})
    assert alarms(shop)[1:] == [(AlarmKind.RETURNED, ("p3",))]


def test_a_tag_that_tells_another_number_of_its_own_is_a_copy(shop):
    shop.run(10, lying=ALL)
    card = shop.store.stock.cards[PieceId("p3")]
    shop.store.stock.cards[PieceId("p3")] = msgspec.structs.replace(card, tid="E280116060000209AAAAAAAA")
    for told in ("E280116060000209AAAAAAAA", "E280116060000209BBBBBBBB", "E280116060000209BBBBBBBB"):
        tid = np.frombuffer(bytes.fromhex(told), np.uint8).reshape(1, 12)
        details = Details(tid=tid, tid_bytes=np.array([12], np.uint16))
        row = shop.store.stock.catalogue.row_of(PieceId("p3"))
        shop.store.pipeline.intake._note_tids(details, np.array([row], np.int32))
        shop.run(3, lying=ALL)
        if told.endswith("AAAA"):
            assert alarms(shop) == []
    assert alarms(shop) == [(AlarmKind.CLONE, ("p3",))]


# --- open hours ---------------------------------------------------------------------------------------------------

TEN_TO_SEVEN = HoursConfig(tue="10:00-19:00", wed="18:00-02:00", closed_on=("2023-11-21",))
"""The hand clock begins on Tuesday 2023-11-14, at 22:13 UTC."""


def at(day, hour, minute=0):
    return dt.datetime(2023, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))


def test_a_store_is_open_by_its_own_days_and_into_the_night():
    assert is_open(TEN_TO_SEVEN, at(14, 10))
    assert not is_open(TEN_TO_SEVEN, at(14, 19))
    assert is_open(TEN_TO_SEVEN, at(15, 23))
    assert is_open(TEN_TO_SEVEN, at(16, 1, 59))
    assert not is_open(TEN_TO_SEVEN, at(16, 2))
    assert not is_open(TEN_TO_SEVEN, at(21, 12)), "a day on which it stays closed"
    assert not is_open(TEN_TO_SEVEN, at(13, 12))


@pytest.mark.parametrize("text", ["10-19", "10:00", "25:00-26:00", "10:00-10:00", "10:61-12:00", "ten-seven", ""])
def test_hours_that_mean_nothing_are_refused_with_the_day_and_the_mend(text):
    with pytest.raises(ValueError, match=r"hours\.mon: .*(write|begins|last)"):
        check(HoursConfig(mon=text))


def test_a_day_that_is_none_is_refused_and_a_whole_day_can_be_written():
    with pytest.raises(ValueError, match="closed_on"):
        check(HoursConfig(closed_on=("25.12.",)))
    assert span_of("00:00-24:00") == (0, 1440)
    assert span_of("closed") is None


def with_door(config, hours):
    door = {"1": InputConfig(name="Back door", kind=InputKind.DOOR, zone=ZoneId("case"))}
    readers = tuple(
        msgspec.structs.replace(reader, inputs=door) if reader.id == "r-case" else reader for reader in config.readers
    )
    return {"readers": readers, "hours": hours}


@pytest.mark.parametrize("night", [True, False])
def test_a_door_that_opens_at_night_is_an_alarm_and_by_day_it_is_none(config, clock, make, night):
    shop = make_shop(config, clock, make, **with_door(config, HoursConfig(**({} if night else {"tue": "00:00-24:00"}))))
    shop.health[ReaderId("r-case")].inputs = {1: False}
    shop.run(20, lying=ALL)
    shop.health[ReaderId("r-case")].inputs = {1: True}
    shop.run(20, lying=ALL)
    assert [kind for kind, _ in alarms(shop)] == ([AlarmKind.AFTER_HOURS] if night else [])


# --- the budget ---------------------------------------------------------------------------------------------------


def test_an_alarm_closed_as_false_is_charged_and_kept_over_a_restart(shop):
    shop.run(60, lying=ALL)
    shop.run(120, lying=without(3))
    (alarm,) = shop.facts(AlarmRaised)
    assert isinstance(shop.store.act(acts.CloseAlarm(alarm=AlarmId(alarm.alarm), outcome="false_alarm"), LOU), Done)
    shop.run(1)
    missing = {line.kind: line for line in shop.store.pipeline.floor.budget}[AlarmKind.MISSING]
    assert missing.false_lately == 1
    shop.store.stop()
    shop.store.reload()
    kept = {line.kind: line for line in shop.store.pipeline.watch.budget.lines()}[AlarmKind.MISSING]
    assert kept.false_lately == 1


def test_a_manager_sets_the_budget_and_it_holds_after_a_restart(shop):
    shop.store.set_budget(3.0, {"jam": 5.0}, MAX)
    shop.store.reload()
    budget = shop.store.pipeline.watch.budget
    assert budget.alarms_per_month_max == 3.0
    assert budget.weights[AlarmKind.JAM] == 5.0
    assert sum(budget.shares().values()) <= 3.0 + 1e-9
    assert shop.facts(AlarmBudgetSet)[0].weights == {"jam": 5.0}


def test_a_damaged_memory_of_the_budget_is_begun_anew(shop):
    with shop.books.transaction() as tx:
        tx.db.run("evidence_set", name=memory.NAME, body=b"{", at_us=1)
    assert memory.load(shop.books.db, 2.0).alarms_per_month_max == 2.0
    whole = Budget(watched_s=77.0)
    with shop.books.transaction() as tx:
        tx.db.run("evidence_set", name=memory.NAME, body=memory.save(whole), at_us=1)
    assert memory.load(shop.books.db, 2.0).watched_s == 77.0
