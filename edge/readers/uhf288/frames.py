"""Frames of UHFReader288, UHFReader86 and UHFReader18 (Chafon CF-RU/CF-MU, WYUAN, …). No input or output.

    command  Len | Adr | Cmd            | Data | CRC lo hi                 handbook rfid.md §3.3
    answer   Len | Adr | reCmd | Status | Data | CRC lo hi                 "UHF RFID Reader UR-series manual" v1.14 §2–4

Len counts the bytes after itself. CRC-16, polynomial 8408 reflected, start FFFF, over Len to Data, low byte first; over
a whole frame it is 0. No byte marks a beginning: a frame is a length whose CRC holds.

Held against no manual page and no module yet: the temperature (0x92), the 8-byte INFO answer that tells a UHFReader18,
the codes of the European and Korean bands, the order of WRITE (0x03), which follows the page on block writes, and of
LOCK (0x06), which follows the manual of the older ZK-RFID102 with the mask where READ has it.
"""

import binascii
from enum import IntEnum
from typing import Final

import msgspec

from edge.readers.base import (
    PHASE_ABSENT,
    RSSI_ABSENT_CDBM,
    MisconfiguredError,
    ProtocolError,
    ReaderError,
    TagError,
    TagLockedError,
)
from edge.readers.serial.gen2 import tag_refuses
from edge.readers.serial.reads import EPC_BYTES_MAX, Read, Walked

SHORTEST: Final = 6
FRAME_BYTES_MAX: Final = 256
BROADCAST: Final = 0xFF
LENGTH_BITS: Final = 0x3F
FAST_ID: Final = 0x80
"""In the length of an EPC: twelve bytes of TID follow it (Impinj FastID)."""
WITH_PHASE: Final = 0x40
"""In the length of an EPC: phase and frequency follow its RSSI."""
FAST_ID_BYTES: Final = 12
PHASE_BYTES: Final = 7
PORTS_MAX: Final = 16

_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Command(IntEnum):
    INVENTORY = 0x01
    READ = 0x02
    WRITE = 0x03
    LOCK = 0x06
    INFO = 0x21
    SET_REGION = 0x22
    SET_POWER = 0x2F
    SET_WORK_MODE = 0x76
    TEMPERATURE = 0x92
    PUSHED = 0xEE
    """Not a command: what a reader in real-time mode says by itself."""


class Status(IntEnum):
    DONE = 0x00
    FINISHED = 0x01
    TIMEOUT = 0x02
    MORE = 0x03
    FULL = 0x04
    STATISTICS = 0x26
    HEARTBEAT = 0x28
    ANTENNA = 0xF8
    NO_TAG = 0xFB
    TAG = 0xFC


WITH_TAGS: Final = (Status.FINISHED, Status.TIMEOUT, Status.MORE, Status.FULL)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """`data` is owned. An inventory's tags are taken out of it already."""

    command: int
    status: int
    data: bytes


class Pushed(msgspec.Struct, frozen=True, gc=False):
    """The reader is in real-time mode: it reads by itself, and listens to few commands (manual §8.4.22)."""

    status: int


FAULTS: Final[dict[int, tuple[type[ReaderError], str]]] = {
    0x05: (TagError, "the access password is wrong"),
    0x09: (TagError, "the kill password is wrong"),
    0x0A: (TagError, "the kill password may not be zero"),
    0x0B: (TagError, "the tag does not know this command"),
    0x0C: (TagError, "the access password may not be zero"),
    0x0D: (TagError, "the tag is protected already"),
    0x0E: (TagError, "the tag is not protected"),
    0x10: (TagLockedError, "some of these words are locked"),
    0x11: (TagError, "the tag cannot be locked"),
    0x12: (TagError, "the tag is locked already"),
    0x13: (MisconfiguredError, "the setting works but could not be saved"),
    0x14: (MisconfiguredError, "the power cannot be set so"),
    0xF8: (MisconfiguredError, "no antenna is connected there"),
    0xF9: (ReaderError, "the command failed"),
    0xFA: (TagError, "the tag answers, and too weakly; bring it closer"),
    0xFB: (TagError, "no tag answered"),
    0xFD: (MisconfiguredError, "the reader expects another length of this command"),
    0xFE: (MisconfiguredError, "the reader does not know this command"),
    0xFF: (MisconfiguredError, "the reader does not take this value"),
}
"""Status (manual §4, "list of command execution results")."""


