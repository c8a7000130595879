"""Tag reports become columns: the fast path says what a plain decoder says, and damage costs one tag report."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.streams import mixed_stream
from contract.ids import ReaderId
from edge.readers.base import RSSI_ABSENT_CDBM
from edge.readers.llrp import reports
from edge.readers.llrp.params import UNKNOWN_KINDS_MAX
from edge.readers.llrp.reports import FEW_BYTES, SHORT_MESSAGES_MIN, ReportDecoder, decode_reports

R = ReaderId("gate")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("per_message", [(1, 1), (1, 3), (20, 60)])
def test_the_fast_path_says_what_the_slow_decoder_says(llrp, seed, per_message):
    rng = llrp.rng(seed)
    decoder = ReportDecoder(R)
    for _ in range(3):
        data, reports = llrp.report_stream(rng, 300, per_message)
        got = decoder.decode(data, 7)
        assert got.consumed == len(data)
        assert llrp.rows_of(got.batch) == llrp.slow_decode(reports)
        assert llrp.details_of(got.batch) == [
            {k: v for k, v in d.items() if v != b""} for d in llrp.slow_details(reports)
        ]
    assert decoder.counts.bytes_skipped_total == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_few_reports_read_alone_say_the_same_as_among_many(llrp, seed):
    data, reports = llrp.report_stream(llrp.rng(seed), 300, (1, 5))
    few = ReportDecoder(R)
    rows, at = [], 0
    while at < len(data):
        got = few.decode(data[at : at + FEW_BYTES], 0)
        at += got.consumed
        rows += llrp.rows_of(got.batch)
    # stamps are told per batch: a batch without any UTC stamp keeps its uptime
    assert [row[:7] for row in rows] == [row[:7] for row in llrp.slow_decode(reports)]
    many = ReportDecoder(R)
    many.decode(data, 0)
    assert few.counts.unknown_total == many.counts.unknown_total
    assert few.counts.reads_total == many.counts.reads_total


def test_the_comparison_fails_when_one_value_differs(llrp):
    data, reports = llrp.report_stream(llrp.rng(1), 50)
    changed = [llrp.tlv(240, b"\x8d" + bytes(12)), *reports[1:]]
    assert llrp.rows_of(decode_reports(data, R).batch) != llrp.slow_decode(changed)


def test_every_documented_parameter_reaches_its_column(llrp):
    report = llrp.tlv(
        240,
        b"\x8d" + bytes(range(12)) + llrp.tv(9, 77) + llrp.tv(14, 1) + llrp.tv(10, 1) + llrp.tv(1, 3)
        + llrp.tv(6, -57, signed=True) + llrp.tv(7, 11) + llrp.tv(2, 10**15) + llrp.tv(4, 10**15 + 5) + llrp.tv(8, 4)
        + llrp.tv(12, 0x3000) + llrp.tv(11, 0xBEEF) + llrp.tv(19, 1) + llrp.tv(20, 2) + llrp.tv(16, 5)
        + llrp.custom(25882, 57, struct.pack("!h", -5675)) + llrp.custom(25882, 56, struct.pack("!H", 2048))
        + llrp.custom(25882, 68, struct.pack("!h", -16)),
    )  # fmt: skip
    got = decode_reports(llrp.message(61, report), R, 42)
    assert llrp.rows_of(got.batch) == [(bytes(range(12)), 96, 3, -5675, 2048, 11, 4, 10**15, 10**15 + 5, 77)]
    assert got.batch.arrived_us == 42
    assert not got.batch.uptime


def test_what_a_reader_does_not_tell_is_marked_as_not_told(llrp):
    got = decode_reports(llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12))), R)
    assert llrp.rows_of(got.batch) == [(bytes(12), 96, 0, RSSI_ABSENT_CDBM, 0xFFFF, 0, 1, 0, 0, 0)]


def test_a_reader_without_a_clock_tells_its_uptime(llrp):
    got = decode_reports(llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(3, 5) + llrp.tv(5, 9))), R)
    assert got.batch.uptime
    assert got.batch.last_seen_us.tolist() == [9]


def test_uptime_stamps_among_utc_ones_count_as_not_told(llrp):
    rows = [llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(kind, 9)) for kind in (3, 2, 3)]
    decoder = ReportDecoder(R)
    batch = decoder.decode(llrp.message(61, b"".join(rows)), 0).batch
    assert batch.first_seen_us.tolist() == [0, 9, 0]
    assert decoder.counts.stamps_dropped_total == 2


@pytest.mark.parametrize("bits", [0, 96, 128, 496])
def test_an_epc_of_any_legal_length_is_kept_whole(llrp, bits):
    epc = bytes(range(1, bits // 8 + 1))
    reports = [llrp.tlv(240, llrp.epc_param(bits, epc))] * 20 + [llrp.tlv(240, b"\x8d" + bytes(12))]
    rows = llrp.rows_of(decode_reports(llrp.message(61, b"".join(reports)), R).batch)
    assert [row[:2] for row in rows] == [(epc, bits)] * 20 + [(bytes(12), 96)]


def test_an_unknown_tv_costs_its_tag_report_and_no_other(llrp):
    good = llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(1, 2))
    bad = llrp.tlv(240, b"\x8d" + bytes(12) + b"\xe3\x00\x00")
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, good * 30 + bad + good * 30), 0)
    assert len(got.batch) == 60
    assert decoder.counts.reports_damaged_total == 1
    assert decoder.counts.unknown_total == {"tv:99": 1}


def test_an_unknown_vendor_parameter_costs_nothing_and_is_counted_by_type(llrp):
    report = llrp.tlv(240, b"\x8d" + bytes(12) + llrp.custom(161, 1000, bytes(12)) + llrp.tv(1, 2))
    decoder = ReportDecoder(R)
    assert decoder.decode(llrp.message(61, report * 30), 0).batch.antenna.tolist() == [2] * 30
    assert decoder.counts.unknown_total == {"1023/161/1000": 30}


@pytest.mark.parametrize("length", [0, 3, 200])
def test_a_tlv_length_that_lies_costs_the_report_it_is_in(llrp, length):
    good = llrp.tlv(240, b"\x8d" + bytes(12))
    bad = llrp.tlv(240, b"\x8d" + bytes(12) + struct.pack("!HH", 349, length) + bytes(7))
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, good * 3 + bad + good * 2), 0)
    assert len(got.batch) == 5
    assert decoder.counts.reports_damaged_total == 1


def test_bytes_that_look_like_headers_inside_values_mislead_nobody(llrp):
    inner = llrp.message(61, b"")[:10] + b"\x00\xf0"
    report = llrp.tlv(240, b"\x8d" + inner + llrp.tv(2, int.from_bytes(b"\x00\xf0\x00\x08\x04\x3d\x00\x00")))
    for some in (llrp.message(61, report) * 50, llrp.message(61, report * 50)):
        rows = llrp.rows_of(decode_reports(some, R).batch)
        assert [row[0] for row in rows] == [inner] * 50


def test_what_is_not_whole_yet_is_left_for_the_next_call(llrp):
    data = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12))) * 20
    for cut in range(len(data)):
        got = decode_reports(data[:cut], R)
        assert got.consumed == cut // 27 * 27


def test_a_reader_that_makes_up_parameters_does_not_fill_the_memory(llrp):
    decoder = ReportDecoder(R)
    for subtype in range(0, 3000, 30):
        reports = [llrp.tlv(240, b"\x8d" + bytes(12) + llrp.custom(7, subtype + i, b"")) for i in range(30)]
        assert len(decoder.decode(llrp.message(61, b"".join(reports)), 0).batch) == 30
    assert len(decoder.counts.unknown_total) <= UNKNOWN_KINDS_MAX + 1
    assert decoder.counts.unknown_total.total() == 3000
    assert decoder.counts.unknown_total["other"] > 0


def test_a_message_of_nothing_but_damage_is_given_up_after_so_many_walks(llrp):
    good = llrp.tlv(240, b"\x8d" + bytes(12))
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, llrp.tlv(240, b"") * 5000 + good * 20), 0)
    assert decoder.counts.reports_damaged_total == 5000
    assert len(got.batch) == 20


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_streams_raise_nothing_and_never_outgrow_their_bytes(llrp, data):
    rng = llrp.rng(data.draw(st.integers(0, 2**32)))
    stream = bytearray(llrp.report_stream(rng, 30, (1, 8))[0])
    for _ in range(data.draw(st.integers(1, 12))):
        at = rng.randrange(len(stream))
        how = rng.random()
        if how < 0.6:
            stream[at] = rng.getrandbits(8)
        elif how < 0.8:
            del stream[at : at + rng.randint(1, 20)]
        else:
            stream[at:at] = rng.randbytes(rng.randint(1, 20))
    decoder = ReportDecoder(R)
    got = decoder.decode(bytes(stream), 0)
    assert 0 <= got.consumed <= len(stream)
    assert len(llrp.rows_of(got.batch)) <= len(stream) // 17


def told_of(data, few_bytes, monkeypatch):
    """All that a decoder says of these bytes, when up to `few_bytes` are walked plainly."""
    monkeypatch.setattr(reports, "FEW_BYTES", few_bytes)
    decoder = ReportDecoder(R)
    got = decoder.decode(data, 0)
    columns = [] if got.batch is None else rows_with_all_columns(got.batch)
    return columns, got.consumed, got.others, got.results, got.frames, got.resyncs, decoder.counts


def rows_with_all_columns(batch):
    names = ("epc_bits", "antenna", "rssi_cdbm", "phase", "channel", "seen_count", "rospec_id")
    columns = [getattr(batch, name).tolist() for name in (*names, "first_seen_us", "last_seen_us")]
    epcs = [epc.tobytes()[: (bits + 7) // 8] for epc, bits in zip(batch.epc, columns[0], strict=True)]
    return list(zip(epcs, *columns, strict=True))


def damaged(stream, rng):
    """A few bytes changed, lost, made up, turned into a report's header, or written over by others of the stream."""
    data = bytearray(stream)
    for _ in range(rng.choice((0, 1, 1, 2, 5, 20))):
        at, how = rng.randrange(len(data)), rng.random()
        if how < 0.6:
            data[at] = rng.getrandbits(8)
        elif how < 0.7:
            del data[at : at + rng.randint(1, 8)]
        elif how < 0.8:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif how < 0.9:
            data[at : at + 2] = b"\x00\xf0"
        else:
            other = rng.randrange(len(data))
            data[at : at + 60] = data[other : other + 60]
    return bytes(data)


