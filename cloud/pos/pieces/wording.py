"""A piece's lists as people write them, `gold, 18 kt, 4.2 g; platinum, 950`, there and back without loss.

Reading raises `ValueError` with the mend; whether what was read can be true is asked of `trade.record`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from contract.feed import Attribute, FinenessUnit, Metal, Price, Stone
from contract.money import minor_digits, plain

KARATS: Final = {24: 999, 22: 916, 21: 875, 18: 750, 14: 585, 10: 417, 9: 375, 8: 333}
"""As hallmarked, which is not the quotient: 14 karat is stamped 585."""
KARAT: Final = re.compile(r"([0-9]{1,2}) ?(?:kt|k|karat)", re.IGNORECASE)
PERMILLE: Final = re.compile(r"([0-9]{1,3}) ?‰?")
GRAMS: Final = re.compile(r"([0-9.]+) ?g")
CARATS: Final = re.compile(r"([0-9.]+) ?ct", re.IGNORECASE)
COUNT: Final = re.compile(r"([0-9]{1,5}) ?[x×] (.*)")
GRADE: Final = re.compile(r"(colour|clarity|cut) (.+)")
UNIT: Final = re.compile(r"(.*?)\s*\[([^\[\]]*)\]")
PRICE: Final = re.compile(r"([A-Z]{3}) ?([0-9.,]+)")


def scaled(text: str, digits: int) -> int:
    """`"4.2", 3` → `4200`: a number with at most so many digits after the point."""
    found = re.fullmatch(r"([0-9]{1,13})(?:[.,]([0-9]+))?", text.strip())
    part = (found[2] or "") if found else ""
    if found is None or len(part) > digits:
        raise ValueError(f"{text!r}: a number with at most {digits} digits after the point")
    scale: int = 10**digits
    return int(found[1]) * scale + int(part.ljust(digits, "0") or "0")


def unscaled(value: int, digits: int) -> str:
    """`4200, 3` → `"4.2"`."""
    whole, part = divmod(value, 10**digits)
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".") if digits else str(value)


def amount(text: str, currency: str) -> int:
    """`"1200.50", "EUR"` → `120050`; spaces between thousands may stand."""
    return scaled(text.replace(" ", "").replace("\u00a0", ""), minor_digits(currency))


def permille(text: str) -> int:
    """`750` or `18 kt`: both are how the trade says it."""
    karat = KARAT.fullmatch(text.strip())
    if karat:
        fine = KARATS.get(int(karat[1]))
        if fine is None:
            raise ValueError(f"{text!r}: no hallmark of that karat; write parts of a thousand")
        return fine
    found = PERMILLE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r}: parts of a thousand as 750, or a karat as 18 kt")
    return int(found[1])


def _items(text: str) -> Iterator[str]:
    return (each for item in text.split(";") if (each := " ".join(item.split())))


def metals(text: str) -> tuple[Metal, ...]:
    return tuple(_metal([part.strip() for part in item.split(",")]) for item in _items(text))


def _metal(parts: Sequence[str]) -> Metal:
    fineness, unit, weight_mg = 0, FinenessUnit.PERMILLE, 0
    for part in parts[1:]:
        if found := KARAT.fullmatch(part):
            fineness, unit = int(found[1]), FinenessUnit.KARAT
        elif found := GRAMS.fullmatch(part):
            weight_mg = scaled(found[1], 3)
        elif found := PERMILLE.fullmatch(part):
            fineness, unit = int(found[1]), FinenessUnit.PERMILLE
        else:
            raise ValueError(f"{part!r}: write a metal as gold, 18 kt, 4.2 g or platinum, 950")
    return Metal(metal=parts[0], fineness=fineness, unit=unit, weight_mg=weight_mg)


def metals_text(metals: Sequence[Metal]) -> str:
    return "; ".join(", ".join(_metal_parts(metal)) for metal in metals)


def _metal_parts(metal: Metal) -> Iterator[str]:
    yield metal.metal
    if metal.fineness:
        yield f"{metal.fineness} kt" if metal.unit is FinenessUnit.KARAT else str(metal.fineness)
    if metal.weight_mg:
        yield f"{unscaled(metal.weight_mg, 3)} g"


def gems(text: str) -> tuple[Stone, ...]:
    return tuple(_gem([part.strip() for part in item.split(",")]) for item in _items(text))


def _gem(parts: Sequence[str]) -> Stone:
    counted = COUNT.fullmatch(parts[0])
    said: dict[str, str] = {}
    carat_milli = 0
    for part in parts[1:]:
        if found := CARATS.fullmatch(part):
            carat_milli = scaled(found[1], 3)
        elif found := GRADE.fullmatch(part):
            said[found[1]] = found[2]
        elif "certificate" not in said and part:
            said["certificate"] = part
        else:
            raise ValueError(f"{part!r}: write a stone as diamond, 0.3 ct, colour G, clarity VS1, GIA 2141438171")
    kind = counted[2] if counted else parts[0]
    return Stone(kind=kind, count=int(counted[1]) if counted else 1, carat_milli=carat_milli, **said)


def gems_text(gems: Sequence[Stone]) -> str:
    return "; ".join(", ".join(_gem_parts(gem)) for gem in gems)


def _gem_parts(gem: Stone) -> Iterator[str]:
    yield gem.kind if gem.count == 1 else f"{gem.count} x {gem.kind}"
    if gem.carat_milli:
        yield f"{unscaled(gem.carat_milli, 3)} ct"
    yield from (f"{grade} {said}" for grade in ("colour", "clarity", "cut") if (said := getattr(gem, grade)))
    if gem.certificate:
        yield gem.certificate


def prices(text: str) -> tuple[Price, ...]:
    """`USD 1300.00; GBP 990.00`."""
    found = []
    for item in _items(text):
        price = PRICE.fullmatch(item)
        if price is None:
            raise ValueError(f"{item!r}: write a price as USD 1300.00")
        found.append(Price(currency=price[1], amount_minor=amount(price[2], price[1])))
    return tuple(found)


def prices_text(prices: Sequence[Price]) -> str:
    return "; ".join(f"{price.currency} {plain(price.amount_minor, price.currency)}" for price in prices)


def certificates(text: str) -> tuple[str, ...]:
    return tuple(_items(text))


def attributes(text: str) -> tuple[Attribute, ...]:
    """`length = 42 [cm]; clasp = box`; the unit may be left out where the category says it."""
    found = []
    for item in _items(text):
        name, equals, value = item.partition("=")
        if not equals:
            raise ValueError(f"{item!r}: write an attribute as length = 42")
        with_unit = UNIT.fullmatch(value.strip())
        said, unit = (with_unit[1], with_unit[2]) if with_unit else (value.strip(), "")
        found.append(Attribute(name=name.strip(), value=said, unit=unit))
    return tuple(found)


def attributes_text(attributes: Sequence[Attribute]) -> str:
    return "; ".join(f"{each.name} = {each.value}" + (f" [{each.unit}]" if each.unit else "") for each in attributes)


LISTS: Final[dict[str, Callable[[str], tuple[object, ...]]]] = {
    "metals": metals, "gems": gems, "prices": prices, "certificates": certificates, "attributes": attributes,
}  # fmt: skip
