"""Bytes that arrive anyhow: split, joined, damaged, endless."""

import pytest

from contract.ids import ReaderId
from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import (
    FRAME_BYTES_MAX,
    RECEIVE_BYTES_MAX,
    RECEIVE_BYTES_MIN,
    SLACK_BYTES,
    FrameBuffer,
    find_header,
    parse_header,
)
from edge.readers.llrp.reports import ReportDecoder

R = ReaderId("gate")


def read_in_pieces(data, pieces):
    """Rows and other messages, as a driver hears them."""
    buffer, decoder, batches, others = FrameBuffer(), ReportDecoder(R), [], []
    for piece in pieces:
        buffer.feed(piece)
        with buffer.filled() as waiting:
            got = decoder.decode(waiting, 0)
        buffer.consume(got.consumed)
        others += got.others
        if got.batch is not None:
            batches.append(got.batch)
    return batches, others, decoder, buffer


def cut(data, sizes):
    at = 0
    while at < len(data):
        size = next(sizes)
        yield data[at : at + size]
        at += size


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_cut_anywhere_reads_the_same(llrp, seed):
    rng = llrp.rng(seed)
    data, _ = llrp.report_stream(rng, 60, (1, 9))
    whole, heard, _, _ = read_in_pieces(data, [data])
    sizes = [iter(lambda: 1, 0), iter(lambda: rng.randint(1, 80), 0), iter(lambda: rng.choice([1, 1000]), 0)]
    for some in sizes:
        batches, others, decoder, buffer = read_in_pieces(data, cut(data, some))
        assert [r[:7] for b in batches for r in llrp.rows_of(b)] == [r[:7] for b in whole for r in llrp.rows_of(b)]
        assert others == heard
        assert decoder.counts.bytes_skipped_total == 0
        assert len(buffer) == 0


def test_every_split_point_of_two_messages_reads_both(llrp):
    data = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12))) + llrp.message(62, b"", 9)
    for at in range(len(data) + 1):
        batches, others, _, _ = read_in_pieces(data, [data[:at], data[at:]])
        assert sum(map(len, batches)) == 1
        assert [frame.message_id for frame in others] == [9]


@pytest.mark.parametrize("length", [0, 5, 9, FRAME_BYTES_MAX + 1, 2**32 - 1])
def test_after_a_header_that_cannot_be_the_next_good_message_is_found(llrp, length):
    bad = (1 << 10 | 61).to_bytes(2) + length.to_bytes(4) + bytes(4)
    data = bad + llrp.message(62, b"", 1) * 3
    _, others, decoder, buffer = read_in_pieces(data, [data])
    assert [frame.type for frame in others] == [62, 62, 62]
    assert decoder.counts.bytes_skipped_total == len(bad)
    assert decoder.counts.resyncs_total == 1
    assert len(buffer) == 0


def test_a_message_of_exactly_the_cap_is_read_and_one_byte_more_is_not(llrp):
    body = llrp.tlv(1023, bytes(65_000)) * 16
    data = llrp.message(61, body + bytes(FRAME_BYTES_MAX - 10 - len(body))) + llrp.message(62)
    _, others, decoder, _ = read_in_pieces(data, cut(data, iter(lambda: 1 << 16, 0)))
    assert [frame.type for frame in others] == [62]
    assert decoder.counts.bytes_skipped_total == 0


def test_a_length_bomb_never_holds_more_than_the_cap(llrp):
    buffer = FrameBuffer()
    with pytest.raises(ProtocolError, match="wait for the end of one message"):
        buffer.feed(bytes(40 << 20))
    assert len(buffer) <= FRAME_BYTES_MAX + RECEIVE_BYTES_MAX


@pytest.mark.parametrize("version", [0, 3, 7])
def test_another_version_of_the_protocol_is_not_believed(llrp, version):
    with pytest.raises(ProtocolError, match="version"):
        parse_header(llrp.message(62, version=version))


