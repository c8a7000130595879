"""Shapes: the bytes that many tag reports share, apart from their values; learned from one report, proved on each.

A shape is learned by walking one report, and used only on reports whose every header byte (TV types, TLV types and
lengths, vendor and subtype, EPC length) equals it, so it never guesses. What a parameter fills is said by two tables:
a new column is one line in `TV_FIELDS` or `CUSTOM_FIELDS` and one in `NOT_TOLD`.
"""

import struct
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, ProtocolError
from edge.readers.llrp.params import (
    CUSTOM_HEADER,
    TLV_HEADER,
    TYPE_CUSTOM,
    TYPE_EPC_DATA,
    Impinj,
    Param,
    Tv,
    epc_data,
    is_known,
    walk,
)
from edge.readers.llrp.results import AccessResult, is_result, read_results

WORD_BYTES: Final = 8


DTYPES: Final[dict[str, np.dtype[Any]]] = {form: np.dtype(form) for form in "bhHIQ"}
WIRE_DTYPES: Final[dict[str, np.dtype[Any]]] = {form: dtype.newbyteorder(">") for form, dtype in DTYPES.items()}
"""Made once: numpy takes longer to understand a string than to read a column."""


class Field(NamedTuple):
    """A value's place in the columns. `form` is both a struct and a numpy code, `rank` decides between two that fill
    one column: the finer RSSI, and UTC before uptime.
    """

    column: str
    form: str
    scale: int = 1
    rank: int = 0


TV_FIELDS: Final[dict[int, Field]] = {
    Tv.ANTENNA: Field("antenna", "H"),
    Tv.PEAK_RSSI: Field("rssi_cdbm", "b", scale=100),
    Tv.CHANNEL: Field("channel", "H"),
    Tv.SEEN_COUNT: Field("seen_count", "H"),
    Tv.ROSPEC_ID: Field("rospec_id", "I"),
    Tv.FIRST_UTC: Field("first_seen_us", "Q", rank=1),
    Tv.LAST_UTC: Field("last_seen_us", "Q", rank=1),
    Tv.FIRST_UPTIME: Field("first_seen_us", "Q"),
    Tv.LAST_UPTIME: Field("last_seen_us", "Q"),
}
CUSTOM_FIELDS: Final[dict[int, Field]] = {
    Impinj.PEAK_RSSI: Field("rssi_cdbm", "h", rank=1),
    Impinj.PHASE: Field("phase", "H"),
}
STAMPS: Final = ("first_seen_us", "last_seen_us")
NO_STAMP, UPTIME, UTC = range(3)


class NotTold(NamedTuple):
    """What a column holds, in which native form, where the reader does not tell."""

    form: str
    value: int

    @property
    def dtype(self) -> np.dtype[Any]:
        return DTYPES[self.form]


NOT_TOLD: Final = {
    "first_seen_us": NotTold("Q", 0),
    "last_seen_us": NotTold("Q", 0),
    "rospec_id": NotTold("I", 0),
    "antenna": NotTold("H", 0),
    "phase": NotTold("H", PHASE_ABSENT),
    "channel": NotTold("H", 0),
    "seen_count": NotTold("H", 1),
    "rssi_cdbm": NotTold("h", RSSI_ABSENT_CDBM),
}
"""The columns that fields fill; also their order in a row, the widest first so that none is unaligned."""

Row = tuple[Any, ...]
"""One report's values in the order of `NOT_TOLD`, then its EPC's length in bits, then the EPC's bytes."""


