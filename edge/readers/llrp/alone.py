"""Messages of equal tag reports in one receive: how a reader's bytes come while little is read, and read in one go.

A matrix of few rows costs what one of a thousand costs, and the plain walk asks each length and type for itself. Here
all header bytes, the messages' too, are compared as one number; then one unpacking and one packing make the block.
"""

import struct
from collections.abc import Sequence
from itertools import chain
from typing import Final

from edge.readers.base import COLUMNS, epc_width
from edge.readers.llrp.fields import UPTIME
from edge.readers.llrp.frames import HEADER_BYTES, Bytes
from edge.readers.llrp.shapes import Shape

MESSAGE_MASK: Final = b"\xff\xff\xff\xff\xff\xff\0\0\0\0"
"""Of a message's header all but its id."""


class Alone:
    """Reads receives that equal `data` in all but the messages' ids and the reports' values."""

    def __init__(self, data: bytes, shape: Shape, counts: Sequence[int]) -> None:
        """`data` is RO_ACCESS_REPORTs with so many reports of this shape each; the shape is `common`."""
        assert shape.common
        assert len(data) == sum(HEADER_BYTES + count * shape.length for count in counts)
        report = shape.header()[0].to_bytes(shape.length)
        self.mask = int.from_bytes(b"".join(MESSAGE_MASK + report * count for count in counts))
        self.fixed = int.from_bytes(data) & self.mask
        self.frames, self.reads = len(counts), sum(counts)
        self.epc_bytes = epc_width(shape.epc_bytes)
        self.uptime = shape.stamp == UPTIME
        layout, rest, self._index, self._scale, self._pick = shape.arrangement
        self._unpack = struct.Struct(">" + "".join(f"{HEADER_BYTES}x{layout * count}" for count in counts)).unpack
        columns = "".join(f"{self.reads}{form}" for form in COLUMNS.values())
        self._pack = struct.Struct(f"={columns}" + f"{self.epc_bytes}s" * self.reads).pack
        self._values = shape.values
        self._rest = [(value,) * self.reads for value in rest]

    def block(self, data: Bytes) -> bytes:
        """The block of all its reads. Call it only for what `mask` and `fixed` prove."""
        told = self._unpack(data)
        columns = [told[at :: self._values] for at in range(self._values)]
        scaled = columns[self._index]
        if self._scale != 1:
            scaled = tuple(value * self._scale for value in scaled)
        return self._pack(*chain.from_iterable(self._pick((*columns, *self._rest, scaled))))
