"""What people type into forms, turned into our values; a mistake becomes a problem that names the field."""

import re
from typing import Final

from contract.money import minor_digits, plain
from web.problems import ProblemError

AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,3}))?")
PERCENT: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?")


def amount_minor(text: str, currency: str, field: str) -> int:
    """`"12,5", "EUR"` → `1250`; empty is 0. Raises a 422 problem naming the field."""
    text = text.strip().replace(" ", "")
    if not text:
        return 0
    found = AMOUNT.fullmatch(text)
    digits = minor_digits(currency)
    part = (found[2] or "") if found else ""
    if found is None or len(part) > digits:
        title = f"{field}: {text!r} is not an amount"
        raise ProblemError(422, "amount", title, f"Write it with at most {digits} digits after the point.")
    scale: int = 10**digits
    return int(found[1]) * scale + int(part.ljust(digits, "0") or "0")


def typed(amount: int, currency: str) -> str:
    """`2105000, "EUR"` → `"21 050.00"`: as a person would type it so that it can be read; `amount_minor` reads it."""
    whole, point, part = plain(amount, currency).partition(".")
    return f"{int(whole):,}".replace(",", " ") + point + part


def safe_next(path: str, fallback: str) -> str:
    """Where to go after signing in: only to a page of ours, never to another site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else fallback


def percent_bp(text: str, field: str) -> int:
    """`"12,5"` → 1250 basis points; empty is 0. Raises a 422 problem naming the field."""
    text = text.strip().removesuffix("%").strip()
    if not text:
        return 0
    found = PERCENT.fullmatch(text)
    if found is None:
        title = f"{field}: {text!r} is no percentage"
        raise ProblemError(422, "percent", title, "Write it like 12.5, with at most two digits after the point.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
