"""Figures of reports in the few characters a scale has room for, in the tongue of who reads them."""

import datetime as dt

from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal

from cloud.pos.reports.span import Grain
from contract.money import minor_digits
from web.figures import MINUS, SYMBOLS, THIN
from web.words import spoken


def brief(amount_minor: int, currency: str) -> str:
    """`123456700, "EUR"` → `€1.2M`, in French `1,2 M €`."""
    text = _short(abs(amount_minor) / 10 ** minor_digits(currency))
    sign, symbol = MINUS if amount_minor < 0 else "", SYMBOLS.get(currency, currency)
    if spoken().locale.currency_formats["standard"].pattern.startswith("¤"):
        return f"{sign}{symbol}{'' if currency in SYMBOLS else THIN}{text}"
    return f"{sign}{text}{THIN}{symbol}"


def brief_number(number: int) -> str:
    return f"{MINUS if number < 0 else ''}{_short(abs(number))}"


def _short(whole: float) -> str:
    return str(format_compact_decimal(whole, locale=spoken().locale, fraction_digits=1 if whole >= 1_000 else 0))


def step_name(first_day: str, grain: Grain) -> str:
    """What stands under a column: a day and its month, or a month and its year."""
    skeleton = "yMMM" if grain is Grain.MONTH else "MMMd"
    return str(format_skeleton(skeleton, dt.date.fromisoformat(first_day), locale=spoken().locale))
