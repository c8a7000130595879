"""The columns of `Details`, filled from the few tag reports that tell any."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.readers.details import DETAIL_ABSENT, Details, Numbers
from edge.readers.llrp.shapes import Shape


class DetailColumns:
    """Columns of `count` rows; those exist that any of these shapes tells."""

    _numbers: dict[str, Numbers]
    _tid: NDArray[np.uint8] | None
    _tid_bytes: NDArray[np.uint16] | None

    def __init__(self, count: int, shapes: Iterable[Shape]) -> None:
        told = [shape for shape in shapes if shape.detailed]
        if not told:
            self._numbers, self._tid, self._tid_bytes = {}, None, None
            return
        names = {detail.column for shape in told for _, detail in shape.details}
        self._numbers = {name: np.full(count, DETAIL_ABSENT) for name in sorted(names)}
        sizes = [shape.tid[1] for shape in told if shape.tid]
        self._tid = np.zeros((count, max(sizes)), np.uint8) if sizes else None
        self._tid_bytes = np.zeros(count, np.uint16) if sizes else None

    def __bool__(self) -> bool:
        return bool(self._numbers) or self._tid is not None

    def put(self, rows: Any, column: str, values: NDArray[Any]) -> None:
        self._numbers[column][rows] = values.astype(np.int64)

    def put_tids(self, rows: Any, tids: NDArray[np.uint8]) -> None:
        """`tids` uint8[k, bytes], all of one length."""
        assert self._tid is not None
        assert self._tid_bytes is not None
        size = tids.shape[1]
        self._tid[rows, :size] = tids
        self._tid_bytes[rows] = size

    def put_read(self, row: int, shape: Shape, report: bytes) -> None:
        """What one report of this shape tells."""
        for place, detail in shape.details:
            (self._numbers[detail.column][row],) = struct.unpack_from(f">{detail.form}", report, place)
        if shape.tid is not None:
            at, size = shape.tid
            self.put_tids([row], np.frombuffer(report, np.uint8, size, at)[np.newaxis])

    def finish(self, keep: NDArray[np.bool_] | None = None) -> Details | None:
        """None if no shape told anything; only the rows of `keep`."""
        if not self:
            return None
        rows = slice(None) if keep is None else keep
        numbers: dict[str, Any] = {name: column[rows] for name, column in self._numbers.items()}
        if self._tid is None or self._tid_bytes is None:
            return Details(**numbers)
        return Details(**numbers, tid=self._tid[rows], tid_bytes=self._tid_bytes[rows])
