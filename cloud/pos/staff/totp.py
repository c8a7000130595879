"""One-time codes by time (RFC 6238): a code app and we share a secret, and each half minute has its own six digits.

Twenty lines on `hmac`, checked against the RFC's vectors, rather than a package: its arithmetic is a stable standard,
and what is hard about it, that a step counts once, is ours to keep anyway (`factors.py`). Time and chance are passed.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

SECRET_BYTES: Final = 20
"""RFC 4226 §4 R6 recommends 160 bits, the length of the hash."""
STEP_S: Final = 30
DIGITS: Final = 6
STEPS_OFF_MAX: Final = 1
"""A code app may be a step behind us or ahead (RFC 6238 §5.2)."""
MICROS: Final = 1_000_000


def step_of(now_us: int) -> int:
    return now_us // (STEP_S * MICROS)


def code(secret: bytes, step: int, *, digits: int = DIGITS, digest: Callable[..., object] = hashlib.sha1) -> str:
    """HOTP of this step (RFC 4226 §5.3), with leading zeros. SHA-1 is what every code app computes."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), digest).digest()  # type: ignore[arg-type]
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_fitting(secret: bytes, typed: str, now_us: int, *, after: int) -> int | None:
    """The step whose code this is, within the steps allowed and later than `after`: no code is good twice."""
    now, wanted, fitting = step_of(now_us), typed.encode(), None
    for step in range(max(0, now - STEPS_OFF_MAX), now + STEPS_OFF_MAX + 1):
        if hmac.compare_digest(code(secret, step).encode(), wanted) and step > after:
            fitting = step
    return fitting


def text(secret: bytes) -> str:
    """Base32 in groups of four, to be typed by hand."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def link(secret: bytes, *, user: str, house: str) -> str:
    """`otpauth://totp/…`, as code apps read it from a QR."""
    asked = urlencode({"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": house}, quote_via=quote)
    return f"otpauth://totp/{quote(house)}:{quote(user)}?{asked}"
