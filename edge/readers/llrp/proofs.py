"""Which shape each of many reports has: guessed by its length, proved by comparing every header byte.

Where one shape is the usual one, all reports are compared with it at once, and the few others each with its own. Where
none is, reports are sorted by shape, and each shape's are compared at once.
"""

from typing import Final, NamedTuple

import numpy as np

from edge.readers.llrp.runs import Index, Octets, Records, TagReports, gather, void
from edge.readers.llrp.shapes import WORD_BYTES, Shape, padded
from edge.readers.llrp.shelf import BLOCK_ROWS, UNKNOWN, USUAL, Tables, Words

TRIES_MAX: Final = 8
"""Shapes of one length that are tried before a report is read by itself."""
GROUP_ROWS_MEAN: Final = 100
"""So many reports of each shape make sorting them cheaper than comparing each with its own."""


class Group(NamedTuple):
    """Reports that are of this shape: `rows` int64[k], `records` void(padded(shape.length)) [k] copies of them."""

    shape: Shape
    rows: Index
    records: Records


class Proved(NamedTuple):
    """What many reports turned out to be.

    records  void(usual_width) [n]  copies of all of them, the usual ones whole; none where there are groups
    others   int64 [m]              the reports that are not of the usual shape; all where there are groups
    ids      int64 [m]              their rows of `Tables`
    times    how often each row of `Tables` occurs
    groups   all reports but the unknown, where no shape is the usual one
    """

    records: Records
    others: Index
    ids: Index
    times: list[int]
    groups: list[Group]


def prove(octets: Octets, found: TagReports, tables: Tables) -> Proved:
    """`octets` go on for the longest shape's length behind the last report."""
    ids = tables.first.take(found.lengths, mode="clip")
    others = (ids != USUAL).nonzero()[0]
    if 2 * len(others) > len(ids) and len(others) >= GROUP_ROWS_MEAN * len(tables.shapes):
        groups = _sort(octets, found.starts, ids, tables)
        times = np.bincount(ids, minlength=len(tables.shapes) + 1).tolist()
        return Proved(np.empty(0, void(tables.usual_width)), np.arange(len(ids)), ids, times, groups)
    records, doubted = _usual(octets, found.starts, others, tables)
    if len(doubted):
        ids[doubted] = tables.following[USUAL]
        others = (ids != USUAL).nonzero()[0]
    ids = ids[others]
    _prove_others(_words(gather(octets, found.starts[others], tables.width)), ids, tables)
    times = np.bincount(ids, minlength=len(tables.shapes) + 1).tolist()
    if tables.shapes:
        times[USUAL] += len(records) - len(others)
    return Proved(records, others, ids, times, [])


def _usual(octets: Octets, starts: Index, others: Index, tables: Tables) -> tuple[Records, Index]:
    """Copies of all reports, and which have not the usual shape, apart from those known to be `others`."""
    records = gather(octets, starts, tables.usual_width)
    words = _words(records)
    differs = np.empty(words.shape, np.bool_)
    for low in range(0, len(starts), BLOCK_ROWS):
        block, rows = slice(low, low + BLOCK_ROWS), slice(len(starts) - low)
        np.not_equal(words[block] & tables.usual_mask[rows], tables.usual_fixed[rows], out=differs[block])
    differs.view(tables.nothing.dtype)[others] = tables.nothing
    return records, np.flatnonzero(differs.any(axis=1)) if differs.any() else others[:0]


def _prove_others(words: Words, ids: Index, tables: Tables) -> None:
    """What is not of the shape that `ids` says becomes the next of that length; what none fits becomes unknown."""
    differs = (words & tables.mask.take(ids, 0)) != tables.fixed.take(ids, 0)
    if not differs.any():
        return
    rows = np.flatnonzero(differs.any(axis=1))
    for _ in range(TRIES_MAX):
        ids[rows] = tables.following[ids[rows]]
        rows = rows[ids[rows] != UNKNOWN]
        if not len(rows):
            return
        differs = (words[rows] & tables.mask[ids[rows]]) != tables.fixed[ids[rows]]
        rows = rows[differs.any(axis=1)]
    ids[rows] = UNKNOWN


def _sort(octets: Octets, starts: Index, ids: Index, tables: Tables) -> list[Group]:
    """Groups of all reports; what is not of the shape that `ids` says moves on as in `_prove_others`."""
    groups: list[Group] = []
    left = np.arange(len(ids))
    for _ in range(TRIES_MAX + 1):
        order = left[ids[left].astype(np.uint8).argsort(kind="stable")]
        bounds = ids[order].searchsorted(np.arange(len(tables.shapes) + 2)).tolist()
        failed = [order[:0]]
        for i, shape in enumerate(tables.shapes, USUAL):
            rows = order[bounds[i] : bounds[i + 1]]
            if not len(rows):
                continue
            records = gather(octets, starts[rows], padded(shape.length))
            words = slice(padded(shape.length) // WORD_BYTES)
            differs = (_words(records) & tables.mask[i, words]) != tables.fixed[i, words]
            if differs.any():
                good = ~differs.any(axis=1)
                failed.append(rows[~good])
                ids[failed[-1]] = tables.following[i]
                rows, records = rows[good], records[good]
            if len(rows):
                groups.append(Group(shape, rows, records))
        left = np.concatenate(failed)
        left = left[ids[left] != UNKNOWN]
        if not len(left):
            break
    ids[left] = UNKNOWN
    return groups


def _words(records: Records) -> Words:
    return records.view(np.uint64).reshape(-1, records.itemsize // WORD_BYTES)
