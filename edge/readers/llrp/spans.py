"""Where messages and tag reports lie in the bytes: found by comparison over all bytes, proved by their chain."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import (
    FRAME_BYTES_MAX,
    HEADER_BYTES,
    RO_ACCESS_REPORT,
    Bytes,
    Frame,
    find_header,
    follow,
    parse_header,
)
from edge.readers.llrp.params import CUSTOM_HEADER, TLV_HEADER, TYPE_CUSTOM, TYPE_TAG_REPORT_DATA

Octets = NDArray[np.uint8]
Index = NDArray[np.int64]

COMMON_TYPES: Final = (61, 62, 63)
"""RO_ACCESS_REPORT, KEEPALIVE, READER_EVENT_NOTIFICATION: all that a reader says while it reads."""
LONG_FRAME_BYTES: Final = 1500
SHORT_FRAMES_MIN: Final = 4
"""After so many short messages in a row, comparing all bytes is cheaper than stepping."""


class Scratch:
    """Memory that is used anew by every call: fresh pages cost a fault each, half the time of a whole decode."""

    def __init__(self) -> None:
        self.octets: Octets = np.zeros(0, np.uint8)
        self.hit: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.also: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def hold(self, data: Bytes, slack: int) -> Octets:
        """A copy of `data` with `slack` zero bytes behind it, good until the next call."""
        size = len(data)
        if len(self.octets) < size + slack:
            room = max(size + slack, 2 * len(self.octets))
            self.octets = np.zeros(room, np.uint8)
            self.hit, self.also = np.zeros(room, np.bool_), np.zeros(room, np.bool_)
        self.octets[:size] = np.frombuffer(data, np.uint8)
        self.octets[size : size + slack] = 0
        return self.octets[: size + slack]

    def both(self, one: Octets, value: int, other: Octets, value_of_other: int) -> Index:
        """Where `one` has a value and `other`, of equal length, another."""
        hit, also = self.hit[: len(one)], self.also[: len(one)]
        np.equal(one, value, out=hit)
        np.equal(other, value_of_other, out=also)
        np.logical_and(hit, also, out=hit)
        return hit.nonzero()[0]


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


@dataclass(frozen=True, slots=True)
class Spans:
    """TagReportData inside the reports, in order, header included."""

    starts: Index
    lengths: Index
    damaged: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


def find_frames(octets: Octets, size: int, scratch: Scratch) -> Frames:
    """All whole messages in the first `size` bytes. Bytes that cannot begin a message are skipped and counted."""
    data = octets.data
    at = skipped = resyncs = short = 0
    steps: list[tuple[int, int]] = []
    starts: list[Index] = []
    lengths: list[Index] = []
    others: list[Frame] = []
    count = 0
    places: Index | None = None
    after: Index | None = None
    # few long messages are stepped through; many short ones are found by comparison
    while size - at >= HEADER_BYTES:
        try:
            _, kind, length, number = parse_header(data, at)
        except ProtocolError:
            found = find_header(data, at + 1, size)
            skipped += found - at
            resyncs += 1
            at = found
            continue
        if at + length > size:
            break
        short = short + 1 if length <= LONG_FRAME_BYTES and kind in COMMON_TYPES else 0
        if short >= SHORT_FRAMES_MIN:
            if places is None or after is None:
                places, after = _header_candidates(octets, size, int(octets[at]), scratch)
            slices, reached = follow(places, after, at)
            if slices:
                _settle(steps, starts, lengths)
                every = _joined([places[piece] for piece in slices])
                sizes = _joined([after[piece] for piece in slices]) - every
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
    return Frames(_joined(starts), _joined(lengths), others, at, count, skipped, resyncs)


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
    columns = (octets[starts + 1], _u32(octets, starts + 6), bodies, starts + lengths)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Frame(kind, number, data[body:end].tobytes() if end > body else b"") for kind, number, body, end in rows]


def find_spans(octets: Octets, starts: Index, lengths: Index, scratch: Scratch) -> Spans:
    """The tag reports inside whole RO_ACCESS_REPORTs (ascending). Damage costs the rest of its message."""
    if int(lengths.min()) == HEADER_BYTES:
        starts, lengths = starts[lengths > HEADER_BYTES], lengths[lengths > HEADER_BYTES]
        if not len(starts):
            return Spans(starts, lengths)
    bodies = starts + HEADER_BYTES
    sizes = lengths - HEADER_BYTES
    if _is_one_report(octets, bodies, sizes):
        return Spans(bodies, sizes)
    ends = starts + lengths
    places, after, sizes = _report_candidates(octets, bodies, ends, scratch)
    firsts, lasts = bodies.tolist(), ends.tolist()
    found: list[Index] = []
    found_sizes: list[Index] = []
    unknown: Counter[str] = Counter()
    damaged = 0
    at = firsts[0]
    while True:
        slices, at = follow(places, after, at)
        found += [places[piece] for piece in slices]
        found_sizes += [sizes[piece] for piece in slices]
        frame = bisect_right(firsts, at) - 1
        if at >= lasts[frame]:
            if frame + 1 == len(firsts):
                break
            at = firsts[frame + 1]
            continue
        try:
            kind, name, length = _tlv_at(octets.data, at, lasts[frame])
        except ProtocolError:
            damaged += 1
            at = lasts[frame]
            if frame + 1 == len(firsts):
                break
            at = firsts[frame + 1]
            continue
        if kind == TYPE_TAG_REPORT_DATA:
            found.append(np.array([at], np.int64))
            found_sizes.append(np.array([length], np.int64))
        else:
            unknown[name] += 1
        at += length
    return Spans(_joined(found), _joined(found_sizes), damaged, unknown)


def _is_one_report(octets: Octets, bodies: Index, sizes: Index) -> bool:
    """Whether every message holds exactly one tag report."""
    if int(sizes.max()) > 0xFFFF or int(sizes.min()) < TLV_HEADER.size:
        return False
    return bool((_u32(octets, bodies) == sizes + (TYPE_TAG_REPORT_DATA << 16)).all())


def _header_candidates(octets: Octets, size: int, first: int, scratch: Scratch) -> tuple[Index, Index]:
    """Places where a common message can begin, as `follow` takes them; whole messages only."""
    last = size - HEADER_BYTES + 1
    places = scratch.both(octets[:last], first, octets[2 : last + 2], 0)
    places = places[octets[places + 1] - np.uint8(COMMON_TYPES[0]) < len(COMMON_TYPES)]
    after = places + _u32(octets, places + 2)
    good = (after >= places + HEADER_BYTES) & (after <= places + FRAME_BYTES_MAX) & (after <= size)
    return (places, after) if good.all() else (places[good], after[good])


def _report_candidates(octets: Octets, bodies: Index, ends: Index, scratch: Scratch) -> tuple[Index, Index, Index]:
    """Places where a TagReportData can begin inside its message, what follows each, and their lengths.

    The last of a message is followed by the next message's first.
    """
    low, high = int(bodies[0]), int(ends[-1]) - TLV_HEADER.size + 1
    places = scratch.both(octets[low + 1 : high + 1], TYPE_TAG_REPORT_DATA, octets[low:high], 0) + low
    lengths = _u16(octets, places + 2)
    after = places + lengths
    splits = np.searchsorted(places, ends)
    good = (lengths >= TLV_HEADER.size) & (after <= ends.repeat(np.diff(splits, prepend=0)))
    if not len(places):
        return places, after, lengths
    last = splits[:-1] - 1
    is_last = after[last] == ends[:-1]
    after[last[is_last]] = bodies[1:][is_last]
    if good.all():
        return places, after, lengths
    return places[good], after[good], lengths[good]


def _tlv_at(data: memoryview, at: int, end: int) -> tuple[int, str, int]:
    """(type, name, length) of a TLV at the level of the message. Raises `ProtocolError`."""
    if end - at < TLV_HEADER.size or data[at] & 0x80:
        raise ProtocolError("no TLV parameter where one must begin")
    word, length = TLV_HEADER.unpack_from(data, at)
    if length < TLV_HEADER.size or at + length > end:
        raise ProtocolError(f"parameter says {length} bytes, {end - at} are there")
    kind = word & 0x3FF
    name = str(kind)
    if kind == TYPE_CUSTOM and length >= TLV_HEADER.size + CUSTOM_HEADER.size:
        vendor, subtype = CUSTOM_HEADER.unpack_from(data, at + TLV_HEADER.size)
        name = f"{kind}/{vendor}/{subtype}"
    return kind, name, length


def _joined(parts: list[Index]) -> Index:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _u16(octets: Octets, at: Index) -> Index:
    high = octets[at].astype(np.int64)
    high <<= 8
    high |= octets[at + 1]
    return high


def _u32(octets: Octets, at: Index) -> Index:
    every = np.ndarray((len(octets) - 3,), "V4", octets, strides=(1,))
    return every[at].view(">u4").astype(np.int64)
