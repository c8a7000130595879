"""What a receipt printer answers to DLE EOT, in words (Epson, ESC/POS Application Programming Guide). Pure."""

from typing import Final

import msgspec

QUESTIONS: Final = (1, 2, 3, 4)
"""DLE EOT n: the printer, why it is offline, its errors, its paper."""
ASK: Final = b"".join(bytes((0x10, 0x04, n)) for n in QUESTIONS)
CLEAR: Final = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))
"""DLE DC4 8: forget everything that waits to be printed."""
CLEARED: Final = b"\x37\x25\x00"
FIXED_MASK: Final = 0x93
FIXED: Final = 0x12
DONE_MASK: Final = 0x90
"""Bits of an answer to GS r that are never set."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble`: what a person has to do before it prints, in a sentence; empty when it can."""

    trouble: str = ""
    paper_low: bool = False


def is_status(byte: int) -> bool:
    return byte & FIXED_MASK == FIXED


def is_done(byte: int) -> bool:
    return byte & DONE_MASK == 0


def status_of(answers: bytes) -> Status:
    """Of the four answers, in their order."""
    assert len(answers) == len(QUESTIONS)
    printer, cause, error, paper = answers
    trouble = ""
    if cause & 0x04:
        trouble = "Its cover is open: shut it."
    elif paper & 0x60 or cause & 0x20:
        trouble = "It is out of paper: put in a new roll."
    elif error & 0x08:
        trouble = "Its cutter is stuck: open the cover, take out what is caught, and switch it off and on."
    elif error & 0x20:
        trouble = "It has an error that it cannot mend: switch it off and on, and call for service if it stays."
    elif error & 0x44 or cause & 0x40:
        trouble = "It has an error: open and shut its cover."
    elif cause & 0x08:
        trouble = "Somebody holds its feed button: let go of it."
    elif printer & 0x08:
        trouble = "It is offline: look at its lamps, and switch it off and on."
    return Status(trouble=trouble, paper_low=bool(paper & 0x0C))
