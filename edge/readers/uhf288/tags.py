"""What may be done to one tag, in the words of a UHFReader288, 86 or 18. No input or output.

READ (§8.2.2), WRITE (§8.2.3) and LOCK (§8.2.6) carry the whole EPC of the tag, or FF for its length and a mask in its
TID at the end. WRITE EPC (04) would take any tag. An answer names no tag; the EPC or mask is all the proof. A
UHFReader18 compares EPCs only. LOCK changes one lock at a time: power that fails in between leaves some.
"""

from collections.abc import Sequence
from typing import Final

from edge.readers.access import WORD_BYTES, Access, Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory
from edge.readers.serial.gen2 import SELECT_AT_BIT, Reach, check
from edge.readers.uhf288.frames import Command

REACH: Final = Reach(target_bytes=30, read_words=120, write_words=32, at_words=0xFF)
REACH_OLD: Final = Reach(target_bytes=30, read_words=120, write_words=32, at_words=0xFF, by_tid=False)
BY_MASK: Final = 0xFF
PARTS: Final = {part: code for code, part in enumerate(Lockable)}
PROTECTIONS: Final = {
    LockState.UNLOCKED: 0,
    LockState.UNLOCKED_FOR_EVER: 1,
    LockState.LOCKED: 2,
    LockState.LOCKED_FOR_EVER: 3,
}


def said(access: Access, *, old: bool) -> Sequence[tuple[Command, bytes]]:
    """The commands that do it, one after the other. Raises `MisconfiguredError`."""
    check(access, REACH_OLD if old else REACH)
    who, mask = _named(access.tag)
    end = access.password.to_bytes(4) + mask
    match access:
        case ReadMemory(bank=bank, at=at, words=words):
            return ((Command.READ, who + bytes((bank, at, words)) + end),)
        case WriteMemory(bank=bank, at=at, data=data):
            return ((Command.WRITE, bytes((len(data) // WORD_BYTES,)) + who + bytes((bank, at)) + data + end),)
        case Lock(locks=locks):
            return [(Command.LOCK, who + bytes((PARTS[part], PROTECTIONS[to])) + end) for part, to in locks.items()]


def _named(tag: Target) -> tuple[bytes, bytes]:
    """(length in words and EPC, nothing), or (FF, bank, bit and length in bits, mask)."""
    if tag.bank is Bank.EPC:
        return bytes((len(tag.bits) // WORD_BYTES,)) + tag.bits, b""
    at = SELECT_AT_BIT[tag.bank].to_bytes(2)
    return bytes((BY_MASK,)), bytes((tag.bank,)) + at + bytes((len(tag.bits) * 8,)) + tag.bits
