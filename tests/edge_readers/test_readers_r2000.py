"""R2000 frames as the protocol's document prints them, and a reader played by the simulator, step by step."""

import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.access import Bank, Lock, Lockable, LockState, Target, read_tid, write_epc
from edge.readers.base import MisconfiguredError, ProtocolError, ReaderError, TagError
from edge.readers.health import Health
from edge.readers.profiles import load_profile
from edge.readers.r2000.frames import Answer, Command, RoundOver, encode, fault, walk
from edge.readers.r2000.module import Module
from edge.readers.r2000.tags import told
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Dialogue
from simulator.serial.air import Tray
from simulator.serial.r2000 import R2000

EPC, OTHER = bytes.fromhex("30751feb705c5904e3d50d70"), bytes(range(12))
TID = bytes.fromhex("e2801160600002054d2a1c2b")
STEP_US = 20_000


def framed(command, data):
    head = bytes((0xA0, len(data) + 3, 1, command)) + data
    return head + bytes((-sum(head) & 0xFF,))


def test_a_command_as_it_is_printed():
    assert encode(0x89, b"\x01").hex() == "a004ff8901d3"


def test_a_tag_tells_antenna_and_level_and_the_end_of_a_round_is_none():
    tag = framed(0x8B, b"\x12" + b"\x30\x00" + EPC + bytes((129 - 55,)))
    end = framed(0x8B, b"\x02" + b"\x00\x50" + b"\x00\x00\x00\x01")
    walked = walk(tag + end)
    assert [(read[0], read[1], read[2]) for read in walked.reads] == [(EPC, 3, -5500)]
    assert walked.frames == [RoundOver()]
    assert end[1] == 0x0A


@pytest.mark.parametrize("inside", ["10", "1030", "103000", "10300030", "103000" + "00" * 3 + "4a"])
def test_a_tag_whose_inside_lies_is_counted_and_raises_nothing(inside):
    walked = walk(framed(0x8B, bytes.fromhex(inside)))
    assert walked.reads == []
    assert walked.damaged + len(walked.frames) == 1


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x22, MisconfiguredError, "no antenna"),
        (0x36, TagError, "no tag answered"),
        (0x40, TagError, "password"),
        (0x49, MisconfiguredError, "region"),
        (0x99, ReaderError, "99"),
    ],
)
def test_an_error_code_is_a_typed_error_in_words(code, kind, words):
    error = fault(code)
    assert type(error) is kind
    assert words in str(error)


