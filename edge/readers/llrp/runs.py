"""Where messages and tag reports begin, for many at once: candidates found by comparison, proved by the chain.

A candidate is a place whose bytes look like a header. It counts only if lengths lead from the start of the bytes, one
header after the other, to it; what merely looks like a header inside a value is passed over. Where the chain meets
something else, it ends: the plain walk goes on from there.
"""

import struct
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.readers.llrp.frames import FRAME_BYTES_MAX, HEADER_BYTES, VERSIONS, Frame
from edge.readers.llrp.params import TLV_HEADER, TYPE_TAG_REPORT_DATA

Octets = NDArray[np.uint8]
Index = NDArray[np.int64]
Bools = NDArray[np.bool_]
Records = NDArray[np.void]

U32: Final = np.dtype(">u4")
HEAD: Final = struct.Struct("!xBII")
"""Of a message of a common type: type, length, number."""
WORD_BYTES: Final = 8
COMMON_TYPES: Final = (61, 62, 63)
"""RO_ACCESS_REPORT, KEEPALIVE, READER_EVENT_NOTIFICATION: all that a reader says while it reads."""
FIRST_BYTES: Final = tuple(version << 2 for version in VERSIONS)
"""Of a message of a common type: reserved bits, version and the upper bits of the type."""
NONE: Final = np.arange(0)
REPORT_BYTES_MAX: Final = 255
"""A longer tag report is left to the plain walk: its length would need more than the one byte that is compared."""
BITE_BYTES: Final = 1 << 19
BREAKS_MAX: Final = 64
"""Coincidences stepped over in one chain; more of them are malice, and left to the plain walk."""


class Messages(NamedTuple):
    """`starts` and `ends` of RO_ACCESS_REPORTs, the others as frames, how many `times` both, and where they end."""

    starts: Index
    ends: Index
    others: list[Frame]
    times: int
    reached: int


class TagReports(NamedTuple):
    """TagReportData, header included, of the first `messages` messages; no others are left out of these."""

    starts: Index
    lengths: Index
    messages: int


def find_messages(octets: Octets, at: int, size: int) -> Messages:
    """Whole messages of the common types, one after the other from `at`; all of one version.

    `octets` go on for SLACK_BYTES behind `size`.
    """
    if octets[at] not in FIRST_BYTES:
        return Messages(NONE, NONE, [], 0, at)
    stop = size - HEADER_BYTES + 1
    likely = octets[at:stop] == octets[at]
    likely &= octets[at + 2 : stop + 2] == 0
    places = likely.nonzero()[0]
    if not len(places) or places[0]:
        return Messages(NONE, NONE, [], 0, at)
    places += at
    lengths, kinds = _lengths_and_kinds(octets, places)
    after = places + lengths
    inside = after[:-1] > places[1:]
    if np.logical_or.reduce(inside):
        # most often a value that looks like a header: what begins inside the message before it is none
        inside[1:] &= ~inside[:-1]
        likely = np.empty(len(places), np.bool_)
        likely[0] = True
        np.logical_not(inside, out=likely[1:])
        chain = places[likely], after[likely], kinds[likely]
    else:
        chain = places, after, kinds
    if not _is_chain(*chain):
        kept = _follow_good(places, lengths, kinds, at)
        if not len(kept):
            return Messages(NONE, NONE, [], 0, at)
        chain = places[kept], after[kept], kinds[kept]
    starts, ends, kinds = chain
    reached = int(ends[-1])
    if reached > size:
        # the last has not arrived whole
        reached, starts, ends, kinds = int(starts[-1]), starts[:-1], ends[:-1], kinds[:-1]
    count = len(starts)
    is_report = kinds == 0
    others: list[Frame] = []
    if not np.logical_and.reduce(is_report):
        others = _frames(octets, starts[~is_report])
        starts, ends = starts[is_report], ends[is_report]
    return Messages(starts, ends, others, count, reached)


def _lengths_and_kinds(octets: Octets, places: Index) -> tuple[Index, Octets]:
    """Of message headers: the lengths, and the types, counted from the first of `COMMON_TYPES`."""
    heads = gather(octets, places, WORD_BYTES)
    count, step = len(heads), heads.strides
    lengths = np.ndarray((count,), U32, heads, 2, step).astype(np.int64)
    return lengths, np.ndarray((count,), np.uint8, heads, 1, step) - np.uint8(COMMON_TYPES[0])


