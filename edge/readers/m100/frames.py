"""Frames of M100/QM100/R200 modules (YRM100, JRD-4035, …). No input or output.

    Header | Type | Command | PL hi lo | Param[PL] | Checksum | End          handbook rfid.md §3.1

Type 00 command, 01 answer, 02 notice. Checksum: low byte of the sum from Type to the last parameter. Two dialects with
one body: BB … 7E ("Communication Protocol V2.1" of YRM100, M5Stack's for JRD-4035) and AA … DD ("R200 user guide
V2.3.3"). A tag notice carries the command 22; the manual's text says 27 for MULTI_POLL, so that is taken too.
Nothing is escaped: 7E and BB occur inside frames, so a frame is header, length, checksum and end together.

Held against no module yet: the codes of regions.
"""

import re
import struct
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from edge.readers.base import PHASE_ABSENT, MisconfiguredError, ProtocolError, ReaderError, TagError
from edge.readers.serial.gen2 import tag_refuses
from edge.readers.serial.reads import EPC_BYTES_MAX, Walked

PREFIX: Final = struct.Struct(">BBH")
NOTICE: Final = struct.Struct(">b")
SHORTEST: Final = 7
PARAMS_MAX: Final = 384
"""The longest answer is a read of a whole bank: UL, PC, EPC of 62 bytes, and 128 words. What is longer is damage."""
ANTENNA: Final = 1
"""One port; frames carry no antenna number."""
TAG_FIXED: Final = 5
"""Of a tag notice beside its EPC: RSSI, PC, CRC."""


class Dialect(StrEnum):
    BB = "BB…7E"
    AA = "AA…DD"


MARKS: Final = {Dialect.BB: (0xBB, 0x7E), Dialect.AA: (0xAA, 0xDD)}
ENDS: Final = dict(MARKS.values())
STARTS: Final[dict[Dialect | None, re.Pattern[bytes]]] = {
    None: re.compile(rb"[\xaa\xbb](?:[\x00-\x02]|\Z)"),
    Dialect.BB: re.compile(rb"\xbb(?:[\x00-\x02]|\Z)"),
    Dialect.AA: re.compile(rb"\xaa(?:[\x00-\x02]|\Z)"),
}
"""Where a frame can begin: a header and a type, or a header as the last byte we have."""


class Kind(IntEnum):
    COMMAND = 0
    ANSWER = 1
    NOTICE = 2


class Command(IntEnum):
    INFO = 0x03
    SET_REGION = 0x07
    GET_REGION = 0x08
    SET_SELECT = 0x0C
    SET_QUERY = 0x0E
    SELECT_MODE = 0x12
    POLL = 0x22
    MULTI_POLL = 0x27
    STOP = 0x28
    READ = 0x39
    WRITE = 0x49
    LOCK = 0x82
    SET_POWER = 0xB6
    GET_POWER = 0xB7
    ERROR = 0xFF


TAG_COMMANDS: Final = (0x22, 0x27)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A command was carried out; `body` is its parameters, owned."""

    dialect: Dialect
    command: int
    body: bytes


class Failure(msgspec.Struct, frozen=True, gc=False):
    """A command failed (answer FF). `tag`: PC and EPC of the tag that answered with an error, when one did."""

    dialect: Dialect
    code: int
    tag: bytes


class RoundOver(msgspec.Struct, frozen=True, gc=False):
    """Failure 15 while polling: this round found no tag, or only a damaged answer. It is no fault (rfid.md §3.1)."""

    dialect: Dialect


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A whole frame of a kind we do not know."""

    kind: int
    command: int


