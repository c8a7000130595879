"""The Jinja2 environment of both faces: autoescape on, undefined names are errors, people's forms of numbers.

Templates are found as `web/NAME`, `edge/NAME`, `cloud/NAME` or whatever prefix the composition root gives.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jinja2

from contract.money import minor_digits

HERE: Final = Path(__file__).parent
THIN: Final = "\N{NARROW NO-BREAK SPACE}"
SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CNY": "CN¥"}
"""Other currencies are written with their ISO code and a thin space."""


def make_templates(folders: Mapping[str, Path], static: Mapping[str, Path], time_zone: str) -> jinja2.Environment:
    """`folders`: template prefix → folder; `static`: URL path → folder, whose files are named with their hash."""
    loaders = {"web": jinja2.FileSystemLoader(HERE / "templates")}
    loaders.update({prefix: jinja2.FileSystemLoader(folder) for prefix, folder in folders.items()})
    env = jinja2.Environment(
        loader=jinja2.PrefixLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone = ZoneInfo(time_zone)
    env.filters.update(
        money=money,
        weight=weight,
        percent=percent,
        certain=certain,
        count=count,
        clock=lambda us: _local(us, zone).strftime("%H:%M"),
        date=lambda us: f"{_local(us, zone):%d %b %Y}".lstrip("0"),
        moment=lambda us: f"{_local(us, zone):%d %b, %H:%M}".lstrip("0"),
        day=day,
        lasting=lasting,
        sentence=sentence,
        place=place,
        iso=lambda us: _local(us, zone).isoformat(timespec="seconds"),
    )
    env.globals["time_zone"] = time_zone.replace("_", " ")
    env.globals["asset"] = AssetNames(static)
    return env


def money(amount_minor: int, currency: str, *, cents: bool | None = None) -> str:
    """`1240000, "EUR"` → `€12,400`; cents only where there are some, unless `cents` insists."""
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    text = f"{whole:,}"
    if digits and (part or cents):
        text += f".{part:0{digits}d}"
    symbol = SYMBOLS.get(currency, f"{currency}{THIN}")
    return f"{'−' if amount_minor < 0 else ''}{symbol}{text}"


def weight(milligrams: int) -> str:
    """`4270` → `4.27 g`; from a kilogram on, `8.914 kg`."""
    if milligrams >= 1_000_000:
        return f"{milligrams / 1_000_000:.3f}{THIN}kg"
    return f"{milligrams / 1000:.2f}{THIN}g"


def percent(part: float) -> str:
    """`0.99961` → `99.96 %`. Never rounds up to certainty: `0.99999` stays `99.99 %`."""
    if part >= 1.0:
        return f"100{THIN}%"
    hundredths = int(part * 10_000)
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"{text}{THIN}%"


def certain(part: float, whole: bool) -> str:  # noqa: FBT001 — a filter's arguments have no names on a page
    """`percent`, and not even nearly 100 % while something is unread: `0.9996` → `> 99.9 %` unless `whole`."""
    return percent(part) if whole or part < 0.999 else f">{THIN}99.9{THIN}%"


def count(number: float) -> str:
    """`12345` → `12,345`."""
    return f"{number:,.0f}"


def day(business_day: str) -> str:
    """`2026-11-22` → `22 Nov 2026`. A business day is the store's own, so no time zone has a say in it.

    What is not a date is shown as it came: facts carry text, and a page does not fail over it.
    """
    try:
        return f"{dt.date.fromisoformat(business_day):%d %b %Y}".lstrip("0")
    except ValueError:
        return business_day


def lasting(length_us: int) -> str:
    """`12_000_000` → `12 s`; `90_000_000` → `1 min 30 s`; `183_600_000_000` → `2 d 3 h`."""
    left, said = max(1, round(length_us / 1e6)), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            said.append(f"{number}{THIN}{unit}")
        elif said:
            break
    return " ".join(said[:2])


def sentence(words: str) -> str:
    """`the disk is full` → `The disk is full.`, so that reasons from anywhere can stand among sentences."""
    said = words.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) or not said else ".")


def place(zone: str) -> str:
    """`case-1` → `Case 1`: a zone's id as words, where its store's own name for it is not known."""
    said = zone.replace("-", " ").replace("_", " ").strip()
    return said[:1].upper() + said[1:]


def _local(us: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(us / 1_000_000, tz=zone)


class AssetNames:
    """`asset("/static/base.css")` → the same with a hash, so that browsers may keep files for ever."""

    def __init__(self, static: Mapping[str, Path]) -> None:
        self._folders = {"/static": HERE / "static", **static}
        self._known: dict[str, str] = {}

    def __call__(self, url: str) -> str:
        if url not in self._known:
            prefix = max((each for each in self._folders if url.startswith(each + "/")), key=len)
            file = self._folders[prefix] / url[len(prefix) + 1 :]
            tag = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
            self._known[url] = f"{url}?v={tag}"
        return self._known[url]
