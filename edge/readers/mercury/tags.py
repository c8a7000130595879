"""What may be done to one tag, in the words of a Mercury module. No input or output.

READ_DATA, WRITE_DATA and LOCK carry the Select that finds the tag: Mercury API (MIT), `serial_reader_l3.c`, where the
password stands before the filter, or for LOCK before the bits. An answer names no tag; the Select is all the proof.
"""

from typing import Final

from edge.readers.access import Access, Bank, Lock, ReadMemory, Target, WriteMemory
from edge.readers.mercury.frames import OPTION_METADATA, Opcode
from edge.readers.serial.gen2 import SELECT_AT_BIT, Reach, check, lock_fields

REACH: Final = Reach(target_bytes=30, read_words=125, write_words=100)
"""A mask of at most 255 bits, a frame of at most 255 bytes."""
TIMEOUT_MS: Final = 1000
SELECT_EPC, SELECT_TID = 1, 2


def said(access: Access) -> tuple[Opcode, bytes]:
    """The one command that does it. Raises `MisconfiguredError`."""
    check(access, REACH)
    option, filtered = _select(access.tag)
    timeout, password = TIMEOUT_MS.to_bytes(2), access.password.to_bytes(4)
    match access:
        case ReadMemory(bank=bank, at=at, words=words):
            # of the metadata that may come first we want none
            where = bytes((OPTION_METADATA | option, 0, 0, bank)) + at.to_bytes(4) + bytes((words,))
            return Opcode.READ_DATA, timeout + where + password + filtered
        case WriteMemory(bank=bank, at=at, data=data):
            where = bytes((option,)) + at.to_bytes(4) + bytes((bank,))
            return Opcode.WRITE_DATA, timeout + where + password + filtered + data
        case Lock(locks=locks):
            mask, action = lock_fields(locks)
            bits = mask.to_bytes(2) + action.to_bytes(2)
            return Opcode.LOCK, timeout + bytes((option,)) + password + bits + filtered


def _select(tag: Target) -> tuple[int, bytes]:
    """Option, and length in bits with the mask; of a TID the bit where it begins comes first."""
    length = bytes((len(tag.bits) * 8,)) + tag.bits
    if tag.bank is Bank.EPC:
        return SELECT_EPC, length
    return SELECT_TID, SELECT_AT_BIT[tag.bank].to_bytes(4) + length
