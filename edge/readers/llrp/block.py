"""A batch's block, being filled from many reports at once, without an object for any.

All reports are one matrix with the layout of the shape that is usual now, read column by column. Those of other shapes
are few; their values are copied to where the usual shape has its own, before the columns are read. Where no shape is
the usual one, each shape's reports are a matrix of their own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import COLUMNS, ROW_BYTES, WIDTH_STEP, ReadBatch, columns_of
from edge.readers.llrp.extras import DetailColumns
from edge.readers.llrp.fields import NOT_TOLD, STAMPS, WIRE_DTYPES, Field
from edge.readers.llrp.plain import Origin, Read
from edge.readers.llrp.proofs import Group, Proved
from edge.readers.llrp.runs import Index, Octets, Records, gather, void
from edge.readers.llrp.shapes import Shape, padded
from edge.readers.llrp.shelf import USUAL, Mix, Tables


class Columns:
    """The columns of `ReadBatch`, being filled: one block, and `Details` where some shape tells any."""

    def __init__(self, octets: Octets, starts: Index, found: tuple[Proved, Tables], used: Mix, more: int) -> None:
        """One row for each report and `more` behind them, as wide as the `used` shapes need.

        Reports of unknown shape give nonsense. Uses up the proved records.
        """
        self._proved, tables = found
        self._reports = len(starts)
        count, width = self._reports + more, used.epc_width
        self._block = np.empty(count * (ROW_BYTES + width), np.uint8)
        self._by_name = columns_of(self._block, count)
        self._epc = self._block[ROW_BYTES * count :].reshape(count, width)
        self._details = DetailColumns(count, used.detailed)
        if self._proved.groups:
            self._put_groups()
        else:
            self._put_usual(octets, starts, tables)
            if self._details:
                self._put_details(octets, starts, tables)

    def _put_usual(self, octets: Octets, starts: Index, tables: Tables) -> None:
        """All reports in the layout of the usual shape."""
        records, others, ids, times, _ = self._proved
        usual, width = tables.shapes[0], self._epc.shape[1]
        if times[USUAL]:
            _put_epcs(self._epc, records, usual)
        self._by_name["epc_bits"].fill(usual.epc_bits)
        if len(others):
            at = starts[others]
            epc = gather(octets, at + tables.epc_at.take(ids), width)
            octets_of = epc.view(np.uint8).reshape(-1, width)
            octets_of &= tables.epc_mask[width].take(ids, 0)
            self._epc.view(epc.dtype)[:, 0][others] = epc
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

    def _put_unlike(self, octets: Octets, starts: Index, rows: Index, usual: Shape, shape: Shape) -> None:
        """What reports of this shape tell and the usual ones do not, or the other way."""
        for name in usual.columns - shape.columns:
            self._by_name[name][rows] = NOT_TOLD[name]
        for place, field in shape.fields:
            if field not in usual.kinds:
                wire = WIRE_DTYPES[field.form]
                self._scatter(rows, gather(octets, starts + place, wire.itemsize).view(wire), field)

    def _put_details(self, octets: Octets, starts: Index, tables: Tables) -> None:
        _, others, ids, times, _ = self._proved
        for i, shape in enumerate(tables.shapes, USUAL):
            if times[i] and shape.detailed:
                rows = others[ids == i] if i != USUAL else np.delete(np.arange(self._reports), others)
                records = gather(octets, starts[rows], padded(shape.length))
                _put_details(self._details, Group(shape, rows, records))

    def _put_groups(self) -> None:
        """Each shape's reports in their own layout."""
        self._epc.fill(0)
        for name, value in NOT_TOLD.items():
            self._by_name[name].fill(value)
        for group in self._proved.groups:
            shape, rows, records = group
            if shape.epc_bytes:
                epc = _values(records, shape.epc_at, void(shape.epc_bytes))
                room = np.ndarray((len(self._epc),), epc.dtype, self._epc, 0, self._epc.strides[:1])
                room[rows] = epc
            if shape.epc_spare:
                self._epc[rows, shape.epc_bytes - 1] &= 0xFF << shape.epc_spare & 0xFF
            self._by_name["epc_bits"][rows] = shape.epc_bits
            for place, field in shape.fields:
                self._scatter(rows, _values(records, place, WIRE_DTYPES[field.form]), field)
            _put_details(self._details, group)

    def _scatter(self, rows: Index, values: NDArray[Any], field: Field) -> None:
        column = self._by_name[field.column]
        # in two steps: numpy scatters native values twice as fast as it scatters and turns them
        made = np.empty(len(rows), column.dtype)
        _put(made, values, field)
        column[rows] = made

    def rows_of(self, which: NDArray[np.bool_]) -> list[int]:
        """Which reports are of the shapes chosen by row of `Tables`."""
        chosen = np.full(self._reports, which[USUAL])
        chosen[self._proved.others] = which[self._proved.ids]
        return list(map(int, chosen.nonzero()[0]))

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
    count, width = len(records), epc.shape[1]
    size = shape.epc_bytes
    if size < width:
        if shape.epc_at + width <= records.itemsize:
            size = width  # what stands behind the EPC is replaced below
        else:
            epc.fill(0)
    if size:
        column = np.ndarray((count,), void(size), epc, 0, (width,))
        column[:] = np.ndarray((count,), void(size), records, shape.epc_at, records.strides)
    if shape.epc_bytes < size:
        if shape.epc_bytes % WIDTH_STEP:
            epc[:, shape.epc_bytes :] = 0
        else:
            epc.view(np.uint32)[:, shape.epc_bytes // WIDTH_STEP :] = 0
    if shape.epc_spare:
        epc[:, shape.epc_bytes - 1] &= 0xFF << shape.epc_spare & 0xFF


def _read_all(columns: dict[str, NDArray[Any]], records: Records, shape: Shape) -> None:
    """The values of records that are laid out like this shape, and what it does not tell."""
    count, step = (len(records),), records.strides
    for place, field in shape.fields:
        column = columns[field.column]
        if len(column) != len(records):
            column = column[: len(records)]
        _put(column, np.ndarray(count, WIRE_DTYPES[field.form], records, place, step), field)
    for name, value in shape.untold:
        columns[name].fill(value)


def _put(column: NDArray[Any], values: NDArray[Any], field: Field) -> None:
    if field.scale != 1:
        # in two steps: numpy multiplies native neighbours much faster than it turns and multiplies
        column[:] = values
        column *= column.dtype.type(field.scale)
    elif field.shift:
        np.right_shift(values, field.shift, out=column)
    else:
        column[:] = values


def _put_details(details: DetailColumns, group: Group) -> None:
    """What reports of this shape tell beside their columns."""
    shape, rows, records = group
    for place, detail in shape.details:
        details.put(rows, detail.column, _values(records, place, WIRE_DTYPES[detail.form]))
    if shape.tid is not None:
        place, size = shape.tid
        details.put_tids(rows, np.ndarray((len(rows), size), np.uint8, records, place, (records.itemsize, 1)))


def _values(records: Records, place: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """What stands at this place of each record."""
    return np.ndarray((len(records),), dtype, records, place, records.strides)
