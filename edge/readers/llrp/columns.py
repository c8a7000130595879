"""Many tag reports to columns: proved to be of known shapes where they are, and read one by one where they are not."""

from contextlib import suppress
from typing import NamedTuple

import numpy as np

from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.block import Columns
from edge.readers.llrp.fields import UPTIME
from edge.readers.llrp.plain import Origin, Read, batch_of
from edge.readers.llrp.proofs import Proved, prove
from edge.readers.llrp.runs import Index, Octets, TagReports
from edge.readers.llrp.shelf import LEARN_PER_CALL_MAX, UNKNOWN, Shelf, Tables, mix_of


class Proven(NamedTuple):
    """Tag reports, and what they were proved to be by these tables."""

    found: TagReports
    tables: Tables
    proved: Proved


def prove_guess(octets: Octets, guess: TagReports, shelf: Shelf) -> Proven | None:
    """None where not all of these are tag reports of shapes that are known."""
    tables = shelf.tables()
    proved = prove(octets, guess, tables)
    if proved.times[UNKNOWN]:
        return None
    shelf.settle(tables, proved.times)
    return Proven(guess, tables, proved)


def prove_found(octets: Octets, found: TagReports, shelf: Shelf) -> Proven:
    """Proves again when that taught a new shape, or that another one is the usual."""
    tables = shelf.tables()
    proved = prove(octets, found, tables)
    if proved.times[UNKNOWN]:
        _learn(octets, found, _unknown(proved), shelf)
    shelf.settle(tables, proved.times)
    if shelf.tables() is not tables:
        tables = shelf.tables()
        proved = prove(octets, found, tables)
    return Proven(found, tables, proved)


def read_columns(octets: Octets, proven: Proven, tail: list[Read], shelf: Shelf, origin: Origin) -> ReadBatch | None:
    """The proven reports, and those of `tail` behind them. `octets` go on for SLACK_BYTES behind the last."""
    counts = shelf.counts
    found, tables, proved = proven
    good: list[int] = []
    reads: list[Read] = []
    damaged: list[int] = []
    if proved.times[UNKNOWN]:
        good, reads, damaged = _one_by_one(octets, found, _unknown(proved), shelf)
    good += range(len(found.starts), len(found.starts) + len(tail))
    reads += tail
    used = tables.mix(proved.times)
    if not used.shapes:
        return batch_of(reads, counts, origin) if reads else None
    for i in used.strange:
        counts.know(tables.shapes[i - 1].unknown, proved.times[i])
    if reads:
        used = mix_of(used.shapes | {shape for shape, _, _ in reads})
    columns = Columns(octets, found.starts, (proved, tables), used, len(tail))
    if reads:
        columns.put_singles(good, reads)
    if used.mixed_stamps:
        rows = columns.rows_of(tables.stamp == UPTIME)
        rows += [row for row, (shape, _, _) in zip(good, reads, strict=True) if shape.stamp == UPTIME]
        columns.forget_stamps(rows)
        counts.stamps_dropped_total += len(rows)
    return columns.batch(origin, damaged, uptime=used.uptime)


def _unknown(proved: Proved) -> Index:
    rows: Index = proved.others[proved.ids == UNKNOWN]
    return rows


def _learn(octets: Octets, found: TagReports, rows: Index, shelf: Shelf) -> None:
    """Learn one report of each length among these, if it can be read."""
    _, firsts = np.unique(found.lengths[rows], return_index=True)
    for row in rows[firsts[:LEARN_PER_CALL_MAX]].tolist():
        at = int(found.starts[row])
        with suppress(ProtocolError):
            shelf.learn(octets[at : at + int(found.lengths[row])].tobytes())


def _one_by_one(
    octets: Octets, found: TagReports, rows: Index, shelf: Shelf
) -> tuple[list[int], list[Read], list[int]]:
    """Rows, what was read there, and the rows that are damaged."""
    good: list[int] = []
    reads: list[Read] = []
    damaged: list[int] = []
    places = zip(rows.tolist(), found.starts[rows].tolist(), found.lengths[rows].tolist(), strict=True)
    for done, (row, at, length) in enumerate(places):
        if shelf.exhausted:
            damaged += rows[done:].tolist()
            shelf.counts.reports_damaged_total += len(rows) - done
            break
        report = octets[at : at + length].tobytes()
        try:
            read = shelf.read(report)
        except ProtocolError as error:
            shelf.counts.damage(error)
            damaged.append(row)
        else:
            good.append(row)
            reads.append((*read, report))
            shelf.counts.know(read[0].unknown, 1)
    return good, reads, damaged
