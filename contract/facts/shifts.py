"""A drawer between its float and its Z."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.facts.sales import TenderKind
from contract.ids import CashMoveId, PieceId, SaleId, ShiftId, TillId


class Coins(msgspec.Struct, frozen=True, kw_only=True):
    """So many coins or notes of one value."""

    value_minor: int
    number: int


class TenderSum(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of tender brought in over a shift, refunds taken off.

    Those in the drawer's own currency add up to the shift's gross amount; one in another says what foreign cash lies
    beside it, whose value is counted in the drawer's own.
    """

    kind: TenderKind
    currency: str
    amount_minor: int
    number: int


class TaxSum(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    rate_bp: int
    base_minor: int
    tax_minor: int


class ShiftOpened(Fact, frozen=True, tag="shift.opened"):
    shift: ShiftId
    till: TillId
    business_day: str
    float_minor: int
    currency: str
    float_coins: tuple[Coins, ...] = ()


class CashKind(StrEnum):
    IN = "in"
    OUT = "out"
    DROP = "drop"
    """Taken to the safe or the bank while the shift goes on."""
    NO_SALE = "no_sale"
    """The drawer was opened, and nothing moved."""


class CashMoved(Fact, frozen=True, tag="cash.moved"):
    """Cash put in or taken out by hand, and why. The amount is never below nothing: the kind says which way."""

    move: CashMoveId
    shift: ShiftId
    till: TillId
    kind: CashKind
    amount_minor: int
    currency: str
    """The drawer's own, or the foreign one that went to the safe."""
    reason: str


class CashBanked(Fact, frozen=True, tag="cash.banked"):
    """Cash of the safe was brought to the bank; `reference` is that of the bag or the paying-in slip."""

    move: CashMoveId
    business_day: str
    currency: str
    amount_minor: int
    reference: str


class ForeignCount(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of another currency that lay beside the drawer's own."""

    currency: str
    expected_minor: int
    counted_minor: int


class ShiftClosed(Fact, frozen=True, tag="shift.closed"):
    """The Z: gapless per till. The tokens of pieces sold in it pass to the cloud."""

    shift: ShiftId
    till: TillId
    z_number: int
    business_day: str
    currency: str
    sales: int
    returns: int
    gross_minor: int
    tax_minor: int
    cash_expected_minor: int
    cash_counted_minor: int
    sold_pieces: tuple[PieceId, ...] = ()
    counted_coins: tuple[Coins, ...] = ()
    note: str = ""
    """Why the drawer held more or less than it should."""
    tenders: tuple[TenderSum, ...] = ()
    taxes: tuple[TaxSum, ...] = ()
    moved_minor: int = 0
    """Cash put in by hand over the shift, less what was taken out."""
    opened_without_sale: int = 0
    """How often the drawer was opened for nothing."""
    rounding_minor: int = 0
    receipts: tuple[int, int] = (0, 0)
    """First and last receipt number; (0, 0): none."""
    sales_digest: str = ""
    """SHA-256 in hex over its receipts by number: the number, a space, the sale's id and a line feed, of each."""
    previous_z_digest: str = ""
    """Of the till's Z before this one, over what `trade/zchain.py` names; empty: there is none, or it is of the first
    release."""
    foreign: tuple[ForeignCount, ...] = ()
    """Of each other currency that should have lain there, or did; empty also in Zs that counted none of it."""
    late: tuple[SaleId, ...] = ()
    """Recorded in an earlier shift that had its Z without them, or never got one; a return by the sale it is of."""
