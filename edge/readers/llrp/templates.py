"""A template: the shape that many tag reports share byte for byte, apart from their values.

It is learned by walking one report and used only on reports whose every header byte (TV types, TLV types and
lengths, vendor and subtype, EPC length) equals it, so a template never guesses.
"""

import struct
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, ProtocolError
from edge.readers.llrp.frames import Bytes
from edge.readers.llrp.params import TYPE_CUSTOM, TYPE_EPC_DATA, Impinj, Param, Tv, epc_data, is_known, walk

TLV_HEADER_BYTES: Final = 4
CUSTOM_HEADER_BYTES: Final = 12
WORD_BYTES: Final = 8
TILE_ROWS: Final = 2048


class Field(NamedTuple):
    """A value's place in a report and in the columns. `form` is both a struct and a numpy code, `rank` decides
    between two that fill one column: the finer RSSI, and UTC before uptime.
    """

    column: str
    form: str
    size: int
    scale: int = 1
    rank: int = 0


TV_FIELDS: Final[dict[int, Field]] = {
    Tv.ANTENNA: Field("antenna", "H", 2),
    Tv.PEAK_RSSI: Field("rssi_cdbm", "b", 1, scale=100),
    Tv.CHANNEL: Field("channel", "H", 2),
    Tv.SEEN_COUNT: Field("seen_count", "H", 2),
    Tv.ROSPEC_ID: Field("rospec_id", "I", 4),
    Tv.FIRST_UTC: Field("first_seen_us", "Q", 8, rank=1),
    Tv.LAST_UTC: Field("last_seen_us", "Q", 8, rank=1),
    Tv.FIRST_UPTIME: Field("first_seen_us", "Q", 8),
    Tv.LAST_UPTIME: Field("last_seen_us", "Q", 8),
}
IMPINJ_FIELDS: Final[dict[int, Field]] = {
    Impinj.PEAK_RSSI: Field("rssi_cdbm", "h", 2, rank=1),
    Impinj.PHASE: Field("phase", "H", 2),
}
STAMPS: Final = ("first_seen_us", "last_seen_us")
NOT_TOLD: Final = {
    "antenna": 0,
    "rssi_cdbm": RSSI_ABSENT_CDBM,
    "phase": PHASE_ABSENT,
    "channel": 0,
    "seen_count": 1,
    "first_seen_us": 0,
    "last_seen_us": 0,
    "rospec_id": 0,
}
"""What a column holds where the reader does not tell; also the order of columns in a row."""

TEMPLATES_MAX: Final = 64
LEARN_PER_CALL_MAX: Final = 8
"""New templates kept per call: a stream that changes its shape with every report must not fill the memory."""
WALKS_PER_CALL_MAX: Final = 512
"""Reports of unknown shape beyond that count as damaged: reading each costs what a hundred known ones cost."""