def test_many_reports_at_once_say_of_damaged_bytes_what_the_plain_walk_says(llrp, monkeypatch):
    for seed in range(300):
        rng = llrp.rng(seed)
        stream = mixed_stream(rng.randint(5, 120), rng.choice((1, 1, 2, 5, 40, 200)), seed)
        data = damaged(stream, rng)
        assert told_of(data, 0, monkeypatch) == told_of(data, len(data), monkeypatch), seed


@pytest.mark.parametrize("first", [0x84, 0x14, 0x05])
def test_a_run_of_short_messages_does_not_begin_with_a_damaged_header(llrp, monkeypatch, first):
    good = llrp.message(62)
    damaged_one = bytes((first,)) + llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)))[1:]
    data = good * SHORT_MESSAGES_MIN + damaged_one * 3 + good
    told = told_of(data, 0, monkeypatch)
    assert told == told_of(data, len(data), monkeypatch)
    assert not told[0]


def test_a_damaged_header_between_two_messages_is_no_empty_report(llrp, monkeypatch):
    report = llrp.tlv(240, b"\x8d" + bytes(12))
    data = llrp.message(61, report * 3) + b"\x00\xf0" + bytes(8) + llrp.message(61, report * 3)
    assert told_of(data, 0, monkeypatch) == told_of(data, len(data), monkeypatch)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_survived(data):
    got = decode_reports(data, R)
    assert 0 <= got.consumed <= len(data)


