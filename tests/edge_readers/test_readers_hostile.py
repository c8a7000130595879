"""Bytes that lie about themselves: what is good before, between and after them arrives all the same."""

import struct
import sys

import pytest
from readers_hand import HandReader, converse, dialogue_for

from contract.ids import ReaderId
from edge.readers.base import ProtocolError
from edge.readers.llrp.capabilities import capabilities_of
from edge.readers.llrp.events import event_of, rospec_states, status_of
from edge.readers.llrp.frames import FRAME_BYTES_MAX, Frame, FrameBuffer
from edge.readers.llrp.gpio import Wires
from edge.readers.llrp.reports import ReportDecoder
from edge.readers.llrp.results import Operation
from edge.readers.llrp.settings import settings_of
from edge.readers.sayings import WORDS_MAX

R = ReaderId("gate")
SECOND = 1_000_000
PARSERS = (event_of, status_of, rospec_states, capabilities_of, settings_of)


def good(llrp, number=1):
    return llrp.message(61, llrp.tlv(240, b"\x8d" + number.to_bytes(12) + llrp.tv(1, 2)), number)


def hear(pieces):
    """What a driver hears: last byte of each EPC, types of other messages, results, and the decoder."""
    buffer, decoder = FrameBuffer(), ReportDecoder(R)
    epcs, others, results = [], [], []
    for piece in pieces:
        buffer.feed(piece)
        with buffer.filled() as waiting:
            got = decoder.decode(waiting, 0)
        buffer.consume(got.consumed)
        others += [frame.type for frame in got.others]
        results += got.results
        if got.batch is not None:
            epcs += [epc[bits // 8 - 1] for epc, bits in zip(got.batch.epc, got.batch.epc_bits, strict=True)]
    return epcs, others, results, decoder


@pytest.mark.parametrize("times", [1, 200])
@pytest.mark.parametrize("kind", [61, 62, 63, 11, 999])
@pytest.mark.parametrize("length", [0, 5, 9, 10, 11, FRAME_BYTES_MAX + 1, 2**32 - 1])
def test_a_message_of_any_length_costs_itself_and_no_neighbour(llrp, length, kind, times):
    bad = struct.pack("!HII", 1 << 10 | kind, length, 7) + bytes(max(0, min(length, 11) - 10))
    data = b"".join(good(llrp, 1) + bad + good(llrp, 2) for _ in range(times))
    if length not in (10, 11) and times > 1:
        data = good(llrp, 1) * times + bad + good(llrp, 2) * times
    epcs, others, _, decoder = hear([data])
    assert (epcs.count(1), epcs.count(2)) == (times, times)
    whole = length in (10, 11)
    assert len(others) == (times if whole and kind != 61 else 0)
    assert (decoder.counts.bytes_skipped_total > 0) == (not whole)


def test_a_message_of_exactly_the_cap_is_one_whose_reads_all_arrive(llrp):
    report = llrp.tlv(240, b"\x8d" + (3).to_bytes(12))
    count, left = divmod(FRAME_BYTES_MAX - 10, len(report))
    body = report * (count - 1) + llrp.tlv(999, bytes(len(report) + left - 4))
    data = llrp.message(61, body) + good(llrp, 5)
    assert len(data) - len(good(llrp)) == FRAME_BYTES_MAX
    epcs, _, _, decoder = hear([data])
    assert (epcs.count(3), epcs.count(5)) == (count - 1, 1)
    assert decoder.counts.unknown_total == {"999": 1}


@pytest.mark.parametrize("version", [0, 3, 4, 7])
def test_a_message_of_another_version_in_the_middle_is_stepped_over(llrp, version):
    other = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)), version=version)
    for times in (1, 200):
        epcs, _, _, decoder = hear([good(llrp, 1) * times + other + good(llrp, 2) * times])
        assert (epcs.count(1), epcs.count(2), epcs.count(0)) == (times, times, 0)
        assert decoder.counts.bytes_skipped_total == len(other)


@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("length", [0, 1, 3, 30, 0xFFFF])
def test_a_tag_report_whose_length_lies_costs_the_rest_of_its_message_only(llrp, length, where):
    fine = llrp.tlv(240, b"\x8d" + (4).to_bytes(12))
    liar = struct.pack("!HH", 240, length) + b"\x8d" + (9).to_bytes(12)
    body = {"first": liar + fine * 2, "middle": fine + liar + fine, "last": fine * 2 + liar}[where]
    for times in (1, 100):
        epcs, _, _, decoder = hear([(llrp.message(61, body) + good(llrp, 1)) * times])
        before = {"first": 0, "middle": 1, "last": 2}[where]
        assert epcs.count(1) == times
        assert epcs.count(4) >= before * times
        assert decoder.counts.reports_damaged_total >= times


def nested(llrp, kind, depth, core=b""):
    for _ in range(depth):
        core = llrp.tlv(kind, core)
    return core


