"""Hallmarks of a piece: who assayed it, whose mark it bears, which standard is struck. Formats and facts are checked.

They are attributes that a category may ask for, of these three names. A hallmark is all three or none. Standards are
those of the Hallmarking Convention's United Kingdom profile (handbook/standards.md §5).
"""

import re
from collections.abc import Mapping
from typing import Final

from contract.feed import FinenessUnit, PieceCard

OFFICE, MARK, STANDARD = "hallmark office", "hallmark mark", "hallmark standard"
NAMES: Final = (OFFICE, MARK, STANDARD)
STANDARDS: Final[Mapping[str, tuple[int, ...]]] = {
    "platinum": (850, 900, 950, 999),
    "gold": (375, 585, 750, 916, 990, 999),
    "palladium": (500, 950, 999),
    "silver": (800, 925, 958, 999),
}
"""Parts of a thousand, by metal."""
KARAT: Final[Mapping[int, int]] = {9: 375, 14: 585, 18: 750, 22: 916, 24: 999}
"""What is struck for a karat: 14 karat are 583.3 parts, and the stamp says 585."""
OFFICES: Final[Mapping[str, tuple[str, ...]]] = {"GB": ("London", "Birmingham", "Sheffield", "Edinburgh")}
"""Of countries whose offices are all known here; of another one any name is taken."""
OFFICE_FORM: Final = re.compile(r"([A-Z]{2}) (\S(?:.{0,38}\S)?)")
MARK_FORM: Final = re.compile(r"[^\W_](?:[\w&.’' -]{0,10}[\w.])?")
STANDARD_FORM: Final = re.compile(r"[1-9][0-9]{2}")


def wrong_hallmark(card: PieceCard) -> list[str]:
    """What cannot be right with the hallmark a piece says it bears, a sentence each; none where it says nothing."""
    told = {each.name: each.value for each in card.attributes if each.name in NAMES}
    if not told:
        return []
    missing = [name for name in NAMES if name not in told]
    if missing:
        return [f"{missing[0]}: a hallmark is its office, its sponsor's mark and its standard: say all three, or none"]
    return [why for why in (_office(told[OFFICE]), _mark(told[MARK]), _standard(told[STANDARD], card)) if why]


def _office(text: str) -> str:
    found = OFFICE_FORM.fullmatch(text)
    if found is None:
        return f"{OFFICE}: write the country's two letters and the office's town, like GB London"
    known = OFFICES.get(found[1])
    if known is not None and found[2] not in known:
        return f"{OFFICE}: {found[1]} has offices at {', '.join(known)}; none is called {found[2]}"
    return ""


def _mark(text: str) -> str:
    if MARK_FORM.fullmatch(text):
        return ""
    return f"{MARK}: the letters of the sponsor's mark as they are struck, 12 at most, like A&Co"


def _standard(text: str, card: PieceCard) -> str:
    if not STANDARD_FORM.fullmatch(text):
        return f"{STANDARD}: the three figures that are struck, like 750"
    standard, metals = int(text), _metals(card)
    known = sorted({each for metal in metals for each in STANDARDS[metal]})
    if metals and standard not in known:
        asked = ", ".join(map(str, known))
        return f"{STANDARD}: no {' or '.join(metals)} is struck {standard}; its standards are {asked}"
    said = _finenesses(card)
    if said and standard not in said:
        asked = " and ".join(map(str, sorted(said)))
        return f"{STANDARD}: {standard} is struck, and the piece is said to be {asked}: look at it again"
    return ""


def _metals(card: PieceCard) -> list[str]:
    """Of the piece, as the table calls them: `white gold` is gold."""
    named = " ".join((card.metal, *(each.metal for each in card.metals))).lower()
    return [metal for metal in STANDARDS if metal in named]


def _finenesses(card: PieceCard) -> set[int]:
    """What may be struck by what the piece says it is made of; none where it does not say."""
    said = {_struck(each.fineness, each.unit) for each in card.metals} | {card.fineness}
    return said - {0}


def _struck(fineness: int, unit: FinenessUnit) -> int:
    return KARAT.get(fineness, 0) if unit is FinenessUnit.KARAT else fineness
