"""Frames of ThingMagic/JADAK Mercury modules (M5e, M6e, Micro, Nano, M7e). No input or output.

    command  FF | LEN | OPCODE | DATA[LEN] | CRC hi lo                          handbook rfid.md §3.2
    answer   FF | LEN | OPCODE | STATUS hi lo | DATA[LEN] | CRC hi lo           Mercury API (MIT), `serial_reader_l3.c`

The CRC is the CCITT division without the sixteen zero bits at the end, start FFFF, over LEN to DATA: it is not
CCITT-FALSE, which real frames refute. What a tag record holds is said by its metadata flags, in their order.

Held against no module yet: the keys of session and target, and the hardware codes.
"""

import binascii
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from edge.readers.base import (
    PHASE_ABSENT,
    RSSI_ABSENT_CDBM,
    MisconfiguredError,
    ProtocolError,
    ReaderError,
    TagError,
)
from edge.readers.serial.gen2 import tag_refuses
from edge.readers.serial.reads import EPC_BYTES_MAX, Read, Walked

HEADER: Final = 0xFF
SHORTEST: Final = 7
FRAME_BYTES_MAX: Final = 0xFF + SHORTEST
CRC_START: Final = 0x1D0F
"""What `binascii.crc_hqx`, which appends the zero bits, must start from: FFFF after two bytes of zero."""
OPTION_METADATA: Final = 0x10
TAG_RECORD: Final = 1
"""Kind of a streamed record; others tell statistics we do not ask for."""
FULL_TURN_DEGREES: Final = 360
DATA_FAILED: Final = 0x8000
XPC_FOLLOWS, XPC_W2_FOLLOWS = 0x0200, 0x8000


class Opcode(IntEnum):
    VERSION = 0x03
    BOOT_FIRMWARE = 0x04
    CURRENT_PROGRAM = 0x0C
    READ_TAGS = 0x22
    WRITE_DATA = 0x24
    LOCK = 0x25
    READ_DATA = 0x28
    MULTI_PROTOCOL = 0x2F
    GET_READ_POWER = 0x62
    GET_REGION = 0x67
    TEMPERATURE = 0x72
    SET_ANTENNAS = 0x91
    SET_READ_POWER = 0x92
    SET_PROTOCOL = 0x93
    SET_WRITE_POWER = 0x94
    SET_REGION = 0x97
    SET_OPTION = 0x9A
    SET_PROTOCOL_PARAM = 0x9B


class Meta(IntEnum):
    """Metadata flags, in the order in which their fields follow."""

    READ_COUNT = 0x0001
    RSSI = 0x0002
    ANTENNA = 0x0004
    FREQUENCY = 0x0008
    TIMESTAMP = 0x0010
    PHASE = 0x0020
    PROTOCOL = 0x0040
    DATA = 0x0080
    GPIO = 0x0100
    Q = 0x0200
    LINK = 0x0400
    TARGET = 0x0800
    BRAND = 0x1000


SIZES: Final = {
    Meta.READ_COUNT: 1, Meta.RSSI: 1, Meta.ANTENNA: 1, Meta.FREQUENCY: 3, Meta.TIMESTAMP: 4, Meta.PHASE: 2,
    Meta.PROTOCOL: 1, Meta.DATA: 2, Meta.GPIO: 1, Meta.Q: 1, Meta.LINK: 1, Meta.TARGET: 1, Meta.BRAND: 2,
}  # fmt: skip
KNOWN_FLAGS: Final = sum(SIZES)
RECORD_AT: Final = 11
"""Where the fields of a streamed record begin: after option, search flags, metadata flags and kind."""
STATUS_OK, STATUS_NO_TAG = 0x0000, 0x0400


class Answer(msgspec.Struct, frozen=True, gc=False):
    """`data` is owned."""

    opcode: int
    status: int
    data: bytes