@pytest.mark.parametrize("kind", [240, 246, 137, 144, 177, 287, 1023])
def test_a_hundred_parameters_inside_each_other_are_only_bytes(llrp, kind):
    deep = nested(llrp, kind, 100, bytes(12))
    epcs, others, _, _ = hear([good(llrp, 1) + llrp.message(61, deep) + llrp.message(63, deep) + good(llrp, 2)])
    assert {1, 2} <= set(epcs)
    assert others == [63]
    for parse in PARSERS:
        for frame in (
            Frame(63, 0, deep),
            Frame(11, 0, llrp.tlv(287, bytes(4)) + deep),
            Frame(1023, 0, bytes(5) + deep),
        ):
            try:
                parse(frame)
            except ProtocolError:
                continue


def test_what_nobody_knows_in_the_middle_of_good_ones_costs_none_of_them(llrp):
    unknown = llrp.message(999, bytes(30)) + llrp.message(61, llrp.tlv(777, bytes(5))) + llrp.message(200)
    for times in (1, 100):
        epcs, others, _, decoder = hear([(good(llrp, 1) + unknown + good(llrp, 2)) * times])
        assert epcs == [1, 2] * times
        assert others == [999, 200] * times
        assert decoder.counts.unknown_total == {"777": times}


def a_bit_of_everything(llrp):
    result = llrp.tlv(int(Operation.READ), struct.pack("!BHH", 0, 5, 2) + b"abcd")
    busy = llrp.tlv(240, llrp.epc_param(128, bytes(15) + b"\x08") + llrp.tv(16, 3) + result + llrp.tv(12, 0x3000))
    event = llrp.tlv(246, llrp.tlv(128, bytes(8)) + llrp.tlv(255, b"\x01\x00\x01"))
    return good(llrp, 1) + llrp.message(61, busy + busy) + llrp.message(63, event) + llrp.message(62) + good(llrp, 2)


def test_at_every_split_point_everything_arrives_once(llrp):
    data = a_bit_of_everything(llrp)
    whole = hear([data])[:3]
    assert whole[0] == [1, 8, 8, 2]
    assert len(whole[2]) == 2
    for at in range(len(data) + 1):
        assert hear([data[:at], data[at:]])[:3] == whole
    assert hear([data[i : i + 1] for i in range(len(data))])[:3] == whole


def test_two_messages_in_one_segment_and_one_in_two_are_the_same(llrp):
    data = a_bit_of_everything(llrp)
    assert hear([data + data])[:3] == hear([data, data])[:3]


def calls_for(data):
    """Calls that decoding these bytes makes, of Python and of C: how much work it is, whatever the machine."""
    decoder, calls = ReportDecoder(R), 0

    def count(_frame, event, _arg):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        decoder.decode(data, 0)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("what", ["headers", "lengths", "reports", "shapes", "noise", "empty"])
def test_the_worst_bytes_make_work_in_proportion_at_most(llrp, what):
    rng = llrp.rng(5)
    unit = {
        "headers": lambda _: struct.pack("!HII", 1 << 10 | 61, 0, 0),
        "lengths": lambda _: struct.pack("!HII", 1 << 10 | 61, 12, 0) + b"\x00\xf0",
        "reports": lambda _: llrp.message(61, llrp.tlv(240, b"\xe3" + bytes(12))),
        "shapes": lambda i: llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + llrp.custom(7, i, b""))),
        "noise": lambda _: rng.choice((b"\x00\xf0", b"\x04\x3d", b"\x00\x00", b"\x8d")) * 5,
        "empty": lambda _: llrp.message(61),
    }[what]
    some = b"".join(unit(i) for i in range(2000))
    more = b"".join(unit(i) for i in range(8000))
    assert calls_for(more) < 6 * calls_for(some) + 2000


def test_of_ports_that_nobody_uses_nothing_is_kept_so_that_a_flood_of_them_holds_nobody_up(llrp):
    dialogue = dialogue_for(wires=Wires(frozenset({1}), {}))
    converse(dialogue, HandReader(llrp))
    for port in range(1, 3000):
        for event in (llrp.tlv(248, struct.pack("!HB", port, 0x80)), llrp.tlv(255, struct.pack("!BH", 0, port))):
            dialogue.hear_bytes(llrp.message(63, llrp.tlv(246, llrp.tlv(128, bytes(8)) + event)), SECOND)
        dialogue.tick(SECOND)
    assert dialogue.health.inputs == dialogue.gpio._levels == {1: True}
    assert dialogue.health.antennas_down == {1}


def test_what_a_reader_says_in_words_is_cut_and_cannot_act(llrp):
    told = b"\x1b[2J\0fan at rest" + b"!" * 60_000
    trouble = llrp.tlv(252, struct.pack("!H", len(told)) + told)
    event = event_of(Frame(63, 1, llrp.tlv(246, llrp.tlv(128, bytes(8)) + trouble)))
    status = status_of(Frame(100, 1, llrp.tlv(287, struct.pack("!HH", 100, len(told)) + told)))
    for words in (event.exception, status.words):
        assert words.startswith("·[2J·fan at rest!")
        assert len(words) == WORDS_MAX
