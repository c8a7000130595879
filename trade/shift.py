"""A shift: the drawer between its float and its Z, and what its receipts and movements come to."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import (
    CashKind,
    Coins,
    LineTax,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    TaxSum,
    Tender,
    TenderKind,
    TenderSum,
)
from contract.ids import CashMoveId, SaleId, ShiftId, TillId
from trade.machine import Machine


class ShiftState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ShiftEvent(StrEnum):
    CLOSE = "blind count, then Z"


SHIFT: Final = Machine[ShiftState, ShiftEvent](
    name="shift",
    starts=frozenset({ShiftState.OPEN}),
    ends=frozenset({ShiftState.CLOSED}),
    table={(ShiftState.OPEN, ShiftEvent.CLOSE): ShiftState.CLOSED},
)


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A shift. `z_number` 0: it is open, or its box was lost and it never got a Z."""

    shift: ShiftId
    till: TillId
    business_day: str
    currency: str
    float_minor: int
    state: ShiftState = ShiftState.OPEN
    z_number: int = 0
    opened_us: int = 0
    closed_us: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sale, or a return with its amounts below nothing, as the drawer's reports count it."""

    number: int
    sale: SaleId
    gross_minor: int
    tax_minor: int
    is_return: bool = False
    taxes: tuple[LineTax, ...] = ()
    tenders: tuple[Tender, ...] = ()
    """As in the fact: amounts of a return are what the client got."""
    late: bool = False
    """Recorded in an earlier shift. Its cash lay in the drawer already when this shift's float was counted."""


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Cash moved by hand."""

    move: CashMoveId
    kind: CashKind
    amount_minor: int
    reason: str
    by: str
    at_us: int
    currency: str = ""
    """Of foreign cash; empty: the drawer's own."""

    @property
    def into_drawer_minor(self) -> int:
        return self.amount_minor if self.kind is CashKind.IN else -self.amount_minor


