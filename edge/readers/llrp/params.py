"""Parameters of LLRP 1.0.1/1.1 as far as tag reports need them, and a walk that checks every length.

TV: 1 bit set, 7 bits type, a value of known size. TLV: 6 reserved bits, 10 bits type, u16 length of the whole
parameter. Custom (1023): TLV with u32 vendor (IANA private enterprise number) and u32 subtype before its value.
"""

import struct
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from edge.readers.base import EPC_BITS_MAX, ProtocolError
from edge.readers.llrp.frames import Bytes

TLV_HEADER: Final = struct.Struct("!HH")
CUSTOM_HEADER: Final = struct.Struct("!II")
TYPE_CUSTOM: Final = 1023
TYPE_TAG_REPORT_DATA: Final = 240
TYPE_EPC_DATA: Final = 241
VENDOR_IMPINJ: Final = 25882
VENDOR_ZEBRA: Final = 161
PARAMS_PER_REPORT_MAX: Final = 256
UNKNOWN_KINDS_MAX: Final = 64
"""Kinds of unknown parameters counted each by its name; a reader that makes up more is counted as `other`."""

TV_VALUE_BYTES: Final = {
    1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2,
    11: 2, 12: 2, 13: 12, 14: 2, 15: 2, 16: 4, 17: 2, 18: 4, 19: 2, 20: 2,
}  # fmt: skip
"""LLRP 1.1 §17.2.7.3: sizes of all TV values, in bytes. 19 and 20 (XPC W1, W2) are new in 1.1."""

OP_SPEC_RESULTS: Final = (*range(349, 355), 360, 361, 362)
"""Results of access operations (LLRP 1.1 §17.3.1.5): read by `results`."""


class Tv(IntEnum):
    """The TV parameters of a tag report that are read."""

    ANTENNA = 1
    FIRST_UTC = 2
    FIRST_UPTIME = 3
    LAST_UTC = 4
    LAST_UPTIME = 5
    PEAK_RSSI = 6
    CHANNEL = 7
    SEEN_COUNT = 8
    ROSPEC_ID = 9
    INVENTORY_SPEC_ID = 10
    CRC = 11
    PC = 12
    EPC_96 = 13
    SPEC_INDEX = 14
    ACCESS_SPEC_ID = 16
    XPC_W1 = 19
    XPC_W2 = 20


class Impinj(IntEnum):
    """Custom parameters of vendor 25882 (Octane LLRP)."""

    SERIALIZED_TID = 55
    PHASE = 56
    PEAK_RSSI = 57
    GPS = 58
    DOPPLER = 68
    TX_POWER = 73


class Zebra(IntEnum):
    """Custom parameters of vendor 161 (Motorola, now Zebra)."""

    PHASE = 709
    BRAND_CHECK = 712


CUSTOM_VALUE_BYTES: Final[dict[tuple[int, int], int | None]] = {
    (VENDOR_IMPINJ, Impinj.SERIALIZED_TID): None,
    (VENDOR_IMPINJ, Impinj.PHASE): 2,
    (VENDOR_IMPINJ, Impinj.PEAK_RSSI): 2,
    (VENDOR_IMPINJ, Impinj.GPS): 8,
    (VENDOR_IMPINJ, Impinj.DOPPLER): 2,
    (VENDOR_IMPINJ, Impinj.TX_POWER): 2,
    (VENDOR_ZEBRA, Zebra.PHASE): 2,
    (VENDOR_ZEBRA, Zebra.BRAND_CHECK): 1,
}
"""By vendor and subtype the sizes of the values we read; None says its own. Of another size they are unknown."""


class Param(NamedTuple):
    """A parameter inside a tag report. `at` is where its value begins, `size` the value's bytes.

    A TV and a TLV of one number are two things: only `tv` says that the value has the size of that TV.
    """

    type: int
    at: int
    size: int
    vendor: int = 0
    subtype: int = 0
    tv: bool = False

    @property
    def name(self) -> str:
        """What an unknown one is counted as."""
        return f"{self.type}" if not self.vendor else f"{self.type}/{self.vendor}/{self.subtype}"


