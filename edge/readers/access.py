"""What may be done to one tag, in the words of EPC Gen2 v2 (§6.3.2.1, §6.3.2.12.3); every driver that can does it.

One access reaches one tag: the one whose EPC or TID begins with the given bits. A tag whose EPC is half written is
still reached by its TID. Nothing is proven by a write alone: read it back.
"""

from enum import IntEnum, StrEnum
from typing import Final

import msgspec

WORD_BYTES: Final = 2
EPC_AT_WORD: Final = 2
"""In bank EPC the stored CRC and PC come first."""
PC_AT_WORD: Final = 1
ACCESS_PASSWORD_AT_WORD: Final = 2
"""In bank RESERVED the kill password comes first."""


class Bank(IntEnum):
    """Memory banks of a tag (§6.3.2.1)."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class Target(msgspec.Struct, frozen=True):
    """Which tag, and where: `bits` is its whole EPC, or its TID from the first word. `bank` is EPC or TID.

    `antenna`: the port before which the tag lies, such as the pad's; None is any port of the reader, and a tag in the
    case beside the pad may be taken for it. A module of one antenna has no other and does not look at it.
    """

    bank: Bank
    bits: bytes
    antenna: int | None = None


class ReadMemory(msgspec.Struct, frozen=True, kw_only=True):
    """`words` 16-bit words of `bank` from word `at`. Answered by the bytes."""

    tag: Target
    bank: Bank
    at: int = 0
    words: int
    password: int = 0


class WriteMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Whole words into `bank` from word `at`. Answered by no bytes; power may fail half-way through."""

    tag: Target
    bank: Bank
    at: int
    data: bytes
    password: int = 0


class Lockable(StrEnum):
    """What has a lock of its own (§6.3.2.12.3.5)."""

    KILL_PASSWORD = "kill_password"  # noqa: S105 - a name
    ACCESS_PASSWORD = "access_password"  # noqa: S105 - a name
    EPC = "epc"
    TID = "tid"
    USER = "user"


class LockState(StrEnum):
    """`locked`: written only (a password: read or written only) by who gives the access password."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    UNLOCKED_FOR_EVER = "unlocked_for_ever"
    LOCKED_FOR_EVER = "locked_for_ever"


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Change the locks named, leave the others. A tag without an access password cannot be locked usefully."""

    tag: Target
    password: int
    locks: dict[Lockable, LockState]


Access = ReadMemory | WriteMemory | Lock


def read_tid(tag: Target, words: int = 6) -> ReadMemory:
    """The first `words` of the TID: six hold class, mask designer, model and a serial number (TDS 2.1 §16)."""
    return ReadMemory(tag=tag, bank=Bank.TID, words=words)


def write_epc(tag: Target, epc: bytes, password: int = 0) -> WriteMemory:
    """PC word and EPC in one act: the length in the PC and the EPC belong together."""
    return WriteMemory(tag=tag, bank=Bank.EPC, at=PC_AT_WORD, data=pc_word(epc).to_bytes(2) + epc, password=password)


def pc_word(epc: bytes) -> int:
    """Protocol control word of an EPC of whole words: its length, no toggle, GS1 numbering (TDS 2.1 §14.2)."""
    assert len(epc) % WORD_BYTES == 0, "an EPC is written in whole words"
    return len(epc) // WORD_BYTES << 11
