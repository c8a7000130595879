"""UHFReader288/86/18 frames as readers sent them, and a reader played by the simulator, step by step."""

import random

import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.access import Bank, Target, read_tid, write_epc
from edge.readers.base import RSSI_ABSENT_CDBM, MisconfiguredError, TagError, TagLockedError
from edge.readers.health import Health
from edge.readers.profiles import load_profile
from edge.readers.serial.connection import Say
from edge.readers.serial.dialogue import Dialogue
from edge.readers.uhf288.frames import Answer, Command, Pushed, encode, fault, walk
from edge.readers.uhf288.module import Module, channels
from simulator.serial.air import Tray
from simulator.serial.uhf288 import UHF288

EPC = bytes.fromhex("000000000000000000000313")
OTHER = bytes(range(12))
TID = bytes.fromhex("e2801160600002054d2a1c2b")
STEP_US = 20_000


def named(epc):
    return Target(Bank.EPC, epc)


@pytest.mark.parametrize(
    ("frame", "reads"),
    [
        ("1500010301010c0000000000000000000003136bb1a5", [("000000000000000000000313", 1)]),
        ("1500010301010c3039606303c74380001a055940f93e", [("3039606303c74380001a0559", 1)]),
        ("1500010304010c49440000000000000a0003346425c0", [("49440000000000000a000334", 3)]),
        ("0d000103010104003230386da3d2", [("00323038", 1)]),
        (
            "2300010301020c0000000000000000000003136b0c0000000000000000000003146c70f2",
            [("000000000000000000000313", 1), ("000000000000000000000314", 1)],
        ),
        ("0700010101001e4b", []),
    ],
)
def test_frames_that_readers_sent(frame, reads):
    walked = walk(bytes.fromhex(frame))
    assert [(read[0].hex(), read[1]) for read in walked.reads] == reads
    assert (walked.good, walked.skipped, walked.damaged) == (1, 0, 0)
    assert all(read[2] == RSSI_ABSENT_CDBM for read in walked.reads), "the raw reading is no dBm"


def test_an_inventory_command_that_readers_obey():
    asked = encode(Command.INVENTORY, bytes.fromhex("0f0001000000008014"))
    assert asked.hex() == "0dff010f00010000000080" + "14c03a"


def answer(command, status, data=b""):
    body = bytes((len(data) + 5, 0, command, status)) + data
    return body + crc_of(body)


def crc_of(body):
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def test_the_tid_behind_an_epc_and_the_phase_behind_an_rssi_are_stepped_over():
    both = bytes((0x80 | 24,)) + EPC + TID + b"\x6b" + bytes((0x40 | 12,)) + OTHER + b"\x6b" + bytes(7)
    walked = walk(answer(1, 3, b"\x01\x02" + both))
    assert [read[0] for read in walked.reads] == [EPC, OTHER]
    assert walked.damaged == 0


@pytest.mark.parametrize("inside", ["01", "0102", "010104000102", "01010c00", "0101007f", "01020400010203"])
def test_an_inventory_whose_inside_lies_is_counted_and_raises_nothing(inside):
    walked = walk(answer(1, 3, bytes.fromhex(inside)))
    assert walked.damaged == 1
    assert walked.good == 1


def test_readers_with_many_ports_tell_an_index():
    data = b"\x0b\x01\x0c" + EPC + b"\x6b"
    assert walk(answer(1, 3, data), port=12).reads[0][1] == 12
    assert walk(answer(1, 3, b"\x02" + data[1:]), port=2).reads[0][1] == 2
    assert walk(answer(1, 3, b"\x01" + data[1:]), port=2).reads[0][1] == 2


def test_a_reader_in_real_time_mode_is_read_too():
    walked = walk(answer(0xEE, 0, b"\x01\x0c" + EPC + b"\x6b"))
    assert [read[0] for read in walked.reads] == [EPC]
    assert walked.frames == [Pushed(0)]
    assert walk(answer(0xEE, 0)).damaged == 1


@pytest.mark.parametrize(
    ("status", "data", "kind", "words"),
    [
        (0x05, b"", TagError, "password"),
        (0xFC, b"\x04", TagLockedError, "refuses to write: that part of its memory is locked"),
        (0xFB, b"", TagError, "no tag answered"),
        (0xFE, b"", MisconfiguredError, "does not know this command"),
        (0xFF, b"", MisconfiguredError, "does not take this value"),
    ],
)
def test_a_status_is_a_typed_error_in_words(status, data, kind, words):
    error = fault(status, data, "write")
    assert type(error) is kind
    assert words in str(error)


def test_a_region_is_its_band_and_its_channels():
    assert channels("us") == (0x31, 0x80)
    assert channels("china") == (0x13, 0x40)
    assert channels("eu") == (0x4E, 0x00)
    assert channels("korea") == (0x1F, 0xC0)


class Bench:
    """A dialogue and a simulated reader, joined by hand, with time as an argument."""

    def __init__(self, *, tags=None, ports=(1,), kind=ZoneKind.CASE, region="eu", antennas=None, **reader):
        self.air = Tray({EPC: TID, OTHER: TID[::-1]} if tags is None else tags, antennas=antennas or {})
        self.reader = UHF288(self.air, **reader)
        self.health = Health(ReaderId("r"))
        place = load_profile("uhfreader288").place(kind)
        places = dict.fromkeys(ports, place)
        self.dialogue = Dialogue(self.health, Module(self.health, places, region), places)
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
        told = []
        self.dialogue.want(access, told.append)
        self.go(1)
        (outcome,) = told
        return outcome

    def seen(self):
        return {(e.tobytes(), int(a)) for b in self.batches for e, a in zip(b.epc, b.antenna, strict=True)}


