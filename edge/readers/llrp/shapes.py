"""Shapes: the bytes that many tag reports share, apart from their values; learned from one report, proved on each.

A shape is learned by walking one report, and used only on reports whose every header byte (TV types, TLV types and
lengths, vendor and subtype, lengths of EPC and TID) equals it, so it never guesses. What a parameter fills is said by
the tables of `fields`.
"""

import struct
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import ProtocolError
from edge.readers.llrp.fields import (
    CUSTOM_DETAILS,
    CUSTOM_FIELDS,
    NO_STAMP,
    NOT_TOLD,
    STAMPS,
    TV_DETAILS,
    TV_FIELDS,
    UPTIME,
    UTC,
    Detail,
    Field,
)
from edge.readers.llrp.params import (
    CUSTOM_HEADER,
    TLV_HEADER,
    TYPE_CUSTOM,
    TYPE_EPC_DATA,
    VENDOR_IMPINJ,
    Impinj,
    Param,
    Tv,
    epc_data,
    is_known,
    tid_bytes,
    walk,
)
from edge.readers.llrp.results import AccessResult, is_result, read_results

WORD_BYTES: Final = 8
SIZE_BYTES: Final = 2
"""EPCData and the serialised TID begin with a size, which is a header byte like any."""

Row = tuple[Any, ...]
"""One report's values in the order of `NOT_TOLD`, then its EPC's length in bits, then the EPC's bytes."""


