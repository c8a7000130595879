"""Shifts, Xs and Zs as the store shows them."""

from typing import Final

from contract.facts import ShiftClosed
from contract.ids import ShiftId, TillId
from edge.api import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import missing
from edge.till import queries
from edge.till.offers import cash_rules
from trade.shift import Figures, Shift, ShiftState
from web.problems import ProblemError

BANKINGS_SHOWN: Final = 20


def shifts(shop: Shop) -> list[shapes.ShiftView]:
    """Newest first."""
    return [_shift(shop, each) for each in queries.shifts_newest(shop.db)]


def shift(shop: Shop, shift_id: ShiftId) -> shapes.ShiftView:
    return _shift(shop, _known(shop, shift_id))


def of_till(shop: Shop, till: TillId) -> list[shapes.ShiftView]:
    """The open one first, then the newest."""
    mine = [each for each in shifts(shop) if each.till == till]
    return sorted(mine, key=lambda each: each.state != ShiftState.OPEN)


def open_shift(shop: Shop, till: TillId) -> Shift:
    """The shift open at a till. Raises a 409 problem when there is none."""
    found = queries.open_shift(shop.db, till)
    if found is None:
        raise ProblemError(409, "no-shift", f"No shift is open at {till}", "Open one first.")
    return found


def x(shop: Shop, till: TillId) -> shapes.ReportView:
    """What the till's open shift comes to now. Raises a 409 problem when there is none."""
    found = open_shift(shop, till)
    return _report(shop, found, queries.x(shop.db, found))


def z(shop: Shop, shift_id: ShiftId) -> shapes.ReportView:
    """Raises a 404 problem for a shift without a Z."""
    found, made = _known(shop, shift_id), queries.z(shop.db, shift_id)
    if made is None:
        raise ProblemError(404, "z", "This shift has no Z", "It is open, or its box was lost before it was closed.")
    return _report(shop, found, made)


def _known(shop: Shop, shift_id: ShiftId) -> Shift:
    found = queries.shift(shop.db, shift_id)
    if found is None:
        raise missing("shift", shift_id)
    return found


def _shift(shop: Shop, row: Shift) -> shapes.ShiftView:
    made = queries.z(shop.db, row.shift)
    told = made or queries.x(shop.db, row)
    return shapes.ShiftView(
        shift=row.shift,
        till=row.till,
        state=str(row.state),
        business_day=row.business_day,
        float_minor=row.float_minor,
        currency=row.currency,
        z_number=row.z_number or None,
        sales=told.sales,
        returns=told.returns,
        gross_minor=told.gross_minor,
        cash_expected_minor=made.cash_expected_minor if made else None,
        cash_counted_minor=made.cash_counted_minor if made else None,
    )


def _foreign(told: Figures | ShiftClosed) -> tuple[shapes.ForeignCashView, ...]:
    if isinstance(told, ShiftClosed):
        return tuple(shapes.ForeignCashView(f.currency, f.expected_minor, f.counted_minor) for f in told.foreign)
    return tuple(shapes.ForeignCashView(currency, expected, None) for currency, expected in told.foreign)


def foreign_here(shop: Shop, till: TillId) -> list[str]:
    """Currencies that may lie beside the drawer's own cash: every one, so that the list tells nobody which do."""
    rates = set(cash_rules(shop.db, shop.config.currency).rates)
    shift = queries.open_shift(shop.db, till)
    taken = {currency for currency, _ in queries.x(shop.db, shift).foreign} if shift is not None else set()
    return sorted(rates | taken)


def bankings(shop: Shop) -> list[shapes.BankingView]:
    """Newest first."""
    return [
        shapes.BankingView(each.move, each.currency, each.amount_minor, each.reference, each.by, each.at_us)
        for each in queries.bankings(shop.db, BANKINGS_SHOWN)
    ]


def _report(shop: Shop, row: Shift, told: Figures | ShiftClosed) -> shapes.ReportView:
    made = told if isinstance(told, ShiftClosed) else None
    first, last = told.receipts
    return shapes.ReportView(
        shift=row.shift,
        till=row.till,
        business_day=row.business_day,
        currency=row.currency,
        z_number=made.z_number if made else None,
        float_minor=row.float_minor,
        sales=told.sales,
        returns=told.returns,
        gross_minor=told.gross_minor,
        tax_minor=told.tax_minor,
        tenders=tuple(
            shapes.TenderSumView(kind=t.kind, currency=t.currency, amount_minor=t.amount_minor, number=t.number)
            for t in told.tenders
        ),
        taxes=tuple(
            shapes.TaxSumView(code=t.code, rate_bp=t.rate_bp, base_minor=t.base_minor, tax_minor=t.tax_minor)
            for t in told.taxes
        ),
        movements=tuple(
            shapes.MovementView(
                kind=m.kind,
                currency=m.currency or row.currency,
                amount_minor=m.amount_minor,
                reason=m.reason,
                by=m.by,
                at_us=m.at_us,
            )
            for m in queries.movements(shop.db, row.shift)
        ),
        moved_minor=told.moved_minor,
        opened_without_sale=told.opened_without_sale,
        rounding_minor=told.rounding_minor,
        first_receipt=first or None,
        last_receipt=last or None,
        late=tuple(told.late),
        late_receipts=queries.late_receipts(shop.db, row),
        cash_expected_minor=told.cash_expected_minor,
        cash_counted_minor=made.cash_counted_minor if made else None,
        counted_coins=tuple(
            shapes.CoinsView(value_minor=c.value_minor, number=c.number) for c in (made.counted_coins if made else ())
        ),
        foreign=_foreign(told),
        note=made.note if made else "",
        sales_digest=made.sales_digest if made else "",
        previous_z_digest=made.previous_z_digest if made else "",
    )
