"""Doors, lamps, sirens and locks: what is told once, what is lit by whom and for how long, and what falls to off."""

import random
from pathlib import Path

import msgspec
import pytest

from contract.facts import (
    AlarmClosed,
    AlarmRaised,
    CoverageGap,
    PiecePresence,
    PresenceState,
    ReaderHealth,
    ReaderLink,
    Vision,
    ZoneVision,
)
from contract.facts.signals import InputChanged, InputKind, OutputKind, OutputSet
from contract.ids import ReaderId, UserId, ZoneId
from edge.books.journal import NotServingError
from edge.books.replay import differences
from edge.books.rows import SignalRow
from edge.config import Active, ConfigError, InputConfig, OutputConfig, load_config
from edge.floor.inputs import CHANGES_PER_MINUTE_MAX
from edge.floor.signals import ALARMS_SHOWN_MAX, LAMP_FOR_S, LOCK_FOR_S_MAX, SIREN_FOR_S, SignalRefusedError
from edge.readers import open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.profiles import load_profile
from edge.store import Store
from trade.acts import CloseAlarm

GATE = ReaderId("r-exit")
LAMP, SIREN, LOCK = (GATE, 1), (GATE, 2), (GATE, 3)
MANAGER = UserId("max")
WIRES = {
    "inputs": {
        "1": InputConfig(name="Back door", kind=InputKind.DOOR, zone=ZoneId("exit")),
        "2": InputConfig(name="Bell", kind=InputKind.BUTTON, zone=ZoneId("exit"), active=Active.LOW),
    },
    "outputs": {
        "1": OutputConfig(name="Gate lamp", kind=OutputKind.LAMP, zone=ZoneId("exit")),
        "2": OutputConfig(name="Gate siren", kind=OutputKind.SIREN, zone=ZoneId("exit")),
        "3": OutputConfig(name="Case lock", kind=OutputKind.LOCK, zone=ZoneId("case")),
    },
}


@pytest.fixture
def shop(config, clock, make):
    readers = tuple(msgspec.structs.replace(r, **WIRES) if r.id == GATE else r for r in config.readers)
    return make.shop(msgspec.structs.replace(config, readers=readers), clock, [make.card(n) for n in range(1, 31)])


def wire(shop, port, *, high):
    shop.health[GATE].inputs = {**shop.health[GATE].inputs, port: high}


def carry_out(shop, number):
    """Somebody carries a piece through the gate and is gone."""
    for turn in range(6):
        shop.read("r-exit", [number], rssi=-6500 + 200 * turn)
        shop.run(0.3)
    return shop.facts(AlarmRaised)[-1]


def lit(shop):
    return {port for port, on in shop.store.pipeline.signals.wanted.items() if on}


# --- inputs ---------------------------------------------------------------------------------------------------


def test_a_door_that_opens_and_closes_is_told_once_each(shop):
    wire(shop, 1, high=False)
    shop.run(1)
    wire(shop, 1, high=True)
    shop.run(1)
    wire(shop, 1, high=False)
    shop.run(1)
    told = shop.facts(InputChanged)
    assert [(fact.name, fact.on, fact.found) for fact in told] == [
        ("Back door", False, True),
        ("Back door", True, False),
        ("Back door", False, False),
    ]
    (row,) = shop.books.db.rows("signals", SignalRow)
    assert (row.reader, row.port, row.name, row.is_on) == ("r-exit", 1, "Back door", False)
    assert "readers" in shop.told


def test_a_contact_that_bounces_is_no_change(shop):
    wire(shop, 1, high=False)
    shop.run(1)
    for _ in range(5):
        for high in (True, False):
            wire(shop, 1, high=high)
            shop.clock.now += 20_000
            shop.store.tick(shop.clock.now, writing=True)
    shop.run(1)
    assert len(shop.facts(InputChanged)) == 1


def test_control_a_level_that_stays_past_the_bounce_is_a_change(shop):
    wire(shop, 1, high=False)
    shop.run(1)
    wire(shop, 1, high=True)
    for _ in range(5):
        shop.clock.now += 20_000
        shop.store.tick(shop.clock.now, writing=True)
    assert len(shop.facts(InputChanged)) == 2


def test_a_bell_on_a_wire_that_falls_is_on_when_it_is_low(shop):
    wire(shop, 2, high=False)
    shop.run(1)
    assert shop.facts(InputChanged)[-1].on


