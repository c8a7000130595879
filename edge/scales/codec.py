"""What scales are asked and answer, by family. Pure: bytes in, a weight or the trouble out.

`mt-sics`: METTLER TOLEDO Standard Interface Command Set, level 0: `SI` asks for the weight at once, the answer is
`S S` (stable) or `S D` (moving), the weight and its unit; `S I` not now, `S +` above and `S -` below what it weighs.
`sbi`: Sartorius Balance Interface: ESC P prints; of 16 or 22 characters a line, a unit only where it is stable.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from edge.config.scales import Family

LINE_BYTES_MAX: Final = 64
WEIGHT_MG_MAX: Final = 100_000_000
MG_OF: Final = {
    "g": Decimal(1000), "mg": Decimal(1), "kg": Decimal(1_000_000), "ct": Decimal(200), "ozt": Decimal("31103.4768"),
    "dwt": Decimal("1555.17384"), "GN": Decimal("64.79891"),
}  # fmt: skip
"""Milligrams of each unit. NIST Handbook 44, appendix C; a metric carat is 200 mg."""
_SICS: Final = re.compile(r"S ([SD]) +(-? *[0-9]+(?:\.[0-9]+)?) +([A-Za-z]+)")
_SBI: Final = re.compile(r"(?:[A-Z]{1,6} *)?([+-]?) *([0-9]+(?:\.[0-9]+)?) *([A-Za-z]*)")


class Weighed(NamedTuple):
    """`weight_mg` may lie below nothing, on a scale that was tared. `stable`: it has come to rest."""

    weight_mg: int
    stable: bool


class ScaleError(Exception):
    """It gave no weight; the message says why and what to do."""


class Words(NamedTuple):
    """How a family is asked, and how its line is read."""

    ask: bytes
    read: Callable[[str], Weighed]


def _sics(line: str) -> Weighed:
    trouble = {
        "S I": "The scale is busy: wait a moment and weigh again",
        "S +": "There is more on the scale than it can weigh",
        "S -": "The pan is not in its place, or something lifts it: set the scale to zero",
        "ES": "The scale does not understand the question: it speaks another language, see scales in the configuration",
        "EL": "The scale does not understand the question: it speaks another language, see scales in the configuration",
    }.get(line.strip())
    if trouble is not None:
        raise ScaleError(trouble)
    found = _SICS.fullmatch(line.strip())
    if found is None:
        raise ScaleError(f"The scale said {line.strip()!r}, which is no weight: see that it is set to MT-SICS")
    return Weighed(milligrams(found[2].replace(" ", ""), found[3]), found[1] == "S")


def _sbi(line: str) -> Weighed:
    told = line.strip()
    if told.endswith(("H", "High")) and not any(sign.isdigit() for sign in told):
        raise ScaleError("There is more on the scale than it can weigh")
    if told.endswith(("L", "Low")) and not any(sign.isdigit() for sign in told):
        raise ScaleError("The pan is not in its place, or something lifts it: set the scale to zero")
    found = _SBI.fullmatch(told)
    if found is None:
        raise ScaleError(f"The scale said {told!r}, which is no weight: see that it is set to SBI")
    return Weighed(milligrams(found[1] + found[2], found[3] or "g"), bool(found[3]))


WORDS: Final[dict[Family, Words]] = {
    Family.MT_SICS: Words(b"SI\r\n", _sics),
    Family.SBI: Words(b"\x1bP\r\n", _sbi),
}


def milligrams(text: str, unit: str) -> int:
    """`12.345`, `g` → 12345, rounded half up. Raises `ScaleError`."""
    factor = MG_OF.get(unit)
    if factor is None:
        raise ScaleError(f"The scale weighs in {unit!r}: set it to grams")
    try:
        exact = Decimal(text) * factor
    except InvalidOperation as error:
        raise ScaleError(f"The scale said {text!r}, which is no figure") from error
    if abs(exact) > WEIGHT_MG_MAX:
        raise ScaleError(f"The scale said {text} {unit}, more than any counter's scale weighs")
    return int(exact.to_integral_value(rounding="ROUND_HALF_UP"))


def read_line(family: Family, line: bytes) -> Weighed:
    """Of one line, its end taken off. Raises `ScaleError`."""
    if len(line) > LINE_BYTES_MAX:
        raise ScaleError("The scale talks without an end: see that its speed is the one in the configuration")
    try:
        return WORDS[family].read(line.decode("ascii"))
    except UnicodeDecodeError as error:
        raise ScaleError(
            "What the scale says cannot be read: see that its speed is the one in the configuration"
        ) from error