class Template:
    """One shape. `fields` are (place, field) by ascending place; places count from the report's first byte."""

    def __init__(self, data: Bytes, at: int, end: int) -> None:
        """Walks one TagReportData between its first byte and its end. Raises `ProtocolError`."""
        self.length = end - at
        unknown: list[str] = []
        chosen: dict[str, tuple[int, Field]] = {}
        mask = bytearray(self.length)
        mask[:TLV_HEADER_BYTES] = b"\xff" * TLV_HEADER_BYTES
        epc: tuple[int, int, int] | None = None
        for param in walk(data, at + TLV_HEADER_BYTES, end):
            header = _header_bytes(param)
            place = param.at - at
            mask[place - header : place] = b"\xff" * header
            if not is_known(param):
                unknown.append(param.name)
            elif param.type == Tv.EPC_96:
                epc = (96, param.at, 12)
            elif param.type == TYPE_EPC_DATA:
                epc = epc_data(data, param)
                mask[place : place + 2] = b"\xff\xff"
            else:
                fields = IMPINJ_FIELDS if param.type == TYPE_CUSTOM else TV_FIELDS
                field = fields.get(param.subtype or param.type)
                if field and (field.column not in chosen or field.rank >= chosen[field.column][1].rank):
                    chosen[field.column] = (place, field)
        if epc is None:
            raise ProtocolError("a tag report without an EPC")
        self.unknown = tuple(unknown)
        self.epc_bits, self.epc_at, self.epc_bytes = epc[0], epc[1] - at, epc[2]
        stamps = {chosen[name][1].rank for name in STAMPS if name in chosen}
        self.utc = 1 in stamps
        self.uptime = bool(stamps) and not self.utc
        if len(stamps) > 1:
            # one stamp in UTC and the other in uptime cannot stand in one row: UTC stands
            chosen = {name: it for name, it in chosen.items() if name not in STAMPS or it[1].rank == 1}
        self.fields = tuple(sorted(chosen.values()))
        self.columns = frozenset(chosen)
        self._mask = bytes(mask)
        self._mask_number = int.from_bytes(mask)
        self._number = int.from_bytes(data[at:end]) & self._mask_number
        order = {field.column: (i, field.scale) for i, (_, field) in enumerate(self.fields)}
        self._slots = [(*order.get(name, (-1, 1)), default) for name, default in NOT_TOLD.items()]
        self._values = struct.Struct(_layout(self.fields, self.length))

    def row(self, values: tuple[int, ...]) -> list[int]:
        """The values of one report in the order of `NOT_TOLD`, scaled."""
        return [default if i < 0 else values[i] * scale for i, scale, default in self._slots]

    def values(self, report: bytes) -> tuple[int, ...] | None:
        """The values of one report in the order of `fields`; None if it has another shape."""
        if int.from_bytes(report) & self._mask_number != self._number:
            return None
        return self._values.unpack(report)

    def matches(self, records: NDArray[np.void], others: NDArray[np.bool_] | None = None) -> NDArray[np.bool_] | None:
        """Which rows (as `padded` long records) have this very shape; None when all have.

        `others`: rows that are known not to have it, by their length.
        """
        words = padded(self.length) // WORD_BYTES
        want, mask = self._tiles
        flat = records.view(np.uint64)
        differs = np.empty(len(flat), np.bool_)
        for low in range(0, len(flat), len(want)):
            piece = flat[low : low + len(want)]
            np.not_equal(piece & mask[: len(piece)], want[: len(piece)], out=differs[low : low + len(want)])
        rows = differs.reshape(-1, words)
        if others is not None:
            rows[others.nonzero()[0]] = False
        if not differs.any():
            return None if others is None else ~others
        match = np.asarray(~rows.any(axis=1))
        return match if others is None else match & ~others

    @cached_property
    def record(self) -> np.dtype[np.void]:
        """The report as a numpy record: its columns, and `epc` where it has bytes."""
        names = [field.column for _, field in self.fields]
        forms = [np.dtype(field.form).newbyteorder(">") for _, field in self.fields]
        places = [place for place, _ in self.fields]
        if self.epc_bytes:
            names, places = [*names, "epc"], [*places, self.epc_at]
            forms.append(np.dtype(f"V{self.epc_bytes}"))
        layout = {"names": names, "formats": forms, "offsets": places, "itemsize": padded(self.length)}
        return np.dtype(layout)  # type: ignore[call-overload, no-any-return]

    @cached_property
    def _tiles(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Header bytes and their mask as words, repeated for `TILE_ROWS` reports: comparing flat is four times as
        fast as row by row.
        """
        spare = bytes(padded(self.length) - self.length)
        want = np.frombuffer((self._number.to_bytes(self.length) + spare) * TILE_ROWS, np.uint64)
        return want, np.frombuffer((self._mask + spare) * TILE_ROWS, np.uint64)


class Templates:
    """The templates of one connection. Bounded: a full shelf is emptied and filled anew."""

    def __init__(self) -> None:
        self.forgotten_total = 0
        self._by_length: dict[int, list[Template]] = {}
        self._walks = 0
        self._learned = 0

    def begin(self) -> None:
        """A new call: it may learn and walk as much as any."""
        self._walks = self._learned = 0

    @property
    def exhausted(self) -> bool:
        """Whether this call met so many unknown shapes that no more are walked."""
        return self._walks >= WALKS_PER_CALL_MAX

    def of_length(self, length: int) -> list[Template]:
        return self._by_length.get(length, [])

    def learn(self, data: Bytes, at: int, length: int) -> Template:
        """The template of the report at this place. Raises `ProtocolError` if it is damaged."""
        template = Template(data, at, at + length)
        if self._learned < LEARN_PER_CALL_MAX:
            self._learned += 1
            if sum(map(len, self._by_length.values())) >= TEMPLATES_MAX:
                self._by_length.clear()
                self.forgotten_total += TEMPLATES_MAX
            self._by_length.setdefault(length, []).append(template)
        return template

    def read(self, report: bytes) -> tuple[Template, tuple[int, ...]]:
        """One report by the template it fits, learned where there is none. Raises `ProtocolError`."""
        for template in self._by_length.get(len(report), ()):
            values = template.values(report)
            if values is not None:
                return template, values
        self._walks += 1
        if self._walks > WALKS_PER_CALL_MAX:
            raise ProtocolError(f"more than {WALKS_PER_CALL_MAX} shapes of tag reports at once")
        template = self.learn(report, 0, len(report))
        values = template.values(report)
        assert values is not None, "a template reads the report it was learned from"
        return template, values


def padded(length: int) -> int:
    """A report's bytes rounded up to whole words."""
    return -(-length // WORD_BYTES) * WORD_BYTES


def _header_bytes(param: Param) -> int:
    if param.type == TYPE_CUSTOM:
        return CUSTOM_HEADER_BYTES
    return 1 if param.type < 128 else TLV_HEADER_BYTES


def _layout(fields: tuple[tuple[int, Field], ...], length: int) -> str:
    """A struct format that reads the fields and steps over everything else."""
    parts, at = [">"], 0
    for place, field in fields:
        parts.append(f"{place - at}x{field.form}")
        at = place + field.size
    parts.append(f"{length - at}x")
    return "".join(parts)
