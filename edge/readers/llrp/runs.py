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
    Frame,
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


def find_frames(octets: Octets, size: int, scratch: Scratch) -> Frames:
    """All whole messages in the first `size` bytes. Bytes that cannot begin a message are skipped and counted."""
    data = octets.data
    at = skipped = resyncs = short = 0
    steps: list[tuple[int, int]] = []
    starts: list[Index] = []
    lengths: list[Index] = []
    others: list[Frame] = []
    count = 0
    chain: Chain | None = None
    # few long messages are stepped through; many short ones are found by comparison
    while size - at >= HEADER_BYTES:
        try:
            _, kind, length, number = parse_header(data, at)
        except ProtocolError:
            found = find_header(data, at + 1, size) if resyncs < RESYNCS_PER_CALL_MAX else size
            skipped += found - at
            resyncs += 1
            at = found
            continue
        if at + length > size:
            break
        short = short + 1 if length <= LONG_FRAME_BYTES and kind in COMMON_TYPES else 0
        if short >= SHORT_FRAMES_MIN:
            if chain is None:
                chain = _candidates(octets, size, int(octets[at]), scratch)
            slices, reached = chain.follow(at)
            if slices:
                _settle(steps, starts, lengths)
                every = joined([chain.places[piece] for piece in slices])
                sizes = joined([chain.after[piece] for piece in slices]) - every
                count += len(every)
                is_report = octets[every + 1] == RO_ACCESS_REPORT
                if not is_report.all():
                    rest = (~is_report).nonzero()[0]
                    others += _frames(octets, every[rest], sizes[rest])
                    every, sizes = every[is_report], sizes[is_report]
                starts.append(every)
                lengths.append(sizes)
                at = reached
                continue
        count += 1
        if kind == RO_ACCESS_REPORT:
            steps.append((at, length))
        else:
            others.append(Frame(kind, number, data[at + HEADER_BYTES : at + length].tobytes()))
        at += length
    _settle(steps, starts, lengths)
    return Frames(joined(starts), joined(lengths), others, at, count, skipped, resyncs)


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
