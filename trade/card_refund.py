"""Money that goes back to a card at a terminal: the table of its life, and what the facts make of it."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import CardRefundDone, CardRefundFailed, CardRefundInDoubt, CardRefundRequested
from contract.ids import PaymentId, ReturnId, SaleId, TillId
from trade.machine import Machine


class CardRefundState(StrEnum):
    REQUESTED = "requested"
    IN_DOUBT = "in_doubt"
    DONE = "done"
    FAILED = "failed"


class CardRefundEvent(StrEnum):
    LOSE = "no answer"
    PAY_BACK = "terminal says paid back"
    FAIL = "terminal says no"


CARD_REFUND: Final = Machine[CardRefundState, CardRefundEvent](
    name="card refund",
    starts=frozenset({CardRefundState.REQUESTED}),
    ends=frozenset({CardRefundState.DONE, CardRefundState.FAILED}),
    table={
        (CardRefundState.REQUESTED, CardRefundEvent.LOSE): CardRefundState.IN_DOUBT,
        (CardRefundState.REQUESTED, CardRefundEvent.PAY_BACK): CardRefundState.DONE,
        (CardRefundState.REQUESTED, CardRefundEvent.FAIL): CardRefundState.FAILED,
        (CardRefundState.IN_DOUBT, CardRefundEvent.PAY_BACK): CardRefundState.DONE,
        (CardRefundState.IN_DOUBT, CardRefundEvent.FAIL): CardRefundState.FAILED,
    },
)
WAITING: Final = frozenset({CardRefundState.REQUESTED, CardRefundState.IN_DOUBT})
"""The terminal has not said yet."""


class CardRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it stands in the store's books. `amount_minor` is what was asked, `refunded_minor` what went back."""

    refund: PaymentId
    returns: ReturnId = ReturnId("")
    payment: PaymentId = PaymentId("")
    sale: SaleId
    till: TillId = TillId("")
    terminal: str = ""
    state: CardRefundState = CardRefundState.REQUESTED
    amount_minor: int = 0
    refunded_minor: int = 0
    currency: str = ""
    reference: str = ""
    """The payment's own, by which the terminal knows what to give back."""
    refund_reference: str = ""
    why: str = ""
    at_us: int = 0

    @property
    def counted_minor(self) -> int:
        """What has gone back by it, or may have."""
        return self.amount_minor if self.state in WAITING else self.refunded_minor


CardRefundFact = CardRefundRequested | CardRefundInDoubt | CardRefundDone | CardRefundFailed
EVENT_OF: Final[dict[type[CardRefundFact], CardRefundEvent]] = {
    CardRefundInDoubt: CardRefundEvent.LOSE,
    CardRefundDone: CardRefundEvent.PAY_BACK,
    CardRefundFailed: CardRefundEvent.FAIL,
}


def apply(refund: CardRefund | None, fact: CardRefundFact, at_us: int) -> CardRefund:
    """The refund after a fact. A fact about one never asked for here makes it, from what the fact tells."""
    if isinstance(fact, CardRefundRequested):
        return CardRefund(**msgspec.structs.asdict(fact), at_us=at_us)
    known = refund or CardRefund(refund=fact.refund, sale=fact.sale)
    state = CARD_REFUND.after(known.state, EVENT_OF[type(fact)])
    if state is None:
        return known
    moved = msgspec.structs.replace(known, state=state, at_us=at_us)
    match fact:
        case CardRefundDone():
            return msgspec.structs.replace(
                moved, refunded_minor=fact.amount_minor, refund_reference=fact.reference, why=""
            )
        case CardRefundInDoubt() | CardRefundFailed():
            return msgspec.structs.replace(moved, why=fact.why)
