"""Many tag reports to columns: proved to be of known shapes where they are, and read one by one where they are not."""

from contextlib import suppress

import numpy as np

from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.block import Columns
from edge.readers.llrp.fields import UPTIME, UTC
from edge.readers.llrp.plain import Origin, Read, batch_of
from edge.readers.llrp.proofs import Proved, prove
from edge.readers.llrp.runs import Index, Octets, TagReports
from edge.readers.llrp.shelf import LEARN_PER_CALL_MAX, UNKNOWN, Shelf, Tables


def read_columns(octets: Octets, found: TagReports, tail: list[Read], shelf: Shelf, origin: Origin) -> ReadBatch | None:
    """The found reports, and those of `tail` behind them. `octets` go on for SLACK_BYTES behind the last."""
    counts = shelf.counts
    tables, proved = _prove(octets, found, shelf)
    good: list[int] = []
    reads: list[Read] = []
    damaged: list[int] = []
    if proved.times[UNKNOWN]:
        good, reads, damaged = _one_by_one(octets, found, _unknown(proved), shelf)
    good += range(len(found.starts), len(found.starts) + len(tail))
    reads += tail
    present = [i for i, times in enumerate(proved.times) if times and i != UNKNOWN]
    if not present:
        return batch_of(reads, counts, origin) if reads else None
    for i in present:
        counts.know(tables.shapes[i - 1].unknown, proved.times[i])
    used = {tables.shapes[i - 1] for i in present} | {shape for shape, _, _ in reads}
    columns = Columns(octets, found.starts, (proved, tables), used, len(tail))
    if reads:
        columns.put_singles(good, reads)
    stamps = {shape.stamp for shape in used}
    if UTC in stamps and UPTIME in stamps:
        rows = columns.rows_of(tables.stamp == UPTIME)
        rows += [row for row, (shape, _, _) in zip(good, reads, strict=True) if shape.stamp == UPTIME]
        columns.forget_stamps(rows)
        counts.stamps_dropped_total += len(rows)
    return columns.batch(origin, damaged, uptime=UPTIME in stamps and UTC not in stamps)


def _prove(octets: Octets, found: TagReports, shelf: Shelf) -> tuple[Tables, Proved]:
    """Proves again when that taught a new shape, or that another one is the usual."""
    tables = shelf.tables()
    proved = prove(octets, found, tables)
    if proved.times[UNKNOWN]:
        _learn(octets, found, _unknown(proved), shelf)
    shelf.settle(tables, proved.times)
    if shelf.tables() is not tables:
        tables = shelf.tables()
        proved = prove(octets, found, tables)
    return tables, proved


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
