"""Mercury frames as modules sent them, and a module played by the simulator, step by step."""

import random

import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.access import Bank, Target, read_tid, write_epc
from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, MisconfiguredError, ReaderError, TagError, TagLockedError
from edge.readers.health import Health
from edge.readers.mercury.frames import Answer, KeepAlive, Opcode, Record, crc, encode, fault, walk
from edge.readers.mercury.module import Module
from edge.readers.profiles import load_profile
from edge.readers.serial.connection import State
from edge.readers.serial.dialogue import Dialogue
from simulator.serial.air import Tray
from simulator.serial.mercury import Mercury, crc16, framed, record

TAG = bytes.fromhex("ff2822000010001b01ff0101c4110e1640000001270000050000 0f00803000000000000000000000001545e94a561d")
EMPTY_EPC = bytes.fromhex("ff1c22000010001b01ff0101d9220d c65e00000014 00b105000000002002181 7ab1336".replace(" ", ""))
EPC = bytes.fromhex("000000000000000000001545")
OTHER = bytes(range(12))
TID = bytes.fromhex("e2801160600002054d2a1c2b")
STEP_US = 20_000


def named(epc):
    return Target(Bank.EPC, epc)


def test_a_tag_as_a_module_sent_it():
    walked = walk(TAG)
    assert walked.reads == [(EPC, 1, -6000, 0, 1)]
    assert (walked.consumed, walked.good, walked.damaged) == (47, 1, 0)


def test_the_check_is_not_the_common_one():
    assert crc(TAG[1:-2]) == 0x561D
    wrong = TAG[:-2] + bytes.fromhex("f542")  # CCITT-FALSE
    assert walk(wrong, ended=True).good == 0


def test_a_tag_without_an_epc_is_counted_and_does_no_harm():
    walked = walk(EMPTY_EPC + TAG)
    assert [read[0] for read in walked.reads] == [EPC]
    assert walked.damaged == 1


def test_a_second_without_a_tag_is_no_fault():
    assert walk(bytes.fromhex("ff0022040084e0")).frames == [KeepAlive()]


@pytest.mark.parametrize(
    ("opcode", "data", "frame"),
    [
        (Opcode.VERSION, "", "ff00031d0c"),
        (Opcode.MULTI_PROTOCOL, "00000122000005072210001b03e801ff", "ff102f00000122000005072210001b03e801ffdd2b"),
        (Opcode.MULTI_PROTOCOL, "000002", "ff032f0000025e86"),
        (
            Opcode.READ_DATA,
            "03e811000000000000000000000000609812ab32ff00020605e401f6",
            "ff1c2803e811000000000000000000000000609812ab32ff00020605e401f6ba85",
        ),
    ],
)
def test_commands_are_byte_for_byte_those_of_the_makers_tool(opcode, data, frame):
    assert encode(opcode, bytes.fromhex(data)) == bytes.fromhex(frame)


@pytest.mark.parametrize("flags", [0x0000, 0x0001, 0x0057, 0x0067, 0x00FF, 0x01FF, 0x1FFF, 0x0100, 0x0020])
def test_metadata_is_walked_by_its_flags(flags):
    inside = b"\x10\x00\x1b" + record(EPC, flags=flags, rssi_dbm=-61, antenna=3)
    ((epc, antenna, rssi, phase, seen),) = walk(framed(0x22, 0, inside)).reads
    assert epc == EPC
    assert antenna == (3 if flags & 0x0004 else 0)
    assert rssi == (-6100 if flags & 0x0002 else RSSI_ABSENT_CDBM)
    assert phase == (1024 if flags & 0x0020 else PHASE_ABSENT), "90 degrees are a quarter of a turn"
    assert seen == 1


def streamed(fields, flags, *, bits=128, pc="3000", epc=None, kind="01"):
    data = bytes.fromhex(f"10001b{flags:04x}{kind}{fields}{bits:04x}{pc}{epc or EPC.hex()}4a4a")
    return framed(0x22, 0, data)


