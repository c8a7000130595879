"""A drawer between its float and its Z."""

import msgspec

from contract.facts.fact import Fact
from contract.facts.sales import TenderKind
from contract.ids import PieceId, SaleId, ShiftId, TillId


class Coins(msgspec.Struct, frozen=True, kw_only=True):
    """So many coins or notes of one value."""

    value_minor: int
    number: int


class TenderSum(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of tender brought in over a shift, refunds taken off."""

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
    """Cash put in and taken out by hand over the shift."""
    rounding_minor: int = 0
    receipts: tuple[int, int] = (0, 0)
    """First and last receipt number; (0, 0): none."""
    sales_digest: str = ""
    """SHA-256 in hex over the ids of its sales and returns, in order, a line feed after each."""
    previous_z_digest: str = ""
    late: tuple[SaleId, ...] = ()
    """Recorded under an earlier business day and counted here."""
