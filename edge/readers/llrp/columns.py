"""Columns being filled, by whole groups of equal shape or by single reports."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, ReadBatch
from edge.readers.llrp.templates import NOT_TOLD, Field, Template

EPC_BYTES_MIN: Final = 12
Rows = NDArray[np.int64] | slice | int
ALL: Final = slice(None)


class Columns:
    """The columns of `ReadBatch` for `count` rows, filled with "not told"; every row is put or dropped once."""

    def __init__(self, count: int, epc_bytes: int) -> None:
        """`epc_bytes`: room for EPCs to begin with; what the last call needed saves a copy."""
        self.count = count
        self.dropped = 0
        self.stamps_dropped = 0
        self._alive: NDArray[np.bool_] | None = None
        self._epc = np.zeros((count, max(EPC_BYTES_MIN, -(-epc_bytes // 4) * 4)), np.uint8)
        self.epc_bytes_max = 0
        self._epc_bits = np.zeros(count, np.uint16)
        self._antenna = np.zeros(count, np.uint16)
        self._rssi_cdbm = np.full(count, RSSI_ABSENT_CDBM, np.int16)
        self._phase = np.full(count, PHASE_ABSENT, np.uint16)
        self._channel = np.zeros(count, np.uint16)
        self._seen_count = np.ones(count, np.uint16)
        self._first_seen_us = np.zeros(count, np.uint64)
        self._last_seen_us = np.zeros(count, np.uint64)
        self._rospec_id = np.zeros(count, np.uint32)
        self._by_name: dict[str, NDArray[np.integer[Any]]] = {
            "antenna": self._antenna,
            "rssi_cdbm": self._rssi_cdbm,
            "phase": self._phase,
            "channel": self._channel,
            "seen_count": self._seen_count,
            "first_seen_us": self._first_seen_us,
            "last_seen_us": self._last_seen_us,
            "rospec_id": self._rospec_id,
        }
        self._uptime_rows: list[Rows] = []
        self._utc_seen = False
        self._main: Template | None = None

    def put_all(self, template: Template, records: NDArray[np.void], low: int) -> None:
        """Rows from `low` as if all had this shape; those that have not are put again, after `settle_all`."""
        rows = slice(low, low + len(records))
        fields = records.view(template.record)
        for _, field in template.fields:
            self._by_name[field.column][rows] = _scaled(fields[field.column], field)
        if template.epc_bytes:
            self._widen(template.epc_bytes)
            self._epc_as(template.epc_bytes)[rows] = fields["epc"]

    def settle_all(self, template: Template, rest: NDArray[np.int64] | None) -> None:
        """After the last `put_all`: all rows but `rest` have this shape."""
        self._main = template
        self._epc_bits[:] = template.epc_bits
        self._utc_seen |= template.utc and (rest is None or len(rest) < self.count)
        if rest is None:
            self._settle(ALL, template)
        elif template.epc_bits % 8 or template.uptime:
            rows = np.ones(self.count, np.bool_)
            rows[rest] = False
            if rows.any():
                self._settle(rows.nonzero()[0], template)

    def put(self, rows: NDArray[np.int64], template: Template, records: NDArray[np.void]) -> None:
        """Rows of one verified shape."""
        fields = records.view(template.record)
        self._blank(rows, template)
        self._epc_bits[rows] = template.epc_bits
        for _, field in template.fields:
            self._by_name[field.column][rows] = _scaled(fields[field.column], field)
        if template.epc_bytes:
            self._widen(template.epc_bytes)
            self._epc_as(template.epc_bytes)[rows] = fields["epc"]
        self._settle(rows, template)

    def put_one(self, row: int, template: Template, report: bytes, values: tuple[int, ...]) -> None:
        """One report and the values its template read. Same meaning as `put`."""
        self._blank(row, template)
        self._epc_bits[row] = template.epc_bits
        for (_, field), value in zip(template.fields, values, strict=True):
            self._by_name[field.column][row] = value * field.scale
        if template.epc_bytes:
            self._widen(template.epc_bytes)
            epc = report[template.epc_at : template.epc_at + template.epc_bytes]
            self._epc[row, : template.epc_bytes] = np.frombuffer(epc, np.uint8)
        self._settle(row, template)

    def drop(self, rows: NDArray[np.int64] | int) -> None:
        """These rows' reports were damaged."""
        if self._alive is None:
            self._alive = np.ones(self.count, np.bool_)
        self._alive[rows] = False
        self.dropped += np.size(rows)

    def batch(self, reader: ReaderId, arrived_us: int) -> ReadBatch:
        """The finished columns. Where UTC and uptime stamps mix, the uptime ones count as not told."""
        if self._utc_seen:
            for rows in self._uptime_rows:
                self._first_seen_us[rows] = 0
                self._last_seen_us[rows] = 0
                self.stamps_dropped += self._first_seen_us[rows].size
        keep: slice | NDArray[np.bool_] = ALL if self._alive is None else self._alive
        return ReadBatch(
            reader=reader,
            arrived_us=arrived_us,
            epc=self._epc[keep],
            epc_bits=self._epc_bits[keep],
            antenna=self._antenna[keep],
            rssi_cdbm=self._rssi_cdbm[keep],
            phase=self._phase[keep],
            channel=self._channel[keep],
            seen_count=self._seen_count[keep],
            first_seen_us=self._first_seen_us[keep],
            last_seen_us=self._last_seen_us[keep],
            rospec_id=self._rospec_id[keep],
            uptime=bool(self._uptime_rows) and not self._utc_seen,
        )

    def _settle(self, rows: Rows, template: Template) -> None:
        """These rows keep what was put: clear the spare bits of their EPC and remember their kind of stamp."""
        spare = -template.epc_bits % 8
        if spare:
            self._epc[rows, template.epc_bytes - 1] &= 0xFF << spare & 0xFF
        self._utc_seen |= template.utc
        if template.uptime:
            self._uptime_rows.append(rows)

    def _blank(self, rows: Rows, template: Template) -> None:
        """Take back what `put_all` wrote into rows of another shape."""
        if self._main is None:
            return
        for name in self._main.columns - template.columns:
            self._by_name[name][rows] = NOT_TOLD[name]
        if template.epc_bytes < self._main.epc_bytes:
            self._epc[rows] = 0

    def _epc_as(self, size: int) -> NDArray[np.void]:
        """The first `size` bytes of every EPC as one item each."""
        width = self._epc.shape[1]
        return np.ndarray((self.count,), f"V{size}", self._epc, strides=(width,))

    def _widen(self, size: int) -> None:
        self.epc_bytes_max = max(self.epc_bytes_max, size)
        width = self._epc.shape[1]
        if size > width:
            wider = np.zeros((self.count, -(-size // 4) * 4), np.uint8)
            wider[:, :width] = self._epc
            self._epc = wider


def _scaled(values: NDArray[np.integer[Any]], field: Field) -> NDArray[np.integer[Any]]:
    return values if field.scale == 1 else values * np.int16(field.scale)
