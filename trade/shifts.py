"""The rules of the drawer: float, blind count, gapless Z."""

from contract.facts import AnyFact, ShiftClosed, ShiftOpened
from trade.acts import CloseShift, OpenShift
from trade.refusal import Refusal, Why
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal


def open_shift(scene: Scene, act: OpenShift) -> Answer:
    """One open shift per till. The business day is chosen here, by a person, and never read off a clock."""
    if scene.shift is not None:
        if scene.shift.shift == act.shift:
            return ()
        return Refusal(Why.SHIFT_OPEN, f"{act.till} has an open shift since {scene.shift.business_day}; close it first")
    if scene.shift_known:
        return Refusal(Why.WRONG_STATE, f"Shift {act.shift} was opened before, and its figures stand: begin a new one")
    if act.float_minor < 0:
        return Refusal(Why.WRONG_PRICE, "A float is not below nothing")
    return (
        ShiftOpened(
            shift=act.shift,
            till=act.till,
            business_day=act.business_day,
            float_minor=act.float_minor,
            currency=act.currency,
        ),
    )


def close_shift(scene: Scene, act: CloseShift) -> Answer:
    """The Z. Tokens of sold pieces pass to the cloud with it; an open sale must be ended or parked before."""
    shift = scene.shift
    if shift is None:
        return Refusal(Why.NO_SHIFT, f"{act.till} has no open shift")
    if scene.open_sales:
        why = f"{act.till} has {scene.open_sales} open sales: record, park or void them first"
        return Refusal(Why.OPEN_SALES, why)
    return (
        ShiftClosed(
            shift=shift.shift,
            till=act.till,
            z_number=scene.z_next,
            business_day=shift.business_day,
            currency=shift.currency,
            sales=shift.sales,
            returns=shift.returns,
            gross_minor=shift.gross_minor,
            tax_minor=shift.tax_minor,
            cash_expected_minor=shift.cash_expected_minor,
            cash_counted_minor=act.cash_counted_minor,
            sold_pieces=scene.tokens_sold,
        ),
    )
