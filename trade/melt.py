"""What metal is worth: weight, fineness and a price for a kilogram, in integers, rounded once."""

from typing import Final

from contract.facts import Spot
from contract.money import BASIS_POINTS, divide_half_up

MG_PER_KG: Final = 1_000_000
PERMILLE: Final = 1_000
GRAMS_PER_TROY_OUNCE_E7: Final = 311_034_768
"""31.1034768 g: how exchanges quote. NIST Handbook 44, appendix C."""
METALS: Final = ("gold", "silver", "platinum", "palladium")
"""Those that are quoted."""


def fine_mg(weight_mg: int, fineness: int) -> int:
    """Milligrams of fine metal, rounded half up."""
    return divide_half_up(weight_mg * fineness, PERMILLE)


def worth_minor(weight_mg: int, fineness: int, spot: Spot) -> int:
    """What the fine metal in it is worth."""
    return divide_half_up(weight_mg * fineness * spot.minor_per_kg, PERMILLE * MG_PER_KG)


def offer_minor(weight_mg: int, fineness: int, spot: Spot, payout_bp: int) -> int:
    """The part of that which the house offers, rounded once."""
    return divide_half_up(weight_mg * fineness * spot.minor_per_kg * payout_bp, PERMILLE * MG_PER_KG * BASIS_POINTS)


def per_kg(minor_per_ounce: int) -> int:
    """A price for a troy ounce as one for a kilogram, rounded half up."""
    return divide_half_up(minor_per_ounce * 10_000_000_000, GRAMS_PER_TROY_OUNCE_E7)