def test_data_read_with_a_tag_is_stepped_over_and_so_is_its_error():
    data = streamed("0020" + "e2801160", 0x0080)
    failed = streamed("8010" + "0424", 0x0080)
    assert [read[0] for read in walk(data + failed).reads] == [EPC, EPC]


def test_extended_protocol_control_is_no_part_of_the_epc():
    one = streamed("", 0, bits=144, pc="3200", epc="0001" + EPC.hex())
    two = streamed("", 0, bits=160, pc="3200", epc="80010002" + EPC.hex())
    assert [read[0] for read in walk(one + two).reads] == [EPC, EPC]


def test_a_record_we_cannot_step_over_costs_that_record():
    strange = streamed("00", 0x2000)
    short = framed(0x22, 0, bytes.fromhex("10001b01ff01010203"))
    long = streamed("", 0, bits=2000)
    walked = walk(strange + short + long + TAG)
    assert [read[0] for read in walked.reads] == [EPC]
    assert walked.damaged == 3
    assert walk(streamed("", 0, kind="02")).frames == [Record(2)]


def test_the_simulators_check_was_made_by_other_means():
    rng = random.Random(4)
    for _ in range(200):
        data = rng.randbytes(rng.randint(2, 60))
        assert crc(data) == crc16(data)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0x0105, MisconfiguredError, "does not take this value"),
        (0x0424, TagLockedError, "refuses to write: that part of its memory is locked"),
        (0x0400, TagError, "no tag answered"),
        (0x0503, MisconfiguredError, "no antenna"),
        (0x0504, ReaderError, "too hot"),
        (0x7F00, ReaderError, "firmware"),
        (0x0999, ReaderError, "0999"),
    ],
)
def test_a_status_of_a_module_is_a_typed_error_in_words(status, kind, words):
    error = fault(status, "write")
    assert type(error) is kind
    assert words in str(error)


