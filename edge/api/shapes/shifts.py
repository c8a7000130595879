"""A drawer: its shift, and what its X and Z tell."""

from dataclasses import dataclass

from contract.facts import CashKind, TenderKind


@dataclass(frozen=True, slots=True)
class ShiftView:
    shift: str
    till: str
    state: str
    business_day: str
    float_minor: int
    currency: str
    z_number: int | None
    sales: int
    returns: int
    gross_minor: int
    cash_expected_minor: int | None
    """Only after the close: the drawer is counted blind."""
    cash_counted_minor: int | None


@dataclass(frozen=True, slots=True)
class TenderSumView:
    """What one kind of tender brought in, refunds taken off; in the drawer's currency they make the gross amount."""

    kind: TenderKind
    currency: str
    amount_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class TaxSumView:
    code: str
    rate_bp: int
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class CoinsView:
    value_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class ForeignCashView:
    """Cash of another currency beside the drawer's own. `counted_minor` is null in an X."""

    currency: str
    expected_minor: int
    counted_minor: int | None


@dataclass(frozen=True, slots=True)
class BankingView:
    """Cash of the safe that went to the bank."""

    move: str
    currency: str
    amount_minor: int
    reference: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class MovementView:
    """`currency` is the drawer's own, or that of foreign cash that went to the safe."""

    kind: CashKind
    currency: str
    amount_minor: int
    reason: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class ReportView:
    """An X while `z_number` is null, else the Z as it was made."""

    shift: str
    till: str
    business_day: str
    currency: str
    z_number: int | None
    float_minor: int
    sales: int
    returns: int
    gross_minor: int
    tax_minor: int
    tenders: tuple[TenderSumView, ...]
    taxes: tuple[TaxSumView, ...]
    movements: tuple[MovementView, ...]
    moved_minor: int
    opened_without_sale: int
    rounding_minor: int
    first_receipt: int | None
    last_receipt: int | None
    late: tuple[str, ...]
    late_receipts: tuple[str, ...]
    """Of the sales that are late, the numbers as they stand on the paper."""
    cash_expected_minor: int
    cash_counted_minor: int | None
    counted_coins: tuple[CoinsView, ...]
    foreign: tuple[ForeignCashView, ...]
    note: str
    sales_digest: str
    previous_z_digest: str
