"""One message with one tag report in one receive: how a quiet reader's bytes come, and read in one go.

A matrix of one row costs what one of a thousand costs, and the plain walk asks each length and type for itself. Here
all header bytes, the message's too, are compared as one number; then one unpacking and one packing make the block.
"""

import struct
from typing import Final

from edge.readers.base import COLUMNS, epc_width
from edge.readers.llrp.fields import UPTIME
from edge.readers.llrp.frames import HEADER_BYTES, Bytes
from edge.readers.llrp.shapes import Shape

MESSAGE_MASK: Final = b"\xff\xff\xff\xff\xff\xff\0\0\0\0"
"""Of a message's header all but its id."""


class Alone:
    """Reads messages that equal `message` in all but its id and the report's values."""

    def __init__(self, message: bytes, shape: Shape) -> None:
        """`message` is an RO_ACCESS_REPORT with one report of this shape, which is `common`."""
        assert shape.common
        mask, fixed = shape.header()
        bits = 8 * shape.length
        header = int.from_bytes(MESSAGE_MASK)
        self.mask = header << bits | mask
        self.fixed = (int.from_bytes(message[:HEADER_BYTES]) & header) << bits | fixed
        self.epc_bytes = epc_width(shape.epc_bytes)
        self.uptime = shape.stamp == UPTIME
        layout, self._rest, self._index, self._scale, self._pick = shape.arrangement
        self._unpack = struct.Struct(f">{HEADER_BYTES}x{layout}").unpack
        self._pack = struct.Struct("=" + "".join(COLUMNS.values()) + f"{self.epc_bytes}s").pack

    def block(self, message: Bytes) -> bytes:
        """The block of a batch of one. Call it only for what `mask` and `fixed` prove."""
        values = self._unpack(message)
        return self._pack(*self._pick((*values, *self._rest, values[self._index] * self._scale)))
