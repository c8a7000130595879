"""The code on a receipt: the log's chain head right after the sale, short enough to be typed.

Paper in a client's hand is an anchor nobody can recall: a log that was rewritten up to that sale, or cut before it,
has no row with that head any more.
"""

from typing import Final

CODE_BYTES: Final = 10
"""80 bits. Ten million receipts, and a thousand guesses a second for a year, hit one with probability 3 × 10⁻⁷."""
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another, and none for a digit."""
CODE_SIGNS: Final = CODE_BYTES * 8 // 5
GROUP: Final = 4
READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u2011": None, "\u00a0": None})
TYPED_SIGNS_MAX: Final = 64


class CodeError(ValueError):
    """No code at all; the message says what to look at."""


def short_head(head: bytes) -> str:
    """The chain head after a row, as a receipt prints it: `8QF2-0M5K-…`, 16 signs in groups of four."""
    number = int.from_bytes(head[:CODE_BYTES])
    signs = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(CODE_SIGNS)))
    return "-".join(signs[at : at + GROUP] for at in range(0, CODE_SIGNS, GROUP))


def read_code(typed: str) -> bytes:
    """The first bytes of the head that somebody typed or scanned. Raises `CodeError`."""
    signs = typed[:TYPED_SIGNS_MAX].strip().upper().translate(READ_AS)
    if len(signs) != CODE_SIGNS or any(sign not in ALPHABET for sign in signs):
        raise CodeError(
            f"a code has {CODE_SIGNS} letters and digits in groups of {GROUP}; look at the receipt's last lines"
        )
    number = 0
    for sign in signs:
        number = number << 5 | ALPHABET.index(sign)
    return number.to_bytes(CODE_BYTES)
