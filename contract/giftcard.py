"""The code of a gift card: 20 signs that can be read aloud, the last of which checks the others.

95 bits of chance, so that the digest an entry carries tells nobody the code. Crockford's alphabet (no I, L, O, U); the
check sign is that of Luhn, mod 32: it finds every sign misread and nearly every pair exchanged.
"""

import hashlib
from typing import Final

from contract.ids import AccountId

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
CHANCE_BYTES: Final = 12
SHOWN: Final = 4
"""Last signs that may be shown and kept."""
PREFIX: Final = "gc-"
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def make(chance: bytes) -> str:
    """A new code, of 12 random bytes: `"7K2M9…"`, 20 signs."""
    if len(chance) != CHANCE_BYTES:
        raise ValueError(f"a gift card takes {CHANCE_BYTES} random bytes, not {len(chance)}")
    number = int.from_bytes(chance)
    signs = "".join(ALPHABET[number >> (5 * at) & 31] for at in range(LENGTH - 1))
    return signs + _check(signs)


def parse(text: str) -> str:
    """What was typed or scanned, as a code. Raises `ValueError` with what to do."""
    code = text.upper().translate(_MISREAD)
    if len(code) != LENGTH or any(sign not in ALPHABET for sign in code):
        raise ValueError(f"A gift card has {LENGTH} letters and digits: type all of them")
    if _check(code[:-1]) != code[-1]:
        raise ValueError("A sign of this gift card is wrong: compare it with the card and type it again")
    return code


def shown(code: str) -> str:
    """As it stands on the card: groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def label(code: str) -> str:
    """What may be kept and shown of it: `…9QXC`."""
    return f"…{code[-SHOWN:]}"


def account_of(code: str) -> AccountId:
    """The account of a code, by its digest: the code itself is kept nowhere."""
    return AccountId(PREFIX + hashlib.sha256(f"vitrine/gift-card/{code}".encode()).hexdigest()[:40])


def _check(signs: str) -> str:
    total = 0
    for at, sign in enumerate(reversed(signs)):
        value = ALPHABET.index(sign) * (2 if at % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]
