"""The font receipts are set in, out of a package: FiraGO (SIL OFL 1.1). No font is ours.

FiraGO has Latin, Greek, Cyrillic, Georgian, Hebrew, Thai and Arabic letters; it has none of East Asia.
"""

import functools
from typing import Final

import pymupdf_fonts

TEXT: Final = "figo"
BOLD: Final = "figbo"


@functools.cache
def font(name: str) -> bytes:
    """A TrueType file."""
    return bytes(pymupdf_fonts.fontbuffers[name]())
