"""Numbers, money, dates and measures as people write them, in the tongue of who reads them (`web/words.py`).

What is kept has no language: integer minor units, milligrams, µs since the epoch, micrometres around a finger.
"""

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from contract.money import minor_digits
from web.words import gettext as _
from web.words import spoken

THIN: Final = "\N{NARROW NO-BREAK SPACE}"
SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CNY": "CN¥"}
"""Other currencies are written with their ISO code and a thin space."""
MINUS: Final = "−"
_SUM: Final = re.compile(r"(-?\d{1,15}(?:\.\d+)?) ([A-Z]{3})")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def money(amount_minor: int, currency: str, *, cents: bool | None = None) -> str:
    """`1240000, "EUR"` → `€12,400`, in French `12 400 €`; cents only where there are some, unless `cents` insists."""
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    text = _grouped(whole)
    if digits and (part or cents):
        text += f"{_symbol('decimal')}{part:0{digits}d}"
    sign = MINUS if amount_minor < 0 else ""
    symbol = SYMBOLS.get(currency, currency)
    if spoken().locale.currency_formats["standard"].pattern.startswith("¤"):
        return f"{sign}{symbol}{'' if currency in SYMBOLS else THIN}{text}"
    return f"{sign}{text}{THIN}{symbol}"


def weight(milligrams: int) -> str:
    """`4270` → `4.27 g`; from a kilogram on, `8.914 kg`."""
    if milligrams >= 1_000_000:
        return f"{_pointed(f'{milligrams / 1_000_000:.3f}')}{THIN}kg"
    return f"{_pointed(f'{milligrams / 1000:.2f}')}{THIN}g"


def percent(part: float) -> str:
    """`0.99961` → `99.96 %`. Never rounds up to certainty: `0.99999` stays `99.99 %`."""
    if part >= 1.0:
        return f"100{THIN}%"
    hundredths = int(part * 10_000)
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"{_pointed(text)}{THIN}%"


def chance(part: float) -> str:
    """`0.2968` → `30 %`: of what nobody knows to the hundredth. Never rounds to certainty, nor to none."""
    whole = round(part * 100)
    if whole == 0 and part > 0:
        return f"<{THIN}1{THIN}%"
    return f">{THIN}99{THIN}%" if whole == 100 and part < 1 else f"{whole}{THIN}%"


def certain(part: float, whole: bool) -> str:  # noqa: FBT001 — a filter's arguments have no names on a page
    """`percent`, and not even nearly 100 % while something is unread: `0.9996` → `> 99.9 %` unless `whole`."""
    return percent(part) if whole or part < 0.999 else f">{THIN}{_pointed('99.9')}{THIN}%"


def count(number: float) -> str:
    """`12345` → `12,345`."""
    return _grouped(round(number))


def day(business_day: str) -> str:
    """`2026-11-22` → `22 Nov 2026`. A business day is the store's own, so no time zone has a say in it.

    What is not a date is shown as it came: facts carry text, and a page does not fail over it.
    """
    try:
        return _date(dt.date.fromisoformat(business_day))
    except ValueError:
        return business_day


def date(us: int, zone: ZoneInfo) -> str:
    """`22 Nov 2026`, in German `22.11.2026`."""
    return _date(local(us, zone))


def moment(us: int, zone: ZoneInfo, now_us: int) -> str:
    """`22 Nov, 14:05`; of another year than now `22 Nov 2025, 14:05`."""
    there = local(us, zone)
    skeleton = "MMMd" if there.year == local(now_us, zone).year else "yMMMd"
    return f"{format_skeleton(skeleton, there, locale=spoken().locale)}, {there:%H:%M}"


def clock(us: int, zone: ZoneInfo) -> str:
    """`14:05`: by twenty-four hours everywhere, as shops and trains write it in each of our languages."""
    return f"{local(us, zone):%H:%M}"


def local(us: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(us / 1_000_000, tz=zone)


def lasting(length_us: int) -> str:
    """`12_000_000` → `12 s`; `90_000_000` → `1 min 30 s`; `183_600_000_000` → `2 d 3 h`."""
    left, said = max(1, round(length_us / 1e6)), []
    for size, unit in ((86_400, _("d")), (3_600, _("h")), (60, _("min")), (1, _("s"))):
        number, left = divmod(left, size)
        if number:
            said.append(f"{number}{THIN}{unit}")
        elif said:
            break
    return " ".join(said[:2])


def language(code: str) -> str:
    """`pt-BR` → `Portuguese (Brazil)`, in the reader's tongue; what names no language stays as it came."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(spoken().locale)
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:] if name else code


def kept(text: str, zone: ZoneInfo, now_us: int) -> str:
    """A value as the books' own words have it, `89000.00 EUR`, `2026-12-01 07:55:21Z`, `2026-12-01`, as pages write it.

    Any other text stays as it is: what was kept carries all kinds of values.
    """
    if found := _SUM.fullmatch(text):
        number, currency = found.groups()
        digits = minor_digits(currency)
        whole, _point, part = number.partition(".")
        return money(int(f"{whole}{part}"), currency, cents=True) if len(part) == digits else text
    if _MOMENT.fullmatch(text):
        return moment(round(dt.datetime.fromisoformat(text).timestamp() * 1e6), zone, now_us)
    return day(text) if _DAY.fullmatch(text) else text


def _date(when: dt.date) -> str:
    return format_date(when, "medium", locale=spoken().locale)


def _grouped(number: int) -> str:
    """In thousands, as Babel's `#,##0` does: pages have hundreds of numbers, and Babel reads its pattern for each."""
    text = f"{abs(number):,}".replace(",", _symbol("group"))
    return f"{MINUS}{text}" if number < 0 else text


def _pointed(text: str) -> str:
    return text.replace(".", _symbol("decimal"))


def _symbol(name: str) -> str:
    return str(spoken().locale.number_symbols["latn"][name])
