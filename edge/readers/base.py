"""What every reader driver gives: columns of reads, its health, and errors whose class says what to do."""

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.readers.details import Details

RSSI_ABSENT_CDBM: Final = -32768
PHASE_ABSENT: Final = 0xFFFF
EPC_BITS_MAX: Final = 496
WIDTH_MIN: Final = 12
WIDTH_STEP: Final = 4
"""Bytes of an `epc` row: at least those of a 96-bit EPC, and whole words of the catalogue's table."""

COLUMNS: Final = {
    "first_seen_us": "Q",
    "last_seen_us": "Q",
    "rospec_id": "I",
    "antenna": "H",
    "phase": "H",
    "channel": "H",
    "seen_count": "H",
    "rssi_cdbm": "h",
    "epc_bits": "H",
}
"""The columns in a block, the widest first so that none is unaligned, in codes that struct and numpy share."""
ROW_BYTES: Final = struct.calcsize("=" + "".join(COLUMNS.values()))


class ReadBatch(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Owned, native-endian columns of equal length n; never an object per tag.

    All columns lie in one block of memory, one after the other in the order of `COLUMNS`, the EPCs last: one tag's
    batch costs one piece of memory, and a column is a view made when it is asked for. Nobody writes to them.

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
    details        what readers tell only when they are asked to; None if no row has any
    """

    reader: ReaderId
    arrived_us: int
    """Monotonic time of the receive call, µs."""
    block: bytes | memoryview
    epc_bytes: int = WIDTH_MIN
    """w, the bytes of an EPC in its column."""
    uptime: bool = False
    details: Details | None = None
    arrived_utc_us: int = 0
    """The box's calendar at that moment, UTC µs; 0 = not dated (`edge.readers.times.dated`)."""
    boot: str = ""
    """Which start of the machine `arrived_us` counts from."""

    @staticmethod
    def of(
        reader: ReaderId,
        arrived_us: int,
        epc: NDArray[np.uint8],
        *,
        uptime: bool = False,
        details: Details | None = None,
        **columns: NDArray[Any],
    ) -> "ReadBatch":
        """A batch of `epc` and all of `COLUMNS`, copied."""
        assert columns.keys() == COLUMNS.keys(), "a batch has all columns"
        count, width = epc.shape
        assert all(len(column) == count for column in columns.values()), "columns are of one length"
        parts = [np.ascontiguousarray(columns[name], form) for name, form in COLUMNS.items()]
        block = b"".join([part.tobytes() for part in (*parts, epc)])
        return ReadBatch(reader, arrived_us, block, width, uptime, details)

    def __len__(self) -> int:
        return len(self.block) // (ROW_BYTES + self.epc_bytes)

    @property
    def epc(self) -> NDArray[np.uint8]:
        n = len(self)
        return np.ndarray((n, self.epc_bytes), np.uint8, self.block, ROW_BYTES * n)

    @property
    def epc_bits(self) -> NDArray[np.uint16]:
        return self._column("epc_bits")

    @property
    def antenna(self) -> NDArray[np.uint16]:
        return self._column("antenna")

    @property
    def rssi_cdbm(self) -> NDArray[np.int16]:
        return self._column("rssi_cdbm")

    @property
    def phase(self) -> NDArray[np.uint16]:
        return self._column("phase")

    @property
    def channel(self) -> NDArray[np.uint16]:
        return self._column("channel")

    @property
    def seen_count(self) -> NDArray[np.uint16]:
        return self._column("seen_count")

    @property
    def first_seen_us(self) -> NDArray[np.uint64]:
        return self._column("first_seen_us")

    @property
    def last_seen_us(self) -> NDArray[np.uint64]:
        return self._column("last_seen_us")

    @property
    def rospec_id(self) -> NDArray[np.uint32]:
        return self._column("rospec_id")

    def _column(self, name: str) -> NDArray[Any]:
        dtype, place = _PLACES[name]
        n = len(self)
        return np.ndarray((n,), dtype, self.block, place * n)


def columns_of(block: NDArray[np.uint8], count: int) -> dict[str, NDArray[Any]]:
    """All columns but the EPCs of a block of `count` rows, to be filled."""
    return {name: np.ndarray((count,), dtype, block, place * count) for name, (dtype, place) in _PLACES.items()}


def _places() -> dict[str, tuple[np.dtype[Any], int]]:
    """Column → its type, and the bytes of one row before it."""
    dtypes = {name: np.dtype(form) for name, form in COLUMNS.items()}
    ends = accumulate(dtype.itemsize for dtype in dtypes.values())
    return {name: (dtype, end - dtype.itemsize) for (name, dtype), end in zip(dtypes.items(), ends, strict=True)}


_PLACES: Final = _places()


def epc_width(size: int) -> int:
    """Bytes of an `epc` row for EPCs of up to `size` bytes."""
    return max(WIDTH_MIN, -(-size // WIDTH_STEP) * WIDTH_STEP)


def epc_columns(epcs: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """EPCs of whole bytes, at least one → `epc` and `epc_bits` of a `ReadBatch`, owned."""
    sizes = np.fromiter(map(len, epcs), np.uint16, len(epcs))
    longest = int(sizes.max())
    width = epc_width(longest)
    if width != longest or int(sizes.min()) != longest:
        epcs = tuple(epc.ljust(width, b"\0") for epc in epcs)
    return np.frombuffer(bytearray().join(epcs), np.uint8).reshape(len(epcs), width), sizes * np.uint16(8)


class Look(NamedTuple):
    """How a reader reads: `number` of its `looks`, 0 = as always; since `since_us` (monotonic, 0 = ever); and which
    ports it leaves out meanwhile: of what lies before those a silence says nothing.

    Only a round that began after `since_us` is a round of this look: one that the change fell into is of no kind, and
    nobody's witness. `since_us` is when the change began while it lasts, and then when it was done.
    """

    number: int = 0
    since_us: int = 0
    without: frozenset[int] = frozenset()


@runtime_checkable
class Varying(Protocol):
    """A reader that can look at its zones in more than one way: what one look leaves unread another may find.

    A count asks for another look before each of its rounds (`vary((number + 1) % len(looks))`), waits for a round that
    began after `health.look.since_us`, and asks for look 0 when it ends, however it ends. Two rounds of different
    looks depend on each other less than two of the same (`altered` of `edge.reconcile.counts.count.Count.hear`).
    """

    id: ReaderId

    @property
    def looks(self) -> tuple[str, ...]:
        """What each is, in words for a page; the first is how it always reads. Only one: there is nothing to vary."""
        ...

    def vary(self, number: int) -> None:
        """Read so until told otherwise, also after a reconnect; from any thread, at once. `health.look` says when it
        is so. A reader that refuses a look goes on as it was, says so in `health.notes` and offers it no more.

        Raises `ValueError` for a number that is none of `looks`.
        """
        ...


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


class TagLockedError(TagError):
    """The tag itself answered that this part of its memory is locked. Not every reader passes that on."""
