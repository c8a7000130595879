"""An engraving before it is cut: letters the font has, how long it gets, and what the proof says, letter by letter.

Metal forgives nothing. The text is the client's own, so no sentence here repeats it: it names a letter by its place.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

LETTERS_MAX: Final = 200
HEIGHT_UM_MIN: Final = 500
"""Half a millimetre: below, no hand and few lasers cut a letter that is read again."""
HEIGHT_UM_MAX: Final = 20_000
EM: Final = 1000


class Face(NamedTuple):
    """A font as the rules see it. `advance`: letter → its width, in thousandths of the height of a capital."""

    name: str
    advance: Mapping[str, int]


class Engraving(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the client wants. `room_um` is what the place has; 0: not measured."""

    text: str
    font: str
    position: str
    height_um: int
    room_um: int = 0


def as_kept(text: str) -> str:
    """One way to write each letter (NFC), so that what looks equal is equal; spaces at the ends are none."""
    return unicodedata.normalize("NFC", text).strip()


def length_um(engraving: Engraving, face: Face) -> int:
    """How long it gets; of letters the font lacks nothing is known."""
    total = sum(face.advance.get(letter, 0) for letter in as_kept(engraving.text))
    return total * engraving.height_um // EM


def lacking(text: str, face: Face) -> tuple[str, ...]:
    """Letters that the font has not, each once, in their order."""
    return tuple(dict.fromkeys(letter for letter in as_kept(text) if letter not in face.advance))


def problems(engraving: Engraving, face: Face) -> tuple[str, ...]:
    """What keeps it from being cut, and what to do; empty: nothing."""
    text = as_kept(engraving.text)
    found = []
    if not text:
        found.append("Write what is to be engraved")
    if len(text) > LETTERS_MAX:
        found.append(f"{len(text)} letters are more than {LETTERS_MAX}: engrave less")
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        found.append("There is a letter in it that nobody sees: type it again instead of pasting it")
    else:
        for letter in lacking(text, face):
            at = text.index(letter) + 1
            found.append(f"Letter {at} is not in {face.name}: choose another font, or spell it with other letters")
    if not engraving.position.strip():
        found.append("Say where it goes: inside of the band, centred opposite the stone")
    if not HEIGHT_UM_MIN <= engraving.height_um <= HEIGHT_UM_MAX:
        found.append(f"Letters are {_mm(HEIGHT_UM_MIN)} to {_mm(HEIGHT_UM_MAX)} high: choose a height between")
    elif engraving.room_um and (long := length_um(engraving, face)) > engraving.room_um:
        smaller = engraving.height_um * engraving.room_um // long // 100 * 100
        how = f"make the letters {_mm(smaller)} high" if smaller >= HEIGHT_UM_MIN else "engrave less"
        found.append(f"It gets {_mm(long)} long and there are {_mm(engraving.room_um)}: {how}")
    return tuple(found)


def differs(text: str, proof: str) -> str:
    """Where a proof says something else than was ordered, by place; empty: nowhere. A case or an accent is a letter."""
    wanted, says = as_kept(text), as_kept(proof)
    if wanted == says:
        return ""
    for n, (one, other) in enumerate(zip(wanted, says, strict=False), start=1):
        if one != other:
            how = "in upper or lower case" if one.casefold() == other.casefold() else "a different letter"
            return f"Letter {n} of the proof is {how} than was ordered: correct one of them, and compare again"
    which = "more" if len(says) > len(wanted) else "fewer"
    return f"The proof has {len(says)} letters, {which} than the {len(wanted)} that were ordered: correct one of them"


def spelled(text: str) -> tuple[str, ...]:
    """Letter by letter, for reading back: a space is told."""
    return tuple("space" if letter == " " else letter for letter in as_kept(text))


def _mm(micrometres: int) -> str:
    return f"{micrometres / 1000:.1f} mm"
