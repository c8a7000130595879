"""Taxes, promotions and rates for lists and forms: the feed's own rows."""

from dataclasses import dataclass

import msgspec

from cloud import feed
from cloud.db import Tx
from contract.feed import EVERY_STORE, PromotionCard, RateCard, TaxCard


@dataclass(frozen=True, slots=True)
class PartRow:
    code: str
    name: str
    rate_bp: int


@dataclass(frozen=True, slots=True)
class LaterRow:
    from_day: str
    parts: list[PartRow]


@dataclass(frozen=True, slots=True)
class TaxRow:
    """`changes` by day; `parts` is what is due before the first of them."""

    tax: str
    name: str
    included: bool
    parts: list[PartRow]
    changes: list[LaterRow]


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """`store` empty: at every store."""

    store: str
    promotion: str
    name: str
    how: str
    off_bp: int
    off_minor: int
    currency: str
    from_day: str
    to_day: str
    categories: list[str]
    collections: list[str]
    designers: list[str]
    skus: list[str]
    total_minor_min: int
    with_discount: bool


@dataclass(frozen=True, slots=True)
class RateRow:
    """`rate_e9`: major units of `into` for one of `currency`, × 10⁹."""

    currency: str
    into: str
    rate_e9: int
    source: str
    quoted_us: int


def taxes(tx: Tx) -> list[TaxRow]:
    """By code."""
    return [msgspec.convert(_plain(card), TaxRow) for card in feed.cards(tx, TaxCard).values()]


def promotion_cards(tx: Tx, *, store: str = "") -> list[tuple[str, PromotionCard]]:
    """By code, each with its store, empty for every store; those of one store with those of every, when asked."""
    found = [
        ("" if scope == EVERY_STORE else scope, card) for (scope, _), card in feed.cards(tx, PromotionCard).items()
    ]
    return [(at, card) for at, card in found if not store or at in ("", store)]


def promotions(tx: Tx, *, store: str = "") -> list[PromotionRow]:
    """As `promotion_cards`, for programs."""
    return [
        msgspec.convert({**_plain(card), "store": at}, PromotionRow) for at, card in promotion_cards(tx, store=store)
    ]


def rates(tx: Tx) -> list[RateRow]:
    """By currency."""
    return [msgspec.convert(_plain(card), RateRow) for card in feed.cards(tx, RateCard).values()]


def _plain(card: msgspec.Struct) -> dict[str, object]:
    """Every field, defaults too, which the wire leaves out."""
    return {name: msgspec.to_builtins(getattr(card, name)) for name in card.__struct_fields__}
