"""LLRP framing: where messages begin and end in a byte stream. No input or output here.

Header (LLRP 1.1 §16.1): 3 reserved bits, 3 bits version, 10 bits type; u32 length of the whole message; u32 id.
"""

import struct
from typing import Final, NamedTuple

import msgspec
import numpy as np

from edge.readers.base import ProtocolError

HEADER: Final = struct.Struct("!HII")
HEADER_BYTES: Final = 10
FRAME_BYTES_MAX: Final = 1 << 20
"""A longer message is damage: readers split reports long before (one maker closes above some 500 KiB)."""
RECEIVE_BYTES_MIN: Final = 1 << 16
RECEIVE_BYTES_MAX: Final = 1 << 19
"""Room for one receive call: it doubles while calls fill it, so that a backlog is read in larger, cheaper bites."""
SLACK_BYTES: Final = 512
"""Behind the bytes that arrived, so that a report may be copied as if it were longer, or its EPC were."""
SHORT_MESSAGE_BYTES: Final = 400
"""Stepping over a longer one costs less than comparing all of its bytes (measured: the same at some 250 bytes)."""
SEARCH_BYTES: Final = 4096
"""Looked through at once for the next header: mostly it is near."""
RESYNCS_PER_CALL_MAX: Final = 16
"""Bytes that are damaged in more places than that are skipped whole: the search must not hold the loop."""
VERSIONS: Final = (1, 2)
RO_ACCESS_REPORT: Final = 61
TYPES: Final = frozenset(
    kind for first, end in ((1, 6), (10, 16), (20, 27), (30, 37), (40, 57), (60, 73)) for kind in range(first, end)
) | {100, 1023}
"""Messages of LLRP 1.1 (§16, table of types); resynchronising trusts only these."""

Bytes = bytes | bytearray | memoryview


