"""What a category asks of its pieces beside the rest: texts, numbers with a unit, choices, days, yes or no."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from contract.feed import Attribute

RULES_MAX: Final = 40
VALUE_LENGTH_MAX: Final = 200
NAME: Final = re.compile(r"[a-z][a-z0-9_ ]{0,39}")
DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{0,5}[1-9])?")


class AttributeKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    DATE = "date"
    YES_NO = "yes_no"


class AttributeRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing pieces of a category may say. A number carries its unit, a choice its words."""

    name: str
    kind: AttributeKind
    unit: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False


def wrong_rules(rules: Sequence[AttributeRule]) -> str:
    """What cannot be right with a category's list, in words; empty when all is."""
    if len(rules) > RULES_MAX:
        return f"{len(rules)} attributes; give a category at most {RULES_MAX}"
    names = [rule.name for rule in rules]
    for rule in rules:
        if not NAME.fullmatch(rule.name) or rule.name != rule.name.strip():
            return f"{rule.name!r}: name an attribute in 1 to 40 small letters, digits and spaces"
        if names.count(rule.name) > 1:
            return f"{rule.name!r} is there twice: name each attribute once"
        if (rule.kind is AttributeKind.CHOICE) != bool(rule.choices):
            return f"{rule.name!r}: a choice needs its words, and nothing else has any"
        if any(not _plain(word) for word in (*rule.choices, *((rule.unit,) if rule.unit else ()))):
            return f"{rule.name!r}: words and units have 1 to {VALUE_LENGTH_MAX} signs, no semicolon and no brackets"
        if rule.unit and rule.kind is not AttributeKind.NUMBER:
            return f"{rule.name!r}: only a number has a unit"
    return ""


def wrong_values(values: Sequence[Attribute], rules: Sequence[AttributeRule], category: str) -> list[str]:
    """What is wrong with a piece's attributes, a sentence each. A category without a list asks for none."""
    known = {rule.name: rule for rule in rules}
    named = [value.name for value in values]
    found = [f"{name!r} is there twice" for name in sorted(set(named)) if named.count(name) > 1]
    for value in values:
        rule = known.get(value.name)
        if rule is None:
            told = ", ".join(known) or "nothing yet"
            found.append(f"{category or 'no category'} does not ask for {value.name!r}; it asks for {told}")
        elif why := _wrong(value, rule):
            found.append(f"{value.name}: {why}")
    missing = [rule.name for rule in rules if rule.required and rule.name not in named]
    return found + [f"{name}: a {category} has to say it" for name in missing]


def _wrong(value: Attribute, rule: AttributeRule) -> str:
    if value.unit != rule.unit:
        return f"its unit is {rule.unit or 'none'}, not {value.unit or 'none'}"
    match rule.kind:
        case AttributeKind.NUMBER:
            return "" if NUMBER.fullmatch(value.value) else "a number as 42 or 16.5"
        case AttributeKind.CHOICE:
            return "" if value.value in rule.choices else f"one of {', '.join(rule.choices)}"
        case AttributeKind.DATE:
            return "" if is_day(value.value) else "a day as 2026-11-29"
        case AttributeKind.YES_NO:
            return "" if value.value in ("yes", "no") else "yes or no"
        case AttributeKind.TEXT:
            return "" if _plain(value.value) else f"1 to {VALUE_LENGTH_MAX} signs, no semicolon and no brackets"


def is_day(text: str) -> bool:
    """`2026-11-29`, and a day that is in the calendar."""
    found = DAY.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= DAYS[month - 1] + (month == 2 and leap)


def _plain(text: str) -> bool:
    return 0 < len(text) <= VALUE_LENGTH_MAX and not set(";[]") & set(text) and text == " ".join(text.split())
