"""Whether a piece's record can be true: fineness, weights, stones, papers, prices. Pure; every mistake in words."""

import re
from typing import Final

from contract.feed import FinenessUnit, Metal, PieceCard, Stone
from trade.certificates import is_lab_grown
from trade.certificates import wrong as wrong_certificate

KARAT_MAX: Final = 24
PERMILLE_MAX: Final = 999
"""Nothing is stamped 1000 (JFL, pos.md §1 row 2)."""
LIST_MAX: Final = 24
"""Metals, stones, certificates or prices of one piece."""
TEXT_LENGTH_MAX: Final = 200
WEIGHT_MG_MAX: Final = 100_000_000
PRICE_MINOR_MAX: Final = 10**13
TEXTS: Final = (
    "sku", "title", "category", "metal", "stones", "designer", "collection", "home_zone", "tray", "serial", "barcode",
    "tax", "photo",
)  # fmt: skip
LONG: Final = frozenset({"stones"})
WORDS: Final = re.compile(r"[^\W\d_][^,;]{0,59}")
GRADE: Final = re.compile(r"[^,;]{1,60}")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
EPC: Final = re.compile(r"([0-9A-F]{4}){1,31}")
CURRENCY: Final = re.compile(r"[A-Z]{3}")


def wrong(card: PieceCard) -> list[tuple[str, str]]:
    """Field and what is wrong with it, for all that cannot be right."""
    return [*_of_the_card(card), *_of_money(card), *_of_matter(card)]


def _of_the_card(card: PieceCard) -> list[tuple[str, str]]:
    found = [
        (name, f"at most {TEXT_LENGTH_MAX} signs")
        for name in TEXTS
        if len(getattr(card, name)) > (5 * TEXT_LENGTH_MAX if name in LONG else TEXT_LENGTH_MAX)
    ]
    said = {name: getattr(card, name) for name in TEXTS}
    found += [(name, "one line") for name, text in said.items() if CONTROL.search(text)]
    found += [(name, "no space before or after it") for name, text in said.items() if text != text.strip()]
    if not card.piece or len(card.piece) > 64 or CONTROL.search(card.piece) or card.piece != card.piece.strip():
        found.append(("piece", "a piece has an id of 1 to 64 characters"))
    if not card.title:
        found.append(("title", "say what it is"))
    if card.epc and not EPC.fullmatch(card.epc):
        found.append(("epc", "upper-case hex, a whole number of 16-bit words, e.g. 24 characters for 96 bits"))
    if card.barcode.isdecimal() and len(card.barcode) in {8, 12, 13, 14} and not gtin_checks(card.barcode):
        found.append(("barcode", "its last digit does not fit the others: scan it again"))
    if card.set_of and card.set_of == card.piece:
        found.append(("set_of", "a set is not a part of itself"))
    return found


def gtin_checks(digits: str) -> bool:
    """GS1 General Specifications §7.9: weights 3 and 1 from the right, the sum a multiple of ten."""
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits))) % 10 == 0


def _of_money(card: PieceCard) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not CURRENCY.fullmatch(card.currency):
        found.append(("currency", "three capital letters, e.g. EUR (ISO 4217)"))
    if card.price_minor < 0:
        found.append(("price_minor", "a price is not below nothing"))
    elif card.price_minor > PRICE_MINOR_MAX:
        found.append(("price_minor", "more than any piece costs"))
    if not 0 <= card.tax_bp <= 10_000:
        found.append(("tax_bp", "basis points, 0 to 10000: 2000 is 20 %"))
    currencies = [card.currency, *(price.currency for price in card.prices)]
    if len(card.prices) > LIST_MAX or len(set(currencies)) < len(currencies):
        found.append(("prices", "one price for each other currency"))
    if any(not CURRENCY.fullmatch(price.currency) for price in card.prices):
        found.append(("prices", "three capital letters, e.g. EUR (ISO 4217)"))
    if any(not 0 <= price.amount_minor <= PRICE_MINOR_MAX for price in card.prices):
        found.append(("prices", "a price is not below nothing, and not above any piece's"))
    return found


def _of_matter(card: PieceCard) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not 0 <= card.fineness <= PERMILLE_MAX:
        found.append(("fineness", f"parts of a thousand, at most {PERMILLE_MAX}"))
    if not 0 <= card.weight_mg <= WEIGHT_MG_MAX:
        found.append(("weight_mg", "a weight is not below nothing, and below 100 kg"))
    lists = ("metals", "gems", "certificates")
    found += [(name, f"at most {LIST_MAX} of them") for name in lists if len(getattr(card, name)) > LIST_MAX]
    found += [("metals", why) for metal in card.metals if (why := wrong_metal(metal))]
    found += [("gems", why) for stone in card.gems if (why := wrong_stone(stone))]
    found += [("certificates", why) for paper in card.certificates if (why := wrong_certificate(paper))]
    weighed = sum(metal.weight_mg for metal in card.metals)
    if 0 < card.weight_mg < weighed:
        found.append(("metals", f"its metals weigh {weighed} mg, and the whole piece only {card.weight_mg} mg"))
    return found


def wrong_metal(metal: Metal) -> str:
    """`platinum 950`, `gold 18 kt`."""
    if not _is(WORDS, metal.metal):
        return "name the metal, without comma or semicolon"
    if metal.unit is FinenessUnit.KARAT and not metal.fineness:
        return f"{metal.metal}: say the karat"
    most = KARAT_MAX if metal.unit is FinenessUnit.KARAT else PERMILLE_MAX
    if not 0 <= metal.fineness <= most:
        told = f"at most {KARAT_MAX} karat" if metal.unit is FinenessUnit.KARAT else f"at most {PERMILLE_MAX} ‰"
        return f"{metal.metal} of {metal.fineness}: {told}"
    return "" if 0 <= metal.weight_mg <= WEIGHT_MG_MAX else f"{metal.metal}: a weight is not below nothing"


def wrong_stone(stone: Stone) -> str:
    """Weights are of all `count` together."""
    grades = [grade for grade in (stone.colour, stone.clarity, stone.cut) if grade]
    if not _is(WORDS, stone.kind) or not all(_is(GRADE, grade) for grade in grades):
        return "name the stone and its grades, without comma or semicolon"
    if not 1 <= stone.count <= 10_000:
        return f"{stone.kind}: 1 to 10000 of them"
    if not 0 <= stone.carat_milli <= 10_000_000:
        return f"{stone.kind}: a weight in carat, at most 10000"
    if stone.certificate and (why := wrong_certificate(stone.certificate)):
        return why
    if is_lab_grown(stone.certificate) and "natural" in stone.kind.lower():
        return f"{stone.certificate} is of a laboratory-grown stone, not of a natural one"
    return ""


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return bool(pattern.fullmatch(text)) and text == " ".join(text.split())
