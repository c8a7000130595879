"""Many tag reports to columns, without an object for any: as one matrix, read column by column.

The matrix has the layout of the shape that is usual now. Reports of other shapes are few; their values are copied to
where the usual shape has its own, before the columns are read.
"""

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.plain import Origin, Read, batch_of, epc_width
from edge.readers.llrp.runs import Index, Octets, Records, TagReports, gather, void
from edge.readers.llrp.shapes import DTYPES, NOT_TOLD, STAMPS, UPTIME, UTC, WIRE_DTYPES, Field, Shape
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
    reads += tail
    present = [i for i, times in enumerate(proved.times) if times and i != UNKNOWN]
    if not present:
        return batch_of(reads, counts, origin) if reads else None
    for i in present:
        counts.know(tables.shapes[i - 1].unknown, proved.times[i])
    used = [tables.shapes[i - 1] for i in present] + [shape for shape, _ in reads]
    columns = Columns(octets, found.starts, proved, tables, epc_width(max([shape.epc_bytes for shape in used])))
    if tail:
        good += columns.grow(len(tail))
    if reads:
        columns.put_singles(good, reads)
    stamps = {shape.stamp for shape in used}
    if UTC in stamps and UPTIME in stamps:
        rows = columns.rows_of(tables.stamp == UPTIME)
        rows += [row for row, (shape, _) in zip(good, reads, strict=True) if shape.stamp == UPTIME]
        columns.forget_stamps(rows)
        counts.stamps_dropped_total += len(rows)
    if damaged:
        columns.drop(damaged)
    return columns.batch(origin, uptime=UPTIME in stamps and UTC not in stamps)


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
    """The columns of `ReadBatch`, being filled."""

    def __init__(self, octets: Octets, starts: Index, proved: Proved, tables: Tables, width: int) -> None:
        """One row for each report, EPCs of `width` bytes; unknown shapes give nonsense. Uses up `proved.records`."""
        self._proved = proved
        records, others, ids, times = proved
        usual = tables.shapes[0]
        self._epc = np.zeros((len(records), width), np.uint8)
        if times[USUAL]:
            _put_epcs(self._epc, records, usual)
        self._epc_bits = np.full(len(records), usual.epc_bits, np.uint16)
        if len(others):
            at = starts[others]
            epc = gather(octets, at + tables.epc_at.take(ids), width).view(np.uint8).reshape(-1, width)
            epc &= tables.epc_mask[width].take(ids, 0)
            self._epc[others] = epc
            self._epc_bits[others] = tables.epc_bits.take(ids)
            for chunk in tables.chunks:
                size = void(chunk.size)
                room = np.ndarray((len(records),), size, records, chunk.at, records.strides)
                room[others] = gather(octets, at + chunk.places.take(ids), chunk.size)
        self._by_name = _read_all(usual, records)
        for i, other in enumerate(tables.shapes, USUAL):
            if times[i] and other.kinds != usual.kinds:
                rows = others[ids == i]
                self._put_unlike(octets, starts[rows], rows, usual, other)

    def rows_of(self, which: NDArray[np.bool_]) -> list[int]:
        """Which reports are of the shapes chosen by row of `Tables`."""
        chosen = np.full(len(self._proved.records), which[USUAL])
        chosen[self._proved.others] = which[self._proved.ids]
        return list(map(int, chosen.nonzero()[0]))

    def grow(self, count: int) -> range:
        """So many rows more; returns where they are."""
        before = len(self._epc)
        self._epc = np.concatenate((self._epc, np.zeros((count, self._epc.shape[1]), np.uint8)))
        self._epc_bits = np.concatenate((self._epc_bits, np.zeros(count, np.uint16)))
        for name, column in self._by_name.items():
            self._by_name[name] = np.concatenate((column, np.zeros(count, column.dtype)))
        return range(before, before + count)

    def _put_unlike(self, octets: Octets, starts: Index, rows: Index, usual: Shape, shape: Shape) -> None:
        """What reports of this shape tell and the usual ones do not, or the other way."""
        for name in usual.columns - shape.columns:
            self._by_name[name][rows] = NOT_TOLD[name].value
        for place, field in shape.fields:
            if field not in usual.kinds:
                wire = WIRE_DTYPES[field.form]
                values = gather(octets, starts + place, wire.itemsize).view(wire)
                self._by_name[field.column][rows] = values if field.scale == 1 else _scaled(values, field)

    def put_singles(self, rows: list[int], reads: list[Read]) -> None:
        """These rows as they were read one by one."""
        *columns, bits, epcs = zip(*(row for _, row in reads), strict=True)
        for name, column in zip(NOT_TOLD, columns, strict=True):
            self._by_name[name][rows] = column
        width = self._epc.shape[1]
        self._epc[rows] = np.frombuffer(b"".join([epc.ljust(width, b"\0") for epc in epcs]), np.uint8).reshape(
            -1, width
        )
        self._epc_bits[rows] = bits

    def forget_stamps(self, rows: list[int]) -> None:
        """Where UTC and uptime stamps mix, the uptime ones count as not told."""
        for name in STAMPS:
            self._by_name[name][rows] = NOT_TOLD[name].value

    def drop(self, rows: list[int]) -> None:
        """These rows' reports were damaged."""
        keep = np.ones(len(self._epc), np.bool_)
        keep[rows] = False
        self._by_name = {name: column[keep] for name, column in self._by_name.items()}
        self._epc, self._epc_bits = self._epc[keep], self._epc_bits[keep]

    def batch(self, origin: Origin, *, uptime: bool) -> ReadBatch:
        columns: dict[str, Any] = self._by_name
        return ReadBatch(
            reader=origin.reader,
            arrived_us=origin.arrived_us,
            epc=self._epc,
            epc_bits=self._epc_bits,
            **columns,
            uptime=uptime,
        )


def _put_epcs(epc: Octets, records: Records, shape: Shape) -> None:
    """The EPCs of records that are laid out like this shape."""
    size = void(shape.epc_bytes)
    if shape.epc_bytes:
        column = np.ndarray((len(records),), size, epc, 0, (epc.shape[1],))
        column[:] = np.ndarray((len(records),), size, records, shape.epc_at, records.strides)
    if shape.epc_spare:
        epc[:, shape.epc_bytes - 1] &= 0xFF << shape.epc_spare & 0xFF


def _read_all(shape: Shape, records: Records) -> dict[str, NDArray[Any]]:
    """The columns of records that are laid out like this shape."""
    count, step = len(records), records.itemsize
    columns: dict[str, NDArray[Any]] = {}
    for place, field in shape.fields:
        values: NDArray[Any] = np.ndarray((count,), WIRE_DTYPES[field.form], records, place, (step,))
        native = DTYPES[field.form]
        columns[field.column] = values.astype(native) if field.scale == 1 else _scaled(values, field)
    for name, told in NOT_TOLD.items():
        if name not in columns:
            columns[name] = np.zeros(count, told.dtype)
            if told.value:
                columns[name].fill(told.value)
    return columns


def _scaled(values: NDArray[Any], field: Field) -> NDArray[Any]:
    return values * np.int16(field.scale)


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
        try:
            read = shelf.read(octets[at : at + length].tobytes())
        except ProtocolError as error:
            shelf.counts.damage(error)
            damaged.append(row)
        else:
            good.append(row)
            reads.append(read)
            shelf.counts.know(read[0].unknown, 1)
    return good, reads, damaged