def test_a_reader_is_identified_set_and_read():
    bench = Bench().go(1)
    assert bench.health.link is ReaderLink.READING
    assert (bench.health.model, bench.health.firmware) == ("UHFReader288/86 type 20", "2.7")
    assert bench.health.temperature_c == 0x25
    assert bench.reader.bands == channels("eu")
    assert bench.seen() == {(EPC, 1), (OTHER, 1)}


def test_an_old_reader_is_asked_in_its_own_way():
    bench = Bench(old=True).go(1)
    assert bench.health.model == "UHFReader18 type 09"
    assert bench.health.temperature_c is None
    assert bench.seen() == {(EPC, 1), (OTHER, 1)}
    empty = Bench(old=True, tags={}).go(10)
    assert empty.health.link is ReaderLink.READING


@pytest.mark.parametrize("indexed", [False, True], ids=["bits", "indices"])
def test_every_antenna_has_its_turn(indexed):
    bench = Bench(ports=(1, 2, 4), antennas={EPC: 2, OTHER: 4}, indexed=indexed).go(2)
    assert bench.seen() == {(EPC, 2), (OTHER, 4)}


def test_an_antenna_that_is_gone_is_told_by_port_and_the_others_are_read():
    bench = Bench(ports=(1, 2), antennas={EPC: 1, OTHER: 2})
    bench.reader.dead_antennas.add(1)
    bench.go(2)
    assert bench.health.antennas_down == {1}
    assert bench.seen() == {(OTHER, 2)}
    bench.reader.dead_antennas.clear()
    bench.go(1)
    assert bench.health.antennas_down == frozenset()


def test_tags_that_keep_their_flag_are_asked_from_both_sides():
    bench = Bench(kind=ZoneKind.SAFE)
    sides = set()
    obey = bench.reader._obey

    def watch(command, body, now_us):
        if command == Command.INVENTORY:
            sides.add((body[1], body[6]))
        obey(command, body, now_us)

    bench.reader._obey = watch
    bench.go(1)
    assert sides == {(2, 0), (2, 1)}


def test_settings_that_are_right_are_not_written_again():
    bench = Bench().go(1)
    assert bench.reader.writes_total == 1
    bench.dialogue.lose(bench.now_us, "unplugged")
    bench.dialogue.open(bench.now_us)
    bench.go(1)
    assert bench.health.link is ReaderLink.READING
    assert bench.reader.writes_total == 1


def test_a_region_that_was_right_before_is_set_again_when_the_reader_does_not_tell_it_this_time():
    module = Module(Health(ReaderId("r")), {1: load_profile("uhfreader288").place(ZoneKind.CASE)}, "eu")
    low, high = channels("eu")
    module.words(Say.HALT, None)
    module.meaning(Answer(Command.INFO, 0, bytes((1, 2, 9, 3, low, high, 20, 3, 0))), Command.INFO)
    assert not module.words(Say.SET_REGION, None), "its EEPROM is spared"
    module.words(Say.HALT, None)  # another may be there, and answer by an error
    assert module.words(Say.SET_REGION, None)


@pytest.mark.parametrize("tags", [None, {}], ids=["what it reads", "nothing"])
def test_a_reader_that_pushes_is_told_to_answer(tags):
    bench = Bench(tags=tags)
    bench.reader.pushes = True
    for _ in range(2):
        bench.go(2)
        if bench.dialogue.hung_up:
            bench.dialogue.open(bench.now_us)
    assert not bench.reader.pushes
    assert bench.health.link is ReaderLink.READING
    assert Command.INVENTORY in bench.reader.heard


def test_a_refused_region_is_told_to_a_person():
    bench = Bench()
    bench.reader.refuses.add(int(Command.SET_REGION))
    bench.go(1)
    assert bench.health.link is ReaderLink.REFUSED
    assert "does not take this value" in bench.health.why


def test_a_tag_is_read_and_written_by_its_whole_epc():
    bench = Bench().go(1)
    assert bench.want(read_tid(named(EPC))) == TID
    new = bytes.fromhex("3034257bf7194e4000001a85")
    assert bench.want(write_epc(named(EPC), new)) == b""
    assert set(bench.air.tags) == {new, OTHER}
    assert "no tag" in str(bench.want(read_tid(named(bytes(12)))))
    assert bench.health.link is ReaderLink.READING


def test_a_reader_of_several_antennas_does_not_guess_before_which_a_tag_lies():
    bench = Bench(ports=(1, 2)).go(1)
    assert "one antenna alone" in str(bench.want(read_tid(Target(Bank.EPC, EPC, 2))))
    assert Bench(ports=(1,)).go(1).want(read_tid(Target(Bank.EPC, EPC, 1))) == TID


def test_what_is_no_answer_to_us_changes_nothing():
    bench = Bench(tags={}).go(1)
    assert walk(answer(0x77, 0)).frames == [Answer(0x77, 0, b"")]
    bench.dialogue.hear(answer(0x77, 0), bench.now_us)
    assert bench.health.link is ReaderLink.READING


def test_more_ports_or_power_than_such_a_reader_has_are_refused():
    config = ReaderConfig(id=ReaderId("r"), url="uhf288:///dev/x", profile="x", antennas={"17": "z"})
    with pytest.raises(MisconfiguredError, match="at most 16"):
        open_reader(config, load_profile("uhfreader288"), random.Random(1))
