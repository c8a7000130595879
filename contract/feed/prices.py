"""Taxes, promotions and rates of exchange, as the office sets them."""

from enum import StrEnum

import msgspec

from contract.feed.body import FeedBody


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """One rate of a tax: state, county and city are three parts."""

    code: str
    name: str
    rate_bp: int


class TaxChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is due from this business day on, until a later change."""

    from_day: str
    parts: tuple[TaxPart, ...]


class TaxCard(FeedBody, frozen=True, tag="tax"):
    """What is due on a kind of goods. All parts are of the same net amount, none of them compound."""

    tax: str
    name: str
    parts: tuple[TaxPart, ...]
    included: bool = True
    """Whether prices hold it: yes in Europe, no in the United States."""
    changes: tuple[TaxChange, ...] = ()
    """By day. `parts` is what is due before the first of them."""


class PromotionKind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    """Off each line it fits."""
    SET = "set"
    """So much off when pieces of all its categories are in the cart."""


class PromotionCard(FeedBody, frozen=True, tag="promotion"):
    """Money off without anybody asking. The best one counts for a line, never two; a person's discount comes on top
    only where `with_discount` says so.

    It fits a line when every list that is not empty holds the piece's own. Days are business days, both included.
    """

    promotion: str
    name: str
    how: PromotionKind
    off_bp: int = 0
    off_minor: int = 0
    currency: str = ""
    from_day: str = ""
    to_day: str = ""
    categories: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    designers: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    total_minor_min: int = 0
    with_discount: bool = False


class MetalPriceCard(FeedBody, frozen=True, tag="metal_price"):
    """What a metal is worth, and what part of it the house offers. `minor_per_kg`: of fine metal."""

    metal: str
    currency: str
    minor_per_kg: int
    payout_bp: int
    source: str
    quoted_us: int


class RateCard(FeedBody, frozen=True, tag="rate"):
    """What foreign cash is taken at. `rate_e9`: major units of `into` for one of `currency`, × 10⁹."""

    currency: str
    into: str
    rate_e9: int
    source: str
    quoted_us: int


class EarnRule(msgspec.Struct, frozen=True, kw_only=True):
    """`rate_bp`: of what was paid. From its first business day to its last, both included; empty: for ever."""

    name: str
    rate_bp: int
    from_day: str = ""
    until_day: str = ""
    tier_min: int = 0

    def holds(self, business_day: str, tier: int) -> bool:
        begun = not self.from_day or business_day >= self.from_day
        return begun and (not self.until_day or business_day <= self.until_day) and tier >= self.tier_min


class LoyaltyCard(FeedBody, frozen=True, tag="loyalty"):
    """By which points are earned: at the office, by the client's tier. A till says on the receipt what is sure."""

    programme: str = "points"
    """A house has one."""
    rules: tuple[EarnRule, ...] = ()