class Shape:
    """`fields` and `details` are (place, what it fills); places count from the report's first byte, fields ascend.

    `tid` is (place, bytes) of the TID's words. `unknown` are the names of parameters that were stepped over. `results`,
    of access operations, are rare and read one by one.
    """

    def __init__(self, report: bytes) -> None:
        """Walks one TagReportData, header included. Raises `ProtocolError`."""
        self.length = len(report)
        self.results: tuple[Param, ...] = ()
        self.details: tuple[tuple[int, Detail], ...] = ()
        self.tid: tuple[int, int] | None = None
        self.unknown: tuple[str, ...] = ()
        self._chosen: dict[str, tuple[int, Field]] = {}
        self._access_spec_at = 0
        epc: tuple[int, int, int] | None = None
        mask = bytearray(self.length)
        mask[: TLV_HEADER.size] = b"\xff" * TLV_HEADER.size
        for param in walk(report, TLV_HEADER.size, self.length):
            header = _header_bytes(param)
            mask[param.at - header : param.at] = b"\xff" * header
            if not is_known(param):
                self.unknown += (param.name,)
            elif param.type == Tv.EPC_96:
                epc = (96, param.at, 12)
            elif param.type == TYPE_EPC_DATA:
                epc = epc_data(report, param)
                mask[param.at : param.at + SIZE_BYTES] = b"\xff" * SIZE_BYTES
            elif (param.vendor, param.subtype) == (VENDOR_IMPINJ, Impinj.SERIALIZED_TID):
                self.tid = (param.at + SIZE_BYTES, tid_bytes(report, param))
                mask[param.at : param.at + SIZE_BYTES] = b"\xff" * SIZE_BYTES
            elif is_result(param):
                self.results += (param,)
            else:
                self._choose(param)
        if epc is None:
            raise ProtocolError("a tag report without an EPC")
        self.epc_bits, self.epc_at, self.epc_bytes = epc
        self.epc_spare = -self.epc_bits % 8
        self._mask = int.from_bytes(mask)
        self._fixed = int.from_bytes(report) & self._mask
        self._settle_stamps()
        self.fields = tuple(sorted(self._chosen.values()))
        self.columns = frozenset(self._chosen)
        self.untold = tuple((name, value) for name, value in NOT_TOLD.items() if name not in self._chosen)
        self.detailed = bool(self.details or self.tid)
        """Whether it tells any of `Details`."""
        self.kinds = frozenset(field for _, field in self.fields)
        self._arrange()

    @property
    def common(self) -> bool:
        """Whether `arrangement` says all that there is to a report of this shape."""
        return not (self.epc_spare or self._shifted or self.unknown or self.results or self.detailed)

    def _choose(self, param: Param) -> None:
        """Take a parameter for its column and details; of two for one column the better, else the later."""
        kind = (param.vendor, param.subtype)
        field = CUSTOM_FIELDS.get(kind) if param.type == TYPE_CUSTOM else TV_FIELDS.get(param.type)
        if field and (field.column not in self._chosen or field.rank >= self._chosen[field.column][1].rank):
            self._chosen[field.column] = (param.at, field)
        if param.type == TYPE_CUSTOM:
            details = CUSTOM_DETAILS.get(kind, ())
        else:
            details = (TV_DETAILS[param.type],) if param.type in TV_DETAILS else ()
        self.details += tuple((param.at + detail.at, detail) for detail in details)
        if param.type == Tv.ACCESS_SPEC_ID:
            self._access_spec_at = param.at

    def _settle_stamps(self) -> None:
        """One stamp in UTC and the other in uptime cannot stand in one row: UTC stands."""
        ranks = {self._chosen[name][1].rank for name in STAMPS if name in self._chosen}
        if len(ranks) > 1:
            self._chosen = {name: it for name, it in self._chosen.items() if name not in STAMPS or it[1].rank == 1}
        self.stamp = NO_STAMP if not ranks else UTC if 1 in ranks else UPTIME

    def _arrange(self) -> None:
        """How `row` unpacks a report and picks its values in order."""
        values = sorted(
            [
                *((place, field.column, field.form) for place, field in self.fields),
                (self.epc_at, "epc", f"{self.epc_bytes}s"),
            ]
        )
        layout = _layout(values, self.length)
        self.values = len(values)
        told = {column: i for i, (_, column, _) in enumerate(values)}
        scaled = next((field for _, field in self.fields if field.scale != 1), None)
        index, scale = (told[scaled.column], scaled.scale) if scaled else (0, 0)
        if scaled:
            told[scaled.column] = len(values) + len(NOT_TOLD) + 1
        rest = (*NOT_TOLD.values(), self.epc_bits)
        order = [told.get(name, len(values) + i) for i, name in enumerate(NOT_TOLD)]
        pick = itemgetter(*order, len(values) + len(NOT_TOLD), told["epc"])
        self.arrangement = (layout, rest, index, scale, pick)
        """Struct format without byte order, what is not told, the value to scale and by how much, and `Row` of it all:
        pick(values + rest + (values[index] * scale,))."""
        self._unpack = struct.Struct(f">{layout}").unpack
        self._shifted = tuple(
            (i, field.shift) for i, name in enumerate(NOT_TOLD) for _, field in self.fields
            if field.column == name and field.shift
        )  # fmt: skip

    def row(self, report: bytes) -> Row | None:
        """One report's values; None if it has another shape."""
        if int.from_bytes(report) & self._mask != self._fixed:
            return None
        values = self._unpack(report)
        _, rest, index, scale, pick = self.arrangement
        row: Row = pick((*values, *rest, values[index] * scale))
        for i, shift in self._shifted:
            row = (*row[:i], row[i] >> shift, *row[i + 1 :])
        if self.epc_spare:
            epc = row[-1]
            return (*row[:-1], epc[:-1] + bytes([epc[-1] & 0xFF << self.epc_spare & 0xFF]))
        return row

    def results_of(self, report: bytes, row: Row) -> list[AccessResult]:
        """What became of access operations, by one report of this shape. Raises `ProtocolError`."""
        at = self._access_spec_at
        access_spec_id = int.from_bytes(report[at : at + 4]) if at else 0
        return read_results(report, self.results, access_spec_id, row[-1])

    def header(self) -> tuple[int, int]:
        """Which bits of a report are header, and what they are."""
        return self._mask, self._fixed

    def words(self, size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Mask and header bytes as words, padded to `size` bytes."""
        spare = bytes(size - self.length)
        mask, fixed = (number.to_bytes(self.length) + spare for number in (self._mask, self._fixed))
        return np.frombuffer(mask, np.uint64), np.frombuffer(fixed, np.uint64)


def padded(length: int) -> int:
    """A report's bytes rounded up to whole words."""
    return -(-length // WORD_BYTES) * WORD_BYTES


def _header_bytes(param: Param) -> int:
    if param.type == TYPE_CUSTOM:
        return TLV_HEADER.size + CUSTOM_HEADER.size
    return 1 if param.tv else TLV_HEADER.size


def _layout(values: list[tuple[int, str, str]], length: int) -> str:
    """A struct format that reads (place, column, form) and steps over everything else."""
    parts, at = [], 0
    for place, _, form in values:
        parts.append(f"{place - at}x{form}")
        at = place + struct.calcsize(f">{form}")
    parts.append(f"{length - at}x")
    return "".join(parts)
