"""The plain struct walk: message by message, report by report. It reads anything that can be read, one at a time.

The meaning of a tag report is what this says; the matrices of `runs` and `columns` say the same, only of many at once.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

import numpy as np

from contract.ids import ReaderId
from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.frames import HEADER_BYTES
from edge.readers.llrp.params import CUSTOM_HEADER, TLV_HEADER, TYPE_CUSTOM, TYPE_TAG_REPORT_DATA, Counts
from edge.readers.llrp.shapes import NOT_TOLD, STAMPS, UPTIME, UTC, Row, Shape
from edge.readers.llrp.shelf import Shelf

EPC_BYTES_MIN: Final = 12
TLV_BYTES: Final = TLV_HEADER.size
TV_BIT: Final = 0x8000
_STAMPS_AT: Final = tuple(i for i, name in enumerate(NOT_TOLD) if name in STAMPS)


class Origin(NamedTuple):
    """Whose bytes they are, and when they were received."""

    reader: ReaderId
    arrived_us: int


Read = tuple[Shape, Row]
"""One tag report that was read."""


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
                try:
                    read = shelf.read(data[at : at + length])
                except ProtocolError as error:
                    shelf.counts.damage(error)
                else:
                    found.append(read)
                    if read[0].unknown:
                        shelf.counts.know(read[0].unknown, 1)
            else:
                shelf.counts.know((_name(data, at, word & 0x3FF, length),), 1)
            at += length
    return found


def batch_of(found: list[Read], counts: Counts, origin: Origin) -> ReadBatch:
    """At least one read as columns: one block of memory, column after column."""
    stamps = {shape.stamp for shape, _ in found}
    rows = [row for _, row in found]
    if UTC in stamps and UPTIME in stamps:
        rows = [_without_uptime(row) if shape.stamp == UPTIME else row for shape, row in found]
        counts.stamps_dropped_total += sum(shape.stamp == UPTIME for shape, _ in found)
    *columns, epcs = zip(*rows, strict=True)
    width = epc_width(max(map(len, epcs)))
    pack, layout = _block(len(rows), width)
    memory = bytearray(pack(*chain.from_iterable(columns), *epcs))
    block = np.ndarray((), layout, memory)
    return ReadBatch(
        reader=origin.reader,
        arrived_us=origin.arrived_us,
        epc=block["epc"],
        epc_bits=block["epc_bits"],
        antenna=block["antenna"],
        rssi_cdbm=block["rssi_cdbm"],
        phase=block["phase"],
        channel=block["channel"],
        seen_count=block["seen_count"],
        first_seen_us=block["first_seen_us"],
        last_seen_us=block["last_seen_us"],
        rospec_id=block["rospec_id"],
        uptime=UPTIME in stamps and UTC not in stamps,
    )


def epc_width(size: int) -> int:
    """Bytes of the EPC column for EPCs of up to `size` bytes."""
    return max(EPC_BYTES_MIN, -(-size // 4) * 4)


def _without_uptime(row: Row) -> Row:
    """Where UTC and uptime stamps mix, the uptime ones count as not told."""
    return tuple(0 if i in _STAMPS_AT else value for i, value in enumerate(row))


@lru_cache(maxsize=256)
def _block(count: int, width: int) -> tuple[Callable[..., bytes], np.dtype[np.void]]:
    """How to pack `count` rows column by column with the EPCs behind, and how numpy sees it."""
    forms = {name: told.form for name, told in NOT_TOLD.items()} | {"epc_bits": "H"}
    pack = Struct("=" + "".join(f"{count}{form}" for form in forms.values()) + f"{width}s" * count).pack
    columns = [(name, form, (count,)) for name, form in forms.items()]
    return pack, np.dtype([*columns, ("epc", "B", (count, width))])


def _name(data: bytes, at: int, kind: int, length: int) -> str:
    """What a TLV that is no TagReportData is counted as."""
    if kind == TYPE_CUSTOM and length >= TLV_BYTES + CUSTOM_HEADER.size:
        vendor, subtype = CUSTOM_HEADER.unpack_from(data, at + TLV_BYTES)
        return f"{kind}/{vendor}/{subtype}"
    return str(kind)
