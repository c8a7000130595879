"""Card numbers in free text: found by length, issuer and check digit, so that none is ever kept (PCI DSS 4.0 §3).

A number counts as one where its digits stand together, or apart by blanks, dashes, dots or strokes. What the house
itself writes is not looked into: UUIDs, EPC URIs, hex identifiers of 20 digits and more, IBANs that check, and
thirteen digits that are a GTIN (EAN-13). Those thirteen were a Visa's length long ago; no issuer gives them out today.
"""

import re
from typing import Final, NamedTuple

DIGITS_MIN: Final = 13
DIGITS_MAX: Final = 19
REDACTED: Final = "[card number]"
PHONE_DIGITS_MAX: Final = 13
"""After a plus sign: E.164 allows 15, and numbers that long do not begin as a card of that length does."""


class Issuer(NamedTuple):
    """Numbers that begin with `low` to `high`, whole prefixes of one length (ISO/IEC 7812), of these lengths."""

    low: int
    high: int
    lengths: frozenset[int]


def _of(*lengths: int) -> frozenset[int]:
    return frozenset(lengths)


LONG: Final = frozenset(range(16, 20))
ISSUERS: Final = (
    Issuer(4, 4, _of(13, 16, 18, 19)),  # Visa
    Issuer(51, 55, _of(16)),  # Mastercard
    Issuer(2221, 2720, _of(16)),
    Issuer(34, 34, _of(15)),  # American Express
    Issuer(37, 37, _of(15)),
    Issuer(300, 305, _of(14, 16, 17, 18, 19)),  # Diners Club
    Issuer(309, 309, _of(14, 16, 17, 18, 19)),
    Issuer(36, 36, _of(14, 15, 16, 17, 18, 19)),
    Issuer(38, 39, _of(14, 16, 17, 18, 19)),
    Issuer(3528, 3589, LONG),  # JCB
    Issuer(2200, 2204, LONG),  # Mir
    Issuer(9792, 9792, _of(16)),  # Troy
    Issuer(81, 82, LONG),  # UnionPay, RuPay
    Issuer(50, 50, frozenset(range(13, 20))),  # Maestro, and what is co-branded with it
    Issuer(56, 58, frozenset(range(13, 20))),
    Issuer(6, 6, frozenset(range(13, 20))),  # Maestro, Discover, UnionPay, RuPay
)
APART: Final = r"[\s\-\u00ad\u2010-\u2015\u2212._/\u200b\u2060]{0,3}"
RUN: Final = re.compile(rf"[0-9](?:{APART}[0-9])+")
GROUP: Final = re.compile(r"[0-9]+")
OURS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
    r"|urn:epc:[^\s\"']+"
    r"|(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{20,}"
    r")(?![0-9A-Za-z])"
)
IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30}(?![0-9A-Za-z])")


def card_numbers(text: str) -> list[tuple[int, int]]:
    """Where card numbers stand in `text`: from and to, in order, not overlapping."""
    if sum(map(str.isdecimal, text)) < DIGITS_MIN:
        return []
    looked = text if text.isascii() else "".join(map(_plain, text))
    for pattern in (OURS, IBAN):
        looked = pattern.sub(_blank, looked)
    found: list[tuple[int, int]] = []
    for run in RUN.finditer(looked):
        plus = run.start() > 0 and looked[run.start() - 1] == "+"
        found += _in_run(looked, run.start(), run.end(), phone=plus)
    return found


def has_card_number(text: str) -> bool:
    return bool(card_numbers(text))


def redacted(text: str) -> str:
    """The text with its card numbers taken out."""
    for start, end in reversed(card_numbers(text)):
        text = f"{text[:start]}{REDACTED}{text[end:]}"
    return text


def is_card_number(digits: str) -> bool:
    """Thirteen to nineteen digits that some issuer gives out, with a right check digit."""
    if not DIGITS_MIN <= len(digits) <= DIGITS_MAX or not luhn(digits):
        return False
    return any(
        len(digits) in issuer.lengths and issuer.low <= int(digits[: len(str(issuer.low))]) <= issuer.high
        for issuer in ISSUERS
    )


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 Annex B: every second digit from the right doubled, its digits summed."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) << (at & 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _in_run(text: str, start: int, end: int, *, phone: bool) -> list[tuple[int, int]]:
    """Groups of digits taken together from each one on; of overlapping numbers the first and longest."""
    groups = [(each.start(), each.end()) for each in GROUP.finditer(text, start, end)]
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(groups):
        hit = _longest(text, groups, at, phone=phone and at == 0)
        if hit is None:
            at += 1
        else:
            found.append((groups[at][0], groups[hit][1]))
            at = hit + 1
    return found


def _longest(text: str, groups: list[tuple[int, int]], at: int, *, phone: bool) -> int | None:
    digits, hit = "", None
    for n in range(at, len(groups)):
        digits += text[slice(*groups[n])]
        if len(digits) > DIGITS_MAX:
            break
        if phone and len(digits) <= PHONE_DIGITS_MAX:
            continue
        if is_card_number(digits) and not (n == at and _gtin(digits)):
            hit = n
    return hit


def _gtin(digits: str) -> bool:
    """EAN-13: GS1 General Specifications §7.9."""
    weighed = sum(int(digit) * (3 if at & 1 else 1) for at, digit in enumerate(reversed(digits)))
    return len(digits) == 13 and weighed % 10 == 0


def _plain(sign: str) -> str:
    """Digits of any script as ours."""
    return str(int(sign)) if sign.isdecimal() else sign


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    if found.re is IBAN and not _iban(text):
        return text
    return "\0" * len(text)


def _iban(text: str) -> bool:
    """ISO 13616: the first four signs moved to the end, letters as numbers, 1 modulo 97."""
    bare = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1
