"""M100/R200 frames as the makers' manuals print them, and a module played by the simulator, step by step."""

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.access import Bank, Target, pc_word, read_tid, write_epc
from edge.readers.base import MisconfiguredError, ReaderError, TagError, TagLockedError, UnreachableError
from edge.readers.health import Health
from edge.readers.m100.frames import Answer, Command, Dialect, Failure, RoundOver, Unknown, encode, fault, walk
from edge.readers.m100.module import Module, query_word
from edge.readers.profiles import load_profile
from edge.readers.serial.accesses import ACCESSES_PENDING_MAX
from edge.readers.serial.connection import State
from edge.readers.serial.dialogue import NOISE_BYTES_MAX, Dialogue
from simulator.serial.air import Tray
from simulator.serial.m100 import M100

TAG = bytes.fromhex("bb02220011c93400 30751feb705c5904e3d50d70 3a76ef7e")
EPC = bytes.fromhex("30751feb705c5904e3d50d70")
OTHER = bytes(range(12))
TID = bytes.fromhex("e2801160600002054d2a1c2b")
STEP_US = 20_000


def named(epc):
    return Target(Bank.EPC, epc)


def test_a_tag_notice_of_the_manual():
    walked = walk(TAG)
    assert [(read[0], read[1], read[2]) for read in walked.reads] == [(EPC, 1, -5500)]
    assert (walked.consumed, walked.good, walked.frames) == (len(TAG), 1, [])


def test_a_tag_notice_under_the_number_of_the_manuals_text():
    said = bytearray(TAG)
    said[2], said[-2] = 0x27, TAG[-2] + 5
    assert walk(bytes(said)).reads == walk(TAG).reads


@pytest.mark.parametrize(
    ("command", "body", "frame"),
    [
        (Command.POLL, "", "bb00220000227e"),
        (Command.MULTI_POLL, "222710", "bb00270003222710837e"),
        (Command.STOP, "", "bb00280000287e"),
        (Command.SET_POWER, "07d0", "bb00b6000207d08f7e"),
        (Command.SET_QUERY, "1020", "bb000e00021020407e"),
        (Command.INFO, "00", "bb0003000100047e"),
        (Command.SET_SELECT, "01000000206000" + EPC.hex(), "bb000c001301000000206000" + EPC.hex() + "ad7e"),
        (Command.READ, "0000ffff0300000002", "bb003900090000ffff0300000002457e"),
        (Command.WRITE, "0000ffff030000000212345678", "bb0049000d0000ffff0300000002123456786d7e"),
    ],
)
def test_commands_are_byte_for_byte_those_of_the_manual(command, body, frame):
    assert encode(Dialect.BB, command, bytes.fromhex(body)).hex() == frame


def test_the_other_dialect_has_the_same_body():
    assert encode(Dialect.AA, Command.STOP).hex() == "aa0028000028dd"
    other = b"\xaa" + TAG[1:-1] + b"\xdd"
    assert walk(other).reads == walk(TAG).reads
    assert walk(other, dialect=Dialect.BB).reads == []
    mixed = TAG[:-1] + b"\xdd"
    assert walk(mixed, ended=True).reads == []


def test_a_printed_frame_with_a_wrong_checksum_is_not_believed():
    wrong = bytes.fromhex("bb000c001301000000206000" + EPC.hex() + "ac7e")
    walked = walk(wrong, ended=True)
    assert (walked.good, walked.damaged) == (0, 1)


def test_an_empty_round_is_no_fault_and_other_errors_have_words():
    frames = walk(
        bytes.fromhex("bb01ff000115167e" + "bb01ff000116177e" + "bb01280001002a7e" + "bb0177000001787e")
    ).frames
    assert frames[:3] == [RoundOver(Dialect.BB), Failure(Dialect.BB, 0x16, b""), Answer(Dialect.BB, 0x28, b"\0")]


def test_an_error_of_a_tag_names_the_tag():
    body = b"\xb4\x0e\x34\x00" + EPC
    inside = bytes((1, 0xFF, 0, len(body))) + body
    (failure,) = walk(b"\xbb" + inside + bytes((sum(inside) & 0xFF, 0x7E))).frames
    assert failure == Failure(Dialect.BB, 0xB4, b"\x34\x00" + EPC)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x16, TagError, "password"),
        (0x09, TagError, "no tag answered the read"),
        (0x17, MisconfiguredError, "does not know"),
        (0x20, MisconfiguredError, "channel"),
        (0xA3, TagError, "refuses to read: its memory does not reach"),
        (0xB4, TagLockedError, "refuses to write: that part of its memory is locked"),
        (0xCB, TagError, "refuses to lock: it has too little power"),
        (0xE5, TagError, "Gen2 error 5"),
        (0x77, ReaderError, "no manual names"),
    ],
)
def test_an_error_frame_is_a_typed_error_in_words(code, kind, words):
    error = fault(code)
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize("size", [0, 2, 8, 12, 16, 30, 62])
def test_epcs_of_every_length_are_whole(size):
    epc = bytes(range(size))
    body = b"\xc9" + pc_word(epc).to_bytes(2) + epc + b"\0\0"
    inside = bytes((2, 0x22)) + len(body).to_bytes(2) + body
    walked = walk(b"\xbb" + inside + bytes((sum(inside) & 0xFF, 0x7E)))
    assert [read[0] for read in walked.reads] == ([epc] if size else [])
    assert walked.damaged == (0 if size else 1)


