"""Sentences that rules say in English, said again in the tongue of who reads them.

The rules of the trade know no language and make whole English sentences, values and all:
`Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")`. `vitrine words` gathers each as a message with
placeholders, `Open a shift on %(till)s first`; here a sentence is held against them, its values are taken out, and the
translation is filled with them. A sentence that fits none stays English.
"""

import re
from functools import cache
from typing import Final, NamedTuple

from web.words import ENGLISH, Tongue, gettext, spoken

PLACE: Final = re.compile(r"%\((\w+)\)s")
LETTERS_MIN: Final = 8
"""A message with fewer letters of its own would fit sentences it does not mean."""
SENTENCE_MAX: Final = 2_000


class Phrase(NamedTuple):
    """A message with placeholders, as what it looks like when they are filled."""

    shape: re.Pattern[str]
    message: str
    letters: int
    """Of its own: the phrase with most of them is meant, where several fit."""


def said(sentence: str) -> str:
    """The sentence in the tongue of who reads it."""
    tongue = spoken()
    if tongue.language == ENGLISH or not sentence or len(sentence) > SENTENCE_MAX:
        return sentence
    exact = gettext(sentence)
    if exact != sentence:
        return exact
    if sentence[:1].isupper():  # a label at the head of a line, kept with a small letter
        small = sentence[0].lower() + sentence[1:]
        exact = gettext(small)
        if exact != small:
            return exact[:1].upper() + exact[1:]
    for phrase in phrases(tongue):
        found = phrase.shape.fullmatch(sentence)
        if found is not None:
            values = {name: gettext(value) for name, value in found.groupdict().items()}
            return gettext(phrase.message) % values
    return sentence


@cache
def phrases(tongue: Tongue) -> tuple[Phrase, ...]:
    """Every translated message with placeholders, those with most words of their own first."""
    catalogue = getattr(tongue.catalogue, "_catalog", {})
    found = [phrase_of(message) for message in catalogue if isinstance(message, str) and PLACE.search(message)]
    return tuple(sorted(filter(None, found), key=lambda each: -each.letters))


def phrase_of(message: str) -> Phrase | None:
    """None for a message that would fit too much."""
    parts = PLACE.split(message)
    own = [part.replace("%%", "%") for part in parts[::2]]
    letters = sum(each.isalpha() for part in own for each in part)
    if letters < LETTERS_MIN or len(set(parts[1::2])) < len(parts[1::2]):
        return None
    shape = re.escape(own[0])
    for name, text in zip(parts[1::2], own[1:], strict=True):
        shape += f"(?P<{name}>.+?){re.escape(text)}"
    return Phrase(re.compile(shape, re.DOTALL), message, letters)
