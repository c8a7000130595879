"""A reader that reads while a door is open: armed, started by its input, well while it waits, and a witness of nothing."""

import struct

import msgspec
import pytest
from llrpkit.protocol import decode_message

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.access import Bank, Target, read_tid
from edge.readers.base import MisconfiguredError, UnreachableError
from edge.readers.health import Health
from edge.readers.llrp.capabilities import Capabilities
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.gpio import Wires
from edge.readers.llrp.messages import add_rospec
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import Place, gpi_trigger, load_profile

SECOND = 1_000_000
SILENT_AFTER_US = Timing().silent_after_us
DOOR = {"trigger": "gpi", "gpi_port": 2, "gpi_level": "high", "gpi_timeout_ms": 30_000}


def place(**changed):
    base = msgspec.to_builtins(load_profile("generic-llrp").place(ZoneKind.EXIT))
    clean = {**base, "dwell_ms": 0, "period_ms": 0, "report_every_ms": 0, "report_every_tags": 1}
    return msgspec.convert({**clean, **DOOR, **changed}, Place)


class Talk:
    """A dialogue and a reader that answers everything but what it is `mute` to; the test moves its input and starts its ROSpec."""

    def __init__(self, llrp, *, high=0, mute=(), refuses=()):
        self.refuses = refuses
        self.llrp, self.now_us, self.high, self.mute, self.heard = llrp, SECOND, high, {64, 72, *mute}, []
        self.health = Health(ReaderId("r"))
        wires = Wires(frozenset(), {}, trigger=(2, True))
        self.dialogue = Dialogue(self.health, load_profile("generic-llrp"), {1: place()}, Timing(), wires)
        self.connect()

    def connect(self):
        self.dialogue.connect(self.now_us)
        self.event(self.llrp.tlv(256, bytes(2)))

    def event(self, param):
        data = self.llrp.tlv(246, self.llrp.tlv(128, bytes(8)) + param)
        self.dialogue.hear_bytes(self.llrp.message(63, data), self.now_us)
        self.go()

    def rospec(self, kind):
        self.event(self.llrp.tlv(249, struct.pack("!BII", kind, 1, 0)))

    def read(self):
        report = self.llrp.tlv(240, b"\x8d" + bytes(12) + self.llrp.tv(9, 1) + self.llrp.tv(1, 1))
        self.dialogue.hear_bytes(self.llrp.message(61, report), self.now_us)

    def go(self, us=0, *, heard=True):
        self.now_us += us
        if heard:
            self.health.last_heard_us = self.now_us
        self.dialogue.tick(self.now_us)
        while said := self.answers(self.dialogue.take()):
            self.dialogue.hear_bytes(said, self.now_us)
            self.dialogue.tick(self.now_us)

    def answers(self, data):
        said = b""
        while data:
            word, length, number = struct.unpack_from("!HII", data)
            kind, whole, data = word & 0x3FF, data[:length], data[length:]
            self.heard.append(kind)
            if kind in self.mute:
                continue
            body = self.llrp.tlv(287, struct.pack("!HH", 401 if kind in self.refuses else 0, 0))
            if kind == 26:
                body += self.llrp.tlv(177, struct.pack("!IBB", 1, 0, 1))
            if kind == 2 and decode_message(whole).requested_data == 9:
                body += self.llrp.tlv(225, struct.pack("!HBB", 2, 0x80, self.high))
            said += self.llrp.message(kind + 10, body, number)
        return said


def test_a_reader_that_waits_for_its_door_is_well_and_sees_nothing(llrp):
    talk = Talk(llrp)
    assert talk.dialogue.state is State.WAITING
    assert talk.health.link is ReaderLink.READING
    assert (talk.health.waits_for, talk.health.witnesses) == ("input 2", False)
    assert talk.health.why == "it reads while input 2 is high"
    assert 22 not in talk.heard, "nobody starts it but its input"
    talk.go(3600 * SECOND)
    assert talk.health.link is ReaderLink.READING


def test_it_reads_when_the_door_opens_and_waits_again_when_it_is_shut(llrp):
    talk = Talk(llrp)
    alive_us = talk.health.alive_since_us
    talk.go(10 * SECOND)
    talk.rospec(0)
    assert (talk.dialogue.state, talk.health.witnesses) == (State.READING, True)
    talk.go(10 * SECOND)
    talk.rospec(1)
    assert (talk.dialogue.state, talk.health.witnesses) == (State.WAITING, False)
    assert talk.health.link is ReaderLink.READING
    assert talk.health.alive_since_us == alive_us, "waiting is no gap: one stretch from connect on"
    assert 22 not in talk.heard


def test_a_tag_report_of_ours_is_evidence_that_it_was_started(llrp):
    talk = Talk(llrp)
    talk.read()
    assert talk.dialogue.state is State.READING


def test_a_door_that_stands_open_already_is_started_by_hand_once(llrp):
    talk = Talk(llrp, high=1)
    assert talk.dialogue.state is State.READING
    assert talk.heard.count(22) == 1
    talk.rospec(1)  # the time is over, and the door still open
    talk.go(SECOND)
    assert talk.dialogue.state is State.WAITING
    assert talk.heard.count(22) == 1


