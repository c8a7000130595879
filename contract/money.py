"""Money is an integer of minor units and an ISO 4217 code. Never a float."""

from collections.abc import Sequence
from typing import Final

MINOR_DIGITS: Final = {
    "BHD": 3, "CLP": 0, "HUF": 2, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3,
    "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""ISO 4217 currencies whose minor unit is not two digits."""

BASIS_POINTS: Final = 10_000


def minor_digits(currency: str) -> int:
    """Digits after the decimal sign of this currency."""
    return MINOR_DIGITS.get(currency, 2)


def plain(amount_minor: int, currency: str) -> str:
    """`123456, "EUR"` → `"1234.56"`: for machines and logs; people get Babel's form."""
    digits = minor_digits(currency)
    sign, value = ("-", -amount_minor) if amount_minor < 0 else ("", amount_minor)
    return f"{sign}{value}" if digits == 0 else f"{sign}{value // 10**digits}.{value % 10**digits:0{digits}d}"


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer division, halves away from zero: the one rounding of the house."""
    if denominator <= 0:
        raise ValueError(f"denominator must be positive, not {denominator}")
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def tax_within(gross_minor: int, rate_bp: int) -> int:
    """The tax contained in a gross amount at a rate in basis points."""
    return gross_minor - divide_half_up(gross_minor * BASIS_POINTS, BASIS_POINTS + rate_bp)


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """`total_minor` in parts by `weights` (≥ 0, not all nothing), to the last unit: largest remainder, earlier first.

    Raises `ValueError` when there is nothing to share it by.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(f"cannot share {total_minor} by weights {list(weights)}: give at least one above nothing")
    size = abs(total_minor)
    parts = [size * weight // whole for weight in weights]
    remainders = [size * weight % whole for weight in weights]
    for at in sorted(range(len(weights)), key=lambda at: -remainders[at])[: size - sum(parts)]:
        parts[at] += 1
    return parts if total_minor >= 0 else [-part for part in parts]


def round_to(amount_minor: int, step_minor: int) -> int:
    """To the nearest multiple of the smallest coin, halves away from zero: for cash, and for nothing else."""
    return divide_half_up(amount_minor, step_minor) * step_minor


E9: Final = 10**9


def convert(amount_minor: int, currency: str, into: str, rate_e9: int) -> int:
    """Minor units of `into` for so many of `currency`; `rate_e9`: major units of `into` for one of it, × 10⁹."""
    up, down = 10 ** minor_digits(into), 10 ** minor_digits(currency)
    return divide_half_up(amount_minor * rate_e9 * up, E9 * down)
