"""Intake words describe what is seen and never assert a material: nobody at the counter has tested it. Pure.

"White metal ring with white stone": who writes "platinum ring with diamond" has promised to give one back.
"""

import re
from typing import Final, NamedTuple

SEEN: Final = {
    "gold": "yellow metal", "yellow gold": "yellow metal", "white gold": "white metal", "rose gold": "rose metal",
    "pink gold": "rose metal", "red gold": "rose metal", "platinum": "white metal", "palladium": "white metal",
    "silver": "white metal", "sterling": "white metal", "sterling silver": "white metal", "rhodium": "white metal",
    "steel": "grey metal", "stainless steel": "grey metal", "titanium": "grey metal", "tungsten": "grey metal",
    "brass": "yellow metal", "vermeil": "yellow metal", "diamond": "white stone", "diamonds": "white stones",
    "brilliant": "white stone", "brilliants": "white stones", "moissanite": "white stone",
    "cubic zirconia": "white stone", "zirconia": "white stone", "zircon": "white stone", "ruby": "red stone",
    "rubies": "red stones", "garnet": "red stone", "garnets": "red stones", "spinel": "red stone",
    "sapphire": "blue stone", "sapphires": "blue stones", "tanzanite": "blue stone", "aquamarine": "pale blue stone",
    "topaz": "blue stone", "turquoise": "blue-green stone", "emerald": "green stone", "emeralds": "green stones",
    "peridot": "green stone", "jade": "green stone", "tourmaline": "green stone", "tsavorite": "green stone",
    "amethyst": "purple stone", "amethysts": "purple stones", "citrine": "yellow stone", "amber": "orange stone",
    "opal": "milky stone", "opals": "milky stones", "onyx": "black stone", "pearl": "white bead",
    "pearls": "white beads", "coral": "red bead", "ivory": "white bead",
}  # fmt: skip
"""What is asserted, and what the eye can tell. The colour is a beginning: a person writes the one they see."""
FINENESS: Final = re.compile(
    r"\b(?:(?:8|9|10|12|14|15|16|18|20|21|22|23|24)\s*(?:k|kt|ct|karat|carat)\b(?!\s*(?:tw|total))"
    r"|(?:333|375|417|500|585|750|800|835|916|917|925|950|958|990|999)(?![\d.,]))\.?",
    re.IGNORECASE,
)
"""A fineness may be read off a stamp, and then it is told as a stamp."""
STAMPED: Final = re.compile(r"(?:stamp(?:ed|s)?|marked|hallmark(?:ed)?|engraved|reads?|inscribed)\W*\Z", re.IGNORECASE)
_ASSERTED: Final = re.compile(
    r"\b(" + "|".join(sorted((re.escape(word) for word in SEEN), key=len, reverse=True)) + r")\b", re.IGNORECASE
)


class Asserted(NamedTuple):
    """A word that asserts a material, and what to write instead."""

    word: str
    instead: str


def asserted(text: str) -> tuple[Asserted, ...]:
    """Words of an intake description that say what a thing is made of, in their order; quoted stamps are not."""
    words = [(hit.start(), Asserted(hit[0], SEEN[hit[0].casefold()])) for hit in _ASSERTED.finditer(text)]
    stamps = [(hit.start(), Asserted(hit[0].strip(), f'stamped "{hit[0].strip()}"')) for hit in FINENESS.finditer(text)]
    return tuple(each for at, each in sorted((*words, *stamps)) if not _is_quoted(text, at))


def suggested(text: str) -> str:
    """The same description in words of what is seen."""
    found = asserted(text)
    out, at = [], 0
    for each in found:
        here = text.index(each.word, at)
        out += [text[at:here], each.instead]
        at = here + len(each.word)
    return "".join((*out, text[at:]))


def problem(text: str) -> str:
    """Why a description is not taken, with what to write; empty: it is."""
    if not text.strip():
        return "Say what the thing looks like: white metal ring with white stone"
    found = asserted(text)
    if not found:
        return ""
    words = " and ".join(f'"{each.word}"' for each in found[:3])
    say = "asserts" if len(found) == 1 else "assert"
    return f"{words} {say} what nobody has tested: write: {suggested(text)} (a stamp only where you read one)"


def _is_quoted(text: str, at: int) -> bool:
    """Inside quotation marks, or told as a stamp."""
    before = text[:at]
    return before.count('"') % 2 == 1 or STAMPED.search(before) is not None