def fault(status: int, data: bytes, act: str) -> ReaderError:
    """What an error status means, typed and in words. `act`: what was asked of the tag."""
    if status == Status.TAG:
        return tag_refuses(act, data[0] if data else 0)
    if status not in FAULTS:
        return ReaderError(f"status {status:02X}, which the manual does not name")
    kind, words = FAULTS[status]
    return kind(words)


def crc(data: bytes) -> int:
    """The CRC with its bits mirrored is that of `binascii`, which is quick."""
    value = binascii.crc_hqx(data.translate(_MIRROR), 0xFFFF)
    return _MIRROR[value & 0xFF] << 8 | _MIRROR[value >> 8]


def encode(command: int, data: bytes = b"", address: int = BROADCAST) -> bytes:
    """One command. Every reader hears the broadcast address; a cable has one reader."""
    body = bytes((len(data) + 4, address, command)) + data
    return body + crc(body).to_bytes(2, "little")


def walk(data: bytes, *, port: int = 0, old: bool = False, ended: bool = False) -> Walked:
    """Everything in `data`. `port`: the antenna that was asked, for readers that tell an index.

    `old`: UHFReader18, which tells neither antenna nor RSSI. `ended`: no more will come; a frame cut short is damage.
    """
    walked = Walked()
    mirror, check = data.translate(_MIRROR), binascii.crc_hqx
    at, size, good, skipped = 0, len(data), 0, 0
    while at < size:
        end = at + data[at] + 1
        if end > size and not ended and end - at >= SHORTEST:
            break
        if end > size or end - at < SHORTEST or check(mirror[at:end], 0xFFFF):
            at += 1
            skipped += 1
            continue
        good += 1
        command, status = data[at + 2], data[at + 3]
        try:
            if command == 0x01 and 0x01 <= status <= 0x04:
                _inventory(walked.reads, data, at + 4, end - 2, port=port, old=old)
                if status != 0x03:
                    walked.frames.append(Answer(command, status, b""))
            elif command == 0xEE:
                if status == 0:
                    _tag(walked.reads, data, at + 5, end - 2, _antenna(data[at + 4], port))
                walked.frames.append(Pushed(status))
            else:
                walked.frames.append(Answer(command, status, data[at + 4 : end - 2]))
        except ProtocolError:
            walked.damaged += 1
        at = end
    walked.consumed, walked.good, walked.skipped = at, good, skipped
    return walked


def _inventory(reads: list[Read], data: bytes, at: int, end: int, *, port: int, old: bool) -> None:
    """Ant, Num, Num tags; of UHFReader18 Num and EPCs alone. Raises `ProtocolError`; the tags before it stay."""
    if at == end:
        return
    antenna = 1
    if not old:
        antenna = _antenna(data[at], port)
        at += 1
    if at >= end:
        raise ProtocolError("an inventory without a number of tags")
    count, at = data[at], at + 1
    for _ in range(count):
        at = _tag(reads, data, at, end, antenna, rssi=not old)
    if at != end:
        raise ProtocolError("an inventory longer than its tags")


def _tag(reads: list[Read], data: bytes, at: int, end: int, antenna: int, *, rssi: bool = True) -> int:
    """Length and flags, EPC, RSSI (raw, no dBm: not told on), perhaps phase and frequency. Returns where it ends."""
    if at >= end:
        raise ProtocolError("fewer tags than were announced")
    flags = data[at]
    size = flags & LENGTH_BITS if rssi else flags
    last = at + 1 + size
    following = last + (1 if rssi else 0) + (PHASE_BYTES if rssi and flags & WITH_PHASE else 0)
    if following > end or not 0 < size <= EPC_BYTES_MAX:
        raise ProtocolError("a tag longer than its frame")
    if rssi and flags & FAST_ID and size > FAST_ID_BYTES:
        last -= FAST_ID_BYTES
    reads.append((data[at + 1 : last], antenna, RSSI_ABSENT_CDBM, PHASE_ABSENT, 1))
    return following


def _antenna(told: int, port: int) -> int:
    """Readers with up to 8 ports tell one bit per port, those with 12 or 16 an index from 0 (rfid.md §3.3)."""
    if port and told == port - 1:
        return port
    return min(told.bit_length(), PORTS_MAX)
