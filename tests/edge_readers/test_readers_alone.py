"""While little is read, equal reports come in few messages: they are read in one go, and only what is proved is."""

import pytest

from contract.ids import ReaderId
from edge.readers.llrp.reports import ReportDecoder
from edge.readers.llrp.shapes import Shape
from edge.readers.llrp.shelf import ALONE_PER_LENGTH_MAX

R = ReaderId("gate")


def tag(llrp, number, *params):
    return llrp.tlv(240, b"\x8d" + number.to_bytes(12, "big") + llrp.tv(1, number % 4 + 1) + b"".join(params))


@pytest.mark.parametrize("seed", range(30))
def test_message_by_message_says_what_the_slow_decoder_says(llrp, seed):
    rng = llrp.rng(seed)
    decoder = ReportDecoder(R)
    shapes = [llrp.random_report(rng) for _ in range(3)]
    for i in range(200):
        report = bytearray(rng.choice(shapes) if rng.random() < 0.9 else llrp.random_report(rng))
        if rng.random() < 0.3:
            report[rng.randrange(len(report))] = rng.getrandbits(8)
        report[:4] = llrp.tlv(240, report[4:])[:4]
        got = decoder.decode(llrp.message(61, bytes(report), i), i)
        assert llrp.rows_of(got.batch) == llrp.slow_decode([bytes(report)])
        assert llrp.details_of(got.batch) == [
            {k: v for k, v in d.items() if v != b""} for d in llrp.slow_details([bytes(report)])
        ]
        assert (got.frames, got.consumed, got.resyncs) == (1, 10 + len(report), 0)
    assert decoder.counts.frames_total == 200


@pytest.mark.parametrize("seed", range(30))
def test_shelf_after_shelf_says_what_the_slow_decoder_says(llrp, seed):
    """Several reports a message, several messages a receive, the same arrangement again and again, damage in between."""
    rng = llrp.rng(1000 + seed)
    decoder = ReportDecoder(R)
    shapes = [llrp.random_report(rng) for _ in range(2)]
    plans = [[rng.randrange(4) for _ in range(rng.randrange(1, 4))] for _ in range(3)]
    for i in range(150):
        plan, told, data = rng.choice(plans), [], b""
        usual = rng.choice(shapes)
        for count in plan:
            reports = [bytearray(usual if rng.random() < 0.95 else rng.choice(shapes)) for _ in range(count)]
            for report in reports:
                if rng.random() < 0.1:
                    report[rng.randrange(4, len(report))] = rng.getrandbits(8)
            told += map(bytes, reports)
            data += llrp.message(61, b"".join(reports), i)
        got = decoder.decode(data, i)
        assert llrp.rows_of(got.batch) == llrp.slow_decode(told)
        assert (got.frames, got.consumed, got.resyncs) == (len(plan), len(data), 0)


def test_it_is_the_quick_way_that_reads_the_second_shelf(llrp, monkeypatch):
    decoder = ReportDecoder(R)
    shelf = [llrp.message(61, b"".join(tag(llrp, first + at) for at in range(5)), first) for first in (0, 10, 20, 30)]
    decoder.decode(shelf[0] + shelf[1], 0)
    monkeypatch.setattr(Shape, "row", None)
    batch = decoder.decode(memoryview(bytearray(shelf[2] + shelf[3])), 5).batch
    assert batch.antenna.tolist() == [number % 4 + 1 for number in (*range(20, 25), *range(30, 35))]
    assert [int.from_bytes(epc) for epc in batch.epc] == [*range(20, 25), *range(30, 35)]
    assert decoder.counts.reads_total == 20
    assert decoder.counts.frames_total == 4


