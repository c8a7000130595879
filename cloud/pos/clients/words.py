"""Words by which people are found, keyed: names and their beginnings, e-mail addresses, phone numbers.

A name is found from its third letter on, in whatever case and with or without accents; shorter names when they are
typed whole. What is longer than twelve letters is found by its first twelve.
"""

import re
from typing import Final

from cloud.clienteling.identity.normal import folded
from cloud.people import WordKey
from cloud.pos.clients.profile import Profile

LETTERS_MIN: Final = 3
LETTERS_MAX: Final = 12
WORDS_MAX: Final = 6
"""Of one question; what is typed beyond them only ranks."""
PHONE_DIGITS_MIN: Final = 5
WORD: Final = re.compile(r"\w+")
PHONE: Final = re.compile(r"\+?[\d\s().\-/]+")


def plain(text: str) -> str:
    """`"Élodie  MÜLLER"` → `elodie muller`."""
    return " ".join(WORD.findall(" ".join(folded(word) for word in text.split())))


def of_profile(profile: Profile) -> set[str]:
    """Every word the profile is to be found by, normalised, each with its kind before it."""
    found = set()
    for name in plain(f"{profile.given_name} {profile.family_name} {profile.also_called}").split():
        found |= {f"name {name[:letters]}" for letters in range(LETTERS_MIN, min(len(name), LETTERS_MAX) + 1)}
        found.add(f"name {name[:LETTERS_MAX]}")
    found |= {f"email {address.casefold()}" for address in profile.emails}
    for number in profile.phones:
        found |= {f"phone {digits}" for digits in _numbers(number)}
    return found


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


def keyed(words: set[str] | list[str], key: WordKey) -> list[bytes]:
    return [key.word(word) for word in sorted(words)]


def _numbers(e164: str) -> tuple[str, ...]:
    """With its country, and as it is dialled inside it, without the leading zero."""
    import phonenumbers  # noqa: PLC0415 - as in `profile`

    digits = e164.removeprefix("+")
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return (digits,)
    return (digits, phonenumbers.national_significant_number(number).lstrip("0"))