def test_a_start_by_hand_that_is_refused_has_the_reader_wait_for_its_door(llrp):
    """The door was shut before we said so: a reader with nothing to start refuses, and is as well as before."""
    talk = Talk(llrp, high=1, refuses={22})
    assert talk.heard.count(22) == 1
    assert (talk.dialogue.state, talk.dialogue.hung_up) == (State.WAITING, False)
    assert (talk.health.link, talk.health.waits_for) == (ReaderLink.READING, "input 2")
    talk.go(10 * SECOND)
    assert talk.heard.count(22) == 1, "it is not tried for ever"
    talk.rospec(0)
    assert talk.health.witnesses


def test_reads_that_come_after_the_door_was_shut_do_not_make_it_a_witness_again(llrp):
    talk = Talk(llrp)
    talk.rospec(0)
    talk.rospec(1)
    talk.read()  # from before it was shut, and late on its way
    assert (talk.dialogue.state, talk.health.witnesses) == (State.WAITING, False)
    talk.rospec(0)
    assert talk.health.witnesses


def test_a_reader_that_is_being_started_by_hand_sees_nothing_until_it_has_started(llrp):
    talk = Talk(llrp, high=1, mute=(22,))
    assert talk.heard.count(22) == 1
    assert (talk.dialogue.state, talk.health.link) == (State.STARTING, ReaderLink.READING)
    assert not talk.health.witnesses
    talk.rospec(0)
    assert talk.health.witnesses


def test_a_reader_that_falls_silent_while_it_waits_is_silent(llrp):
    talk = Talk(llrp)
    talk.go(SILENT_AFTER_US, heard=False)
    assert talk.dialogue.hung_up
    assert talk.health.link is ReaderLink.SILENT
    assert talk.health.waits_for == ""


def test_no_tag_can_be_worked_on_while_it_waits(llrp):
    talk = Talk(llrp)
    talk.rospec(0)
    talk.rospec(1)
    with pytest.raises(UnreachableError, match="waits for input 2"):
        talk.dialogue.accesses.ask(read_tid(Target(Bank.EPC, bytes(12))), print)


@pytest.mark.parametrize(("level", "high"), [("high", True), ("low", False)])
def test_the_rospec_says_to_another_decoder_what_we_mean(level, high):
    places = {1: place(gpi_level=level), 2: place(gpi_level=level)}
    data = add_rospec(7, load_profile("generic-llrp"), places, Capabilities())
    sent = decode_message(data)
    assert sent.to_bytes(message_id=7) == data
    boundary = sent.ro_spec.ro_boundary_spec
    start, stop = boundary.ro_spec_start_trigger, boundary.ro_spec_stop_trigger
    value = start.gpi_trigger_value
    assert (int(start.ro_spec_start_trigger_type), value.gpi_port_num, value.gpi_event, value.timeout) == (
        3,
        2,
        high,
        0,
    )
    value = stop.gpi_trigger_value
    assert (int(stop.ro_spec_stop_trigger_type), value.gpi_port_num, value.gpi_event) == (2, 2, not high)
    assert value.timeout == 30_000


def test_one_antenna_that_is_read_always_has_the_whole_reader_read_always():
    always = load_profile("generic-llrp").place(ZoneKind.CASE)
    assert gpi_trigger({1: place(), 2: always}) is None
    with pytest.raises(MisconfiguredError, match="different inputs"):
        gpi_trigger({1: place(), 2: place(gpi_port=3)})


PROFILE = """
name = "door"
vendor = "generic"
[places.exit]
session = 1
population = 4
{more}
"""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('trigger = "gpi"', "belong together"),
        ("gpi_port = 1", "belong together"),
        ('trigger = "gpi"\ngpi_port = 1\ndwell_ms = 100', "remove dwell_ms"),
        ('trigger = "gpi"\ngpi_port = 1\nreport_every_tags = 0', "report_every_tags from 1"),
        ('trigger = "gpi"\ngpi_port = 0', "gpi_port"),
    ],
)
def test_a_trigger_that_cannot_be_is_named(tmp_path, more, why):
    (tmp_path / "door.toml").write_text(PROFILE.format(more=more), encoding="utf-8")
    with pytest.raises(MisconfiguredError, match=why):
        load_profile("door", tmp_path)


def test_a_module_on_a_serial_port_cannot_wait_for_an_input(tmp_path, llrp):
    (tmp_path / "door.toml").write_text(PROFILE.format(more='trigger = "gpi"\ngpi_port = 1'), encoding="utf-8")
    config = ReaderConfig(
        id=ReaderId("m"), url="m100:///dev/ttyUSB0?region=eu", profile="door", antennas={"1": ZoneId("exit")}
    )
    with pytest.raises(MisconfiguredError, match="only llrp and llrps readers have inputs"):
        open_reader(config, load_profile("door", tmp_path), llrp.rng(1), {1: ZoneKind.EXIT})
