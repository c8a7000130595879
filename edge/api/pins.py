"""PINs: argon2id verifiers that stay on this box. Verifying is slow on purpose and belongs in a pool of one."""

import re
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PIN: Final = re.compile(r"[0-9]{4,12}")
# Argon2id, 19 MiB, 2 passes, 1 lane: OWASP's smallest recommended setting, about 20 ms on a small box.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$dml0cmluZS1ub2JvZHkhIQ$zUe6zZHMpDTYm2uTZQbZSqQJbpl5hS9MeQ8k0Ck0eFU"
"""Verified against when there is no such person, so that a wrong name takes as long as a wrong PIN."""


class PinError(Exception):
    """This cannot be a PIN; the message says what can."""


def make_verifier(pin: str) -> str:
    """Raises `PinError`. The text to keep in `pin_verifier`."""
    if not PIN.fullmatch(pin):
        raise PinError("a PIN is 4 to 12 digits; choose another")
    return _hasher.hash(pin)


def pin_fits(verifier: str | None, pin: str) -> bool:
    """True when the PIN belongs to the verifier."""
    try:
        return _hasher.verify(verifier or NOBODY, pin) and verifier is not None
    except (VerificationError, InvalidHashError):
        return False
