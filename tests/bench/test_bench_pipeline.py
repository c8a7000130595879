"""The pipeline bench: the quick pipeline and the slow reference say the same, and would be seen to differ."""

from types import SimpleNamespace

import numpy as np
import pytest

from bench import edge_process, pipeline, reference, reference_presence
from bench.shelves import STRANGERS, Shelves
from contract.ids import ReaderId
from edge.readers.llrp.reports import decode_reports


def test_the_pipeline_says_of_the_pieces_what_the_slow_reference_says():
    told = pipeline.equal(pieces=160, seconds=6)
    assert told["equal_facts"] >= 160
    assert told["equal_strange_reads"] > 0


def test_thefts_moves_and_returns_of_a_small_store_are_the_reference_s_piece_by_piece():
    told = pipeline.equal(pieces=pipeline.SHORT_PIECES)
    assert told["equal_missing_facts"] >= 10
    assert told["equal_moved_facts"] >= 5
    assert told["equal_returned_facts"] >= 10


def test_arithmetic_that_differs_a_little_would_be_seen(monkeypatch):
    """The control: the reference weighs a shadow otherwise than the house."""
    plain = SimpleNamespace(**vars(reference_presence.story))
    plain.SHADOW_READS *= 4
    monkeypatch.setattr(reference_presence, "story", plain)
    with pytest.raises(AssertionError, match="facts here"):
        pipeline.equal(pieces=1_000)


def test_a_read_more_or_less_would_be_seen(monkeypatch):
    """The control: the reference is deaf to some tags."""
    every = reference.reads_of
    monkeypatch.setattr(reference, "reads_of", lambda data: [read for read in every(data) if read.epc[-1] != "7"])
    with pytest.raises(AssertionError, match="facts here"):
        pipeline.equal(pieces=160, seconds=3)


def test_the_shelves_say_what_lies_on_them_and_strangers_beside():
    shelves = Shelves(3200, seed=5)
    shelves.take_away(100)
    said = decode_reports(shelves.said(2, 4000), ReaderId("r2")).batch
    row_of = {epc.tobytes(): row for row, epc in enumerate(shelves.epc)}
    rows = np.array([row_of.get(epc.tobytes(), -1) for epc in said.epc])
    assert 0.03 < (rows < 0).mean() < 0.07
    zones = 2 * shelves.zones_each + said.antenna[rows >= 0] - 1
    assert (shelves.zone[rows[rows >= 0]] == zones).all()


def test_one_piece_in_a_hundred_moves_in_a_minute_and_what_was_taken_comes_back():
    shelves = Shelves(3200, seed=5)
    shelves.take_away(7)
    assert (shelves.zone < 0).sum() == 7
    shelves.bring_back()
    for _ in range(60):
        shelves.second()
    assert 25 <= (shelves.zone != shelves.home).sum() <= 33


def test_each_tag_of_the_edge_bench_lies_before_one_antenna_and_no_two_zones_share_a_piece():
    shelves = edge_process._shelves()
    every = [edge_process.tags_of(shelves, reader) for reader in range(edge_process.READERS)]
    assert all(len(tags) % edge_process.ANTENNAS == 0 for tags in every)
    tags = np.concatenate(every)
    assert edge_process.PIECES < len(np.unique(tags, axis=0)) <= edge_process.PIECES + STRANGERS
