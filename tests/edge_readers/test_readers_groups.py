"""Where no shape of report is the usual one, each is read as a matrix of its own: the same as one by one."""

import pytest

from bench.streams import varied_report, varied_stream
from contract.ids import ReaderId
from edge.readers.llrp import proofs, reports
from edge.readers.llrp.block import Columns
from edge.readers.llrp.reports import ReportDecoder

R = ReaderId("gate")


def told_of(llrp, data, few_bytes, monkeypatch, decoder=None):
    """All that a decoder says of these bytes, when up to `few_bytes` are walked plainly."""
    monkeypatch.setattr(reports, "FEW_BYTES", few_bytes)
    decoder = decoder or ReportDecoder(R)
    got = decoder.decode(data, 0)
    rows = llrp.rows_of(got.batch), llrp.details_of(got.batch)
    return rows, got.consumed, got.others, got.results, got.frames, got.resyncs, decoder.counts


def damaged(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice((0, 1, 3, 20))):
        at = rng.randrange(len(data))
        if rng.random() < 0.7:
            data[at] = rng.getrandbits(8)
        elif rng.random() < 0.5:
            del data[at : at + rng.randint(1, 8)]
        else:
            data[at : at + 2] = b"\x00\xf0"
    return bytes(data)


@pytest.fixture
def grouping(monkeypatch):
    """However few the reports; counts how often they were sorted by shape."""
    times = []
    original = Columns._put_groups
    monkeypatch.setattr(proofs, "GROUP_ROWS_MEAN", 0)
    monkeypatch.setattr(Columns, "_put_groups", lambda self: (times.append(1), original(self))[1])
    return times


@pytest.mark.parametrize("seed", range(12))
def test_many_makers_at_once_say_what_they_say_one_by_one(llrp, grouping, monkeypatch, seed):
    rng = llrp.rng(seed)
    plain, many = ReportDecoder(R), ReportDecoder(R)
    for i in range(12):
        data = damaged(varied_stream(rng.randint(40, 200), rng.choice((1, 7, 50)), seed * 100 + i), rng)
        alone = told_of(llrp, data, len(data), monkeypatch, plain)
        assert told_of(llrp, data, 0, monkeypatch, many) == alone
    assert len(grouping) > 6


@pytest.mark.parametrize("seed", range(8))
def test_reports_of_any_mixture_say_the_same_sorted_and_slow(llrp, grouping, monkeypatch, seed):
    rng = llrp.rng(seed)
    monkeypatch.setattr(reports, "FEW_BYTES", 0)
    decoder = ReportDecoder(R)
    shapes = [llrp.random_report(rng) for _ in range(30)]
    for _ in range(3):
        some = rng.choices(shapes, k=200)
        got = decoder.decode(llrp.message(61, b"".join(some)), 0)
        assert llrp.rows_of(got.batch) == llrp.slow_decode(some)
        assert llrp.details_of(got.batch) == [{k: v for k, v in d.items() if v != b""} for d in llrp.slow_details(some)]
    assert grouping


def test_shapes_of_one_length_are_told_apart_when_sorted(llrp, grouping, monkeypatch):
    monkeypatch.setattr(reports, "FEW_BYTES", 0)
    kinds = [(1, 7), (7, 1), (8, 12), (12, 8), (1, 8), (10, 14), (8, 1)]
    some = [llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(a, 5) + llrp.tv(b, 6)) for a, b in kinds] * 40
    assert len(set(map(len, some))) == 1
    decoder = ReportDecoder(R)
    for _ in range(3):
        got = decoder.decode(llrp.message(61, b"".join(some)), 0)
        assert llrp.rows_of(got.batch) == llrp.slow_decode(some)
        assert llrp.details_of(got.batch) == llrp.slow_details(some)


def test_a_reader_that_begins_with_many_shapes_loses_no_read(llrp):
    rng = llrp.rng(3)
    some = [varied_report(rng, 10**15 + i) for i in range(3000)]
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, b"".join(some)), 0)
    assert llrp.rows_of(got.batch) == llrp.slow_decode(some)
    assert decoder.counts.reports_damaged_total == 0