def _is_chain(places: Index, after: Index, kinds: Octets) -> bool:
    """Whether all are of the common types and of possible lengths, and each leads to the next."""
    lengths = after - places
    lengths -= HEADER_BYTES
    # unsigned, so that a length below a header's is a huge one; reduced without numpy's detour over Python
    possible = np.maximum.reduce(lengths.view(np.uint64)) <= FRAME_BYTES_MAX - HEADER_BYTES
    common = np.maximum.reduce(kinds) < len(COMMON_TYPES)
    return bool(possible and common and np.logical_and.reduce(after[:-1] == places[1:]))


def _follow_good(places: Index, lengths: Index, kinds: Octets, at: int) -> Index:
    """Which are on the chain from `at`, where candidates stand that can be no headers."""
    good = (lengths - HEADER_BYTES).view(np.uint64) <= FRAME_BYTES_MAX - HEADER_BYTES
    good &= kinds < len(COMMON_TYPES)
    some = good.nonzero()[0]
    kept, _ = _follow(places[some], places[some] + lengths[some], at)
    followed: Index = some[kept]
    return followed


def one_each(starts: Index, ends: Index) -> TagReports | None:
    """A guess: every message holds one tag report and nothing else. It holds where each proves to be of a known shape,
    whose header bytes are those of a tag report of just that length; None where it cannot hold.
    """
    bodies = starts + HEADER_BYTES
    sizes = ends - bodies
    return TagReports(bodies, sizes, len(starts)) if 0 < sizes.item(0) <= REPORT_BYTES_MAX else None


def find_tag_reports(octets: Octets, starts: Index, ends: Index) -> TagReports:
    """The tag reports inside whole RO_ACCESS_REPORTs, as far as these hold nothing else and nothing is damaged."""
    bodies = starts + HEADER_BYTES
    sizes = ends - bodies
    if int(sizes[0]) <= REPORT_BYTES_MAX:
        headers = gather(octets, bodies, TLV_HEADER.size).view(U32).astype(np.int64)
        headers -= TYPE_TAG_REPORT_DATA << 16
        if (headers == sizes).all() and TLV_HEADER.size <= sizes.min() and sizes.max() <= REPORT_BYTES_MAX:
            return TagReports(bodies, sizes, len(starts))
    full = sizes.nonzero()[0]
    if len(full) == len(starts):
        return _scan_all(octets, bodies, ends)
    if not len(full):
        return TagReports(full, full, len(starts))
    found = _scan_all(octets, bodies[full], ends[full])
    every = found.messages == len(full)
    return found._replace(messages=len(starts) if every else int(full[found.messages]))


def _scan_all(octets: Octets, bodies: Index, ends: Index) -> TagReports:
    """Tag reports from end to end of messages that are not empty; in bites, so that comparing stays in the cache."""
    bites: list[TagReports] = []
    low, messages = 0, len(ends)
    while low < messages:
        high = max(low + 1, int(ends.searchsorted(int(bodies[low]) + BITE_BYTES)))
        bites.append(_scan(octets, bodies[low:high], ends[low:high]))
        if bites[-1].messages < high - low:
            messages = low + bites[-1].messages
        low = high
    if len(bites) == 1:
        return bites[0]
    starts, lengths, _ = zip(*bites, strict=True)
    return TagReports(np.concatenate(starts), np.concatenate(lengths), messages)


def _scan(octets: Octets, bodies: Index, ends: Index) -> TagReports:
    """Tag reports from end to end of these messages."""
    low, high = int(bodies[0]), int(ends[-1]) - TLV_HEADER.size + 1
    likely = octets[low + 1 : high + 1] == TYPE_TAG_REPORT_DATA
    likely &= (octets[low:high] | octets[low + 2 : high + 2]) == 0
    places = likely.nonzero()[0]
    places += low
    lengths = octets.take(places + 3).astype(np.int64)
    after = places + lengths
    inside = after[:-1] > places[1:]
    if inside.any():
        # most often a value that looks like a header: what begins inside the report before it is none
        inside[1:] &= ~inside[:-1]
        likely = np.append(True, ~inside)
        fewer = TagReports(places[likely], lengths[likely], len(ends))
    else:
        fewer = TagReports(places, lengths, len(ends))
    return fewer if _is_whole(fewer, bodies, ends) else _scan_with_care(places, lengths, bodies, ends)