def test_the_query_asks_for_the_session_and_as_many_slots_as_tags():
    assert query_word(0, 16) == 0x1020
    assert query_word(2, 100) == 0x1200 | 7 << 3
    assert query_word(0, 1) == 0x1000
    assert query_word(0, 60_000) & 0x78 == 15 << 3


class Bench:
    """A dialogue and a simulated module, joined by hand, with time as an argument."""

    def __init__(self, *, tags=None, region="eu", **module):
        self.air = Tray({EPC: TID, OTHER: TID[::-1]} if tags is None else tags)
        self.module = M100(self.air, **module)
        self.health = Health(ReaderId("r"))
        place = load_profile("m100").place(ZoneKind.PAD)
        self.dialogue = Dialogue(self.health, Module(self.health, place, region), {1: place})
        self.now_us = 1_000_000
        self.batches = []
        self.dead = False
        self.dialogue.open(self.now_us)

    def go(self, seconds, *, spoil=bytes):
        for _ in range(int(seconds * 1e6) // STEP_US):
            if self.dialogue.hung_up:
                return self
            self.now_us += STEP_US
            said = self.dialogue.take()
            if not self.dead:
                self.module.hear(said, self.now_us)
                batch = self.dialogue.hear(spoil(self.module.advance(self.now_us)), self.now_us)
                self.batches += [batch] if batch is not None else []
            self.dialogue.tick(self.now_us)
        return self

    def want(self, access):
        told = []
        self.dialogue.want(access, told.append)
        self.go(1)
        (outcome,) = told
        return outcome


@pytest.mark.parametrize("mark", ["BB", "AA"])
def test_a_module_of_either_dialect_is_reading_as_it_was_told(mark):
    bench = Bench(mark=mark).go(1)
    assert bench.health.link is ReaderLink.READING
    assert (bench.health.model, bench.health.firmware) == ("M100 26dBm V1.0", "V2.3.5")
    assert (bench.module.region, bench.module.power_cdbm, bench.module.query) == (3, 1500, query_word(0, 8))
    assert {epc.tobytes() for batch in bench.batches for epc in batch.epc} == {EPC, OTHER}
    batch = bench.batches[0]
    assert (batch.rssi_cdbm == -5500).all()
    assert (batch.antenna == 1).all()
    assert (batch.epc_bits == 96).all()
    assert (batch.seen_count == 1).all()
    assert batch.epc.dtype == np.uint8
    assert not batch.epc.flags.writeable


def test_without_a_region_in_the_address_the_module_stays_where_it_is():
    bench = Bench(region="").go(1)
    assert bench.module.region == 1
    assert Command.SET_REGION not in bench.module.heard


def test_an_empty_case_is_read_and_not_silent():
    bench = Bench(tags={}).go(20)
    assert bench.health.link is ReaderLink.READING
    assert bench.health.reads_total == 0
    assert bench.health.dropped_total == 0


@pytest.mark.parametrize("unsaid", [False, True], ids=["which says so", "which says nothing"])
def test_rounds_that_are_over_are_started_again(unsaid):
    bench = Bench()
    bench.module.ends_unsaid = unsaid
    bench.go(1)
    bench.module.rounds = 2
    before = bench.health.reads_total
    bench.go(3)
    assert bench.health.reads_total > before + 40
    assert bench.health.link is ReaderLink.READING


def test_a_module_that_restarted_is_told_its_region_and_power_before_it_transmits():
    bench = Bench().go(1)
    bench.module.power()
    assert bench.module.region != 3
    bench.module.heard.clear()
    before = bench.health.reads_total
    bench.go(3)
    assert bench.health.reads_total > before
    started = bench.module.heard.index(Command.MULTI_POLL)
    assert {Command.SET_REGION, Command.SET_POWER, Command.SET_QUERY} <= set(bench.module.heard[:started])
    assert (bench.module.region, bench.module.power_cdbm) == (3, 1500)


def test_a_dead_module_is_shown_silent_within_five_seconds_and_hung_up_on():
    bench = Bench().go(1)
    bench.dead = True
    bench.go(4)
    assert bench.dialogue.hung_up
    bench.dialogue.tick(bench.now_us + 4_000_000)
    assert bench.health.link is ReaderLink.SILENT


def test_a_refused_region_or_power_is_told_to_a_person():
    for command, words in ((Command.SET_REGION, "does not know"), (Command.SET_POWER, "does not know")):
        bench = Bench()
        bench.module.refuses.add(int(command))
        bench.go(1)
        assert bench.health.link is ReaderLink.REFUSED
        assert words in bench.health.why
        assert bench.dialogue.hung_up


def test_noise_without_a_frame_ends_the_connection():
    bench = Bench().go(1)
    bench.module.hear(encode(Dialect.BB, Command.STOP), bench.now_us)
    for _ in range(NOISE_BYTES_MAX // 256 + 1):
        bench.dialogue.hear(b"\xff" * 256, bench.now_us)
    assert bench.dialogue.hung_up
    assert "baud rate" in bench.health.why


def test_a_tid_is_read_between_two_stretches_of_reading():
    bench = Bench().go(1)
    assert bench.want(read_tid(named(EPC))) == TID
    assert bench.want(read_tid(named(OTHER), 3)) == TID[::-1][:6]
    before = bench.health.reads_total
    bench.go(1)
    assert bench.health.reads_total > before
    assert bench.health.link is ReaderLink.READING


def test_an_epc_is_written_and_then_read():
    bench = Bench().go(1)
    new = bytes.fromhex("3034257bf7194e4000001a85")
    assert bench.want(write_epc(named(EPC), new)) == b""
    bench.batches.clear()
    bench.go(1)
    assert {epc.tobytes() for batch in bench.batches for epc in batch.epc} == {new, OTHER}


def test_a_tag_that_is_not_there_is_an_error_in_words():
    bench = Bench().go(1)
    assert "no tag answered the read" in str(bench.want(read_tid(named(bytes(12)))))
    assert "no tag answered the write" in str(bench.want(write_epc(named(bytes(12)), EPC)))
    assert bench.dialogue.state is State.READING


def test_what_no_module_can_do_is_refused_in_words_and_reading_goes_on():
    bench = Bench().go(1)
    refused = bench.want(read_tid(named(bytes(40))))
    assert isinstance(refused, MisconfiguredError)
    assert "1 to 15 words" in str(refused)
    assert bench.dialogue.state is State.READING


def test_a_module_that_does_not_hear_the_first_stop_is_told_again():
    bench = Bench()
    assert bench.dialogue.take()
    bench.go(1)
    assert bench.health.link is ReaderLink.READING


def test_what_is_wanted_one_after_the_other_waits_for_its_turn():
    bench = Bench().go(1)
    told = []
    for epc in (EPC, OTHER, EPC):
        bench.dialogue.want(read_tid(named(epc)), told.append)
    bench.go(2)
    assert told == [TID, TID[::-1], TID]


def test_what_nobody_waits_for_any_more_is_not_begun():
    bench = Bench().go(1)
    told, later = [], []
    bench.dialogue.want(read_tid(named(EPC)), told.append)
    forgotten = later.append
    bench.dialogue.want(write_epc(named(EPC), bytes(12)), forgotten)
    bench.dialogue.give_up(forgotten)
    bench.go(2)
    assert (told, later) == ([TID], [])
    assert EPC in bench.air.tags


def test_accesses_are_counted_and_no_more_are_taken_than_can_wait():
    bench = Bench().go(1)
    outcomes = []
    for _ in range(ACCESSES_PENDING_MAX + 2):
        bench.dialogue.want(read_tid(named(bytes(12))), outcomes.append)
    assert [type(outcome) for outcome in outcomes] == [UnreachableError] * 2
    bench.go(1)
    assert bench.health.accesses_refused_total == 2
    assert bench.health.accesses_total == bench.health.accesses_failed_total > 0


def test_whoever_waits_for_a_tag_hears_that_the_module_went_away():
    bench = Bench().go(1)
    told = []
    bench.dialogue.want(read_tid(named(EPC)), told.append)
    bench.dead = True
    bench.go(5)
    assert isinstance(told[0], UnreachableError)
    bench.dialogue.want(read_tid(named(EPC)), told.append)
    assert isinstance(told[1], UnreachableError)


def test_a_frame_cut_short_does_not_hold_back_the_next():
    bench = Bench(tags={}).go(1)
    bench.dialogue.hear(TAG[:9], bench.now_us)
    bench.module.hear(encode(Dialect.BB, Command.STOP), bench.now_us)
    assert bench.dialogue.tick(bench.now_us + 300_000) is None
    batch = bench.dialogue.hear(TAG, bench.now_us + 300_000)
    assert len(batch) == 1


def test_what_we_do_not_know_is_counted():
    bench = Bench(tags={}).go(1)
    bench.dialogue.hear(bytes.fromhex("bb02770000797e"), bench.now_us)
    assert walk(bytes.fromhex("bb02770000797e")).frames == [Unknown(2, 0x77)]
    assert bench.health.unknown_total == 1
