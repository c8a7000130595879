"""Periods of the ledger: months of business days. A closed one takes nothing any more, and is never opened again."""

import re
from typing import Final, NamedTuple

PERIOD: Final = re.compile(r"^[0-9]{4}-(0[1-9]|1[0-2])$")


class Into(NamedTuple):
    """Where a posting belongs; `late`: its own month was closed when it came."""

    period: str
    late: bool


def is_period(text: str) -> bool:
    return PERIOD.fullmatch(text) is not None


def period_of(business_day: str) -> str:
    """`2026-11-29` → `2026-11`. Raises `ValueError` for what is no day."""
    period = business_day[:7]
    if not is_period(period):
        raise ValueError(f"{business_day!r} is no business day: write it as 2026-11-29")
    return period


def after(period: str) -> str:
    """The month that follows."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def into(business_day: str, closed_upto: str) -> Into:
    """The period of a posting: the month of its day, or the first one open still. `closed_upto` may be empty."""
    own = period_of(business_day)
    return Into(own, late=False) if own > closed_upto else Into(after(closed_upto), late=True)
