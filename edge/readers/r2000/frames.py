"""Frames of readers built on Impinj's R2000 with the "A0" protocol (YR900, M-500, YPD-R300, …). No input or output.

    A0 | Len | Address | Cmd | Data | Check                                   handbook rfid.md §3.4

Len counts the bytes after itself. Check makes the sum of all bytes 0. "UHF RFID Reader Serial Interface Protocol" V3.7
§1.2, by the names of its commands; its error codes are §3. A tag of an inventory and the inventory's end carry the same
command: the end has Len 0A, an error Len 04.

Held against no module yet: the frequencies of regions, the kinds of lock, and what a locked tag is answered with.
"""

from enum import IntEnum
from typing import Final

import msgspec

from edge.readers.base import PHASE_ABSENT, MisconfiguredError, ProtocolError, ReaderError, TagError
from edge.readers.serial.reads import EPC_BYTES_MAX, Read, Walked

HEADER: Final = 0xA0
SHORTEST: Final = 5
FRAME_BYTES_MAX: Final = 0xFF + 2
BROADCAST: Final = 0xFF
ERROR_LEN, END_LEN = 0x04, 0x0A
RSSI_OFFSET: Final = 129
PORTS_MAX: Final = 4
"""An antenna is told in two bits."""


class Command(IntEnum):
    SET_POWER_FOR_NOW = 0x66
    """Not into flash, and forgotten with the power: what may be changed as often as one likes."""
    GET_FIRMWARE = 0x72
    SET_ANTENNA = 0x74
    SET_POWER = 0x76
    GET_POWER = 0x77
    SET_REGION = 0x78
    GET_REGION = 0x79
    TEMPERATURE = 0x7B
    READ = 0x81
    WRITE = 0x82
    LOCK = 0x83
    SET_MATCH = 0x85
    INVENTORY = 0x8B


class Answer(msgspec.Struct, frozen=True, gc=False):
    """`data` is owned; of a setting it is one byte, a code of `FAULTS` or `DONE`."""

    command: int
    data: bytes


class RoundOver(msgspec.Struct, frozen=True, gc=False):
    """An inventory has ended, with tags or without."""


DONE: Final = 0x10
ANTENNA_MISSING: Final = 0x22
FAULTS: Final[dict[int, tuple[type[ReaderError], str]]] = {
    0x11: (ReaderError, "the command failed"),
    0x20: (ReaderError, "the reader restarts"),
    0x21: (ReaderError, "the reader cannot transmit"),
    0x22: (MisconfiguredError, "no antenna is connected there"),
    0x25: (MisconfiguredError, "the power cannot be set so"),
    0x31: (TagError, "the inventory failed"),
    0x32: (TagError, "the tag was not read: it is locked, too weak, or has no such memory"),
    0x33: (TagError, "the tag was not written: it is locked, too weak, or has no such memory"),
    0x34: (TagError, "the tag was not locked: it is locked for ever, or too weak"),
    0x36: (TagError, "no tag answered"),
    0x37: (TagError, "the tag was found and does not do it"),
    0x40: (TagError, "the access password is wrong, or the tag is locked"),
    0x41: (MisconfiguredError, "the reader does not take this value"),
    0x47: (MisconfiguredError, "the reader has no such antenna"),
    0x48: (MisconfiguredError, "the reader does not have this power"),
    0x49: (MisconfiguredError, "the reader does not have this region"),
    0x54: (MisconfiguredError, "the reader does not reach this power"),
}


def fault(code: int) -> ReaderError:
    """What an error code means, typed and in words."""
    if code not in FAULTS:
        return ReaderError(f"error {code:02X}, for which we have no words")
    kind, words = FAULTS[code]
    return kind(words)


def encode(command: int, data: bytes = b"") -> bytes:
    """One command. Every reader hears the broadcast address; a cable has one reader."""
    frame = bytes((HEADER, len(data) + 3, BROADCAST, command)) + data
    return frame + bytes((-sum(frame) & 0xFF,))


def walk(data: bytes, *, ended: bool = False) -> Walked:
    """Everything in `data`. `ended`: no more will come, so a frame cut short is damage."""
    walked = Walked()
    reads, frames, find = walked.reads, walked.frames, data.find
    at, size = 0, len(data)
    while at < size:
        length = data[at + 1] if data[at] == HEADER and size - at > 1 else 0
        end = at + length + 2
        if data[at] == HEADER and not ended and (size - at < 2 or (end > size and end - at >= SHORTEST)):
            break
        if length == 0 or end - at < SHORTEST or end > size or sum(data[at:end]) & 0xFF:
            walked.damaged += SHORTEST <= end - at <= size - at and length > 0
            following = find(HEADER, at + 1)
            following = following if following >= 0 else size
            walked.skipped += following - at
            at = following
            continue
        walked.good += 1
        command, inside = data[at + 3], data[at + 4 : end - 1]
        if command != Command.INVENTORY or length == ERROR_LEN:
            frames.append(Answer(command, inside))
        elif length == END_LEN:
            frames.append(RoundOver())
        else:
            try:
                reads.append(_tag(inside))
            except ProtocolError:
                walked.damaged += 1
        at = end
    walked.consumed = at
    return walked


def _tag(inside: bytes) -> Read:
    """Frequency and antenna, PC, EPC, RSSI. Raises `ProtocolError`."""
    epc = inside[3:-1]
    if not 0 < len(epc) <= EPC_BYTES_MAX or len(epc) % 2:
        raise ProtocolError(f"a tag with an EPC of {len(epc)} bytes")
    return epc, (inside[0] & 3) + 1, (inside[-1] - RSSI_OFFSET) * 100, PHASE_ABSENT, 1
