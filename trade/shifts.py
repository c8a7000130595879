"""The rules of the drawer: float, cash moved by hand, blind count, gapless Z."""

from collections.abc import Sequence
from typing import Final

from contract.facts import AnyFact, CashKind, CashMoved, Coins, ShiftClosed, ShiftOpened
from contract.ids import TillId
from contract.money import plain
from trade.acts import CloseShift, MoveCash, OpenShift
from trade.refusal import Refusal, Why
from trade.scene import Scene
from trade.shift import coins_sum, figures
from trade.zchain import receipts_digest

Answer = tuple[AnyFact, ...] | Refusal
CASH_MINOR_MAX: Final = 10**12
"""More than any drawer holds, and little enough that every database keeps the sum of a few."""


def open_shift(scene: Scene, act: OpenShift) -> Answer:
    """One open shift per till. The business day is chosen here, by a person, and never read off a clock."""
    if scene.shift is not None:
        if scene.shift.shift == act.shift:
            return ()
        return Refusal(Why.SHIFT_OPEN, f"{act.till} has an open shift since {scene.shift.business_day}; close it first")
    if scene.shift_known:
        return Refusal(Why.WRONG_STATE, f"Shift {act.shift} was opened before, and its figures stand: begin a new one")
    if not 0 <= act.float_minor <= CASH_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, "A float is not below nothing, and no more than a drawer holds")
    wrong = _miscounted(scene, act.float_coins, act.float_minor, act.currency)
    if wrong is not None:
        return wrong
    return (
        ShiftOpened(
            shift=act.shift,
            till=act.till,
            business_day=act.business_day,
            float_minor=act.float_minor,
            currency=act.currency,
            float_coins=act.float_coins,
        ),
    )


def move_cash(scene: Scene, act: MoveCash) -> Answer:
    """Asked twice it is moved once. The drawer's sum is not looked at: who moves cash must not learn it before Z."""
    shift = scene.shift
    if shift is None:
        return _no_shift(act.till)
    if scene.move_known:
        return ()
    if not act.reason.strip():
        return Refusal(Why.EMPTY, "Say why: cash that moves without a reason is cash that is missing")
    nothing = act.kind is CashKind.NO_SALE
    if nothing != (act.amount_minor == 0) or not 0 <= act.amount_minor <= CASH_MINOR_MAX:
        why = "To open the drawer moves nothing: leave the amount out" if nothing else "Say how much, above nothing"
        return Refusal(Why.WRONG_PRICE, why)
    return (
        CashMoved(
            move=act.move,
            shift=shift.shift,
            till=act.till,
            kind=act.kind,
            amount_minor=act.amount_minor,
            currency=shift.currency,
            reason=act.reason.strip(),
        ),
    )


def close_shift(scene: Scene, act: CloseShift) -> Answer:
    """The Z. Tokens of sold pieces pass to the cloud with it; an open sale must be ended or parked before."""
    shift = scene.shift
    if shift is None:
        return _no_shift(act.till)
    if scene.open_sales:
        why = f"{act.till} has {scene.open_sales} open sales: record, park or void them first"
        return Refusal(Why.OPEN_SALES, why)
    if not 0 <= act.cash_counted_minor <= CASH_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, "A drawer holds nothing or more; count it again")
    wrong = _miscounted(scene, act.counted_coins, act.cash_counted_minor, shift.currency)
    if wrong is not None:
        return wrong
    x = figures(shift, scene.receipts, scene.movements)
    limit = scene.settings.over_short_minor_max
    if abs(act.cash_counted_minor - x.cash_expected_minor) > limit and not act.note.strip():
        # neither how much nor which way: a count that is made to fit is no count
        why = f"The count is off by more than {plain(limit, shift.currency)} {shift.currency}: "
        return Refusal(Why.NOTE_MISSING, why + "count again, or say why in the note")
    return (
        ShiftClosed(
            shift=shift.shift,
            till=act.till,
            z_number=scene.z_next,
            business_day=shift.business_day,
            currency=shift.currency,
            sales=x.sales,
            returns=x.returns,
            gross_minor=x.gross_minor,
            tax_minor=x.tax_minor,
            cash_expected_minor=x.cash_expected_minor,
            cash_counted_minor=act.cash_counted_minor,
            sold_pieces=scene.tokens_sold,
            counted_coins=act.counted_coins,
            note=act.note.strip(),
            tenders=x.tenders,
            taxes=x.taxes,
            moved_minor=x.moved_minor,
            opened_without_sale=x.opened_without_sale,
            rounding_minor=x.rounding_minor,
            receipts=x.receipts,
            sales_digest=receipts_digest((each.number, each.sale) for each in scene.receipts),
            previous_z_digest=scene.z_previous,
            late=x.late,
        ),
    )


def _no_shift(till: TillId) -> Refusal:
    return Refusal(Why.NO_SHIFT, f"{till} has no open shift")


def _miscounted(scene: Scene, coins: Sequence[Coins], total_minor: int, currency: str) -> Refusal | None:
    """Why a count by coins and notes is none. Without coins it is one sum, and may be anything."""
    if not coins:
        return None
    values = [each.value_minor for each in coins]
    known = scene.settings.denominations
    strange = [plain(value, currency) for value in values if known and value not in known]
    if strange:
        return Refusal(Why.WRONG_PRICE, f"There is no coin or note of {', '.join(strange)} {currency} at this store")
    if min(values) <= 0 or min(each.number for each in coins) < 0 or len(set(values)) < len(values):
        return Refusal(Why.WRONG_PRICE, "Count each coin and note once, and none below nothing")
    if coins_sum(coins) != total_minor:
        counted = f"{plain(coins_sum(coins), currency)}, not {plain(total_minor, currency)} {currency}"
        return Refusal(Why.WRONG_PRICE, f"Coins and notes make {counted}: count again")
    return None
