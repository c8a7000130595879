"""Metal and stones given to a bench or a trade shop, and what comes back of them. Pure.

Fine metal is compared, not alloy: 10 g of 585 and 7.8 g of 750 are the same gold. Filings and sprues are lost by
agreement, up to the allowance; more is told by name, and so is metal or a stone too few, and metal nobody gave.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from contract.facts import OrderMetal

ALLOWANCE_BP: Final = 500
"""5 % of what was given: what a bench may lose to filing and polishing where nothing else was agreed."""
SCALE_MG: Final = 20
"""Two readings of a balance that shows 0.01 g: below this nothing is lost or gained."""
FULL: Final = 1000


class Flag(StrEnum):
    EXCESS_WASTAGE = "excess_wastage"
    SHORT_RETURN = "short_return"
    """A metal of which nothing came back at all."""
    EXCESS_RETURN = "excess_return"
    STONE_MISSING = "stone_missing"
    STONE_STRANGE = "stone_strange"


class Reckoned(NamedTuple):
    """`lost_mg`: fine metal, by metal; below zero where more came back."""

    lost_mg: tuple[tuple[str, int], ...]
    flags: tuple[Flag, ...]
    words: tuple[str, ...]


def fine_mg(metals: Sequence[OrderMetal]) -> dict[str, int]:
    """Milligrams of fine metal, by metal; an unknown fineness counts as the metal itself."""
    found: dict[str, int] = {}
    for each in metals:
        found[each.metal] = found.get(each.metal, 0) + each.weight_mg * (each.fineness or FULL) // FULL
    return found


def reckon(
    given: Sequence[OrderMetal],
    back: Sequence[OrderMetal],
    *,
    stones_given: Sequence[str] = (),
    stones_back: Sequence[str] = (),
    allowance_bp: int = ALLOWANCE_BP,
) -> Reckoned:
    """What the bench owes, or brought too much. Metal that stays in a piece that is not back yet is not back."""
    was, now = fine_mg(given), fine_mg(back)
    lost: list[tuple[str, int]] = []
    flags: list[Flag] = []
    words: list[str] = []
    for metal in dict.fromkeys((*was, *now)):
        gave, got = was.get(metal, 0), now.get(metal, 0)
        less = gave - got
        lost.append((metal, less))
        allowed = max(SCALE_MG, gave * allowance_bp // 10_000)
        if gave and not got and less > SCALE_MG:
            flags.append(Flag.SHORT_RETURN)
            words.append(f"nothing came back of {_grams(gave)} fine {metal}")
        elif less > allowed:
            flags.append(Flag.EXCESS_WASTAGE)
            words.append(f"{_grams(less)} fine {metal} lost of {_grams(gave)}; {_grams(allowed)} may be")
        elif -less > SCALE_MG:
            flags.append(Flag.EXCESS_RETURN)
            words.append(f"{_grams(-less)} fine {metal} more came back than was given")
    for at in sorted(set(stones_given) - set(stones_back)):
        flags.append(Flag.STONE_MISSING)
        words.append(f"the stone for {at} did not come back")
    for at in sorted(set(stones_back) - set(stones_given)):
        flags.append(Flag.STONE_STRANGE)
        words.append(f"a stone for {at} came back that was not given")
    return Reckoned(tuple(lost), tuple(dict.fromkeys(flags)), tuple(words))


def _grams(milligrams: int) -> str:
    return f"{milligrams // 1000}.{milligrams % 1000 // 10:02d} g"
