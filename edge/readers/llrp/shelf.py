"""The shapes that one connection has shown, as objects for one report and as tables for many.

Which shape each of many reports has is guessed by its length, and proved by comparing every header byte.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import EPC_BITS_MAX, ProtocolError
from edge.readers.llrp.params import Counts
from edge.readers.llrp.runs import REPORT_BYTES_MAX, Index, Octets, gather
from edge.readers.llrp.shapes import DTYPES, WORD_BYTES, Row, Shape, padded

SHAPES_MAX: Final = 64
LEARN_PER_CALL_MAX: Final = 8
"""New shapes kept per call: a stream that changes its shape with every report must not fill the memory."""
WALKS_PER_CALL_MAX: Final = 512
"""Reports of unknown shape beyond that count as damaged: reading each costs what a hundred known ones cost."""
TABLED_BYTES_MAX: Final = 256
"""A longer shape is read one by one: the tables are as wide as their longest."""
TRIES_MAX: Final = 8
"""Shapes of one length that are tried before a report is read by itself."""

BLOCK_ROWS: Final = 2048
"""Rows compared at a time, so that they stay in the cache."""
EPC_BYTES_MAX: Final = padded(EPC_BITS_MAX // 8)


class Tables:
    """Row i says something of `shapes[i]`; one row more, for the unknown, matches nothing.

    width        bytes of the longest shape, in whole words
    first        int64 [REPORT_BYTES_MAX + 1]  length of a report → the first shape to try
    following    int64 [n + 1]                 the next shape of the same length to try
    mask, fixed  uint64 [n + 1, width / 8]     which bytes are header, and what they are
    places       int64 [n + 1] for each field  where its value begins; -1 where it has none
    epc_at       int64 [n + 1]                 where the EPC begins
    epc_mask     uint8 [n + 1, w] for each w   its bits, in a column of w bytes
    """

    def __init__(self, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self.unknown = len(shapes)
        self.width = padded(max((shape.length for shape in shapes), default=1))
        count, words = len(shapes) + 1, self.width // WORD_BYTES
        self.first, self.following = np.full(REPORT_BYTES_MAX + 1, self.unknown), np.full(count, self.unknown)
        self.mask, self.fixed = np.zeros((count, words), np.uint64), np.ones((count, words), np.uint64)
        self.places = {field: np.full(count, -1) for shape in shapes for _, field in shape.fields}
        self.epc_at, epc_mask = np.zeros(count, np.int64), np.zeros((count, EPC_BYTES_MAX), np.uint8)
        self.epc_bits = np.array([*(shape.epc_bits for shape in shapes), 0], np.uint16)
        self.stamp = np.array([*(shape.stamp for shape in shapes), 0], np.uint8)
        for i, shape in reversed(list(enumerate(shapes))):
            self.following[i], self.first[shape.length] = self.first[shape.length], i
            self.mask[i], self.fixed[i] = shape.words(self.width)
            for place, field in shape.fields:
                self.places[field][i] = place
            bits = (1 << shape.epc_bits) - 1 << 8 * EPC_BYTES_MAX - shape.epc_bits
            self.epc_at[i], epc_mask[i] = shape.epc_at, np.frombuffer(bits.to_bytes(EPC_BYTES_MAX), np.uint8)
        self.epc_mask = {w: np.ascontiguousarray(epc_mask[:, :w]) for w in range(4, EPC_BYTES_MAX + 1, 4)}
        self._detours: dict[int, NDArray[np.int64]] = {}

    def detours(self, usual: int) -> NDArray[np.int64]:
        """int64 [n + 1, length]: for each shape, where the values stand that the `usual` one has at its own places."""
        if usual not in self._detours:
            detours = np.tile(np.arange(self.shapes[usual].length), (self.unknown + 1, 1))
            for place, field in self.shapes[usual].fields:
                there = self.places[field]
                for i in (there >= 0).nonzero()[0]:
                    for byte in range(DTYPES[field.form].itemsize):
                        detours[i, place + byte] = there[i] + byte
            self._detours[usual] = detours
        return self._detours[usual]


class Shelf:
    """Bounded: a full shelf is emptied and filled anew."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.forgotten_total = 0
        self._by_length: dict[int, list[Shape]] = {}
        self._tables: Tables | None = None
        self._walks = 0
        self._learned = 0

    def begin(self) -> None:
        """A new call: it may learn and walk as much as any."""
        self._walks = self._learned = 0

    @property
    def exhausted(self) -> bool:
        """Whether this call met so many unknown shapes that no more are walked."""
        return self._walks >= WALKS_PER_CALL_MAX

    def read(self, report: bytes) -> tuple[Shape, Row]:
        """One report by the shape it fits, learned where there is none. Raises `ProtocolError`."""
        for shape in self._by_length.get(len(report), ()):
            row = shape.row(report)
            if row is not None:
                return shape, row
        self._walks += 1
        if self._walks > WALKS_PER_CALL_MAX:
            raise ProtocolError(f"more than {WALKS_PER_CALL_MAX} shapes of tag reports at once")
        shape = Shape(report)
        self._keep(shape)
        row = shape.row(report)
        assert row is not None, "a shape reads the report it was learned from"
        return shape, row

    def tables(self) -> Tables:
        """Of all shapes known now."""
        if self._tables is None:
            some = [shape for same in self._by_length.values() for shape in same if shape.length <= TABLED_BYTES_MAX]
            self._tables = Tables(some)
        return self._tables

    def _keep(self, shape: Shape) -> None:
        if self._learned == LEARN_PER_CALL_MAX:
            return
        self._learned += 1
        if sum(map(len, self._by_length.values())) >= SHAPES_MAX:
            self._by_length.clear()
            self.forgotten_total += SHAPES_MAX
        self._by_length.setdefault(shape.length, []).append(shape)
        self._tables = None


class Proved(NamedTuple):
    """`ids`: row of `Tables` for each report. `times`: how often each occurs. `records`: copies of all reports, each
    as long as the longest shape.
    """

    ids: Index
    times: list[int]
    records: NDArray[np.void]


def prove(octets: Octets, starts: Index, lengths: Index, tables: Tables) -> Proved:
    """`octets` go on for the longest shape's length behind the last report."""
    ids = tables.first[lengths]
    records = gather(octets, starts, tables.width)
    words = records.view(np.uint64).reshape(-1, tables.mask.shape[1])
    for low in range(0, len(ids), BLOCK_ROWS):
        some = ids[low : low + BLOCK_ROWS]
        differs = (words[low : low + BLOCK_ROWS] & tables.mask.take(some, 0)) != tables.fixed.take(some, 0)
        if differs.any():
            _prove_again(words, ids, differs.any(axis=1).nonzero()[0] + low, tables)
    return Proved(ids, np.bincount(ids, minlength=tables.unknown + 1).tolist(), records)


def _prove_again(words: NDArray[np.uint64], ids: Index, rows: Index, tables: Tables) -> None:
    """Try other shapes on these rows, which have not the one that `ids` says; what none fits becomes unknown."""
    for _ in range(TRIES_MAX):
        ids[rows] = tables.following[ids[rows]]
        rows = rows[ids[rows] != tables.unknown]
        if not len(rows):
            return
        differs = (words[rows] & tables.mask[ids[rows]]) != tables.fixed[ids[rows]]
        rows = rows[differs.any(axis=1)]
    ids[rows] = tables.unknown
