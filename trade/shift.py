"""A shift: the drawer between its float and its Z."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.ids import ShiftId, TillId
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
    """A shift and its running figures: the X. `cash_minor` is what cash tenders brought in, refunds taken off."""

    shift: ShiftId
    till: TillId
    business_day: str
    currency: str
    float_minor: int
    state: ShiftState = ShiftState.OPEN
    sales: int = 0
    returns: int = 0
    gross_minor: int = 0
    tax_minor: int = 0
    cash_minor: int = 0
    z_number: int = 0
    cash_counted_minor: int = 0
    opened_us: int = 0
    closed_us: int = 0

    @property
    def cash_expected_minor(self) -> int:
        return self.float_minor + self.cash_minor
