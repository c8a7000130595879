"""The plain struct walk: message by message, report by report. It reads anything that can be read, one at a time.

The meaning of a tag report is what this says; the matrices of `runs` and `columns` say the same, only of many at once.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

from contract.ids import ReaderId
from edge.readers.base import COLUMNS, ProtocolError, ReadBatch, epc_width
from edge.readers.llrp.extras import DetailColumns
from edge.readers.llrp.fields import NOT_TOLD, STAMPS, UPTIME, UTC
from edge.readers.llrp.frames import HEADER_BYTES
from edge.readers.llrp.params import CUSTOM_HEADER, TLV_HEADER, TYPE_CUSTOM, TYPE_TAG_REPORT_DATA, Counts
from edge.readers.llrp.shapes import Row, Shape
from edge.readers.llrp.shelf import Shelf
from edge.readers.llrp.survey import TYPE_SURVEY

TLV_BYTES: Final = TLV_HEADER.size
TV_BIT: Final = 0x8000
_STAMPS_AT: Final = tuple(i for i, name in enumerate(NOT_TOLD) if name in STAMPS)


class Origin(NamedTuple):
    """Whose bytes they are, and when they were received."""

    reader: ReaderId
    arrived_us: int


Read = tuple[Shape, Row, bytes]
"""One tag report that was read: its shape, its values, and its bytes."""


def read_messages(data: bytes, starts: list[int], ends: list[int], shelf: Shelf) -> list[Read]:
    """The tag reports of RO_ACCESS_REPORTs. A damaged report costs itself, a damaged length the rest of its message."""
    found: list[Read] = []
    for start, end in zip(starts, ends, strict=True):
        at = start + HEADER_BYTES
        while at < end:
            word, length = TLV_HEADER.unpack_from(data, at) if end - at >= TLV_BYTES else (0, 0)
            if word & TV_BIT or not TLV_BYTES <= length <= end - at:
                shelf.counts.reports_damaged_total += 1
                break
            if word & 0x3FF == TYPE_TAG_REPORT_DATA:
                report = data[at : at + length]
                try:
                    read = shelf.read(report)
                except ProtocolError as error:
                    shelf.counts.damage(error)
                else:
                    found.append((*read, report))
                    if read[0].unknown:
                        shelf.counts.know(read[0].unknown, 1)
            elif word & 0x3FF == TYPE_SURVEY:
                shelf.counts.surveys_total += 1
                shelf.counts.survey = data[at + TLV_BYTES : at + length]
            else:
                shelf.counts.know((_name(data, at, word & 0x3FF, length),), 1)
            at += length
    return found


def batch_of(found: list[Read], counts: Counts, origin: Origin) -> ReadBatch:
    """At least one read as columns: one block of memory, column after column."""
    shapes = {shape for shape, _, _ in found}
    stamps = {shape.stamp for shape in shapes}
    rows = [row for _, row, _ in found]
    if UTC in stamps and UPTIME in stamps:
        rows = [_without_uptime(row) if shape.stamp == UPTIME else row for shape, row, _ in found]
        counts.stamps_dropped_total += sum(shape.stamp == UPTIME for shape, _, _ in found)
    *columns, epcs = zip(*rows, strict=True)
    width = epc_width(max(map(len, epcs)))
    block = _packer(len(rows), width)(*chain.from_iterable(columns), *epcs)
    uptime = UPTIME in stamps and UTC not in stamps
    details = DetailColumns(len(rows), shapes)
    if details:
        for row, (shape, _, report) in enumerate(found):
            details.put_read(row, shape, report)
    return ReadBatch(origin.reader, origin.arrived_us, block, width, uptime, details.finish())


def _without_uptime(row: Row) -> Row:
    """Where UTC and uptime stamps mix, the uptime ones count as not told."""
    return tuple(0 if i in _STAMPS_AT else value for i, value in enumerate(row))


@lru_cache(maxsize=256)
def _packer(count: int, width: int) -> Callable[..., bytes]:
    """How to pack `count` rows column by column with the EPCs behind."""
    return Struct("=" + "".join(f"{count}{form}" for form in COLUMNS.values()) + f"{width}s" * count).pack


def _name(data: bytes, at: int, kind: int, length: int) -> str:
    """What a TLV that is no TagReportData is counted as."""
    if kind == TYPE_CUSTOM and length >= TLV_BYTES + CUSTOM_HEADER.size:
        vendor, subtype = CUSTOM_HEADER.unpack_from(data, at + TLV_BYTES)
        return f"{kind}/{vendor}/{subtype}"
    return str(kind)
