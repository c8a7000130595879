"""Acts on a till's shift and its drawer."""

import msgspec

from contract.facts import CashKind, Coins
from contract.ids import CashMoveId, ShiftId, TillId
from trade.acts.act import Act


class ForeignCounted(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    amount_minor: int


class OpenShift(Act, frozen=True, tag="shift.open"):
    shift: ShiftId
    till: TillId
    business_day: str
    float_minor: int
    currency: str
    float_coins: tuple[Coins, ...] = ()
    """How the float was counted; empty: as one sum."""


class MoveCash(Act, frozen=True, tag="cash.move"):
    """Cash put into the drawer or taken out of it by hand; `no_sale` opens it and moves nothing."""

    move: CashMoveId
    till: TillId
    kind: CashKind
    amount_minor: int
    reason: str
    currency: str = ""
    """Of foreign cash that goes to the safe; empty: the drawer's own."""


class BankCash(Act, frozen=True, tag="cash.bank"):
    """Cash of the safe goes to the bank."""

    move: CashMoveId
    business_day: str
    amount_minor: int
    reference: str
    currency: str


class CloseShift(Act, frozen=True, tag="shift.close"):
    """Blind: the drawer is counted before the expected sum is shown. `note`: why it holds more or less."""

    till: TillId
    cash_counted_minor: int
    counted_coins: tuple[Coins, ...] = ()
    note: str = ""
    foreign: tuple[ForeignCounted, ...] = ()
    """Cash of other currencies that lies beside; a currency left out was not there."""
