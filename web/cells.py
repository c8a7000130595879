"""Cells of files that spreadsheets open: which of them would be run. One list, for every file we hand out."""

from typing import Final

LEADS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that a spreadsheet would run, full-width ones where Chinese is typed (OWASP, CSV injection)."""


def harmless(text: str) -> str:
    """The text as text: with an apostrophe before what would be run."""
    return f"'{text}" if text.startswith(LEADS_A_FORMULA) else text
