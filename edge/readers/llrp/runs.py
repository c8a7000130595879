"""Runs of messages: where they lie in the bytes that arrived."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.readers.base import ProtocolError
from edge.readers.llrp.chain import Chain, Index, Octets, Scratch, joined, u32
from edge.readers.llrp.frames import (
    FRAME_BYTES_MAX,
    HEADER_BYTES,
    RO_ACCESS_REPORT,
    Bytes,
    Frame,
    Header,
    find_header,
    parse_header,
)

COMMON_TYPES: Final = (61, 62, 63)
"""RO_ACCESS_REPORT, KEEPALIVE, READER_EVENT_NOTIFICATION: all that a reader says while it reads."""
LONG_FRAME_BYTES: Final = 1500
SHORT_FRAMES_MIN: Final = 4
"""After so many short messages in a row, comparing all bytes is cheaper than stepping."""
RESYNCS_PER_CALL_MAX: Final = 16
"""Bytes that are damaged in more places than that are skipped whole: the search must not hold the loop."""


@dataclass(frozen=True, slots=True)
class Frames:
    """`starts` and `lengths` of the RO_ACCESS_REPORTs; all other whole messages as frames."""

    starts: Index
    lengths: Index
    others: list[Frame]
    consumed: int
    frames: int
    skipped: int
    resyncs: int


class Steps:
    """Messages met one after the other. Bytes that cannot begin a message are skipped and counted."""

    def __init__(self, data: Bytes, size: int) -> None:
        self.reports: list[tuple[int, int]] = []
        """(start, length) of RO_ACCESS_REPORTs."""
        self.others: list[Frame] = []
        self.consumed = 0
        self.count = 0
        self.skipped = 0
        self.resyncs = 0
        self._data = data
        self._size = size

    def step(self) -> Header | None:
        """Take the next message; None when the rest is not whole."""
        while self._size - self.consumed >= HEADER_BYTES:
            at = self.consumed
            try:
                header = parse_header(self._data, at)
            except ProtocolError:
                tried = self.resyncs < RESYNCS_PER_CALL_MAX
                self.consumed = find_header(self._data, at + 1, self._size) if tried else self._size
                self.skipped += self.consumed - at
                self.resyncs += 1
                continue
            end = at + header.length
            if end > self._size:
                return None
            if header.type == RO_ACCESS_REPORT:
                self.reports.append((at, header.length))
            else:
                body = bytes(self._data[at + HEADER_BYTES : end]) if header.length > HEADER_BYTES else b""
                self.others.append(Frame(header.type, header.message_id, body))
            self.count += 1
            self.consumed = end
            return header
        return None


def step_frames(data: bytes) -> Steps:
    """All whole messages of a few bytes."""
    steps = Steps(data, len(data))
    while steps.step() is not None:
        pass
    return steps


def find_frames(octets: Octets, size: int, scratch: Scratch) -> Frames:
    """All whole messages in the first `size` bytes: few long ones are stepped through, many short ones compared."""
    steps = Steps(octets.data, size)
    starts: list[Index] = []
    lengths: list[Index] = []
    short = 0
    chain: Chain | None = None
    while (header := steps.step()) is not None:
        short = short + 1 if header.length <= LONG_FRAME_BYTES and header.type in COMMON_TYPES else 0
        if short < SHORT_FRAMES_MIN or size - steps.consumed < HEADER_BYTES:
            continue
        if chain is None:
            version = int(octets[steps.consumed - header.length])
            chain = _candidates(octets, size, version, scratch)
        slices, reached = chain.follow(steps.consumed)
        if slices:
            _settle(steps.reports, starts, lengths)
            every = joined([chain.places[piece] for piece in slices])
            sizes = joined([chain.after[piece] for piece in slices]) - every
            steps.count += len(every)
            is_report = octets[every + 1] == RO_ACCESS_REPORT
            if not is_report.all():
                rest = (~is_report).nonzero()[0]
                steps.others += _frames(octets, every[rest], sizes[rest])
                every, sizes = every[is_report], sizes[is_report]
            starts.append(every)
            lengths.append(sizes)
            steps.consumed = reached
    _settle(steps.reports, starts, lengths)
    return Frames(
        joined(starts), joined(lengths), steps.others, steps.consumed, steps.count, steps.skipped, steps.resyncs
    )


def _settle(steps: list[tuple[int, int]], starts: list[Index], lengths: list[Index]) -> None:
    if steps:
        pairs = np.array(steps, np.int64)
        starts.append(pairs[:, 0])
        lengths.append(pairs[:, 1])
        steps.clear()


def _frames(octets: Octets, starts: Index, lengths: Index) -> list[Frame]:
    """Messages of the common types."""
    data = octets.data
    bodies = starts + HEADER_BYTES
    columns = (octets[starts + 1], u32(octets, starts + 6), bodies, starts + lengths)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Frame(kind, number, data[body:end].tobytes() if end > body else b"") for kind, number, body, end in rows]


def _candidates(octets: Octets, size: int, first: int, scratch: Scratch) -> Chain:
    """Places where a common message can begin, whole messages only."""
    last = size - HEADER_BYTES + 1
    places = scratch.both(octets[:last], first, octets[2 : last + 2], 0)
    places = places[octets[places + 1] - np.uint8(COMMON_TYPES[0]) < len(COMMON_TYPES)]
    after = places + u32(octets, places + 2)
    good = (after >= places + HEADER_BYTES) & (after <= places + FRAME_BYTES_MAX) & (after <= size)
    return Chain(places, after) if good.all() else Chain(places[good], after[good])