class Bench:
    """A dialogue and a simulated module, joined by hand, with time as an argument."""

    def __init__(self, *, tags=None, ports=(1,), place=ZoneKind.PAD, antennas=None, **module):
        self.air = Tray({EPC: TID, OTHER: TID[::-1]} if tags is None else tags, antennas=antennas or {})
        self.module = Mercury(self.air, **module)
        self.health = Health(ReaderId("r"))
        profile = load_profile("mercury")
        places = dict.fromkeys(ports, profile.place(place))
        self.dialogue = Dialogue(self.health, Module(self.health, places, "eu"), places)
        self.now_us = 1_000_000
        self.batches = []
        self.dead = False
        self.dialogue.open(self.now_us)

    def go(self, seconds):
        for _ in range(int(seconds * 1e6) // STEP_US):
            if self.dialogue.hung_up:
                return self
            self.now_us += STEP_US
            said = self.dialogue.take()
            if not self.dead:
                self.module.hear(said, self.now_us)
                batch = self.dialogue.hear(self.module.advance(self.now_us), self.now_us)
                self.batches += [batch] if batch is not None else []
            self.dialogue.tick(self.now_us)
        return self

    def want(self, access):
        told = []
        self.dialogue.want(access, told.append)
        self.go(1)
        (outcome,) = told
        return outcome


def test_a_module_is_identified_set_and_read():
    bench = Bench().go(2)
    assert bench.health.link is ReaderLink.READING
    assert (bench.health.model, bench.health.firmware) == ("M6e Nano", "01.09.00.01")
    assert bench.health.temperature_c == 31
    assert (bench.module.region, bench.module.power_cdbm, bench.module.session) == (8, 1500, 0)
    assert {epc.tobytes() for batch in bench.batches for epc in batch.epc} == {EPC, OTHER}
    batch = bench.batches[0]
    assert (batch.rssi_cdbm == -5500).all()
    assert (batch.phase == 1024).all()


def test_a_safe_is_asked_in_a_patient_session_from_both_sides():
    bench = Bench(place=ZoneKind.SAFE).go(2)
    assert (bench.module.session, bench.module.target) == (2, 0x0000)
    assert bench.module.power_cdbm == 2700


def test_antennas_are_read_in_turn():
    bench = Bench(ports=(1, 2), antennas={EPC: 1, OTHER: 2}).go(2)
    seen = {(e.tobytes(), int(a)) for b in bench.batches for e, a in zip(b.epc, b.antenna, strict=True)}
    assert seen == {(EPC, 1), (OTHER, 2)}


def test_an_empty_case_is_read_on_keep_alives_alone():
    bench = Bench(tags={}).go(20)
    assert bench.health.link is ReaderLink.READING
    assert bench.dialogue.state is State.READING
    assert bench.health.alive_since_us < 3_000_000


def test_firmware_that_waits_in_the_boot_loader_is_started():
    bench = Bench(in_bootloader=True).go(2)
    assert not bench.module.in_bootloader
    assert bench.health.link is ReaderLink.READING


def test_a_hot_module_is_shown_with_its_reason_and_is_no_witness():
    bench = Bench().go(2)
    bench.module.hot = True
    bench.go(1)
    assert bench.health.link is ReaderLink.REFUSED
    assert "too hot" in bench.health.why


def test_a_dead_module_is_hung_up_on_within_five_seconds():
    bench = Bench().go(2)
    bench.dead = True
    bench.go(4)
    assert bench.dialogue.hung_up
    assert bench.now_us < 3_000_000 + 5_000_000


@pytest.mark.parametrize("opcode", [Opcode.SET_REGION, Opcode.SET_READ_POWER, Opcode.SET_PROTOCOL])
def test_a_refused_setting_is_told_to_a_person(opcode):
    bench = Bench()
    bench.module.refuses.add(int(opcode))
    bench.go(2)
    assert bench.health.link is ReaderLink.REFUSED
    assert "does not take this value" in bench.health.why


def test_a_module_without_a_thermometer_is_read_all_the_same():
    bench = Bench()
    bench.module.refuses |= {0x72, 0x0C}
    bench.go(2)
    assert bench.health.link is ReaderLink.READING
    assert bench.health.temperature_c is None


def test_a_tag_is_read_and_written_by_its_epc():
    bench = Bench().go(2)
    assert bench.want(read_tid(named(EPC))) == TID
    new = bytes.fromhex("3034257bf7194e4000001a85")
    assert bench.want(write_epc(named(EPC), new)) == b""
    assert set(bench.air.tags) == {new, OTHER}
    assert "no tag" in str(bench.want(read_tid(named(bytes(12)))))
    assert bench.health.link is ReaderLink.READING


def test_a_tag_is_worked_on_before_its_antenna_and_then_all_are_read_again():
    bench = Bench(ports=(1, 2), antennas={EPC: 1, OTHER: 2}).go(2)
    heard = []
    obey = bench.module._obey

    def watch(opcode, body, now_us):
        heard.append((opcode, body))
        obey(opcode, body, now_us)

    bench.module._obey = watch
    assert bench.want(read_tid(Target(Bank.EPC, OTHER, 2))) == TID[::-1]
    assert [body for opcode, body in heard if opcode == Opcode.SET_ANTENNAS] == [b"\2\2", b"\2\1\1\2\2"]
    assert "it reads 1, 2" in str(bench.want(read_tid(Target(Bank.EPC, EPC, 3))))
    bench.batches.clear()
    bench.go(1)
    assert {int(a) for b in bench.batches for a in b.antenna} == {1, 2}


def test_what_is_no_answer_to_us_changes_nothing():
    bench = Bench().go(2)
    assert walk(framed(0x77, 0)).frames == [Answer(0x77, 0, b"")]
    bench.dialogue.hear(framed(0x77, 0), bench.now_us)
    assert bench.health.link is ReaderLink.READING


def test_a_module_without_a_region_is_refused_before_it_is_opened():
    config = ReaderConfig(id=ReaderId("r"), url="mercury:///dev/x", profile="mercury", antennas={"1": "z"})
    with pytest.raises(MisconfiguredError, match="region=eu"):
        open_reader(config, load_profile("mercury"), random.Random(1))