def test_it_is_the_quick_way_that_reads_the_second_message(llrp, monkeypatch):
    decoder = ReportDecoder(R)
    first = decoder.decode(llrp.message(61, tag(llrp, 1), 8), 0)
    monkeypatch.setattr(Shape, "row", None)
    second = decoder.decode(memoryview(bytearray(llrp.message(61, tag(llrp, 2), 9))), 5)
    assert [len(got.batch) for got in (first, second)] == [1, 1]
    assert second.batch.antenna.tolist() == [3]
    assert second.batch.arrived_us == 5
    assert decoder.counts.reads_total == 2
    assert (second.others, second.results) == ([], [])


def test_the_block_of_one_is_owned_when_the_receive_buffer_is_written_over(llrp):
    decoder = ReportDecoder(R)
    decoder.decode(llrp.message(61, tag(llrp, 1)), 0)
    buffer = bytearray(llrp.message(61, tag(llrp, 7)))
    batch = decoder.decode(memoryview(buffer), 0).batch
    buffer[:] = bytes(len(buffer))
    assert llrp.rows_of(batch)[0][:3] == ((7).to_bytes(12, "big"), 96, 4)


@pytest.mark.parametrize("at", [0, 1, 2, 5, 10, 11, 12, 13, 14, 27])
def test_a_header_byte_that_differs_is_never_guessed_over(llrp, at):
    decoder = ReportDecoder(R)
    good = llrp.message(61, tag(llrp, 1))
    decoder.decode(good, 0)
    for value in range(256):
        if value == good[at]:
            continue
        bad = good[:at] + bytes([value]) + good[at + 1 :]
        got, fresh = decoder.decode(bad, 0), ReportDecoder(R).decode(bad, 0)
        assert llrp.rows_of(got.batch) == llrp.rows_of(fresh.batch)
        for name in ("consumed", "frames", "resyncs", "others", "results"):
            assert getattr(got, name) == getattr(fresh, name)


def test_both_versions_of_the_protocol_are_read_so(llrp):
    decoder = ReportDecoder(R)
    for version in (1, 2, 1, 2):
        assert len(decoder.decode(llrp.message(61, tag(llrp, 3), version=version), 0).batch) == 1


def test_a_message_that_holds_more_than_its_report_is_walked_every_time(llrp):
    decoder = ReportDecoder(R)
    for _ in range(3):
        decoder.decode(llrp.message(61, tag(llrp, 1) + llrp.tlv(243, b"")), 0)
        decoder.decode(llrp.message(61, tag(llrp, 1, llrp.custom(9, 9, b""))), 0)
    assert decoder.counts.unknown_total == {"243": 3, "1023/9/9": 3}
    assert decoder.counts.reads_total == 6


def test_a_reader_that_changes_its_shape_with_every_message_does_not_fill_the_memory(llrp):
    decoder = ReportDecoder(R)
    tvs = [1, 6, 7, 8, 9, 2, 4]
    for i in range(3000):
        some = [kind for bit, kind in enumerate(tvs) if i >> bit & 1] + [
            kind for bit, kind in enumerate(tvs) if ~i >> bit & 1
        ]
        some = some[i % 7 :] + some[: i % 7]
        report = llrp.tlv(240, b"\x8d" + bytes(12) + b"".join(llrp.tv(kind, 1) for kind in some))
        assert len(decoder.decode(llrp.message(61, report), 0).batch) == 1
    kept = decoder._shelf.alone
    assert sum(map(len, kept.values())) <= ALONE_PER_LENGTH_MAX * len(kept)
    assert len(kept) <= 64


def test_a_batch_of_one_keeps_uptime_and_what_is_not_told(llrp):
    decoder = ReportDecoder(R)
    for _ in range(2):
        batch = decoder.decode(
            llrp.message(61, llrp.tlv(240, llrp.epc_param(128, bytes(range(16))) + llrp.tv(5, 77))), 0
        ).batch
        assert batch.uptime
        assert llrp.rows_of(batch) == [(bytes(range(16)), 128, 0, -32768, 0xFFFF, 0, 1, 0, 77, 0)]