class Banking(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of the safe that went to the bank."""

    move: CashMoveId
    currency: str
    amount_minor: int
    reference: str
    by: str
    at_us: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a shift comes to: the X while it is open, and the Z's figures at its end."""

    sales: int = 0
    returns: int = 0
    gross_minor: int = 0
    tax_minor: int = 0
    cash_expected_minor: int = 0
    tenders: tuple[TenderSum, ...] = ()
    taxes: tuple[TaxSum, ...] = ()
    moved_minor: int = 0
    opened_without_sale: int = 0
    rounding_minor: int = 0
    receipts: tuple[int, int] = (0, 0)
    foreign: tuple[tuple[str, int], ...] = ()
    """By currency what should lie beside the drawer's own cash."""
    late: tuple[SaleId, ...] = ()


def receipt_of(fact: SaleRecorded | ReturnRecorded, sold: Iterable[SaleLine] = ()) -> Receipt:
    """What a report keeps of a sale, or of a return; `sold` are the lines that came back."""
    back = isinstance(fact, ReturnRecorded)
    sign = -1 if back else 1
    lines = tuple(sold) if isinstance(fact, ReturnRecorded) else fact.lines
    taxes = [tax for line in lines for tax in taxes_of(line)]
    if isinstance(fact, ReturnRecorded) and fact.parts:
        taxes = [tax for part in fact.parts for tax in part.taxes]
    untold = fact.tax_minor - sum(tax.tax_minor for tax in taxes)
    if untold:  # of a sale whose lines this store does not have
        taxes.append(LineTax(code="", rate_bp=0, base_minor=fact.total_minor - fact.tax_minor, tax_minor=untold))
    return Receipt(
        number=fact.receipt_number,
        sale=fact.sale,
        gross_minor=sign * fact.total_minor,
        tax_minor=sign * fact.tax_minor,
        is_return=back,
        taxes=tuple(
            LineTax(code=t.code, rate_bp=t.rate_bp, base_minor=sign * t.base_minor, tax_minor=sign * t.tax_minor)
            for t in taxes
        ),
        tenders=fact.tenders,
    )


def taxes_of(line: SaleLine) -> tuple[LineTax, ...]:
    """The taxes of a line; one of the first release has a single rate, which is its code as well."""
    if line.taxes or not line.tax_minor:
        return line.taxes
    base = line.gross_minor - line.tax_minor
    return (LineTax(code=str(line.tax_bp), rate_bp=line.tax_bp, base_minor=base, tax_minor=line.tax_minor),)


def figures(shift: Shift, receipts: Sequence[Receipt], movements: Sequence[Movement]) -> Figures:
    """The X, and the Z: one sum of the same receipts, so that they cannot differ."""
    moved = sum(each.into_drawer_minor for each in movements if not each.currency)
    cash = sum(into_drawer(each) for each in receipts if not each.late)
    numbers = [each.number for each in receipts if not each.late]
    return Figures(
        sales=sum(not each.is_return for each in receipts),
        returns=sum(each.is_return for each in receipts),
        gross_minor=sum(each.gross_minor for each in receipts),
        tax_minor=sum(each.tax_minor for each in receipts),
        cash_expected_minor=shift.float_minor + moved + cash,
        tenders=_tenders(shift.currency, receipts),
        taxes=_taxes(receipts),
        moved_minor=moved,
        opened_without_sale=sum(each.kind is CashKind.NO_SALE for each in movements),
        rounding_minor=sum(tender.rounding_minor for each in receipts for tender in each.tenders),
        receipts=(min(numbers), max(numbers)) if numbers else (0, 0),
        foreign=foreign_cash(receipts, movements),
        late=tuple(each.sale for each in receipts if each.late),
    )


def into_drawer(receipt: Receipt) -> int:
    """Cash of the drawer's own currency that a receipt brought in; below nothing where it took some out.

    What cash was rounded by is in favour of the house when positive, whichever way the money goes. Foreign cash lies
    beside, and its change was given in the drawer's own.
    """
    total = 0
    for tender in receipt.tenders:
        if tender.kind is TenderKind.CASH:
            given = 0 if tender.conversion else _signed(receipt, tender.amount_minor) + tender.rounding_minor
            total += given - (tender.change_minor if tender.conversion else 0)
    return total


def foreign_cash(receipts: Iterable[Receipt], movements: Iterable[Movement]) -> tuple[tuple[str, int], ...]:
    """What should lie beside the drawer's own cash, by currency. No float counts it: late receipts' is there."""
    sums: dict[str, int] = {}
    for receipt in receipts:
        for tender in receipt.tenders:
            said = tender.conversion
            if tender.kind is TenderKind.CASH and said is not None:
                sums[said.currency] = sums.get(said.currency, 0) + _signed(receipt, said.amount_minor)
    for each in movements:
        if each.currency:
            sums[each.currency] = sums.get(each.currency, 0) + each.into_drawer_minor
    return tuple(sorted((currency, amount) for currency, amount in sums.items() if amount))


def coins_sum(coins: Iterable[Coins]) -> int:
    return sum(each.value_minor * each.number for each in coins)


def _signed(receipt: Receipt, amount_minor: int) -> int:
    return -amount_minor if receipt.is_return else amount_minor


def _tenders(currency: str, receipts: Sequence[Receipt]) -> tuple[TenderSum, ...]:
    sums: dict[tuple[TenderKind, str], tuple[int, int]] = {}

    def add(kind: TenderKind, of: str, amount: int) -> None:
        before, number = sums.get((kind, of), (0, 0))
        sums[kind, of] = (before + amount, number + 1)

    for receipt in receipts:
        for tender in receipt.tenders:
            add(tender.kind, currency, _signed(receipt, tender.amount_minor))
            if tender.conversion:
                add(tender.kind, tender.conversion.currency, _signed(receipt, tender.conversion.amount_minor))
    return tuple(
        TenderSum(kind=kind, currency=of, amount_minor=amount, number=number)
        for (kind, of), (amount, number) in sorted(sums.items())
    )


def _taxes(receipts: Sequence[Receipt]) -> tuple[TaxSum, ...]:
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for receipt in receipts:
        for tax in receipt.taxes:
            base, due = sums.get((tax.code, tax.rate_bp), (0, 0))
            sums[tax.code, tax.rate_bp] = (base + tax.base_minor, due + tax.tax_minor)
    return tuple(
        TaxSum(code=code, rate_bp=rate, base_minor=base, tax_minor=due)
        for (code, rate), (base, due) in sorted(sums.items())
    )
