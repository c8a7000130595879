"""What may be done to one tag, in the words of an R2000 reader. No input or output.

SET_MATCH names the tag by its whole EPC; READ, WRITE and LOCK then reach no other, and their answers name who answered.
"UHF RFID Reader Serial Interface Protocol" V3.7 §2.2.2–2.2.6. LOCK changes one lock at a time.
"""

from collections.abc import Callable, Sequence
from typing import Final

from edge.readers.access import WORD_BYTES, Access, Lock, Lockable, LockState, ReadMemory, WriteMemory
from edge.readers.base import ProtocolError, TagError
from edge.readers.r2000.frames import DONE, Command, fault
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import Reach, check

REACH: Final = Reach(target_bytes=62, read_words=80, write_words=32, at_words=0xFF, by_tid=False)
MATCH: Final = 0
PARTS: Final = {
    Lockable.USER: 1,
    Lockable.TID: 2,
    Lockable.EPC: 3,
    Lockable.ACCESS_PASSWORD: 4,
    Lockable.KILL_PASSWORD: 5,
}
LOCKS: Final = {
    LockState.UNLOCKED: 0,
    LockState.LOCKED: 1,
    LockState.UNLOCKED_FOR_EVER: 2,
    LockState.LOCKED_FOR_EVER: 3,
}
TOLD_FIXED: Final = 10
"""Of an answer about a tag: count, length, PC, CRC, how much or what went wrong, antenna, times."""


def asks(access: Access, ask: Callable[[Command, bytes], Ask]) -> Sequence[Ask]:
    """Name the tag, then the act. Raises `MisconfiguredError`."""
    check(access, REACH)
    match_ = ask(Command.SET_MATCH, bytes((MATCH, len(access.tag.bits))) + access.tag.bits)
    password = access.password.to_bytes(4)
    match access:
        case ReadMemory(bank=bank, at=at, words=words):
            return match_, ask(Command.READ, bytes((bank, at, words)) + password)
        case WriteMemory(bank=bank, at=at, data=data):
            return match_, ask(Command.WRITE, password + bytes((bank, at, len(data) // WORD_BYTES)) + data)
        case Lock(locks=locks):
            acts = [ask(Command.LOCK, password + bytes((PARTS[part], LOCKS[to]))) for part, to in locks.items()]
            return match_, *acts


def told(command: int, data: bytes) -> tuple[bytes, bytes]:
    """(EPC of who answered, the words read). Raises `ProtocolError`, or `TagError` when the tag did not do it."""
    if len(data) < TOLD_FIXED or data[2] + 6 != len(data):
        raise ProtocolError(f"an answer about a tag of {len(data)} bytes")
    read = data[-3] if command == Command.READ else 0
    end = 1 + data[2] - read
    if end < 5:
        raise ProtocolError("an answer about a tag that names no tag")
    if command != Command.READ and data[-3] != DONE:
        raise TagError(str(fault(data[-3])))
    return data[5:end], data[end + 2 : end + 2 + read]
