"""Letters and words by which people are found, the same at the office and at every store, keyed by each for itself.

A name is found from its third letter on, in whatever case and with or without accents; shorter names when they are
typed whole. What is longer than twelve letters is found by its first twelve.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

TEXT_LETTERS_MAX: Final = 200
"""More of a field is not looked at: nobody's name is that long, and a comparison costs its square."""
LETTERS_MIN: Final = 3
LETTERS_MAX: Final = 12
WORDS_MAX: Final = 6
"""Of one question; what is typed beyond them only ranks."""
PHONE_DIGITS_MIN: Final = 5
WORD: Final = re.compile(r"\w+")
PHONE: Final = re.compile(r"\+?[\d\s().\-/]+")
_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def folded(text: str) -> str:
    """Small letters without accents, ligatures and invisible signs; spaces single."""
    plain = unicodedata.normalize("NFKD", text[:TEXT_LETTERS_MAX]).casefold().translate(_LETTERS)
    if not plain.isascii():
        plain = "".join(sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Cf"})
    return " ".join(plain.split())


def plain(text: str) -> str:
    """`"Élodie  MÜLLER"` → `elodie muller`."""
    return " ".join(WORD.findall(" ".join(folded(word) for word in text.split())))


def of_person(names: str, emails: Iterable[str], numbers: Iterable[str]) -> set[str]:
    """Every word somebody is found by, each with its kind before it. `numbers`: digits, as they are dialled."""
    found = set()
    for name in plain(names).split():
        found |= {f"name {name[:letters]}" for letters in range(LETTERS_MIN, min(len(name), LETTERS_MAX) + 1)}
        found.add(f"name {name[:LETTERS_MAX]}")
    found |= {f"email {address.casefold()}" for address in emails}
    return found | {f"phone {digits}" for digits in numbers if digits}


def of_query(query: str) -> list[list[str]]:
    """What was typed: for each part the words of which one must fit. Empty when there is nothing to look for."""
    query = query.strip()
    if "@" in query:
        return [[f"email {query.casefold()}"]]
    digits = re.sub(r"\D", "", query)
    if PHONE.fullmatch(query) and len(digits) >= PHONE_DIGITS_MIN:
        return [[f"phone {each}" for each in dict.fromkeys((digits, digits.lstrip("0")))]]
    return [[f"name {word[:LETTERS_MAX]}"] for word in plain(query).split()[:WORDS_MAX]]


def nearly(query: str) -> list[list[str]]:
    """The same by beginnings alone: for names that are spelt another way further on."""
    names = [word for parts in of_query(query) for word in parts if word.startswith("name ")]
    return [[word[: len("name ") + LETTERS_MIN]] for word in names if len(word) > len("name ") + LETTERS_MIN]
