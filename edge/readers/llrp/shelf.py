"""The shapes that one connection has shown, as objects for one report and as tables for many.

What many reports turn out to be by these tables is proved in `proofs`.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import EPC_BITS_MAX, ProtocolError, epc_width
from edge.readers.llrp.alone import Alone
from edge.readers.llrp.fields import DTYPES, UPTIME, UTC, Field
from edge.readers.llrp.frames import HEADER_BYTES
from edge.readers.llrp.params import Counts
from edge.readers.llrp.results import AccessResult
from edge.readers.llrp.runs import REPORT_BYTES_MAX, Index, void
from edge.readers.llrp.shapes import WORD_BYTES, Row, Shape, padded

SHAPES_MAX: Final = 64
LEARN_PER_CALL_MAX: Final = 32
"""New shapes kept per call: a stream that changes its shape with every report must not fill the memory."""
WALKS_PER_CALL_MAX: Final = 512
"""Reports of unknown shape beyond that count as damaged: reading each costs what a hundred known ones cost."""
ALONE_PER_LENGTH_MAX: Final = 4
"""Receives of one length that are tried before one is walked."""
BLOCK_ROWS: Final = 2048
"""Rows compared at a time, so that they stay in the cache."""
MIXES_MAX: Final = 64
"""Mixtures of shapes whose needs are remembered."""
EPC_BYTES_MAX: Final = padded(EPC_BITS_MAX // 8)

UNKNOWN, USUAL = 0, 1
"""Rows of `Tables`."""

Words = NDArray[np.uint64]


class Chunk(NamedTuple):
    """So many bytes of a report: `at` in the usual shape, and by row of `Tables` where each shape has them.

    Where a shape has no such value, it says the usual place: what stands there is nonsense, and replaced.
    """

    at: int
    size: int
    places: Index


class Mix(NamedTuple):
    """What a batch has to hold for reports of these `shapes`.

    strange       rows of `Tables` of those that hold unknown parameters
    epc_width     bytes of the EPC column
    detailed      those of the shapes that tell any of `Details`
    mixed_stamps  some stamps are in UTC and some in uptime
    uptime        all stamps are in uptime
    """

    shapes: frozenset[Shape]
    strange: tuple[int, ...]
    epc_width: int
    detailed: tuple[Shape, ...]
    mixed_stamps: bool
    uptime: bool


def mix_of(shapes: frozenset[Shape], strange: tuple[int, ...] = ()) -> Mix:
    stamps = {shape.stamp for shape in shapes}
    detailed = tuple(shape for shape in shapes if shape.detailed)
    width = epc_width(max((shape.epc_bytes for shape in shapes), default=0))
    utc, uptime = UTC in stamps, UPTIME in stamps
    return Mix(shapes, strange, width, detailed, utc and uptime, uptime and not utc)


class Tables:
    """Row i says something of `shapes[i - 1]`: row 1 of the usual one, row 0 of what is unknown and matches nothing.

    width        bytes of the longest shape, in whole words
    first        int64 [REPORT_BYTES_MAX + 2]  length of a report → the first shape to try; its last is for all longer
    following    int64 [n + 1]                 the next shape of the same length to try
    mask, fixed  uint64 [n + 1, width / 8]     which bytes are header, and what they are
    places       int64 [n + 1] for each field  where its value begins; -1 where it has none
    epc_at       int64 [n + 1]                 where the EPC begins
    epc_mask     uint8 [n + 1, w] for each w   its bits, in a column of w bytes
    usual_width  bytes of the usual shape, in whole words
    usual_mask, usual_fixed  uint64 [BLOCK_ROWS, usual_width / 8]  the usual shape's, once for each row of a block
    nothing      void(usual_width / 8) [1]  a row of bools, all false
    unlike       rows of shapes that tell other values than the usual one, or tell them otherwise
    chunks       the usual shape's values, neighbours together where every shape has them so
    """

    def __init__(self, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self._mixes: dict[tuple[bool, ...], Mix] = {}
        self.width = padded(max((shape.length for shape in shapes), default=1))
        count, words = len(shapes) + 1, self.width // WORD_BYTES
        self.first, self.following = np.full(REPORT_BYTES_MAX + 2, UNKNOWN), np.full(count, UNKNOWN)
        self.mask, self.fixed = np.zeros((count, words), np.uint64), np.ones((count, words), np.uint64)
        self.places = {field: np.full(count, -1) for shape in shapes for _, field in shape.fields}
        self.epc_at, epc_mask = np.zeros(count, np.int64), np.zeros((count, EPC_BYTES_MAX), np.uint8)
        self.epc_bits = np.array([0, *(shape.epc_bits for shape in shapes)], np.uint16)
        self.stamp = np.array([0, *(shape.stamp for shape in shapes)], np.uint8)
        for i, shape in reversed(list(enumerate(shapes, USUAL))):
            self.following[i], self.first[shape.length] = self.first[shape.length], i
            self.mask[i], self.fixed[i] = shape.words(self.width)
            for place, field in shape.fields:
                self.places[field][i] = place
            bits = (1 << shape.epc_bits) - 1 << 8 * EPC_BYTES_MAX - shape.epc_bits
            self.epc_at[i], epc_mask[i] = shape.epc_at, np.frombuffer(bits.to_bytes(EPC_BYTES_MAX), np.uint8)
        self.epc_mask = {w: np.ascontiguousarray(epc_mask[:, :w]) for w in range(4, EPC_BYTES_MAX + 1, 4)}
        self.usual_width = padded(shapes[0].length) if shapes else WORD_BYTES
        usual = min(USUAL, len(shapes)), slice(self.usual_width // WORD_BYTES)
        self.usual_mask = np.tile(self.mask[usual], (BLOCK_ROWS, 1))
        self.usual_fixed = np.tile(self.fixed[usual], (BLOCK_ROWS, 1))
        self.nothing = np.zeros(1, void(self.usual_width // WORD_BYTES))
        self.unlike = [i for i, shape in enumerate(shapes, USUAL) if shape.kinds != shapes[0].kinds]
        self.chunks = self._chunks(shapes[0].fields if shapes else ())

    def mix(self, times: list[int]) -> Mix:
        """Of the shapes that occur (`times` by row; the unknown apart)."""
        present = tuple(map(bool, times))
        mix = self._mixes.get(present)
        if mix is None:
            rows = [i for i in range(USUAL, len(present)) if present[i]]
            strange = tuple(i for i in rows if self.shapes[i - 1].unknown)
            mix = mix_of(frozenset(self.shapes[i - 1] for i in rows), strange)
            if len(self._mixes) < MIXES_MAX:
                self._mixes[present] = mix
        return mix

    def _chunks(self, fields: tuple[tuple[int, Field], ...]) -> list[Chunk]:
        chunks: list[Chunk] = []
        for place, field in fields:
            size = DTYPES[field.form].itemsize
            there = self.places[field]
            there = np.where(there < 0, place, there)
            if chunks and (there - place == chunks[-1].places - chunks[-1].at).all():
                chunks[-1] = chunks[-1]._replace(size=place + size - chunks[-1].at)
            else:
                chunks.append(Chunk(place, size, there))
        return chunks


class Shelf:
    """Bounded: a full shelf is emptied and filled anew."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.alone: dict[int, list[Alone]] = {}
        """By length the receives of equal reports that can be read in one go; no more lengths than `FEW_BYTES`."""
        self._by_length: dict[int, list[Shape]] = {}
        self._tables: Tables | None = None
        self._usual: Shape | None = None
        self.results: list[AccessResult] = []
        """What the reports read since `begin` say of access operations."""
        self._walks = 0
        self._learned = 0

    def begin(self) -> None:
        """A new call: it may learn and walk as much as any."""
        self._walks = self._learned = 0
        self.results = []

    def take_results(self) -> list[AccessResult]:
        results, self.results = self.results, []
        return results

    @property
    def exhausted(self) -> bool:
        """Whether this call met so many unknown shapes that no more are walked."""
        return self._walks >= WALKS_PER_CALL_MAX

    def read(self, report: bytes) -> tuple[Shape, Row]:
        """One report by the shape it fits, learned where there is none; its results wait to be taken.

        Raises `ProtocolError`.
        """
        shape, row = self.learn(report)
        if shape.results:
            self.results += shape.results_of(report, row)
        return shape, row

    def learn(self, report: bytes) -> tuple[Shape, Row]:
        """The same, without its results. Raises `ProtocolError`."""
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

    def keep_alone(self, data: bytes, sizes: list[int], shapes: list[Shape]) -> None:
        """Messages of these sizes gave reports of these shapes, and nothing else: the next like them is read in one go,
        where the shapes are all one.
        """
        shape, bodies = shapes[0], [size - HEADER_BYTES for size in sizes]
        if not shape.common or any(other is not shape for other in shapes) or shape.length * len(shapes) != sum(bodies):
            return
        same = self.alone.setdefault(len(data), [])
        if len(same) < ALONE_PER_LENGTH_MAX and not any(body % shape.length for body in bodies):
            same.append(Alone(data, shape, [body // shape.length for body in bodies]))

    def tables(self) -> Tables:
        """Of all shapes known now that many reports may have: none with results."""
        if self._tables is None:
            every = [shape for same in self._by_length.values() for shape in same]
            some = [shape for shape in every if shape.length <= REPORT_BYTES_MAX and not shape.results]
            self._tables = Tables(sorted(some, key=lambda shape: shape is not self._usual))
        return self._tables

    def settle(self, tables: Tables, times: list[int]) -> None:
        """Another shape becomes the usual one when it was met twice as often (`times` by row of these tables)."""
        most = max(range(len(times)), key=times.__getitem__)
        if most != UNKNOWN and times[most] > 2 * times[USUAL]:
            self._usual = tables.shapes[most - 1]
            self._tables = None

    def _keep(self, shape: Shape) -> None:
        if self._learned == LEARN_PER_CALL_MAX:
            return
        self._learned += 1
        if sum(map(len, self._by_length.values())) >= SHAPES_MAX:
            self._by_length.clear()
            self.alone.clear()
            self.counts.shapes_forgotten_total += SHAPES_MAX
        self._by_length.setdefault(shape.length, []).append(shape)
        self._tables = None