@pytest.mark.parametrize("kind", [1, 6, 13, 20])
@pytest.mark.parametrize("size", [0, 1, 30])
def test_a_tlv_with_the_number_of_a_tv_is_unknown_and_fills_no_column(llrp, kind, size):
    report = llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tlv(kind, bytes([7]) * size) + llrp.tv(7, 5))
    for count in (1, 300):
        decoder = ReportDecoder(R)
        rows = llrp.rows_of(decoder.decode(llrp.message(61, report * count), 0).batch)
        assert rows == [(bytes(12), 96, 0, RSSI_ABSENT_CDBM, 0xFFFF, 5, 1, 0, 0, 0)] * count
        assert decoder.counts.unknown_total == {str(kind): count}


@pytest.mark.parametrize("first", [0x00, 0x01, 0x0C, 0x24, 0x7F])
def test_among_short_messages_one_of_no_known_version_is_skipped(llrp, first):
    good = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(2, 9)))
    bad = bytes([first]) + good[1:]
    decoder = ReportDecoder(R)
    got = decoder.decode(good * 4 + bad + good * 200, 0)
    assert (len(got.batch), got.frames) == (204, 204)
    assert decoder.counts.bytes_skipped_total == len(bad)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_bytes_read_one_by_one_say_the_same_as_in_matrices(llrp, seed, monkeypatch):
    rng = llrp.rng(seed)
    plain, many = ReportDecoder(R), ReportDecoder(R)
    for _ in range(20):
        stream = bytearray(llrp.report_stream(rng, 20, rng.choice([(1, 1), (1, 3), (5, 20)]), 0.2)[0])
        for _ in range(rng.randint(1, 10)):
            at = rng.randrange(len(stream))
            if rng.random() < 0.5:
                stream[at] = rng.choice((0, 1, 4, 8, 61, 62, 128, 141, 240, 241, 255, rng.getrandbits(8)))
            elif rng.random() < 0.5:
                del stream[at : at + rng.randint(1, 20)]
            else:
                stream[at:at] = stream[rng.randrange(len(stream)) :][: rng.randint(1, 60)]
        monkeypatch.setattr("edge.readers.llrp.reports.FEW_BYTES", len(stream))
        alone = plain.decode(bytes(stream), 0)
        monkeypatch.setattr("edge.readers.llrp.reports.FEW_BYTES", 0)
        among = many.decode(bytes(stream), 0)
        assert llrp.rows_of(alone.batch) == llrp.rows_of(among.batch)
        assert llrp.details_of(alone.batch) == llrp.details_of(among.batch)
        for name in ("others", "results", "consumed", "frames", "resyncs"):
            assert getattr(alone, name) == getattr(among, name)
    assert plain.counts.unknown_total.total() == many.counts.unknown_total.total()
    assert plain.counts.reports_damaged_total == many.counts.reports_damaged_total


def test_damage_between_messages_that_looks_like_a_report_is_none(llrp):
    """The report before it holds bytes that look like one reaching beyond the message: the chain has no other guide."""
    inner = llrp.tlv(240, b"\x8d" + b"\x00\xf0\x00\x20" + bytes(8))
    gap = b"\x00\xf0\x00\x11\x8d"
    for after in (llrp.message(61, bytes(40)), llrp.message(61, inner)):
        data = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12)) * 300 + inner) + gap + after
        alone, among = ReportDecoder(R), ReportDecoder(R)
        small = llrp.message(61, inner) + gap + after
        rows = llrp.rows_of(alone.decode(small, 0).batch)
        assert llrp.rows_of(among.decode(data, 0).batch)[300:] == rows
        assert among.counts.reports_damaged_total == alone.counts.reports_damaged_total