class Shape:
    """`fields` are (place, field) by ascending place; places count from the report's first byte."""

    def __init__(self, report: bytes) -> None:
        """Walks one TagReportData, header included. Raises `ProtocolError`."""
        self.length = len(report)
        unknown: list[str] = []
        chosen: dict[str, tuple[int, Field]] = {}
        mask = bytearray(self.length)
        mask[: TLV_HEADER.size] = b"\xff" * TLV_HEADER.size
        epc: tuple[int, int, int] | None = None
        self.results: tuple[Param, ...] = ()
        """Of access operations: rare, and read one by one."""
        self._access_spec_at = 0
        for param in walk(report, TLV_HEADER.size, self.length):
            header = _header_bytes(param)
            mask[param.at - header : param.at] = b"\xff" * header
            if not is_known(param):
                unknown.append(param.name)
            elif param.type == Tv.EPC_96:
                epc = (96, param.at, 12)
            elif param.type == TYPE_EPC_DATA:
                epc = epc_data(report, param)
                mask[param.at : param.at + 2] = b"\xff\xff"
            elif is_result(param):
                self.results += (param,)
            elif param.type == Tv.ACCESS_SPEC_ID:
                self._access_spec_at = param.at
            else:
                fields = CUSTOM_FIELDS if param.type == TYPE_CUSTOM else TV_FIELDS
                field = fields.get(param.subtype or param.type)
                if field and (field.column not in chosen or field.rank >= chosen[field.column][1].rank):
                    chosen[field.column] = (param.at, field)
        if epc is None:
            raise ProtocolError("a tag report without an EPC")
        stamps = {chosen[name][1].rank for name in STAMPS if name in chosen}
        if len(stamps) > 1:
            # one stamp in UTC and the other in uptime cannot stand in one row: UTC stands
            chosen = {name: it for name, it in chosen.items() if name not in STAMPS or it[1].rank == 1}
        self.unknown = tuple(unknown)
        self.epc_bits, self.epc_at, self.epc_bytes = epc
        self.epc_spare = -self.epc_bits % 8
        self.stamp = NO_STAMP if not stamps else UTC if 1 in stamps else UPTIME
        self.fields = tuple(sorted(chosen.values()))
        self.columns = frozenset(chosen)
        self.kinds = frozenset(field for _, field in self.fields)
        self._mask = int.from_bytes(mask)
        self._fixed = int.from_bytes(report) & self._mask
        self._arrange()

    def _arrange(self) -> None:
        """How `row` unpacks a report and picks its values in order."""
        values = sorted(
            [
                *((place, field.column, field.form) for place, field in self.fields),
                (self.epc_at, "epc", f"{self.epc_bytes}s"),
            ]
        )
        self._unpack = struct.Struct(_layout(values, self.length)).unpack
        told = {column: i for i, (_, column, _) in enumerate(values)}
        scaled = next((field for _, field in self.fields if field.scale != 1), None)
        self._scaled, self._scale = (told[scaled.column], scaled.scale) if scaled else (0, 0)
        if scaled:
            told[scaled.column] = len(values) + len(NOT_TOLD) + 1
        self._rest = (*(one.value for one in NOT_TOLD.values()), self.epc_bits)
        order = [told.get(name, len(values) + i) for i, name in enumerate(NOT_TOLD)]
        self._pick = itemgetter(*order, len(values) + len(NOT_TOLD), told["epc"])

    def row(self, report: bytes) -> Row | None:
        """One report's values; None if it has another shape."""
        if int.from_bytes(report) & self._mask != self._fixed:
            return None
        values = self._unpack(report)
        row: Row = self._pick((*values, *self._rest, values[self._scaled] * self._scale))
        if self.epc_spare:
            epc = row[-1]
            return (*row[:-1], epc[:-1] + bytes([epc[-1] & 0xFF << self.epc_spare & 0xFF]))
        return row

    def results_of(self, report: bytes, row: Row) -> list[AccessResult]:
        """What became of access operations, by one report of this shape. Raises `ProtocolError`."""
        at = self._access_spec_at
        access_spec_id = int.from_bytes(report[at : at + 4]) if at else 0
        return read_results(report, self.results, access_spec_id, row[-1])

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
    parts, at = [">"], 0
    for place, _, form in values:
        parts.append(f"{place - at}x{form}")
        at = place + struct.calcsize(f">{form}")
    parts.append(f"{length - at}x")
    return "".join(parts)