def test_a_door_opened_while_its_reader_was_away_is_told_as_found_so(shop):
    wire(shop, 1, high=False)
    shop.run(1)
    shop.health[GATE].inputs = {}
    shop.run(5)
    assert shop.store.pipeline.inputs.now()[GATE, 1] is None
    wire(shop, 1, high=True)
    shop.run(1)
    assert [(fact.on, fact.found) for fact in shop.facts(InputChanged)][1:] == [(True, True)]


def test_a_door_that_stands_as_before_is_not_told_again_after_a_gap_or_a_restart(shop, clock):
    wire(shop, 1, high=True)
    shop.run(1)
    shop.health[GATE].inputs = {}
    shop.run(1)
    wire(shop, 1, high=True)
    shop.run(1)
    again = Store(shop.config, shop.books, clock, random.Random(8))
    again.pipeline.health = shop.health
    for _ in range(10):
        clock.now += 100_000
        again.tick(clock.now, writing=True)
    assert len(shop.facts(InputChanged)) == 1


def test_a_door_that_flaps_for_minutes_fills_no_journal_and_ends_in_the_truth(shop):
    wire(shop, 1, high=False)
    shop.run(1)
    for turn in range(1801):
        wire(shop, 1, high=turn % 2 == 0)
        shop.run(0.2)
    shop.run(70)
    told = shop.facts(InputChanged)
    assert len(told) <= CHANGES_PER_MINUTE_MAX * 8
    assert told[-1].on
    held = shop.store.pipeline.inputs.changes_held_total
    assert held > 1000
    assert sum(fact.untold for fact in told) == held


# --- lamps and sirens -----------------------------------------------------------------------------------------


def test_a_piece_carried_out_lights_the_gate_until_a_person_says_what_it_was(shop):
    alarm = carry_out(shop, 5)
    assert lit(shop) == {LAMP, SIREN}
    on = shop.facts(OutputSet)
    assert {(fact.name, fact.on, fact.alarm, fact.for_s) for fact in on} == {
        ("Gate lamp", True, alarm.alarm, LAMP_FOR_S),
        ("Gate siren", True, alarm.alarm, SIREN_FOR_S),
    }
    shop.store.act(CloseAlarm(alarm=alarm.alarm, outcome="false_alarm", note=""), UserId("lou"))
    shop.run(0.1)
    assert lit(shop) == set()
    assert {fact.why for fact in shop.facts(OutputSet) if not fact.on} == {"the alarm was closed"}
    assert shop.facts(AlarmClosed)


def test_the_siren_ends_before_the_lamp_and_both_by_themselves(shop):
    carry_out(shop, 5)
    shop.run(SIREN_FOR_S)
    assert lit(shop) == {LAMP}
    shop.run(LAMP_FOR_S - SIREN_FOR_S)
    assert lit(shop) == set()
    assert [fact.why for fact in shop.facts(OutputSet) if not fact.on] == ["the time is over"] * 2


def test_two_alarms_are_lit_until_the_last_is_closed(shop):
    first, second = carry_out(shop, 5), carry_out(shop, 6)
    shop.store.act(CloseAlarm(alarm=first.alarm, outcome="found", note=""), UserId("lou"))
    shop.run(0.1)
    assert lit(shop) == {LAMP, SIREN}
    shop.store.act(CloseAlarm(alarm=second.alarm, outcome="found", note=""), UserId("lou"))
    shop.run(0.1)
    assert lit(shop) == set()


def test_a_siren_never_sounds_where_nobody_sees(shop):
    carry_out(shop, 5)
    assert SIREN in lit(shop), "the control: with a working reader it sounds"
    shop.health[GATE].link, shop.health[GATE].why = ReaderLink.SILENT, "nothing heard"
    shop.run(1)
    assert lit(shop) == {LAMP}
    assert "nobody sees there" in shop.facts(OutputSet)[-1].why


def test_a_piece_missed_in_a_case_lights_no_gate(shop):
    shop.run(60, lying={"r-case": list(range(1, 31))})
    shop.run(240, lying={"r-case": list(range(2, 31))})
    assert shop.facts(AlarmRaised)
    assert lit(shop) == set()


def test_after_a_restart_everything_is_off_and_said_to_be(shop, clock):
    carry_out(shop, 5)
    again = Store(shop.config, shop.books, clock, random.Random(8))
    again.pipeline.health = shop.health
    assert not any(again.pipeline.signals.wanted.values())
    clock.now += 100_000
    again.tick(clock.now, writing=True)
    off = [fact for fact in shop.facts(OutputSet) if not fact.on]
    assert {(fact.port, fact.why) for fact in off} == {
        (1, "the box was started again"),
        (2, "the box was started again"),
    }


