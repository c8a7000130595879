"""What may be done to one tag, in the words of an M100/R200 module. No input or output.

READ, WRITE and LOCK reach whatever SET_SELECT selects; their answers name the tag by PC and EPC, and that is checked.
A tag named by its TID is read first: from then on its EPC is known. "Communication Protocol V2.1", by command code.
"""

from collections.abc import Callable, Sequence
from typing import Final

from edge.readers.access import Access, Bank, Lock, ReadMemory, Target, WriteMemory
from edge.readers.base import ProtocolError
from edge.readers.m100.frames import Command
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import SELECT_AT_BIT, Reach, check, lock_fields

REACH: Final = Reach(target_bytes=30, read_words=128, write_words=32)
"""The length of a mask is told in one byte, in bits."""
SELECT_FOR_ACCESS: Final = 2
"""SELECT_MODE: a Select before everything but a round."""
TAG_COMMANDS: Final = (Command.READ, Command.WRITE, Command.LOCK)


def asks(access: Access, ask: Callable[[Command, bytes], Ask]) -> Sequence[Ask]:
    """Select the tag, so that no other is reached; of one named by its TID see who it is; then the act."""
    check(access, REACH)
    select = (ask(Command.SET_SELECT, mask(access.tag)), ask(Command.SELECT_MODE, bytes((SELECT_FOR_ACCESS,))))
    who = () if access.tag.bank is Bank.EPC else (ask(Command.READ, _read(whole_tid(access))),)
    match access:
        case ReadMemory():
            return (*select, *who, ask(Command.READ, _read(access)))
        case WriteMemory(bank=bank, at=at, data=data):
            where = bytes((bank,)) + at.to_bytes(2) + (len(data) // 2).to_bytes(2)
            return (*select, *who, ask(Command.WRITE, access.password.to_bytes(4) + where + data))
        case Lock(locks=locks):
            bits, action = lock_fields(locks)
            return (*select, *who, ask(Command.LOCK, access.password.to_bytes(4) + (bits << 10 | action).to_bytes(3)))


def told(body: bytes) -> tuple[bytes, bytes]:
    """(EPC of who answered, what it said): UL counts PC and EPC. Raises `ProtocolError`."""
    if not body or not 2 <= body[0] < len(body):
        raise ProtocolError("an answer about a tag that names no tag")
    return body[3 : 1 + body[0]], body[1 + body[0] :]


def mask(tag: Target) -> bytes:
    """SET_SELECT: target and action 0 with the bank, pointer and length in bits, not truncated, mask."""
    return bytes((tag.bank, *SELECT_AT_BIT[tag.bank].to_bytes(4), len(tag.bits) * 8, 0)) + tag.bits


def whole_tid(access: Access) -> ReadMemory:
    return ReadMemory(tag=access.tag, bank=Bank.TID, words=len(access.tag.bits) // 2, password=access.password)


def _read(access: ReadMemory) -> bytes:
    return access.password.to_bytes(4) + bytes((access.bank,)) + access.at.to_bytes(2) + access.words.to_bytes(2)
