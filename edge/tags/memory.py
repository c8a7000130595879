"""What the bytes of a tag's memory say."""

from typing import Final

from edge.readers.access import WORD_BYTES

TID_WORDS: Final = 6
TID_CLASSES: Final = (0xE0, 0xE2)
"""First byte of a TID (TDS 2.1 §16.1)."""


def is_serialised(tid: bytes) -> bool:
    """Whether a TID of at least 96 bits tells this tag from every other: a known class, and a number (TDS 2.1 §16)."""
    return len(tid) >= WORD_BYTES * TID_WORDS and tid[0] in TID_CLASSES and any(tid[8 : WORD_BYTES * TID_WORDS])


def epc_in(data: bytes) -> bytes:
    """The EPC in a bank read from its PC word: as long as the PC says; empty where that cannot be (TDS 2.1 §14.2)."""
    length = WORD_BYTES * (data[0] >> 3) if data else 0
    return data[WORD_BYTES : WORD_BYTES + length] if length == len(data) - WORD_BYTES else b""
