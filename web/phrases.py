"""Sentences that rules say in English, said again in the tongue of who reads them.

The rules of the trade know no language and make whole English sentences, values and all:
`Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")`. `vitrine words` gathers each as a message with
placeholders, `Open a shift on %(till)s first`; here a sentence is held against them, its values are taken out, and the
translation is filled with them. A sentence that fits none stays English.
"""

import re
from functools import cache
from typing import Final, NamedTuple

from web.words import ENGLISH, Later, Tongue, Words, gettext, spoken

PLACE: Final = re.compile(r"%\((\w+)\)s")
LETTERS_MIN: Final = 8
"""A message with fewer letters of its own would fit sentences it does not mean."""
SENTENCE_MAX: Final = 2_000


class Phrase(NamedTuple):
    """A message with placeholders, taken apart: `own[0]`, a value, `own[1]`, a value, …, `own[-1]`."""

    message: str
    names: tuple[str, ...]
    own: tuple[str, ...]

    @property
    def letters(self) -> int:
        """Of its own: the phrase with most of them is meant, where several fit."""
        return sum(each.isalpha() for part in self.own for each in part)

    def values(self, sentence: str) -> dict[str, str] | None:
        """What stands in its places, each as short as may be; None: it does not fit.

        By hand, for a regular expression looks for each way to divide a long text: minutes for a page of six values.
        """
        first, *between, last = self.own
        if not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        found, at, end = {}, len(first), len(sentence) - len(last)
        for name, text in zip(self.names[:-1], between, strict=True):
            place = sentence.find(text, at + 1, end)
            if place < 0:
                return None
            found[name] = sentence[at:place]
            at = place + len(text)
        return {**found, self.names[-1]: sentence[at:end]} if at < end else None


def said(sentence: Words) -> str:
    """The sentence in the tongue of who reads it."""
    tongue = spoken()
    if isinstance(sentence, Later):
        return str(sentence)
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
        found = phrase.values(sentence)
        if found is not None:
            return gettext(phrase.message) % {name: gettext(value) for name, value in found.items()}
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
    names = tuple(parts[1::2])
    phrase = Phrase(message, names, tuple(part.replace("%%", "%") for part in parts[::2]))
    return phrase if phrase.letters >= LETTERS_MIN and len(set(names)) == len(names) else None
