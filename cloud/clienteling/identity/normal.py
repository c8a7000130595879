"""What people write of themselves, made comparable: names, telephone numbers, mailboxes, streets."""

import re
from typing import Final, NamedTuple

from contract.names import TEXT_LETTERS_MAX, folded

_TITLES: Final = {
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "dame", "mme", "mlle", "madame", "monsieur", "herr", "frau",
    "sig", "sigra", "dott", "dottssa", "jr", "sr",
}  # fmt: skip
_E164: Final = re.compile(r"\+[1-9]\d{7,14}")
_UMLAUT: Final = re.compile("(?<=[aou])e+")
_TWICE: Final = re.compile(r"(.)\1+")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_SOUNDS: Final = str.maketrans({"z": "s", "k": "c", "q": "c", "g": "c", "v": "f", "d": "t", "b": "p", "j": "i"})
_STREETS: Final = {
    "strasse": "str", "street": "str", "st": "str", "straat": "str", "road": "rd", "avenue": "av", "ave": "av",
    "boulevard": "bd", "blvd": "bd", "place": "pl", "platz": "pl", "piazza": "pl", "drive": "dr", "lane": "ln",
    "court": "ct", "square": "sq", "apartment": "apt",
}  # fmt: skip


class Provider(NamedTuple):
    """How a mail provider reads the part before the @."""

    domain: str
    """The name all its names are one with."""
    tag: str = "+"
    """What follows this sign is a tag of the same mailbox."""
    dots: bool = True
    """Whether a dot makes another mailbox."""


_GMAIL, _PROTON = Provider("gmail.com", dots=False), Provider("proton.me", dots=False)
PROVIDERS: Final = {
    "gmail.com": _GMAIL,
    "googlemail.com": _GMAIL,
    "proton.me": _PROTON,
    "protonmail.com": _PROTON,
    "pm.me": _PROTON,
    "outlook.com": Provider("outlook.com"),
    "hotmail.com": Provider("hotmail.com"),
    "live.com": Provider("live.com"),
    "icloud.com": Provider("icloud.com"),
    "me.com": Provider("icloud.com"),
    "mac.com": Provider("icloud.com"),
    "fastmail.com": Provider("fastmail.com"),
    "yahoo.com": Provider("yahoo.com", tag="-"),
    "yahoo.fr": Provider("yahoo.fr", tag="-"),
    "yahoo.de": Provider("yahoo.de", tag="-"),
    "yahoo.it": Provider("yahoo.it", tag="-"),
}
"""At any other domain a plus or a dot may be another person, and stays."""


def name(text: str) -> str:
    """A given or family name: folded, without titles, as one word, doubled letters once; `Müller`, `MUELLER` and
    `Muler` are the same.
    """
    words = [word for word in _NOT_WORD.sub(" ", folded(text)).split() if word not in _TITLES]
    return _TWICE.sub(r"\1", _UMLAUT.sub("", "".join(words)))


def street(text: str) -> str:
    """Street and number, the number first, kinds of street shortened."""
    words = _NOT_WORD.sub(" ", folded(text).replace("strasse", " strasse")).split()
    return " ".join(sorted((_STREETS.get(word, word) for word in words), key=lambda word: not word[0].isdigit()))


def e164(text: str, region: str = "") -> str:
    """A telephone number in E.164, `+390612345678`; empty when it is none, or only together with a country not given.

    `region`: ISO 3166 two letters of the country whose inland numbers are meant; empty for none.
    """
    if _E164.fullmatch(text):
        return text
    import phonenumbers

    try:
        number = phonenumbers.parse(text[:TEXT_LETTERS_MAX], region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    number.extension = None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mailbox(text: str) -> str:
    """The mailbox behind an e-mail address, by its provider's rules for dots and tags; empty when it is none."""
    local, at, domain = "".join(text[:TEXT_LETTERS_MAX].split()).casefold().rpartition("@")
    if not at or not local or "@" in local or "." not in domain.strip("."):
        return ""
    if (provider := PROVIDERS.get(domain)) is None:
        return f"{local}@{domain}"
    local = local.partition(provider.tag)[0] or local
    if not provider.dots:
        local = local.replace(".", "") or local
    return f"{local}@{provider.domain}"


def skeleton(plain: str) -> str:
    """What is left of a name when it is heard rather than read: first sound and consonants, doubled ones once."""
    heard = plain.translate(_SOUNDS)
    kept = heard[:1]
    for sign in heard[1:]:
        if sign not in "aeiouyhw" and sign != kept[-1:]:
            kept += sign
    return kept
