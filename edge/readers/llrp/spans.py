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


def find_frames(octets: Octets, size: int) -> Frames:
    """All whole messages in the first `size` bytes. Bytes that cannot begin a message are skipped and counted."""
    data = octets.data
    at = skipped = resyncs = short = 0
    starts: list[Index] = []
    ends: list[Index] = []
    # few long messages are stepped through; many short ones are found by comparison
    places: Index | None = None
    after: Index | None = None
    while size - at >= HEADER_BYTES:
        try:
            header = parse_header(data, at)
        except ProtocolError:
            found = find_header(data, at + 1, size)
            skipped += found - at
            resyncs += 1
            at = found
            continue
        if at + header.length > size:
            break
        short = short + 1 if header.length <= LONG_FRAME_BYTES and header.type in COMMON_TYPES else 0
        if short >= SHORT_FRAMES_MIN:
            if places is None or after is None:
                places, after = _header_candidates(octets, size, int(octets[at]))
            slices, reached = follow(places, after, at)
            starts.extend(places[piece] for piece in slices)
            ends.extend(after[piece] for piece in slices)
            if slices:
                at = reached
                continue
        starts.append(np.array([at], np.int64))
        at += header.length
        ends.append(np.array([at], np.int64))
    every, over = _joined(starts), _joined(ends)
    types = _u16(octets, every) & 0x3FF
    lengths = over - every
    is_report = types == RO_ACCESS_REPORT
    if is_report.all():
        others: list[Frame] = []
    else:
        others = _frames(octets, types, every, over, (~is_report).nonzero()[0])
        is_report &= lengths > HEADER_BYTES
        every, lengths = every[is_report], lengths[is_report]
    return Frames(every, lengths, others, at, len(types), skipped, resyncs)


def _frames(octets: Octets, types: Index, starts: Index, ends: Index, which: Index) -> list[Frame]:
    data = octets.data
    at = starts[which]
    columns = (types[which], _u32(octets, at + 6), at + HEADER_BYTES, ends[which])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Frame(kind, number, data[body:end].tobytes() if end > body else b"") for kind, number, body, end in rows]


def find_spans(octets: Octets, starts: Index, lengths: Index) -> Spans:
    """The tag reports inside whole RO_ACCESS_REPORTs (ascending). Damage costs the rest of its message."""
    bodies = starts + HEADER_BYTES
    sizes = lengths - HEADER_BYTES
    if _is_one_report(octets, bodies, sizes):
        return Spans(bodies, sizes)
    ends = starts + lengths
    places, after = _report_candidates(octets, bodies, ends)
    firsts, lasts = bodies.tolist(), ends.tolist()
    found: list[Index] = []
    unknown: Counter[str] = Counter()
    damaged = 0
    at = firsts[0]
    while True:
        slices, at = follow(places, after, at)
        found.extend(places[piece] for piece in slices)
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
        else:
            unknown[name] += 1
        at += length
    every = _joined(found)
    return Spans(every, _u16(octets, every + 2), damaged, unknown)


def _is_one_report(octets: Octets, bodies: Index, sizes: Index) -> bool:
    """Whether every message holds exactly one tag report."""
    if int(sizes.min()) < TLV_HEADER.size or int(sizes.max()) > 0xFFFF:
        return False
    return bool((_u32(octets, bodies) == sizes + (TYPE_TAG_REPORT_DATA << 16)).all())


def _header_candidates(octets: Octets, size: int, first: int) -> tuple[Index, Index]:
    """Places where a common message can begin, as `follow` takes them; whole messages only."""
    kinds = octets[1 : size - HEADER_BYTES + 2] - np.uint8(COMMON_TYPES[0])
    places = (kinds < len(COMMON_TYPES)).nonzero()[0]
    places = places[(octets[places] == first) & (octets[places + 2] == 0)]
    lengths = _u32(octets, places + 2)
    good = (lengths >= HEADER_BYTES) & (lengths <= FRAME_BYTES_MAX) & (places + lengths <= size)
    places = places[good]
    return places, places + lengths[good]


def _report_candidates(octets: Octets, bodies: Index, ends: Index) -> tuple[Index, Index]:
    """Places where a TagReportData can begin inside its message; the last of a message leads to the next body."""
    low, high = int(bodies[0]), int(ends[-1])
    places = (octets[low + 1 : high - 2] == TYPE_TAG_REPORT_DATA).nonzero()[0] + low
    places = places[octets[places] == 0]
    in_each = np.diff(np.append(np.searchsorted(places, bodies), len(places)))
    end = ends.repeat(in_each)
    lengths = _u16(octets, places + 2)
    after = places + lengths
    is_last = after == end
    after[is_last] = np.append(bodies[1:], ends[-1]).repeat(in_each)[is_last]
    good = (lengths >= TLV_HEADER.size) & (places + lengths <= end)
    return places[good], after[good]


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
    every = np.ndarray((len(octets) - 1,), "V2", octets, strides=(1,))
    return every[at].view(">u2").astype(np.int64)


def _u32(octets: Octets, at: Index) -> Index:
    every = np.ndarray((len(octets) - 3,), "V4", octets, strides=(1,))
    return every[at].view(">u4").astype(np.int64)
