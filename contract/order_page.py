"""The code of a client's private page: on their slip, and nowhere else.

It is made of the order's id, whose 74 bits of chance nobody outside sees; so a store that is offline prints the code
its office will know. Who has the code sees this order, and nothing of anybody.
"""

import hashlib
import re
from typing import Final

from contract.ids import ClientOrderId
from contract.receipt_code import CODE_BYTES, CODE_SIGNS, GROUP, CodeError, read_code, short_head

PAGE: Final = "/your-order"
BY_CHANCE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def page_code(order: ClientOrderId) -> str:
    """`8QF2-0M5K-…`; empty for an id that was not made by chance: somebody could guess it."""
    return short_head(_digest(order)) if BY_CHANCE.fullmatch(order) else ""


def page_key(order: ClientOrderId) -> str:
    """By which the office finds it, in hex; empty likewise."""
    return _digest(order)[:CODE_BYTES].hex() if BY_CHANCE.fullmatch(order) else ""


def read_page_code(typed: str) -> str:
    """The key of a code that somebody typed. Raises `CodeError`, which says what to look at."""
    try:
        return read_code(typed).hex()
    except CodeError as error:
        raise CodeError(
            f"a code has {CODE_SIGNS} letters and digits in groups of {GROUP}; look at the slip you were given"
        ) from error


def _digest(order: ClientOrderId) -> bytes:
    return hashlib.sha256(f"vitrine order page 1\n{order}".encode()).digest()
