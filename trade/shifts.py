"""The rules of the drawer: float, cash moved by hand, blind count, gapless Z."""

from collections.abc import Sequence
from typing import Final

from contract.facts import AnyFact, CashBanked, CashKind, CashMoved, Coins, ForeignCount, ShiftClosed, ShiftOpened
from contract.ids import TillId
from contract.money import plain
from trade.acts import BankCash, CloseShift, ForeignCounted, MoveCash, OpenShift
from trade.periods import day_number, is_day
from trade.refusal import Refusal, Why
from trade.scene import Scene
from trade.shift import coins_sum, figures, foreign_cash
from trade.zchain import receipts_digest

Answer = tuple[AnyFact, ...] | Refusal
DAYS_AHEAD_MAX: Final = 7
"""How far ahead of the calendar a shift's business day may be: a fair or a holiday, not a slip of the hand."""
CLOCK_SET_SINCE: Final = "2026-01-01"
"""A box that believes it is before the first release has a dead battery in its clock: a person's word stands."""
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
    strange = _strange_day(scene, act.business_day)
    if strange is not None:
        return strange
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


def _strange_day(scene: Scene, day: str) -> Refusal | None:
    """A day far ahead would stand on every receipt and close its month. A clock that was never set knows no day."""
    if not is_day(day):
        return Refusal(Why.WRONG_DAY, f"{day or 'Nothing'} is no business day: write it as 2026-11-29")
    today = scene.calendar_day
    if today < CLOCK_SET_SINCE or day_number(day) - day_number(today) <= DAYS_AHEAD_MAX:
        return None
    why = f"{day} is more than {DAYS_AHEAD_MAX} days ahead: this box says today is {today}"
    return Refusal(Why.WRONG_DAY, f"{why}. Open the shift for the day it is, or have the clock of this box set")


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
    foreign = act.currency not in {"", shift.currency}
    if foreign and act.kind is not CashKind.DROP:
        return Refusal(Why.WRONG_CURRENCY, f"{act.currency} only goes to the safe: buy or sell it at the bank")
    if foreign and not _known(scene, act.currency):
        return _strange(act.currency)
    return (
        CashMoved(
            move=act.move,
            shift=shift.shift,
            till=act.till,
            kind=act.kind,
            amount_minor=act.amount_minor,
            currency=act.currency or shift.currency,
            reason=act.reason.strip(),
        ),
    )


def bank_cash(scene: Scene, act: BankCash) -> Answer:
    """Cash of the safe goes to the bank. What lies in the safe the ledger knows, and not who carries it away."""
    if scene.move_known:
        return ()
    if not 0 < act.amount_minor <= CASH_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, "Say how much goes to the bank, above nothing")
    if not act.reference.strip():
        return Refusal(Why.EMPTY, "Type the number of the bag or of the paying-in slip: the bank names it")
    if act.currency != scene.store.currency and not _known(scene, act.currency):
        return _strange(act.currency)
    return (
        CashBanked(
            move=act.move,
            business_day=act.business_day,
            currency=act.currency,
            amount_minor=act.amount_minor,
            reference=act.reference.strip(),
        ),
    )


def _known(scene: Scene, currency: str) -> bool:
    """Taken here: by the office's rates, or in this shift at one that is gone since."""
    return currency in scene.cash.rates or currency in dict(foreign_cash(scene.receipts, scene.movements))


def _strange(currency: str) -> Refusal:
    why = f"This store takes no {currency or 'cash without a currency'}: ask the office for its rate first"
    return Refusal(Why.WRONG_CURRENCY, why)


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
    foreign = _counted(x.foreign, act.foreign, shift.currency)
    if isinstance(foreign, Refusal):
        return foreign
    if any(each.counted_minor != each.expected_minor for each in foreign) and not act.note.strip():
        why = "The count of foreign cash is off: count each currency again, or say why in the note"
        return Refusal(Why.NOTE_MISSING, why)
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
            foreign=foreign,
            sales_digest=receipts_digest((each.number, each.sale) for each in scene.receipts),
            previous_z_digest=scene.z_previous,
            late=x.late,
        ),
    )


def _counted(
    expected: Sequence[tuple[str, int]], counted: Sequence[ForeignCounted], own: str
) -> tuple[ForeignCount, ...] | Refusal:
    """Each currency that should have been there, or was."""
    found = {each.currency: each.amount_minor for each in counted}
    if len(found) < len(counted) or own in found:
        return Refusal(Why.WRONG_PRICE, f"Count each foreign currency once, and {own} with the drawer")
    if any(not 0 <= amount <= CASH_MINOR_MAX for amount in found.values()):
        return Refusal(Why.WRONG_PRICE, "A drawer holds nothing or more; count its foreign cash again")
    due = dict(expected)
    return tuple(
        ForeignCount(currency=each, expected_minor=due.get(each, 0), counted_minor=found.get(each, 0))
        for each in sorted({*due, *found})
        if due.get(each, 0) or found.get(each, 0)
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