class KeepAlive(msgspec.Struct, frozen=True, gc=False):
    """Status 0400 of a module that reads: a second without a tag. It is no fault."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """A streamed record that is no tag."""

    kind: int


FAULTS: Final[dict[int, tuple[type[ReaderError], str]]] = {
    0x0100: (MisconfiguredError, "the module expects another length of this command"),
    0x0101: (MisconfiguredError, "the module does not know this command"),
    0x0102: (MisconfiguredError, "the module does not have this command"),
    0x0103: (MisconfiguredError, "the power is higher than the module allows"),
    0x0104: (MisconfiguredError, "the frequency is not allowed"),
    0x0105: (MisconfiguredError, "the module does not take this value"),
    0x0106: (MisconfiguredError, "the power is lower than the module allows"),
    0x0109: (MisconfiguredError, "the module does not have this feature"),
    0x010A: (MisconfiguredError, "the module does not have this baud rate"),
    0x010B: (MisconfiguredError, "the module does not have this region"),
    0x0400: (TagError, "no tag answered"),
    0x0404: (TagError, "the tag gave no data"),
    0x0406: (TagError, "the tag was not written"),
    0x0409: (TagError, "the tag has no such address"),
    0x040A: (TagError, "the tag answers with an error"),
    0x040F: (TagError, "the tag's answer was damaged"),
    0x0430: (TagError, "the tag answers with an unknown error"),
    0x0500: (MisconfiguredError, "the frequency is not one of the region"),
    0x0501: (ReaderError, "every channel of the region is occupied"),
    0x0503: (MisconfiguredError, "no antenna is connected"),
    0x0504: (ReaderError, "the module is too hot and rests"),
    0x0505: (MisconfiguredError, "the antenna sends the power back; look at its cable"),
    0x0507: (MisconfiguredError, "the module has no such antenna"),
    0x0601: (ReaderError, "the module's memory of tags is full"),
    0x7F00: (ReaderError, "the module's firmware failed"),
    0x7F01: (ReaderError, "the module's firmware failed"),
}
GEN2_FIRST, GEN2_LAST = 0x0420, 0x042F
"""0420 + the error code a tag backscattered."""
CANNOT_READ: Final = range(0x0500, 0x0600)
"""Radio hardware: the module cannot read now, and says why."""


def fault(status: int, act: str) -> ReaderError:
    """What a status means, typed and in words. `act`: what was asked of the tag."""
    if GEN2_FIRST <= status <= GEN2_LAST:
        return tag_refuses(act, status - GEN2_FIRST)
    if status not in FAULTS:
        return ReaderError(f"status {status:04X}, for which we have no words")
    kind, words = FAULTS[status]
    return kind(words)


def crc(data: bytes) -> int:
    """`data`: from LEN, at least two bytes."""
    return binascii.crc_hqx(data[:-2], CRC_START) ^ (data[-2] << 8 | data[-1])


def encode(opcode: int, data: bytes = b"") -> bytes:
    """One command."""
    body = bytes((len(data), opcode)) + data
    return bytes((HEADER,)) + body + crc(body).to_bytes(2)


def walk(data: bytes, *, ended: bool = False) -> Walked:
    """Everything in `data`. `ended`: no more will come, so a frame cut short is damage."""
    walked = Walked()
    reads, frames, find = walked.reads, walked.frames, data.find
    at, size, good = 0, len(data), 0
    while at < size:
        if data[at] != HEADER:
            at = _skip(walked, find(HEADER, at), at, size)
            continue
        end = at + data[at + 1] + SHORTEST if size - at > 1 else at + SHORTEST
        if end > size:
            if not ended:
                break
            at = _skip(walked, find(HEADER, at + 1), at, size)
            continue
        if crc(data[at + 1 : end - 2]) != data[end - 2] << 8 | data[end - 1]:
            walked.damaged += 1
            at = _skip(walked, find(HEADER, at + 1), at, size)
            continue
        good += 1
        opcode, status = data[at + 2], data[at + 3] << 8 | data[at + 4]
        if opcode == 0x22 and status == 0 and end - at > RECORD_AT + SHORTEST - 5:
            kind = data[at + RECORD_AT - 1]
            try:
                if kind == TAG_RECORD:
                    reads.append(_tag(data, at + RECORD_AT, end - 2, data[at + 8] << 8 | data[at + 9]))
                else:
                    frames.append(Record(kind))
            except ProtocolError:
                walked.damaged += 1
        elif opcode == 0x22 and status == STATUS_NO_TAG:
            frames.append(KeepAlive())
        else:
            frames.append(Answer(opcode, status, data[at + 5 : end - 2]))
        at = end
    walked.consumed, walked.good = at, good
    return walked


class _Layout(NamedTuple):
    """Where fields lie in a record with these metadata flags, from its first; -1 where there is none."""

    count_at: int
    rssi_at: int
    antenna_at: int
    phase_at: int
    data_at: int
    size: int


def _layout(flags: int) -> _Layout:
    """Raises `ProtocolError` for a flag whose field we cannot step over."""
    if flags & ~KNOWN_FLAGS:
        raise ProtocolError(f"metadata flags {flags:04X} hold one we do not know")
    places: dict[Meta, int] = {}
    at = 0
    for flag, size in SIZES.items():
        if flags & flag:
            places[flag] = at
            at += size
    wanted = (Meta.READ_COUNT, Meta.RSSI, Meta.ANTENNA, Meta.PHASE, Meta.DATA)
    count, rssi, antenna, phase, data = (places.get(flag, -1) for flag in wanted)
    return _Layout(count, rssi, antenna, phase, data, at)


_LAYOUTS: Final[dict[int, _Layout]] = {}
"""Filled as flags are met; there are at most 2**13 of them."""


def _tag(data: bytes, at: int, end: int, flags: int) -> Read:
    """Metadata by flags, then bits of what follows, PC, perhaps XPC, EPC, CRC. Raises `ProtocolError`."""
    layout = _LAYOUTS.get(flags)
    if layout is None:
        layout = _LAYOUTS[flags] = _layout(flags)
    count_at, rssi_at, antenna_at, phase_at, data_at, size = layout
    bits_at = at + size
    if bits_at + 4 > end:
        raise ProtocolError("a tag shorter than its metadata")
    if data_at >= 0:
        bits = data[at + data_at] << 8 | data[at + data_at + 1]
        bits_at += 2 if bits & DATA_FAILED else (bits + 7) // 8
        if bits_at + 4 > end:
            raise ProtocolError("a tag shorter than its data")
    first, last = bits_at + 4, bits_at + ((data[bits_at] << 8 | data[bits_at + 1]) >> 3)
    pc = data[bits_at + 2] << 8 | data[bits_at + 3]
    if pc & XPC_FOLLOWS and first + 2 <= end:
        first += 4 if data[first] << 8 & XPC_W2_FOLLOWS else 2
    if not (first < last <= end - 2 and last - first <= EPC_BYTES_MAX):
        raise ProtocolError("a tag without an EPC, or longer than its frame")
    rssi = data[at + rssi_at] if rssi_at >= 0 else 0
    antenna = data[at + antenna_at] >> 4 or 16 if antenna_at >= 0 else 0
    phase = PHASE_ABSENT
    if phase_at >= 0:
        phase = ((data[at + phase_at] << 8 | data[at + phase_at + 1]) << 12) // FULL_TURN_DEGREES & 0xFFF
    return (
        data[first:last],
        antenna,
        RSSI_ABSENT_CDBM if rssi_at < 0 else (rssi - 256 if rssi > 127 else rssi) * 100,
        phase,
        data[at + count_at] or 1 if count_at >= 0 else 1,
    )


def _skip(walked: Walked, found: int, at: int, size: int) -> int:
    following = found if found >= 0 else size
    walked.skipped += following - at
    return following