def walk(data: Bytes, at: int, end: int, most: int = PARAMS_PER_REPORT_MAX) -> list[Param]:
    """The parameters between two positions. Raises `ProtocolError` at the first that cannot be stepped over."""
    found: list[Param] = []
    while at < end:
        if len(found) == most:
            raise ProtocolError(f"more than {most} parameters beside each other")
        first = data[at]
        if first & 0x80:
            size = TV_VALUE_BYTES.get(first & 0x7F)
            if size is None:
                raise UnknownTvError(first & 0x7F)
            param = Param(first & 0x7F, at + 1, size, tv=True)
            following = at + 1 + size
        else:
            if end - at < TLV_HEADER.size:
                raise ProtocolError(f"{end - at} bytes are left, too few for a parameter header")
            word, length = TLV_HEADER.unpack_from(data, at)
            kind = word & 0x3FF
            following = at + length
            if length < TLV_HEADER.size or following > end:
                raise ProtocolError(f"parameter {kind} says {length} bytes, {end - at} are there")
            if kind == TYPE_CUSTOM:
                if length < TLV_HEADER.size + CUSTOM_HEADER.size:
                    raise ProtocolError(f"custom parameter says {length} bytes, too few for vendor and subtype")
                vendor, subtype = CUSTOM_HEADER.unpack_from(data, at + TLV_HEADER.size)
                param = Param(kind, at + 12, length - 12, vendor, subtype)
            else:
                param = Param(kind, at + 4, length - 4)
        if following > end:
            raise ProtocolError(f"parameter {param.type} ends {following - end} bytes behind its report")
        found.append(param)
        at = following
    return found


def is_known(param: Param) -> bool:
    """Whether we know what a parameter of a tag report means (unknown TV types never get here)."""
    if param.type == TYPE_CUSTOM:
        size = CUSTOM_VALUE_BYTES.get((param.vendor, param.subtype), -1)
        return size is None or size == param.size
    return param.tv or param.type == TYPE_EPC_DATA or param.type in OP_SPEC_RESULTS


def epc_data(data: Bytes, param: Param) -> tuple[int, int, int]:
    """(bits, position, bytes) of the EPC in an EPCData value: u16 count of bits, then the bits, left-aligned."""
    if param.size < 2:
        raise ProtocolError("EPCData without a length")
    bits = data[param.at] << 8 | data[param.at + 1]
    size = (bits + 7) // 8
    if bits > EPC_BITS_MAX or param.size < 2 + size:
        raise ProtocolError(f"EPCData says {bits} bits in {param.size - 2} bytes")
    return bits, param.at + 2, size


def tid_bytes(data: Bytes, param: Param) -> int:
    """Bytes of the TID in an ImpinjSerializedTID: u16 count of words, then the words, then perhaps other parameters."""
    size = 2 * (data[param.at] << 8 | data[param.at + 1]) if param.size >= 2 else 0
    if param.size < 2 + size:
        raise ProtocolError(f"a serialised TID says {size} bytes in a value of {param.size}")
    return size


class UnknownTvError(ProtocolError):
    """A TV of unknown size cannot be stepped over: it costs its tag report."""

    def __init__(self, tv: int) -> None:
        super().__init__(f"TV parameter {tv} is unknown, and so is its size")
        self.tv = tv


@dataclass(slots=True)
class Counts:
    """What a decoder saw since it began."""

    frames_total: int = 0
    reads_total: int = 0
    reports_damaged_total: int = 0
    bytes_skipped_total: int = 0
    resyncs_total: int = 0
    stamps_dropped_total: int = 0
    shapes_forgotten_total: int = 0
    surveys_total: int = 0
    survey: bytes = b""
    """The value of the last RFSurveyReportData."""
    unknown_total: Counter[str] = field(default_factory=Counter)
    """By `Param.name`: type, or type/vendor/subtype; `tv:` a TV of no size we know; `message:` a whole message."""
    unknown_times: int = 0
    """All of them together."""

    def know(self, names: tuple[str, ...], times: int) -> None:
        """Count parameters that were stepped over."""
        for name in names:
            known = name in self.unknown_total or len(self.unknown_total) < UNKNOWN_KINDS_MAX
            self.unknown_total[name if known else "other"] += times
            self.unknown_times += times

    def damage(self, error: ProtocolError) -> None:
        """Count a tag report that could not be read."""
        self.reports_damaged_total += 1
        if isinstance(error, UnknownTvError):
            self.know((f"tv:{error.tv}",), 1)