class Header(NamedTuple):
    """`length` counts the header itself."""

    version: int
    type: int
    length: int
    message_id: int


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One whole message; `body` is owned and begins after the header. Cheap to make: a keepalive storm makes many."""

    type: int
    message_id: int
    body: bytes


def parse_header(data: Bytes, at: int = 0) -> Header:
    """Raises `ProtocolError` if no message can begin here."""
    try:
        word, length, message_id = HEADER.unpack_from(data, at)
    except struct.error as error:
        raise ProtocolError(f"a header needs {HEADER_BYTES} bytes, {len(data) - at} are there") from error
    version = word >> 10
    if version not in VERSIONS:
        raise ProtocolError(f"message version {version} (with reserved bits) is not one of {VERSIONS}")
    if not HEADER_BYTES <= length <= FRAME_BYTES_MAX:
        raise ProtocolError(f"message length {length} is not within {HEADER_BYTES}–{FRAME_BYTES_MAX}")
    return Header(version, word & 0x3FF, length, message_id)


def find_header(data: Bytes, at: int, end: int) -> int:
    """The next position from `at` where a message of a known type can begin, or the last 9 bytes before `end`."""
    last = max(at, end - HEADER_BYTES + 1)
    while at < last:
        stop = min(last, at + SEARCH_BYTES)
        octets = np.frombuffer(data, np.uint8, stop + 2 - at, at)
        version = octets[:-2] >> 2
        possible = ((version == VERSIONS[0]) | (version == VERSIONS[1])) & (octets[2:] == 0)
        for place in possible.nonzero()[0].tolist():
            try:
                header = parse_header(data, at + place)
            except ProtocolError:
                continue
            if header.type in TYPES:
                return at + int(place)
        at = stop
    return last


class Steps:
    """Messages met one after the other. Bytes that cannot begin a message are skipped and counted."""

    def __init__(self, data: Bytes, size: int, at: int = 0) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        """Of RO_ACCESS_REPORTs."""
        self.others: list[Frame] = []
        self.reached = at
        self.count = 0
        self.skipped = 0
        self.resyncs = 0
        self._data = data
        self._size = size

    def walk(self, shorts_max: int = 0) -> bool:
        """Take messages; stops early, and says so, when so many short ones came one after the other."""
        data, size, starts, ends = self._data, self._size, self.starts, self.ends
        at, shorts = self.reached, 0
        while size - at >= HEADER_BYTES:
            word, length, message_id = HEADER.unpack_from(data, at)
            if word >> 10 not in VERSIONS or not HEADER_BYTES <= length <= FRAME_BYTES_MAX:
                at = self._skip(at)
                continue
            end = at + length
            if end > size:
                break
            kind = word & 0x3FF
            if kind == RO_ACCESS_REPORT:
                starts.append(at)
                ends.append(end)
            else:
                self.others.append(Frame(kind, message_id, bytes(data[at + HEADER_BYTES : end])))
            self.count += 1
            at = end
            shorts = shorts + 1 if length <= SHORT_MESSAGE_BYTES else 0
            if 0 < shorts == shorts_max:
                break
        self.reached = at
        return 0 < shorts == shorts_max

    def shorts_ahead(self, count: int) -> bool:
        """Whether so many short messages stand here, all whole."""
        at = self.reached
        for _ in range(count):
            if self._size - at < HEADER_BYTES:
                return False
            word, length, _ = HEADER.unpack_from(self._data, at)
            at += length
            if word >> 10 not in VERSIONS or not HEADER_BYTES <= length <= SHORT_MESSAGE_BYTES or at > self._size:
                return False
        return True

    def passed(self, others: list[Frame], count: int, reached: int) -> None:
        """These were met in another way."""
        self.others += others
        self.count += count
        self.reached = reached

    def _skip(self, at: int) -> int:
        tried = self.resyncs < RESYNCS_PER_CALL_MAX
        following = find_header(self._data, at + 1, self._size) if tried else self._size
        self.skipped += following - at
        self.resyncs += 1
        return following


class FrameBuffer:
    """The bytes that arrived and are not consumed yet; never more than one frame and one receive call."""

    def __init__(self) -> None:
        self._data = bytearray(RECEIVE_BYTES_MIN + SLACK_BYTES)
        self._end = 0
        self._room = RECEIVE_BYTES_MIN

    def __len__(self) -> int:
        return self._end

    def free(self) -> memoryview:
        """Where the next receive call may write, never empty. Release it before any other call.

        Raises `ProtocolError` when more waits than any message may hold.
        """
        if self._end > FRAME_BYTES_MAX:
            raise ProtocolError(f"more than {FRAME_BYTES_MAX} bytes wait for the end of one message")
        missing = self._end + self._room + SLACK_BYTES - len(self._data)
        if missing > 0:
            self._data.extend(bytes(missing))
        return memoryview(self._data)[self._end : self._end + self._room]

    def wrote(self, count: int) -> None:
        assert count <= self._room
        if count == self._room:
            self._room = min(2 * self._room, RECEIVE_BYTES_MAX)
        self._end += count

    def small_bites(self) -> None:
        """Begin again with small receive calls: what comes is many small messages, dear to decode by the byte."""
        self._room = RECEIVE_BYTES_MIN

    def feed(self, data: Bytes) -> None:
        """Append bytes. Raises `ProtocolError` when they pass the cap and no message ended."""
        view = memoryview(data)
        while view:
            with self.free() as room:
                count = min(len(room), len(view))
                room[:count] = view[:count]
            self.wrote(count)
            view = view[count:]

    def filled(self) -> memoryview:
        """What waits. Release it before `consume`."""
        return memoryview(self._data)[: self._end]

    def roomy(self) -> memoryview:
        """The same and SLACK_BYTES behind it, which mean nothing. Release it before `consume`."""
        return memoryview(self._data)[: self._end + SLACK_BYTES]

    def consume(self, count: int) -> None:
        assert 0 <= count <= self._end
        rest = self._end - count
        self._data[:rest] = self._data[count : self._end]
        self._end = rest

    def clear(self) -> None:
        """A new connection begins: nothing of the old one is kept."""
        self._data = bytearray(RECEIVE_BYTES_MIN + SLACK_BYTES)
        self._room = RECEIVE_BYTES_MIN
        self._end = 0
