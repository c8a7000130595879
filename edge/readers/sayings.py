"""What a reader says in words, for pages, facts and logs: no longer than a person reads, with nothing that acts."""

from typing import Final

WORDS_MAX: Final = 200
"""Characters. LLRP allows 64 KiB of them (UTF8String, LLRP 1.1 §9.1.7), and a fact may be told at every connect."""


def words_in(data: bytes) -> str:
    """A reader's UTF-8."""
    return words_of(data[: 4 * WORDS_MAX].decode(errors="replace"))


def words_of(text: str) -> str:
    """Cut to `WORDS_MAX`, and a dot where something cannot be shown: databases refuse NUL, terminals obey escapes."""
    return "".join(each if each.isprintable() else "·" for each in text[:WORDS_MAX])
