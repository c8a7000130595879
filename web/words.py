"""In which language a page speaks. Texts are written in English where they stand and looked up as they are shown.

    from web.words import _, later, ngettext

    raise ProblemError(409, "claimed", _("This piece is in another cart"))
    NavLink("/register", later("Register"))            # at module level: looked up when it is shown
    ngettext("%(num)d piece", "%(num)d pieces", n) % {"num": n}

Templates have `_()` and `{% trans %}` ([docs/languages.md](../docs/languages.md)). The tongue is that of the request
(`web/speaking.py`); outside of requests it is English, or whichever `spoken_in` names.
"""

import gettext as gettext_module
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError

from web.catalogues import LANGUAGES_WITH_CATALOGUE, translations

ENGLISH: Final = "en"
NAMES: Final[Mapping[str, str]] = {
    ENGLISH: "English",
    "fr": "Français",
    "de": "Deutsch",
    "it": "Italiano",
    "zh": "中文",
}
"""Every language people may choose, as its speakers call it."""
HOMES: Final[Mapping[str, str]] = {ENGLISH: "GB", "fr": "FR", "de": "DE", "it": "IT", "zh": "CN"}
"""Whose forms of numbers and dates a language takes where nobody named a country."""
assert set(NAMES) == {ENGLISH, *LANGUAGES_WITH_CATALOGUE}


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language, the forms of numbers and dates that go with it, and its catalogue."""

    language: str
    locale: Locale
    catalogue: gettext_module.NullTranslations

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, for `<html dir>`."""
        return str(self.locale.text_direction)


def tongue(language: str, country: str = "") -> Tongue:
    """`"de", "CH"` is German with Swiss forms of numbers. Who asks for what we do not speak gets English."""
    known = language if language in NAMES else ENGLISH
    return _tongue(known, country or HOMES[known])


def tongue_of(tag: str) -> Tongue:
    """`de-CH` or `de`, as a configuration writes it."""
    language, _dash, country = tag.partition("-")
    return tongue(language.lower(), country.upper())


def spoken_by(house: Tongue, language: str) -> Tongue:
    """A language in the forms of the house's country."""
    return house if language == house.language else tongue(language, house.locale.territory or "")


@cache
def _tongue(language: str, country: str) -> Tongue:
    return Tongue(language, _locale(language, country), translations(language))


def _locale(language: str, country: str) -> Locale:
    for tag in (f"{language}_{country}", f"{language}_{HOMES[language]}"):
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(language)


_spoken: ContextVar[Tongue] = ContextVar("tongue")


def spoken() -> Tongue:
    """The tongue of who reads this."""
    return _spoken.get(None) or tongue(ENGLISH)


def speak(chosen: Tongue) -> None:
    """From here on, in this request or thread."""
    _spoken.set(chosen)


@contextmanager
def spoken_in(chosen: Tongue) -> Iterator[None]:
    """For a paper or a letter that goes to somebody else than who asks."""
    before = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(message: str) -> str:
    """The message in the tongue of who reads it; itself where nobody has translated it yet."""
    return spoken().catalogue.gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """By the plural forms of that language; put the number in with `% {"num": number}`."""
    return spoken().catalogue.ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """For a word that means two things: `pgettext("a count", "Open")`."""
    return spoken().catalogue.pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: int) -> str:
    return spoken().catalogue.npgettext(context, one, many, number)


_ = gettext


class Later:
    """A text of a module, looked up whenever it is shown; equal to its English."""

    __slots__ = ("_message",)

    def __init__(self, message: str) -> None:
        self._message = message

    def __str__(self) -> str:
        return gettext(self._message)

    def __html__(self) -> str:
        from markupsafe import escape  # noqa: PLC0415 - pages only

        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"later({self._message!r})"

    def __eq__(self, other: object) -> bool:
        return self._message == (other._message if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._message)


def later(message: str) -> Later:
    """Marks a text at module level, where nobody is there yet to speak to."""
    return Later(message)


Words = str | Later
"""A text that is shown: one that was looked up, or one that will be."""
