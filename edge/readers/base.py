"""What every reader driver gives: columns of reads, its health, and errors whose class says what to do."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId

RSSI_ABSENT_CDBM: Final = -32768
PHASE_ABSENT: Final = 0xFFFF
EPC_BITS_MAX: Final = 496
WIDTH_MIN: Final = 12
WIDTH_STEP: Final = 4
"""Bytes of an `epc` row: at least those of a 96-bit EPC, and whole words of the catalogue's table."""


class ReadBatch(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Owned, native-endian columns of equal length n; never an object per tag.

    epc            uint8 [n, w]  big-endian EPC bits, zero-padded to w bytes; w is a multiple of 4, at least 12
    epc_bits       uint16[n]     length of the EPC in bits, 0–496
    antenna        uint16[n]     1-based port; 0 = not told
    rssi_cdbm      int16 [n]     peak RSSI in hundredths of dBm; RSSI_ABSENT_CDBM = not told
    phase          uint16[n]     4096ths of a turn; PHASE_ABSENT = not told
    channel        uint16[n]     1-based hop-table index; 0 = not told
    seen_count     uint16[n]     reads this row stands for; 1 when not told
    first_seen_us  uint64[n]     reader's own time (UTC, or uptime where `uptime` is true); 0 = not told
    last_seen_us   uint64[n]     likewise
    rospec_id      uint32[n]     0 = not told
    """

    reader: ReaderId
    arrived_us: int
    """Monotonic time of the receive call, µs."""
    epc: NDArray[np.uint8]
    epc_bits: NDArray[np.uint16]
    antenna: NDArray[np.uint16]
    rssi_cdbm: NDArray[np.int16]
    phase: NDArray[np.uint16]
    channel: NDArray[np.uint16]
    seen_count: NDArray[np.uint16]
    first_seen_us: NDArray[np.uint64]
    last_seen_us: NDArray[np.uint64]
    rospec_id: NDArray[np.uint32]
    uptime: bool = False
    arrived_utc_us: int = 0
    """The box's calendar at that moment, UTC µs; 0 = not dated (`edge.readers.times.dated`)."""
    boot: str = ""
    """Which start of the machine `arrived_us` counts from."""

    def __len__(self) -> int:
        return len(self.epc_bits)


def epc_columns(epcs: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """EPCs of whole bytes, at least one → `epc` and `epc_bits` of a `ReadBatch`, owned."""
    sizes = np.fromiter(map(len, epcs), np.uint16, len(epcs))
    longest = int(sizes.max())
    width = max(WIDTH_MIN, -(-longest // WIDTH_STEP) * WIDTH_STEP)
    if width != longest or int(sizes.min()) != longest:
        epcs = tuple(epc.ljust(width, b"\0") for epc in epcs)
    return np.frombuffer(bytearray().join(epcs), np.uint8).reshape(len(epcs), width), sizes * np.uint16(8)


class ReaderError(Exception):
    """Base: something is wrong with a reader."""


class UnreachableError(ReaderError):
    """No answer: try again when the reader is back."""


class MisconfiguredError(ReaderError):
    """The reader refuses what we ask: tell a person; asking again will not help."""


class ProtocolError(ReaderError):
    """This frame is damaged: drop it, count it, go on."""


class TagError(ReaderError):
    """The reader is well, the tag did not do it: bring it closer, lay it alone, or give the right password."""