def test_more_alarms_than_are_followed_are_counted_and_the_gate_stays_lit(shop):
    alarm = carry_out(shop, 5)
    signals = shop.store.pipeline.signals
    for n in range(ALARMS_SHOWN_MAX):
        signals.raised(msgspec.structs.replace(alarm, alarm=f"a{n}"), shop.clock.now)
    assert signals.alarms_let_go_total == 1
    shop.run(0.1)
    assert lit(shop) == {LAMP, SIREN}


# --- locks ----------------------------------------------------------------------------------------------------


def test_a_manager_opens_a_lock_for_seconds_and_the_books_know_who_and_why(shop):
    shop.store.open_lock(GATE, 3, 5, "showing the blue tray", MANAGER)
    shop.run(4.8)
    assert lit(shop) == {LOCK}
    shop.run(0.4)
    assert lit(shop) == set()
    opened, shut = shop.facts(OutputSet)
    assert (opened.on, opened.for_s, opened.why) == (True, 5, "showing the blue tray")
    assert (shut.on, shut.why) == (False, "the time is over")
    (row,) = shop.books.db.rows("signals", SignalRow)
    assert (row.name, row.is_on, row.by) == ("Case lock", False, "house")


@pytest.mark.parametrize(
    ("port", "seconds", "why"),
    [(3, LOCK_FOR_S_MAX + 1, "1 to 60 seconds"), (3, 0, "1 to 60"), (1, 5, "no lock"), (9, 5, "no lock")],
)
def test_only_a_lock_is_opened_and_only_for_a_moment(shop, port, seconds, why):
    with pytest.raises(SignalRefusedError, match=why):
        shop.store.open_lock(GATE, port, seconds, "why", MANAGER)
    assert lit(shop) == set()
    assert shop.facts(OutputSet) == []


def test_a_lock_whose_reader_is_away_is_not_opened_later(shop):
    shop.health[GATE].link = ReaderLink.SILENT
    with pytest.raises(SignalRefusedError, match="use the key"):
        shop.store.open_lock(GATE, 3, 5, "why", MANAGER)
    shop.health[GATE].link = ReaderLink.READING
    shop.run(1)
    assert lit(shop) == set()


def test_a_lock_whose_reader_goes_away_stays_shut_when_it_is_back(shop):
    shop.store.open_lock(GATE, 3, 60, "why", MANAGER)
    shop.run(1)
    assert lit(shop) == {LOCK}, "the control: as long as its reader is there it is open"
    shop.health[GATE].link = ReaderLink.SILENT
    shop.run(0.5)
    shop.health[GATE].link = ReaderLink.READING
    shop.run(1)
    assert lit(shop) == set()
    assert shop.facts(OutputSet)[-1].why == "its reader went away"


def test_a_box_that_may_write_nothing_opens_nothing(shop):
    with shop.books.transaction() as tx:
        tx.must_rejoin("a copied disk")
    with pytest.raises(NotServingError):
        shop.store.open_lock(GATE, 3, 5, "why", MANAGER)
    assert lit(shop) == set()


# --- readers that wait for an input ---------------------------------------------------------------------------


def wait(shop, reader, what="input 1"):
    shop.health[reader].waits_for = what


def test_while_a_reader_waits_for_its_door_nothing_there_is_missed_and_nobody_is_alarmed(shop):
    shop.run(60, lying={"r-case": list(range(1, 31))})
    wait(shop, "r-case")
    shop.run(600)
    assert shop.facts(AlarmRaised) == []
    assert [fact for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING] == []
    assert [fact for fact in shop.facts(ZoneVision) if fact.zone == "case"][-1].vision is Vision.SEEING
    assert [fact.link for fact in shop.facts(ReaderHealth) if fact.reader == "r-case"] == [ReaderLink.READING]
    assert shop.facts(CoverageGap) == []
    case = next(zone for zone in shop.store.pipeline.floor.zones if zone.zone == "case")
    assert "input 1" in case.why


def test_control_the_same_silence_of_a_reader_that_does_not_wait_is_noticed(shop):
    shop.run(60, lying={"r-case": list(range(1, 31))})
    shop.run(600)
    assert [fact for fact in shop.facts(ZoneVision) if fact.zone == "case"][-1].vision is Vision.BLIND


def test_what_left_while_nobody_read_is_missed_when_the_reader_reads_again(shop):
    shop.run(60, lying={"r-case": list(range(1, 31))})
    wait(shop, "r-case")
    shop.run(600)
    wait(shop, "r-case", "")
    shop.run(240, lying={"r-case": [n for n in range(1, 31) if n != 7]})
    assert {piece for alarm in shop.facts(AlarmRaised) for piece in alarm.pieces} == {"p7"}


