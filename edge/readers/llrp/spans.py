"""Spans: where the tag reports lie inside RO_ACCESS_REPORTs."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from edge.readers.llrp.chain import Chain, Index, Octets, Scratch, joined, u16, u32
from edge.readers.llrp.frames import HEADER_BYTES, Bytes
from edge.readers.llrp.params import CUSTOM_HEADER, TLV_HEADER, TYPE_CUSTOM, TYPE_TAG_REPORT_DATA

OTHERS_PER_CALL_MAX: Final = 1024
"""Parameters beside the tag reports that are stepped over; a message with more is damage."""

LIKELY_BYTES_MAX: Final = 4095
"""A longer tag report is read with more care; most candidates that are none tell such a length."""


@dataclass(frozen=True, slots=True)
class Spans:
    """TagReportData inside the reports, in order, header included."""

    starts: Index
    lengths: Index
    damaged: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


class Tlv(NamedTuple):
    """`name` is what an unknown one is counted as; `length` includes its header."""

    kind: int
    name: str
    length: int


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
    places, sizes = _candidates(octets, int(bodies[0]), int(ends[-1]), scratch)
    quick = _quick(places, sizes, bodies, ends)
    return quick or _careful(octets.data, places, sizes, bodies, ends)


def _quick(places: Index, sizes: Index, bodies: Index, ends: Index) -> Spans | None:
    """What all messages are when nothing is damaged: tag reports from end to end. None when it is not so."""
    likely = sizes <= LIKELY_BYTES_MAX
    places, sizes = places[likely], sizes[likely]
    after = places + sizes
    splits = np.searchsorted(places, ends)
    last = splits[:-1] - 1
    if not len(places) or int(last.min(initial=0)) < 0:
        return None
    joins = after[last] == ends[:-1]
    after[last[joins]] = bodies[1:][joins]
    chain = Chain(places, after)
    at = int(bodies[0])
    slices, reached = chain.follow(at)
    found, found_sizes = joined([places[s] for s in slices]), joined([sizes[s] for s in slices])
    if reached != int(ends[-1]):
        return None
    # an element that reaches beyond its message would be the last that starts in it, and not end where it ends
    last = np.searchsorted(found, ends) - 1
    return Spans(found, found_sizes) if bool((found[last] + found_sizes[last] == ends).all()) else None


def _careful(data: memoryview, places: Index, sizes: Index, bodies: Index, ends: Index) -> Spans:
    """Message by message, parameter by parameter where the candidates do not lead on."""
    after = places + sizes
    inside = after <= ends[np.searchsorted(ends, places, side="right").clip(max=len(ends) - 1)]
    chain, kept = Chain(places[inside], after[inside]), sizes[inside]
    firsts, lasts = bodies.tolist(), ends.tolist()
    found: list[Index] = []
    found_sizes: list[Index] = []
    unknown: Counter[str] = Counter()
    damaged = others = 0
    at = firsts[0]
    while True:
        slices, at = chain.follow(at)
        found += [chain.places[piece] for piece in slices]
        found_sizes += [kept[piece] for piece in slices]
        frame = bisect_right(firsts, at) - 1
        if at < lasts[frame]:
            other = tlv_at(data, at, lasts[frame]) if others < OTHERS_PER_CALL_MAX else None
            if other is None:
                damaged += 1
                at = lasts[frame]
            elif other.kind == TYPE_TAG_REPORT_DATA:
                found.append(np.array([at], np.int64))
                found_sizes.append(np.array([other.length], np.int64))
                at += other.length
            else:
                others += 1
                unknown[other.name] += 1
                at += other.length
        if at >= lasts[frame]:
            if frame + 1 == len(firsts):
                return Spans(joined(found), joined(found_sizes), damaged, unknown)
            at = firsts[frame + 1]


def _is_one_report(octets: Octets, bodies: Index, sizes: Index) -> bool:
    """Whether every message holds exactly one tag report."""
    if int(sizes.max()) > 0xFFFF or int(sizes.min()) < TLV_HEADER.size:
        return False
    return bool((u32(octets, bodies) == sizes + (TYPE_TAG_REPORT_DATA << 16)).all())


def _candidates(octets: Octets, low: int, end: int, scratch: Scratch) -> tuple[Index, Index]:
    """Places between `low` and `end` where a TagReportData can begin, and the lengths they tell."""
    high = end - TLV_HEADER.size + 1
    if high <= low:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places = scratch.both(octets[low + 1 : high + 1], TYPE_TAG_REPORT_DATA, octets[low:high], 0) + low
    sizes = u16(octets, places + 2)
    if len(sizes) and int(sizes.min()) < TLV_HEADER.size:
        good = sizes >= TLV_HEADER.size
        return places[good], sizes[good]
    return places, sizes


def tlv_at(data: Bytes, at: int, end: int) -> Tlv | None:
    """The TLV at the level of the message; None when none can be there."""
    if end - at < TLV_HEADER.size or data[at] & 0x80:
        return None
    word, length = TLV_HEADER.unpack_from(data, at)
    if length < TLV_HEADER.size or at + length > end:
        return None
    kind = word & 0x3FF
    if kind == TYPE_CUSTOM and length >= TLV_HEADER.size + CUSTOM_HEADER.size:
        vendor, subtype = CUSTOM_HEADER.unpack_from(data, at + TLV_HEADER.size)
        return Tlv(kind, f"{kind}/{vendor}/{subtype}", length)
    return Tlv(kind, str(kind), length)
