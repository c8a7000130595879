"""What EPC Gen2 v2 fixes for every module: errors of tags, lock bits, slots for a population, EPCs after a write."""

from collections.abc import Mapping
from typing import Final

import msgspec

from edge.readers.access import WORD_BYTES, Access, Bank, Lock, Lockable, LockState, ReadMemory, WriteMemory, pc_word
from edge.readers.base import MisconfiguredError, TagError, TagLockedError

SELECT_AT_BIT: Final[Mapping[Bank, int]] = {Bank.EPC: 32, Bank.TID: 0}
"""Where a `Target` begins in its bank: an EPC after the stored CRC and the PC."""
LOCKED: Final = 0x4
GEN2_ERRORS: Final = {
    0x0: "some other error",
    0x3: "its memory does not reach that far",
    LOCKED: "that part of its memory is locked",
    0xB: "it has too little power; bring it closer",
    0xF: "it names no reason",
}
"""Error codes a tag backscatters (annex I)."""
LOCK_ACTIONS: Final = {
    LockState.UNLOCKED: 0b00,
    LockState.UNLOCKED_FOR_EVER: 0b01,
    LockState.LOCKED: 0b10,
    LockState.LOCKED_FOR_EVER: 0b11,
}
"""Password bit and permalock bit (§6.3.2.12.3.5)."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What one command of a module can hold."""

    target_bytes: int
    read_words: int
    write_words: int
    at_words: int = 0xFFFF
    """Farthest word."""
    by_tid: bool = True


def check(access: Access, reach: Reach) -> None:
    """Raises `MisconfiguredError` for what cannot be put into a command of this module."""
    size = len(access.tag.bits)
    if access.tag.bank not in SELECT_AT_BIT or not 0 < size <= reach.target_bytes or size % WORD_BYTES:
        raise MisconfiguredError(f"name the tag by its whole EPC or TID, 1 to {reach.target_bytes // WORD_BYTES} words")
    if access.tag.bank is Bank.TID and not reach.by_tid:
        raise MisconfiguredError("a reader of this kind cannot tell tags apart by their TID; name the tag by its EPC")
    match access:
        case ReadMemory(words=words, at=at) if not 0 < words <= reach.read_words or at > reach.at_words:
            raise MisconfiguredError(
                f"a reader of this kind reads 1 to {reach.read_words} words, up to word {reach.at_words}"
            )
        case WriteMemory(data=data, at=at) if (
            not 0 < len(data) <= reach.write_words * WORD_BYTES or len(data) % WORD_BYTES or at > reach.at_words
        ):
            raise MisconfiguredError(
                f"a reader of this kind writes 1 to {reach.write_words} whole words, up to word {reach.at_words}"
            )
        case Lock(locks=locks) if not locks:
            raise MisconfiguredError("say which part of the tag's memory to lock")
        case _:
            pass


def tag_refuses(act: str, code: int) -> TagError:
    """`act`: a verb; `code`: what the tag backscattered."""
    kind = TagLockedError if code == LOCKED else TagError
    return kind(f"the tag refuses to {act}: {GEN2_ERRORS.get(code, f'Gen2 error {code:X}')}")


def q_for(population: int) -> int:
    """Q of the first round: as many slots as tags, 2**Q (§6.3.2.12.2.1)."""
    return min(15, max(0, (population - 1).bit_length()))


def lock_fields(locks: Mapping[Lockable, LockState]) -> tuple[int, int]:
    """Mask and action, ten bits each. What is not for ever leaves the permalock bit as it is (§6.3.2.12.3.5)."""
    mask = action = 0
    for lockable in Lockable:
        mask, action = mask << 2, action << 2
        if lockable in locks:
            bits = LOCK_ACTIONS[locks[lockable]]
            mask |= 0b10 | bits & 0b01
            action |= bits
    return mask, action


def epc_after(epc: bytes, access: Access) -> bytes:
    """The EPC that a tag with this EPC has, once `access` is done: a module may name it by either."""
    if not isinstance(access, WriteMemory) or access.bank is not Bank.EPC:
        return epc
    start = access.at * WORD_BYTES
    bank = bytearray((bytes(2) + pc_word(epc).to_bytes(2) + epc).ljust(start, b"\0"))
    bank[start : start + len(access.data)] = access.data
    return bytes(bank[4 : 4 + (bank[2] >> 3) * WORD_BYTES])
