"""A plausible jeweller's stock from a seed: cards as the cloud would know them, and how well each tag is read.

The same seed, store and size give the same pieces, byte for byte. EPCs are encoded here with the standard library
only (TDS 2.1 §14.6.1), not with the house's codec, so that neither side hides the other's mistake.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId, uuid7

FIRST_MADE_US: Final = 1_750_000_000_000_000
"""When the first piece of the house was registered: 2025-06-15, so that ids look like ids of the past."""
COMPANY_PREFIX: Final = 4_012_345
RAW_EPC_SHARE: Final = 0.06
"""Tags bought already encoded by someone else: 96 bits that follow no scheme of ours."""
HARD_TAG_SHARE: Final = 0.02
"""Tags a metal body nearly silences (inference.md §1.1 has 5 % in its hardest world; a shop re-hangs the worst)."""
PIECES_PER_SKU: Final = 2.5


class StockPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece as registered, and what only the simulator knows: P(read in one clear dwell at its home)."""

    card: PieceCard
    detectability: float


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Where pieces live: a zone, how many of every hundred it holds, and its trays."""

    zone: ZoneId
    share: float
    trays: int


class _Metal(msgspec.Struct, frozen=True):
    name: str
    code: str
    fineness: int
    per_gram_minor: int
    beta: tuple[float, float]
    """Detectability ~ Beta(a, b): silver and steel bodies couple worse than small gold."""


class _Category(msgspec.Struct, frozen=True):
    name: str
    code: str
    forms: tuple[str, ...]
    grams: float
    metals: tuple[int, ...]
    share: float


_METALS: Final = (
    _Metal("yellow gold", "750Y", 750, 9_500, (9.0, 2.2)),
    _Metal("white gold", "750W", 750, 9_900, (9.0, 2.2)),
    _Metal("rose gold", "750R", 750, 9_500, (9.0, 2.2)),
    _Metal("platinum", "950P", 950, 7_800, (8.0, 2.4)),
    _Metal("silver", "925S", 925, 700, (6.0, 2.6)),
    _Metal("steel", "STL", 0, 1_500, (4.5, 2.4)),
)
_CATEGORIES: Final = (
    _Category("ring", "RG", ("Solitaire ring", "Band ring", "Halo ring", "Signet ring"), 4.6, (0, 1, 2, 3, 4), 0.34),
    _Category("earrings", "ER", ("Stud earrings", "Hoop earrings", "Drop earrings"), 5.2, (0, 1, 2, 3, 4), 0.2),
    _Category("necklace", "NK", ("Rivière necklace", "Chain necklace", "Collar necklace"), 14.0, (0, 1, 2, 4), 0.13),
    _Category("bracelet", "BR", ("Tennis bracelet", "Bangle", "Link bracelet"), 17.0, (0, 1, 2, 3, 4), 0.13),
    _Category("pendant", "PD", ("Locket pendant", "Drop pendant", "Medallion pendant"), 3.8, (0, 1, 2, 3, 4), 0.12),
    _Category("watch", "WT", ("Automatic watch", "Quartz watch"), 92.0, (0, 2, 5, 5), 0.05),
    _Category("brooch", "BC", ("Spray brooch", "Bar brooch"), 9.5, (0, 1, 3), 0.03),
)
_GEMS: Final = (("diamond", 620_000), ("sapphire", 210_000), ("emerald", 260_000), ("ruby", 290_000), ("pearl", 18_000))
_GRADES: Final = ("D VVS2", "E VS1", "F VS1", "G VS2", "H SI1")
_DESIGNERS: Final = ("A. Morel", "C. Okafor", "House studio", "I. Lindqvist", "M. Tanaka")
_COLLECTIONS: Final = ("Aube", "Cascade", "Jardin d'hiver", "Ligne", "Orbite", "Sillage")


def sgtin96(company: int, item: int, serial: int, filter_value: int = 1) -> str:
    """SGTIN-96 with a seven-digit company prefix (partition 5: 24 + 20 bits), upper-case hex."""
    if not (0 <= company < 10**7 and 0 <= item < 10**6 and 0 <= serial < 1 << 38):
        raise ValueError(f"({company}, {item}, {serial}) does not fit partition 5 of SGTIN-96")
    bits = (0x30 << 88) | (filter_value << 85) | (5 << 82) | (company << 58) | (item << 38) | serial
    return f"{bits:024X}"


def make_stock(
    *, seed: int, store_number: int, n: int, shelves: Sequence[Shelf], currency: str, tax_bp: int
) -> tuple[StockPiece, ...]:
    """`n` pieces spread over `shelves` by their shares. `store_number` keeps EPCs of different stores apart."""
    rng = np.random.default_rng([seed, 1, store_number])
    shares = np.array([shelf.share for shelf in shelves])
    homes = np.sort(rng.choice(len(shelves), size=n, p=shares / shares.sum()))
    return tuple(
        _piece(
            rng,
            number,
            shelves[home],
            store_number,
            skus=max(1, int(n / PIECES_PER_SKU)),
            currency=currency,
            tax_bp=tax_bp,
        )
        for number, home in enumerate(homes.tolist())
    )


def _piece(
    rng: np.random.Generator, number: int, shelf: Shelf, store_number: int, *, skus: int, currency: str, tax_bp: int
) -> StockPiece:
    model = int(rng.integers(skus))
    # The model decides everything that pieces of one SKU share, so it gets its own small generator.
    look = np.random.default_rng([model, 17])
    category = _CATEGORIES[int(look.choice(len(_CATEGORIES), p=[c.share for c in _CATEGORIES]))]
    metal = _METALS[int(look.choice(np.array(category.metals)))]
    form = category.forms[int(look.integers(len(category.forms)))]
    gem, carat = _GEMS[int(look.choice(len(_GEMS), p=[0.5, 0.15, 0.1, 0.1, 0.15]))], float(look.lognormal(-0.9, 0.7))
    set_with = bool(look.random() < (0.25 if metal.code in {"925S", "STL"} else 0.75))
    grade = _GRADES[int(look.integers(len(_GRADES)))]
    model_grams = category.grams * float(look.lognormal(0.0, 0.3))
    weight_mg = max(400, int(1000 * model_grams * float(rng.normal(1.0, 0.015))))
    price_minor = int(1.9 * model_grams * metal.per_gram_minor + 18_000)
    stones = ""
    if set_with:
        stones = f"{gem[0]} {carat:.2f} ct" + (f" {grade}" if gem[0] == "diamond" else "")
        price_minor += int(1.6 * gem[1] * carat ** (1.4 if gem[0] == "diamond" else 1.1))
    hard = rng.random() < HARD_TAG_SHARE
    detectability = rng.uniform(0.03, 0.08) if hard else min(0.97, float(rng.beta(*metal.beta)))
    return StockPiece(
        card=PieceCard(
            piece=PieceId(uuid7(FIRST_MADE_US + 1000 * (store_number * 1_000_000 + number), rng.bytes(10))),
            sku=f"{category.code}-{metal.code}-{model:04d}",
            title=f"{form}, {metal.name}" + (f", {gem[0]}" if set_with else ""),
            category=category.name,
            metal=metal.name,
            fineness=metal.fineness,
            weight_mg=weight_mg,
            stones=stones,
            price_minor=max(9_000, round(price_minor / 1000) * 1000),
            currency=currency,
            tax_bp=tax_bp,
            epc=_epc(rng, model, store_number, number),
            tid=f"E2801190{2000 + store_number:04X}{int(rng.integers(1 << 28)):07X}{number:05X}",
            designer=_DESIGNERS[int(look.integers(len(_DESIGNERS)))],
            collection=_COLLECTIONS[int(look.integers(len(_COLLECTIONS)))],
            home_zone=shelf.zone,
            tray=f"{shelf.zone}-t{1 + int(rng.integers(max(1, shelf.trays))):02d}",
        ),
        detectability=float(detectability),
    )


def _epc(rng: np.random.Generator, model: int, store_number: int, number: int) -> str:
    if rng.random() < RAW_EPC_SHARE:
        # E2 as first byte: what a tag carries that was never encoded; the number keeps them apart.
        return f"E200{int(rng.integers(1 << 48)):012X}{store_number:02X}{number:06X}"
    return sgtin96(COMPANY_PREFIX, 100_000 + model, (store_number << 24) | (number << 4) | int(rng.integers(16)))
