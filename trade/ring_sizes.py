"""Ring sizes. Kept is the inner circumference in whole micrometres; what people call it is made of that.

ISO 8653:2016 counts the inner circumference in mm, and so do France, Germany and Austria. Switzerland, Italy and Spain
take 40 from it. US: diameter 0.458 + 0.032 n inch. UK, BS 6820: 37.5 + 1.25 n mm, A = 0. Japan: diameter (n + 38) / 3.
The chart that is copied most steps the US by 1/64 inch and calls US 7 an N; by these rules it is N ½.
"""

import math
import re
from enum import StrEnum
from typing import Final

UM_MIN: Final = 30_000
UM_MAX: Final = 90_000
"""Smaller than a child's, larger than any finger: outside is a slip of the pen."""
INCH_UM: Final = 25_400
MM_UM: Final = 1_000
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
QUARTERS: Final = ("", "¼", "½", "¾")
_PARTS: Final = {"": 0.0, "¼": 0.25, "½": 0.5, "¾": 0.75, "1/4": 0.25, "1/2": 0.5, "3/4": 0.75}
_NUMBER: Final = re.compile(r"(\d{1,2})(?:[.,](\d{1,3}))?\s*(¼|½|¾|[13]/[24])?")
_LETTER: Final = re.compile(r"([A-Z])(?:\s*\+\s*(\d{1,2}))?\s*(¼|½|¾|[13]/[24])?", re.IGNORECASE)


class SizeSystem(StrEnum):
    """How a size is told."""

    EU = "eu"
    US = "us"
    UK = "uk"
    JP = "jp"
    CH = "ch"
    """Switzerland, Italy, Spain."""


class SizeError(ValueError):
    """This is no ring size; the message says how to write one."""


NAMES: Final = {
    SizeSystem.EU: "EU (mm around)",
    SizeSystem.US: "US, Canada",
    SizeSystem.UK: "UK, Ireland",
    SizeSystem.JP: "Japan",
    SizeSystem.CH: "Switzerland, Italy, Spain",
}
HOMES: Final = {
    **dict.fromkeys(("US", "CA"), SizeSystem.US),
    **dict.fromkeys(("GB", "IE", "AU", "NZ", "ZA"), SizeSystem.UK),
    "JP": SizeSystem.JP,
    **dict.fromkeys(("CH", "LI", "IT", "ES"), SizeSystem.CH),
}
"""Country → the system of its rings; where it is not named, millimetres around."""
STEP_UM: Final = {
    SizeSystem.EU: 500,
    SizeSystem.US: round(math.pi * 0.032 * INCH_UM / 4),
    SizeSystem.UK: 625,
    SizeSystem.JP: round(math.pi * MM_UM / 3),
    SizeSystem.CH: 500,
}
"""From one size that is told to the next: a half, a quarter, a half letter, a whole one, a half."""


def by_home(country: str) -> tuple[SizeSystem, ...]:
    """All systems, that of this country (ISO 3166) first."""
    home = HOMES.get(country, SizeSystem.EU)
    return (home, *(each for each in SizeSystem if each is not home))


def told(circumference_um: int, system: SizeSystem) -> str:
    """`54375, UK` → `N ½`: the nearest size of that system. Empty where the system has none so small or so large."""
    mm = circumference_um / MM_UM
    match system:
        case SizeSystem.EU:
            return _decimal(_halves(mm))
        case SizeSystem.CH:
            return _decimal(_halves(mm - 40)) if mm >= 40 else ""
        case SizeSystem.US:
            quarters = round(4 * (circumference_um / (math.pi * INCH_UM) - 0.458) / 0.032)
            return _fraction(quarters) if quarters >= 0 else ""
        case SizeSystem.UK:
            halves = round(2 * (mm - 37.5) / 1.25)
            return _letter(halves) if halves >= 0 else ""
        case SizeSystem.JP:
            size = round(3 * mm / math.pi - 38)
            return str(size) if size >= 1 else ""


def read(text: str, system: SizeSystem) -> int:
    """`"N 1/2", UK` → 54375 µm. Raises `SizeError`."""
    number = _size(text.strip(), system)
    match system:
        case SizeSystem.EU:
            um = number * MM_UM
        case SizeSystem.CH:
            um = (number + 40) * MM_UM
        case SizeSystem.US:
            um = math.pi * INCH_UM * (0.458 + 0.032 * number)
        case SizeSystem.UK:
            um = (37.5 + 1.25 * number) * MM_UM
        case SizeSystem.JP:
            um = math.pi * (number + 38) / 3 * MM_UM
    return check(round(um))


def check(circumference_um: int) -> int:
    """Raises `SizeError` for what fits no finger."""
    if not UM_MIN <= circumference_um <= UM_MAX:
        raise SizeError(
            f"this fits no finger: a ring is {UM_MIN // MM_UM} to {UM_MAX // MM_UM} mm around; choose the country "
            "whose size it is"
        )
    return circumference_um


def _size(text: str, system: SizeSystem) -> float:
    """A number of the system: the place of a letter in the UK's row."""
    if system is SizeSystem.UK:
        found = _LETTER.fullmatch(text)
        if found is None or (found[2] and found[1].upper() != "Z"):
            raise SizeError("this is no UK size: write a letter, with a half if need be, like N or N ½ or Z+2")
        return LETTERS.index(found[1].upper()) + int(found[2] or 0) + _PARTS[found[3] or ""]
    found = _NUMBER.fullmatch(text)
    if found is None or (found[2] and found[3]):
        raise SizeError("this is no ring size: write a number, like 54 or 6.5 or 6 ½")
    return float(f"{found[1]}.{found[2] or 0}") + _PARTS[found[3] or ""]


def _halves(mm: float) -> float:
    return round(2 * mm) / 2


def _decimal(number: float) -> str:
    return f"{number:g}"


def _fraction(quarters: int) -> str:
    whole, rest = divmod(quarters, 4)
    return f"{whole} {QUARTERS[rest]}".strip()


def _letter(halves: int) -> str:
    place, half = divmod(halves, 2)
    last = len(LETTERS) - 1
    name = LETTERS[place] if place <= last else f"Z+{place - last}"
    return f"{name} ½" if half else name