def _is_whole(found: TagReports, bodies: Index, ends: Index) -> bool:
    """Whether they are one chain from end to end of each message, and no message is without."""
    places, lengths, _ = found
    after = places + lengths
    breaks = (after[:-1] != places[1:]).nonzero()[0]
    firsts = [*places[:1].tolist(), *places[breaks + 1].tolist()]
    lasts = [*after[breaks].tolist(), *after[-1:].tolist()]
    return firsts == bodies.tolist() and lasts == ends.tolist() and bool(lengths.all())


def _scan_with_care(places: Index, lengths: Index, bodies: Index, ends: Index) -> TagReports:
    """The same, where some candidates are none, or messages hold other things."""
    # between two messages stand a header and perhaps damage, never a report
    likely = (lengths >= TLV_HEADER.size) & (places >= bodies[ends.searchsorted(places, "right")])
    places, lengths = places[likely], lengths[likely]
    if not len(places):
        return TagReports(places, lengths, 0)
    after = places + lengths
    # the last report of a message leads to the first of the next message
    last = places.searchsorted(ends) - 1
    joins = (after[last[:-1]] == ends[:-1]).nonzero()[0]
    after[last[joins]] = bodies[joins + 1]
    kept, _ = _follow(places, after, int(bodies[0]))
    places, lengths = places[kept], lengths[kept]
    if not len(places):
        return TagReports(places, lengths, 0)
    # what reaches beyond its message is the last that starts in it, and does not end where it ends
    last = places.searchsorted(ends) - 1
    fits = places[last] + lengths[last] == ends
    if fits.all():
        return TagReports(places, lengths, len(ends))
    messages = int(fits.argmin())
    count = int(places.searchsorted(bodies[messages]))
    return TagReports(places[:count], lengths[:count], messages)


def _follow(places: Index, after: Index, at: int) -> tuple[slice | Index, int]:
    """Which places are on the chain from `at`, where each leads to what is `after` it; and where it leaves them."""
    assert bool((after > places).all()), "a chain goes forward"
    count = len(places)
    breaks = (after[:-1] != places[1:]).nonzero()[0]
    if count and int(places[0]) == at:
        if not len(breaks):
            return slice(None), int(after[-1])
        # most often values that look like a header: what begins inside the message before it is none
        inside = after[:-1] > places[1:]
        inside[1:] &= ~inside[:-1]
        likely = np.append(True, ~inside).nonzero()[0]
        if (after[likely[:-1]] == places[likely[1:]]).all():
            return likely, int(after[likely[-1]])
    pieces = [NONE]
    i = int(places.searchsorted(at))
    while len(pieces) <= BREAKS_MAX and i < count and int(places[i]) == at:
        b = int(breaks.searchsorted(i))
        last = int(breaks[b]) if b < len(breaks) else count - 1
        pieces.append(np.arange(i, last + 1))
        at = int(after[last])
        i = int(places.searchsorted(at))
    return np.concatenate(pieces), at


def _frames(octets: Octets, starts: Index) -> list[Frame]:
    data = octets.tobytes()
    heads = HEAD.iter_unpack(gather(octets, starts, HEADER_BYTES).tobytes())
    return [
        Frame(kind, number, data[at + HEADER_BYTES : at + length] if length > HEADER_BYTES else b"")
        for at, (kind, length, number) in zip(starts.tolist(), heads, strict=True)
    ]


def gather(octets: Octets, at: Index, size: int) -> Records:
    """Copies of `size` bytes from each place: one memory copy each."""
    every = np.ndarray((len(octets) - size + 1,), void(size), octets, 0, (1,))
    return every[at]


@lru_cache(maxsize=512)
def void(size: int) -> np.dtype[np.void]:
    return np.dtype((np.void, size))
