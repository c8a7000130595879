"""Many tag reports to columns, without an object for any: as one matrix, read column by column.

The matrix has the layout of the shape that is usual now. Reports of other shapes are few; their values are copied to
where the usual shape has its own, before the columns are read.
"""

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import COLUMNS, ROW_BYTES, ProtocolError, ReadBatch, columns_of, epc_width
from edge.readers.llrp.extras import DetailColumns
from edge.readers.llrp.fields import NOT_TOLD, STAMPS, UPTIME, UTC, WIRE_DTYPES, Field
from edge.readers.llrp.plain import Origin, Read, batch_of
from edge.readers.llrp.runs import Index, Octets, Records, TagReports, gather, void
from edge.readers.llrp.shapes import Shape
from edge.readers.llrp.shelf import LEARN_PER_CALL_MAX, UNKNOWN, USUAL, Proved, Shelf, Tables, prove


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


class Columns:
    """The columns of `ReadBatch`, being filled: one block, and `Details` where some shape tells any."""

    def __init__(
        self, octets: Octets, starts: Index, found: tuple[Proved, Tables], used: set[Shape], more: int
    ) -> None:
        """One row for each report and `more` behind them, as wide as the `used` shapes need.

        Reports of unknown shape give nonsense. Uses up the proved records.
        """
        proved, tables = self._proved, _ = found
        records, others, ids, times = proved
        usual = tables.shapes[0]
        count, width = len(records) + more, epc_width(max([shape.epc_bytes for shape in used]))
        self._block = np.empty(count * (ROW_BYTES + width), np.uint8)
        self._by_name = columns_of(self._block, count)
        self._epc = self._block[ROW_BYTES * count :].reshape(count, width)
        if times[USUAL]:
            _put_epcs(self._epc, records, usual)
        self._by_name["epc_bits"].fill(usual.epc_bits)
        if len(others):
            at = starts[others]
            epc = gather(octets, at + tables.epc_at.take(ids), width).view(np.uint8).reshape(-1, width)
            epc &= tables.epc_mask[width].take(ids, 0)
            self._epc[others] = epc
            self._by_name["epc_bits"][others] = tables.epc_bits.take(ids)
            for chunk in tables.chunks:
                size = void(chunk.size)
                room = np.ndarray((len(records),), size, records, chunk.at, records.strides)
                room[others] = gather(octets, at + chunk.places.take(ids), chunk.size)
        _read_all(self._by_name, records, usual)
        for i in tables.unlike:
            if times[i]:
                rows = others[ids == i]
                self._put_unlike(octets, starts[rows], rows, usual, tables.shapes[i - 1])
        self._details = DetailColumns(count, used)
        if self._details:
            for i, shape in enumerate(tables.shapes, USUAL):
                if times[i] and shape.detailed:
                    rows = others[ids == i] if i != USUAL else np.delete(np.arange(len(records)), others)
                    _put_details(self._details, octets, starts[rows], rows, shape)

    def rows_of(self, which: NDArray[np.bool_]) -> list[int]:
        """Which reports are of the shapes chosen by row of `Tables`."""
        chosen = np.full(len(self._proved.records), which[USUAL])
        chosen[self._proved.others] = which[self._proved.ids]
        return list(map(int, chosen.nonzero()[0]))

    def _put_unlike(self, octets: Octets, starts: Index, rows: Index, usual: Shape, shape: Shape) -> None:
        """What reports of this shape tell and the usual ones do not, or the other way."""
        for name in usual.columns - shape.columns:
            self._by_name[name][rows] = NOT_TOLD[name]
        for place, field in shape.fields:
            if field not in usual.kinds:
                wire = WIRE_DTYPES[field.form]
                values = gather(octets, starts + place, wire.itemsize).view(wire)
                room = np.empty(len(rows), self._by_name[field.column].dtype)
                _put(room, values, field)
                self._by_name[field.column][rows] = room

    def put_singles(self, rows: list[int], reads: list[Read]) -> None:
        """These rows as they were read one by one."""
        *columns, epcs = zip(*(row for _, row, _ in reads), strict=True)
        for name, column in zip(COLUMNS, columns, strict=True):
            self._by_name[name][rows] = column
        width = self._epc.shape[1]
        epc = np.frombuffer(b"".join([epc.ljust(width, b"\0") for epc in epcs]), np.uint8)
        self._epc[rows] = epc.reshape(-1, width)
        if self._details:
            for at, (shape, _, report) in zip(rows, reads, strict=True):
                self._details.put_read(at, shape, report)

    def forget_stamps(self, rows: list[int]) -> None:
        """Where UTC and uptime stamps mix, the uptime ones count as not told."""
        for name in STAMPS:
            self._by_name[name][rows] = NOT_TOLD[name]

    def batch(self, origin: Origin, damaged: list[int], *, uptime: bool) -> ReadBatch:
        """All rows but those whose reports were damaged."""
        if not damaged:
            block, width = self._block.data.toreadonly(), self._epc.shape[1]
            return ReadBatch(origin.reader, origin.arrived_us, block, width, uptime, self._details.finish())
        keep = np.ones(len(self._epc), np.bool_)
        keep[damaged] = False
        columns = {name: column[keep] for name, column in self._by_name.items()}
        details = self._details.finish(keep)
        return ReadBatch.of(
            origin.reader, origin.arrived_us, self._epc[keep], uptime=uptime, details=details, **columns
        )


def _put_epcs(epc: Octets, records: Records, shape: Shape) -> None:
    """The EPCs of records that are laid out like this shape."""
    if shape.epc_bytes < epc.shape[1]:
        epc.fill(0)
    if shape.epc_bytes:
        size = void(shape.epc_bytes)
        column = np.ndarray((len(records),), size, epc, 0, (epc.shape[1],))
        column[:] = np.ndarray((len(records),), size, records, shape.epc_at, records.strides)
    if shape.epc_spare:
        epc[:, shape.epc_bytes - 1] &= 0xFF << shape.epc_spare & 0xFF


def _read_all(columns: dict[str, NDArray[Any]], records: Records, shape: Shape) -> None:
    """The values of records that are laid out like this shape, and what it does not tell."""
    count, step = len(records), records.itemsize
    for place, field in shape.fields:
        values: NDArray[Any] = np.ndarray((count,), WIRE_DTYPES[field.form], records, place, (step,))
        _put(columns[field.column][:count], values, field)
    for name in NOT_TOLD.keys() - shape.columns:
        columns[name].fill(NOT_TOLD[name])


def _put(column: NDArray[Any], values: NDArray[Any], field: Field) -> None:
    if field.scale != 1:
        np.multiply(values, column.dtype.type(field.scale), out=column)
    elif field.shift:
        np.right_shift(values, field.shift, out=column)
    else:
        column[:] = values


def _put_details(details: DetailColumns, octets: Octets, starts: Index, rows: Index, shape: Shape) -> None:
    """What reports of this shape tell beside their columns."""
    for place, detail in shape.details:
        wire = WIRE_DTYPES[detail.form]
        details.put(rows, detail.column, gather(octets, starts + place, wire.itemsize).view(wire))
    if shape.tid is not None:
        place, size = shape.tid
        tids = gather(octets, starts + place, size).view(np.uint8) if size else np.zeros(0, np.uint8)
        details.put_tids(rows, tids.reshape(len(rows), size))


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