def about(epc, last, data=b""):
    inside = (len(epc) // 2 << 11).to_bytes(2) + epc + b"\x3a\x76" + data
    return b"\0\1" + bytes((len(inside),)) + inside + bytes((last, 0x10, 1))


def test_an_answer_about_a_tag_names_it():
    assert told(Command.READ, about(EPC, 4, TID[:4])) == (EPC, TID[:4])
    assert told(Command.WRITE, about(EPC, 0x10)) == (EPC, b"")
    with pytest.raises(TagError, match="locked"):
        told(Command.WRITE, about(EPC, 0x33))
    for damaged in (about(EPC, 40, TID[:4]), about(EPC, 4, TID[:4])[:-1], b"\0" * 9):
        with pytest.raises(ProtocolError):
            told(Command.READ, damaged)


def test_another_tags_answer_is_refused():
    module = Module(Health(ReaderId("r")), {1: load_profile("r2000").place(ZoneKind.PAD)}, "eu")
    module.words(Say.ACCESS, write_epc(Target(Bank.EPC, EPC), OTHER))
    heard, error = module.meaning(Answer(Command.WRITE, about(EPC[::-1], 0x10)), Command.WRITE)
    assert heard is Heard.REFUSED
    assert "another tag" in str(error)
    for name in (EPC, OTHER):
        assert module.meaning(Answer(Command.WRITE, about(name, 0x10)), Command.WRITE) == (Heard.DONE, None)


def test_a_region_that_was_right_before_is_set_again_when_the_reader_does_not_tell_it_this_time():
    module = Module(Health(ReaderId("r")), {1: load_profile("r2000").place(ZoneKind.PAD)}, "eu")
    module.words(Say.IDENTIFY, None)
    module.meaning(Answer(Command.GET_REGION, bytes((2, 0, 6))), Command.GET_REGION)
    assert not module.words(Say.SET_REGION, None), "its flash is spared"
    module.words(Say.IDENTIFY, None)  # another may be there, and what it says may be lost
    assert module.words(Say.SET_REGION, None)


class Bench:
    """A dialogue and a simulated reader, joined by hand, with time as an argument."""

    def __init__(self, *, ports=(1,), kind=ZoneKind.CASE, antennas=None, tags=None):
        self.air = Tray({EPC: TID, OTHER: TID[::-1]} if tags is None else tags, antennas=antennas or {})
        self.reader = R2000(self.air)
        self.health = Health(ReaderId("r"))
        place = load_profile("r2000").place(kind)
        places = dict.fromkeys(ports, place)
        self.dialogue = Dialogue(self.health, Module(self.health, places, "eu"), places)
        self.now_us = 1_000_000
        self.batches = []
        self.dialogue.open(self.now_us)

    def go(self, seconds):
        for _ in range(int(seconds * 1e6) // STEP_US):
            if self.dialogue.hung_up:
                return self
            self.now_us += STEP_US
            self.reader.hear(self.dialogue.take(), self.now_us)
            batch = self.dialogue.hear(self.reader.advance(self.now_us), self.now_us)
            self.batches += [batch] if batch is not None else []
            self.dialogue.tick(self.now_us)
        return self

    def want(self, access):
        outcomes = []
        self.dialogue.want(access, outcomes.append)
        self.go(1)
        return outcomes[0]

    def seen(self):
        return {(e.tobytes(), int(a)) for b in self.batches for e, a in zip(b.epc, b.antenna, strict=True)}


def test_a_reader_is_identified_set_once_and_read():
    bench = Bench().go(2)
    assert bench.health.link is ReaderLink.READING
    assert (bench.health.model, bench.health.firmware, bench.health.temperature_c) == ("R2000", "5.2", 0x22)
    assert bench.reader.region == bytes((2, 0, 6))
    assert bench.seen() == {(EPC, 1), (OTHER, 1)}
    assert bench.reader.writes_total == 1
    bench.dialogue.lose(bench.now_us, "unplugged")
    bench.dialogue.open(bench.now_us)
    bench.go(2)
    assert bench.health.link is ReaderLink.READING
    assert bench.reader.writes_total == 1


def test_whoever_sees_that_a_reader_was_heard_sees_that_an_antenna_is_gone():
    """The house looks at any moment: no second may count as seen through an antenna that was not there."""
    written = []

    class Watched(Health):
        def __setattr__(self, name, value):
            written.append(name)
            super().__setattr__(name, value)

    health = Watched(ReaderId("r"))
    places = {1: load_profile("r2000").place(ZoneKind.CASE)}
    dialogue = Dialogue(health, Module(health, places, "eu"), places)
    dialogue.open(1_000_000)
    written.clear()
    dialogue.hear(framed(0x8B, b"\x22"), 1_100_000)
    assert health.antennas_down == {1}
    assert written.index("antennas_down") < written.index("last_heard_us")


def test_every_antenna_has_its_turn_and_one_that_is_gone_is_told_by_port():
    bench = Bench(ports=(1, 2, 4), antennas={EPC: 2, OTHER: 4}).go(3)
    assert bench.seen() == {(EPC, 2), (OTHER, 4)}
    bench.reader.dead_antennas.add(2)
    bench.batches.clear()
    bench.go(2)
    assert bench.health.antennas_down == {2}
    assert bench.seen() == {(OTHER, 4)}
    bench.reader.dead_antennas.clear()
    assert bench.go(2).health.antennas_down == frozenset()


def test_an_empty_case_is_read_and_not_silent():
    bench = Bench(tags={}).go(20)
    assert bench.health.link is ReaderLink.READING
    assert bench.health.alive_since_us < 3_000_000


def test_a_refused_region_is_told_to_a_person():
    bench = Bench()
    bench.reader.refuses.add(int(Command.SET_REGION))
    bench.go(2)
    assert bench.health.link is ReaderLink.REFUSED
    assert "the command failed" in bench.health.why


def test_a_tag_is_worked_on_before_its_antenna():
    bench = Bench(ports=(1, 2), antennas={EPC: 1, OTHER: 2}).go(2)
    assert bench.want(read_tid(Target(Bank.EPC, OTHER, 2))) == TID[::-1]
    assert "it reads 1, 2" in str(bench.want(read_tid(Target(Bank.EPC, EPC, 3))))
    locks = {Lockable.EPC: LockState.LOCKED_FOR_EVER, Lockable.USER: LockState.LOCKED}
    assert bench.want(Lock(tag=Target(Bank.EPC, EPC), password=0, locks=locks)) == b""
    assert "locked" in str(bench.want(write_epc(Target(Bank.EPC, EPC), OTHER)))
