"""Code pages of receipt printers."""

from typing import Final

PAGES: Final = {
    "cp437": 0, "cp850": 2, "cp860": 3, "cp863": 4, "cp865": 5, "cp857": 13, "cp737": 14, "iso8859_7": 15, "cp1252": 16,
    "cp866": 17, "cp852": 18, "cp858": 19, "cp1250": 45, "cp1251": 46, "cp1253": 47, "cp1254": 48, "cp1257": 51,
}  # fmt: skip
"""ESC t n of each code page, by its name in Python; a printer has some of them."""
PAGES_USUAL: Final = ("cp858", "cp852", "cp866", "cp737", "cp857")
