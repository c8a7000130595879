"""One-time tokens by which a device is enrolled: ten letters, read off one screen and typed at another."""

import hashlib
import secrets
from typing import Final

from edge.books import local
from edge.books.journal import Books
from edge.books.rows import DeviceTokenRow

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is taken for something else."""
CHARS: Final = 10
"""Fifty random bits, for ten minutes."""
GOOD_US: Final = 600_000_000


def new_token(books: Books, *, name: str, till: str, by: str, now_us: int) -> str:
    """A word to type at one new device within `GOOD_US`; only its hash is kept. On the house's thread."""
    text = "".join(secrets.choice(LETTERS) for _ in range(CHARS))
    row = DeviceTokenRow(name=name, till=till, by=by, until_us=now_us + GOOD_US)
    local.give_device_token(books, token_hash(text), row, now_us)
    return text


def read_token(typed: str) -> str:
    """As it was given, from what somebody typed: small letters, gaps, and letters that look like figures."""
    plain = "".join(each for each in typed.upper() if each.isalnum())
    return plain.translate(str.maketrans("OIL", "011"))


def token_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def spaced(token: str) -> str:
    """As people read it off: two halves."""
    half = len(token) // 2
    return f"{token[:half]}-{token[half:]}"
