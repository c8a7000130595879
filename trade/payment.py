"""A payment at a terminal: the table of its life, and what the facts make of it."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import (
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentInDoubt,
    PaymentKept,
    PaymentRefunded,
    PaymentRequested,
    PaymentVoided,
)
from contract.ids import PaymentId, SaleId, TillId
from trade.machine import Machine


class PaymentState(StrEnum):
    REQUESTED = "requested"
    IN_DOUBT = "in_doubt"
    CAPTURED = "captured"
    FAILED = "failed"
    RETURNING = "returning"
    """Given up after it was captured: the terminal is asked to give the money back."""
    VOIDED = "voided"
    REFUNDED = "refunded"


class PaymentEvent(StrEnum):
    LOSE = "no answer"
    CAPTURE = "terminal says captured"
    FAIL = "terminal says failed"
    GIVE_UP = "given up"
    VOID = "terminal says voided"
    REFUND = "terminal says refunded"
    KEEP = "terminal keeps the money"


PAYMENT: Final = Machine[PaymentState, PaymentEvent](
    name="payment",
    starts=frozenset({PaymentState.REQUESTED}),
    ends=frozenset({PaymentState.CAPTURED, PaymentState.FAILED, PaymentState.VOIDED, PaymentState.REFUNDED}),
    table={
        (PaymentState.REQUESTED, PaymentEvent.LOSE): PaymentState.IN_DOUBT,
        (PaymentState.REQUESTED, PaymentEvent.CAPTURE): PaymentState.CAPTURED,
        (PaymentState.REQUESTED, PaymentEvent.FAIL): PaymentState.FAILED,
        (PaymentState.REQUESTED, PaymentEvent.GIVE_UP): PaymentState.REQUESTED,
        (PaymentState.IN_DOUBT, PaymentEvent.CAPTURE): PaymentState.CAPTURED,
        (PaymentState.IN_DOUBT, PaymentEvent.FAIL): PaymentState.FAILED,
        (PaymentState.IN_DOUBT, PaymentEvent.GIVE_UP): PaymentState.IN_DOUBT,
        (PaymentState.CAPTURED, PaymentEvent.GIVE_UP): PaymentState.RETURNING,
        (PaymentState.RETURNING, PaymentEvent.VOID): PaymentState.VOIDED,
        (PaymentState.RETURNING, PaymentEvent.REFUND): PaymentState.REFUNDED,
        (PaymentState.RETURNING, PaymentEvent.KEEP): PaymentState.CAPTURED,
    },
)
ASKED: Final = frozenset({PaymentState.REQUESTED, PaymentState.IN_DOUBT})
"""The terminal has not said yet."""
LIVE: Final = ASKED | {PaymentState.CAPTURED, PaymentState.RETURNING}
"""There is money in it, or there may be."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands in the store's books. `amount_minor` is what was asked, `captured_minor` what came."""

    payment: PaymentId
    sale: SaleId
    till: TillId = TillId("")
    terminal: str = ""
    state: PaymentState = PaymentState.REQUESTED
    amount_minor: int = 0
    captured_minor: int = 0
    currency: str = ""
    offline_minor_max: int = 0
    given_up: str = ""
    """Why nobody wants it any more."""
    brand: str = ""
    last4: str = ""
    auth_code: str = ""
    reference: str = ""
    stored_offline: bool = False
    why: str = ""
    """Why it failed, is in doubt, or was kept."""
    at_us: int = 0

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def counted_minor(self) -> int:
        """What it pays, or will when the terminal says yes."""
        return self.amount_minor if self.state in ASKED else self.captured_minor


PaymentFact = (
    PaymentRequested
    | PaymentInDoubt
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
    | PaymentVoided
    | PaymentRefunded
    | PaymentKept
)
EVENT_OF: Final[dict[type[PaymentFact], PaymentEvent]] = {
    PaymentInDoubt: PaymentEvent.LOSE,
    PaymentCaptured: PaymentEvent.CAPTURE,
    PaymentFailed: PaymentEvent.FAIL,
    PaymentGivenUp: PaymentEvent.GIVE_UP,
    PaymentVoided: PaymentEvent.VOID,
    PaymentRefunded: PaymentEvent.REFUND,
    PaymentKept: PaymentEvent.KEEP,
}


def apply(payment: Payment | None, fact: PaymentFact, at_us: int) -> Payment:
    """The payment after a fact. A fact about one never asked for here makes it, from what the fact tells."""
    if isinstance(fact, PaymentRequested):
        return Payment(**msgspec.structs.asdict(fact), at_us=at_us)
    known = payment or Payment(payment=fact.payment, sale=fact.sale)
    state = PAYMENT.after(known.state, EVENT_OF[type(fact)]) or known.state
    moved = msgspec.structs.replace(known, state=state, at_us=at_us)
    match fact:
        case PaymentCaptured():
            return msgspec.structs.replace(
                moved,
                captured_minor=fact.amount_minor,
                currency=fact.currency,
                brand=fact.brand,
                last4=fact.last4,
                auth_code=fact.auth_code,
                reference=fact.reference,
                stored_offline=fact.stored_offline,
                why="",
            )
        case PaymentInDoubt() | PaymentFailed():
            return msgspec.structs.replace(moved, why=fact.why)
        case PaymentKept():
            return msgspec.structs.replace(moved, why=fact.why, given_up="")
        case PaymentGivenUp():
            return msgspec.structs.replace(moved, given_up=fact.reason)
        case PaymentVoided() | PaymentRefunded():
            return msgspec.structs.replace(moved, why="", reference=fact.reference or moved.reference)