def test_messages_of_version_1_1_are_read_too(llrp):
    report = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)), version=2)
    batches, _, _, _ = read_in_pieces(report * 20, [report * 20])
    assert sum(map(len, batches)) == 20


def test_reserved_header_bits_are_damage(llrp):
    data = bytearray(llrp.message(62))
    data[0] |= 0x80
    with pytest.raises(ProtocolError):
        parse_header(bytes(data))


def test_the_search_for_a_header_leaves_what_may_still_become_one(llrp):
    noise = b"\xff" * 30
    start = llrp.message(62)[:7]
    assert find_header(noise + start, 1, len(noise + start)) <= len(noise)


def test_a_long_message_of_another_type_between_short_reports_is_handed_over_whole(llrp):
    report = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)))
    data = report * 10 + llrp.message(11, bytes(3000), 5) + report * 10 + llrp.message(1023, bytes(20), 6) + report * 3
    batches, others, _, _ = read_in_pieces(data, [data])
    assert sum(map(len, batches)) == 23
    assert [(f.type, len(f.body), f.message_id) for f in others] == [(11, 3000, 5), (1023, 20, 6)]


def test_an_empty_report_is_no_read_and_no_damage(llrp):
    batches, others, decoder, _ = read_in_pieces(b"", [llrp.message(61) * 9])
    assert (batches, others) == ([], [])
    assert decoder.counts.frames_total == 9
    assert decoder.counts.reports_damaged_total == 0
    report = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)) * 2)
    batches, _, _, _ = read_in_pieces(b"", [(llrp.message(61) + report) * 9])
    assert sum(map(len, batches)) == 18


def test_a_report_message_without_any_tag_report_is_counted_by_what_it_holds(llrp):
    other = llrp.message(61, llrp.tlv(243, bytes(30)) + llrp.custom(161, 5, b""))
    _, _, decoder, _ = read_in_pieces(b"", [other * 9])
    assert decoder.counts.unknown_total == {"243": 9, "1023/161/5": 9}


def test_a_backlog_is_received_in_larger_bites_and_a_quiet_reader_in_small_ones(llrp):
    buffer = FrameBuffer()
    buffer.feed(llrp.message(62) * 10)
    with buffer.free() as room:
        assert len(room) == RECEIVE_BYTES_MIN
    buffer.clear()
    for _ in range(8):
        with buffer.free() as room:
            size = len(room)
        buffer.wrote(size)
        buffer.consume(size)
    with buffer.free() as room:
        assert len(room) == RECEIVE_BYTES_MAX


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_behind_the_bytes_that_arrived_is_not_read_whatever_it_looks_like(llrp, seed):
    rng = llrp.rng(seed)
    data, _ = llrp.report_stream(rng, 250, rng.choice([(1, 1), (1, 3), (20, 40)]))
    data += bytes(SLACK_BYTES)
    for _ in range(12):
        cut_at = rng.randrange(len(data) - SLACK_BYTES)
        alone = ReportDecoder(R).decode(data[:cut_at], 0)
        among = ReportDecoder(R).decode(data[:cut_at], 0, lambda end=cut_at: data[: end + SLACK_BYTES])
        assert llrp.rows_of(alone.batch) == llrp.rows_of(among.batch)
        assert (alone.consumed, alone.frames, alone.others) == (among.consumed, among.frames, among.others)


def test_a_receive_buffer_has_room_behind_its_bytes_however_full_it_is():
    buffer = FrameBuffer()
    for _ in range(30):
        with buffer.free() as room:
            size = len(room)
        buffer.wrote(size)
        with buffer.roomy() as roomy:
            assert len(roomy) == len(buffer) + SLACK_BYTES
        if len(buffer) > FRAME_BYTES_MAX // 2:
            buffer.consume(len(buffer) - 7)
    buffer.clear()
    with buffer.roomy() as roomy:
        assert len(roomy) == SLACK_BYTES
