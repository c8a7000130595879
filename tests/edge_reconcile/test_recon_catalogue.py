import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contract.epc import EpcError, pack_hex
from edge.floor.catalogue import Catalogue, CatalogueError
from edge.reconcile import epc_table

FEW = st.sampled_from([f"{n:024X}" for n in range(12)] + ["0" * 28, "0" * 32, "ABCD", "E2" * 30])
PIECES = st.sampled_from([f"p{n}" for n in range(9)])


def rows_by_walking(catalogue, texts):
    """The slow reference: one EPC at a time against every binding."""
    bound = {catalogue.epc_of(row): row for row, piece in enumerate(catalogue.pieces) if piece is not None}
    return [bound.get(text, -1) for text in texts]


class AgainstADictionary(RuleBasedStateMachine):
    """Whatever is bound, re-tagged and dropped: the table finds what a dictionary finds."""

    def __init__(self):
        super().__init__()
        self.catalogue = Catalogue()
        self.truth = {}

    @rule(piece=PIECES, epc=FEW)
    def put(self, piece, epc):
        holder = {e: p for p, e in self.truth.items()}.get(epc)
        if holder not in (None, piece):
            with pytest.raises(CatalogueError, match="drop that binding"):
                self.catalogue.put([(piece, epc)])
        else:
            assert self.catalogue.put([(piece, epc)])[0] == self.catalogue.row_of(piece)
            self.truth[piece] = epc

    @rule(piece=PIECES)
    def drop(self, piece):
        assert (self.catalogue.drop(piece) is None) == (piece not in self.truth)
        self.truth.pop(piece, None)

    @invariant()
    def the_table_agrees(self):
        texts = [f"{n:024X}" for n in range(12)] + ["0" * 28, "0" * 32, "ABCD", "E2" * 30]
        rows = self.catalogue.hear(*pack_hex(texts), 5).rows
        by_epc = {epc: piece for piece, epc in self.truth.items()}
        pieces = [None if row < 0 else self.catalogue.pieces[row] for row in rows]
        assert pieces == [by_epc.get(text) for text in texts]
        assert rows.tolist() == rows_by_walking(self.catalogue, texts)


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3000))
@settings(max_examples=20, deadline=None)
def test_many_pieces_are_found_and_strangers_are_not(seed, count):
    rng = np.random.default_rng(seed)
    texts = [rng.bytes(12).hex().upper() for _ in range(2 * count)]
    catalogue = Catalogue()
    rows = catalogue.put([(f"p{n}", text) for n, text in enumerate(texts[:count])])
    heard = catalogue.hear(*pack_hex(texts), 1)
    assert np.array_equal(heard.rows[:count], rows)
    assert (heard.rows[count:] == -1).all()


def test_two_epcs_with_the_same_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr(epc_table, "_mix", lambda words, bits: np.full(len(bits), 3, np.uint64))
    catalogue = Catalogue()
    texts = [f"{n:024X}" for n in range(6)]
    catalogue.put([(f"p{n}", text) for n, text in enumerate(texts[:4])])
    catalogue.drop("p1")
    assert catalogue.hear(*pack_hex(texts), 1).rows.tolist() == [0, -1, 2, 3, -1, -1]


def test_zeros_after_an_epc_are_not_the_same_epc():
    catalogue = Catalogue()
    catalogue.put([("short", "30" * 12), ("long", "30" * 12 + "0000")])
    assert catalogue.hear(*pack_hex(["30" * 12, "30" * 12 + "0000"]), 1).rows.tolist() == [0, 1]


def test_a_wider_batch_finds_the_same_piece():
    catalogue = Catalogue()
    catalogue.put([("ring", "30" * 12)])
    wide, bits = pack_hex(["30" * 12, "E2" * 30])
    assert wide.shape[1] == 32
    assert catalogue.hear(wide, bits, 1).rows.tolist() == [0, -1]