def test_a_pad_that_waits_says_nothing_of_what_lies_on_it(shop):
    wait(shop, "r-pad")
    shop.run(2)
    pad = shop.store.pipeline.floor.pads[0]
    wait(shop, "r-pad", "")
    shop.run(2)
    assert (pad.state, pad.settled) != (shop.store.pipeline.floor.pads[0].state, True)


# --- configuration --------------------------------------------------------------------------------------------

TOML = """
store = "paris"
name = "Paris"
currency = "EUR"
data_dir = "data"
zones = [{{ id = "exit-1", name = "Door", kind = "exit" }}, {{ id = "case-1", name = "Case", kind = "case" }}]
[[readers]]
id = "gate"
url = "{url}"
profile = "generic-llrp"
antennas = {{ "1" = "exit-1" }}
{wires}
"""
GOOD = """
inputs = { "1" = { name = "Back door", kind = "door", zone = "exit-1", active = "low" } }
outputs = { "1" = { name = "Gate lamp", kind = "lamp", zone = "exit-1" } }
"""


def read(tmp_path, wires, url="llrp://10.0.0.9"):
    path = tmp_path / "edge.toml"
    path.write_text(TOML.format(url=url, wires=wires), encoding="utf-8")
    return load_config(path).readers[0]


def test_inputs_and_outputs_are_read_from_the_configuration(tmp_path):
    reader = read(tmp_path, GOOD)
    assert (reader.inputs["1"].name, reader.inputs["1"].active) == ("Back door", Active.LOW)
    assert (reader.outputs["1"].kind, reader.outputs["1"].active) == (OutputKind.LAMP, Active.HIGH)


@pytest.mark.parametrize(
    ("wires", "why"),
    [
        ('inputs = { "0" = { name = "x", kind = "door", zone = "exit-1" } }', "input '0' is not a port number"),
        ('inputs = { "1" = { name = "x", kind = "door", zone = "hall" } }', "zone 'hall', which is not listed"),
        ('inputs = { "1" = { name = "x", kind = "gong", zone = "exit-1" } }', "gong"),
        ('outputs = { "1" = { name = "x", kind = "siren", zone = "case-1" } }', "is no exit"),
        ('outputs = { "1" = { name = "x", kind = "lock", zone = "exit-1", for = 3 } }', "for"),
    ],
)
def test_a_wire_that_could_never_do_its_work_is_named(tmp_path, wires, why):
    with pytest.raises(ConfigError, match=why):
        read(tmp_path, wires)


def test_readers_written_in_two_ways_or_below_another_table_are_told_where_they_belong(tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text('store = "paris"\nreaders = []\n[[readers]]\nid = "gate"\n')
    with pytest.raises(ConfigError, match=r"write no key twice: all readers as \[\[readers\]\]"):
        load_config(path)
    path.write_text(TOML.format(url="llrp://10.0.0.9", wires="") + "[uplink]\nzones = []\n")
    with pytest.raises(ConfigError, match=r"`zones` - at `\$.uplink`; .* the last \[table\] above it"):
        load_config(path)


def test_the_example_in_the_readme_is_a_configuration(tmp_path):
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    example = readme.partition("### Doors, lamps, sirens and locks")[2].split("```toml")[1].split("```")[0]
    path = tmp_path / "edge.toml"
    path.write_text(TOML.format(url="llrp://10.0.0.9", wires="").replace('id = "gate"', 'id = "other"') + example)
    gate = load_config(path).readers[1]
    assert [wire.name for wire in gate.inputs.values()] == ["Back door", "Bell"]
    assert [wire.kind for wire in gate.outputs.values()] == [OutputKind.LAMP, OutputKind.SIREN, OutputKind.LOCK]


def test_a_module_on_a_serial_port_has_no_wires(tmp_path):
    module = read(tmp_path, GOOD, url="m100:///dev/ttyUSB0?region=eu")
    with pytest.raises(MisconfiguredError, match="only llrp and llrps readers have inputs and outputs"):
        open_reader(module, load_profile("m100"), random.Random(1))


def test_what_was_said_last_of_a_door_is_made_again_from_the_journal_alone(shop):
    wire(shop, 1, high=True)
    shop.run(1.0)
    assert len(shop.facts(InputChanged)) == 1
    assert "signal" not in differences(shop.books)
    with shop.books.transaction() as tx:
        tx.db.clear("signal")
    assert "signal" in differences(shop.books)