ROUND_OVER: Final = 0x15
FAULTS: Final[dict[int, tuple[type[ReaderError], str]]] = {
    0x09: (TagError, "no tag answered the read, or its answer was damaged"),
    0x0A: (TagError, "the tag was read and its data was damaged"),
    0x10: (TagError, "no tag answered the write, or its answer was damaged"),
    0x12: (TagError, "no tag answered the kill command"),
    0x13: (TagError, "no tag answered the lock command"),
    0x14: (TagError, "no tag answered the permanent lock command"),
    0x15: (TagError, "no tag answered, or its answer was damaged"),
    0x16: (TagError, "the access password is wrong"),
    0x17: (MisconfiguredError, "the module does not know this command or this value"),
    0x20: (MisconfiguredError, "every channel of the region is occupied (frequency hopping failed)"),
}
DONE_TO_TAG: Final = {0xA0: "read", 0xB0: "write", 0xC0: "lock", 0xD0: "kill", 0xE0: "permanent lock"}
"""High half of the code of an error that a tag backscattered; the low half is its own."""


def fault(code: int) -> ReaderError:
    """What an error frame means, typed and in words."""
    if code in FAULTS:
        kind, words = FAULTS[code]
        return kind(words)
    act = DONE_TO_TAG.get(code & 0xF0)
    if act is None:
        return ReaderError(f"error {code:02X}, which no manual names")
    return tag_refuses(act, code & 0x0F)


def encode(dialect: Dialect, command: int, body: bytes = b"") -> bytes:
    """One command."""
    header, end = MARKS[dialect]
    inside = PREFIX.pack(Kind.COMMAND, command, len(body)) + body
    return bytes((header, *inside, sum(inside) & 0xFF, end))


def walk(data: bytes, *, dialect: Dialect | None = None, ended: bool = False) -> Walked:
    """Everything in `data`; `dialect` None takes both. `ended`: no more will come, so a frame cut short is damage."""
    walked = Walked()
    reads, frames, starts = walked.reads, walked.frames, STARTS[dialect]
    own = MARKS[dialect][0] if dialect is not None else None
    at, size, good = 0, len(data), 0
    while at < size:
        header = data[at]
        tail = ENDS.get(header) if own is None or header == own else None
        if tail is None or size - at < SHORTEST:
            if tail is not None and not ended and starts.match(data, at):
                break
            at = _skip(walked, starts, data, at)
            continue
        kind, command, length = PREFIX.unpack_from(data, at + 1)
        end = at + length + SHORTEST
        if kind > Kind.NOTICE or length > PARAMS_MAX or (end > size and ended):
            at = _skip(walked, starts, data, at)
            continue
        if end > size:
            break
        if data[end - 1] != tail or sum(data[at + 1 : end - 2]) & 0xFF != data[end - 2]:
            walked.damaged += 1
            at = _skip(walked, starts, data, at)
            continue
        good += 1
        if kind == 2 and command in TAG_COMMANDS and TAG_FIXED < length <= TAG_FIXED + EPC_BYTES_MAX and length & 1:
            rssi = data[at + 5]
            reads.append((data[at + 8 : end - 4], 1, (rssi - 256 if rssi > 127 else rssi) * 100, PHASE_ABSENT, 1))
            at = end
            continue
        try:
            frames.append(_frame(Dialect.BB if header == 0xBB else Dialect.AA, kind, command, data[at + 5 : end - 2]))
        except ProtocolError:
            walked.damaged += 1
        at = end
    walked.consumed, walked.good = at, good
    return walked


def _skip(walked: Walked, starts: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = starts.search(data, at + 1)
    following = found.start() if found is not None else len(data)
    walked.skipped += following - at
    return following


def _frame(dialect: Dialect, kind: int, command: int, body: bytes) -> msgspec.Struct:
    """Raises `ProtocolError` for a tag or an error frame whose inside is not what its length says."""
    if kind == Kind.NOTICE and command in TAG_COMMANDS:
        raise ProtocolError(f"a tag notice of {len(body)} bytes holds no EPC of whole words")
    if command == Command.ERROR and kind == Kind.ANSWER:
        if not body:
            raise ProtocolError("an error frame without a code")
        if body[0] == ROUND_OVER and len(body) == 1:
            return RoundOver(dialect)
        return Failure(dialect, body[0], body[2 : 2 + body[1]] if len(body) > 1 else b"")
    if kind == Kind.ANSWER:
        return Answer(dialect, command, body)
    return Unknown(kind, command)