def test_unknown_tags_are_kept_apart_with_their_times():
    catalogue = Catalogue()
    catalogue.put([("ring", "AA" * 12)])
    catalogue.hear(*pack_hex(["AA" * 12, "BB" * 12, "BB" * 12, "CC" * 12]), 10)
    heard = catalogue.hear(*pack_hex(["CC" * 12, "BB" * 12]), 30)
    assert heard.unknown.tolist() == [1, 0]
    assert [tuple(one) for one in catalogue.unknown()] == [("BB" * 12, 10, 30, 3), ("CC" * 12, 10, 30, 2)]
    catalogue.put([("bracelet", "CC" * 12)])
    assert [one.epc for one in catalogue.unknown()] == ["BB" * 12]


def test_a_flood_of_strange_tags_is_capped_and_counted():
    catalogue = Catalogue(unknown_epcs_max=5)
    catalogue.put([("ring", "AA" * 12)])
    texts = [f"{n:024X}" for n in range(1, 9)]
    heard = catalogue.hear(*pack_hex([*texts, "AA" * 12]), 1)
    assert sorted(heard.unknown.tolist()) == [-1, -1, -1, -1, 0, 1, 2, 3, 4]
    assert heard.rows[-1] == 0
    assert catalogue.unknown_dropped_total == 3
    catalogue.forget_unknown()
    assert catalogue.unknown() == []
    assert (catalogue.hear(*pack_hex(texts[:5]), 1).unknown >= 0).all()


def test_a_refused_binding_changes_nothing():
    catalogue = Catalogue()
    catalogue.put([("a", "AA" * 12)])
    for bad, error in [
        ([("b", "BB" * 12), ("c", "AA" * 12)], CatalogueError),
        ([("b", "BB" * 12), ("c", "BB" * 12)], CatalogueError),
        ([("b", "not hex")], EpcError),
    ]:
        with pytest.raises(error):
            catalogue.put(bad)
    assert catalogue.pieces == ["a"]
    assert catalogue.hear(*pack_hex(["BB" * 12]), 1).rows.tolist() == [-1]


def test_a_piece_without_a_tag_has_a_row_too():
    catalogue = Catalogue()
    assert catalogue.put([("a", ""), ("b", "BB" * 12)]).tolist() == [0, 1]
    assert catalogue.epc_of(0) == ""
    catalogue.put([("b", "")])
    assert catalogue.hear(*pack_hex(["BB" * 12]), 1).rows.tolist() == [-1]


def test_a_tag_that_hides_its_epc_is_an_unknown_tag():
    catalogue = Catalogue()
    catalogue.put([("a", "00" * 12)])
    hidden = np.zeros((1, 12), np.uint8), np.zeros(1, np.uint16)
    assert catalogue.hear(*hidden, 7).rows.tolist() == [-1]
    assert catalogue.unknown() == [("", 7, 7, 1)]


def test_a_reference_tag_is_neither_a_piece_nor_a_stranger_and_cannot_be_bound():
    catalogue = Catalogue(references={2: "E2000000000000000000AAAA", 0: "e2bb"})
    catalogue.put([("p1", "E2000000000000000000CCCC")])
    heard = catalogue.hear(*pack_hex(["E2000000000000000000AAAA", "E2BB", "E2000000000000000000CCCC", "E2DD"]), 5)
    assert heard.reference.tolist() == [2, 0, -1, -1]
    assert heard.rows.tolist() == [-1, -1, 0, -1]
    assert heard.unknown.tolist() == [-1, -1, -1, 0]
    assert [each.epc for each in catalogue.unknown()] == ["E2DD"]
    assert catalogue.hear(*pack_hex(["E2DD"]), 6).reference is None
    with pytest.raises(CatalogueError, match="reference tag of a zone; hang another tag on the piece"):
        catalogue.put([("p2", "E2BB")])
    assert catalogue.row_of("p2") is None
