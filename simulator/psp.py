"""A payment provider as a web shop sees one: every act carries a key and may be repeated without harm."""

from enum import StrEnum
from typing import Final

import msgspec

KEYS_MAX: Final = 100_000
DECLINED_CENTS: Final = 13
"""Amounts that end in these minor units are declined, so that a test can ask for it."""


class State(StrEnum):
    """Where a payment stands."""

    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


class PaymentAct(StrEnum):
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


LIFE: Final[dict[tuple[State, PaymentAct], State]] = {
    (State.AUTHORISED, PaymentAct.CAPTURE): State.CAPTURED,
    (State.AUTHORISED, PaymentAct.VOID): State.VOIDED,
    (State.CAPTURED, PaymentAct.CAPTURE): State.CAPTURED,
    (State.CAPTURED, PaymentAct.REFUND): State.REFUNDED,
    (State.VOIDED, PaymentAct.VOID): State.VOIDED,
    (State.REFUNDED, PaymentAct.REFUND): State.REFUNDED,
}
"""A pair that is not here is refused; repeats are answered as the first time."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment by its key."""

    key: str
    amount_minor: int
    currency: str
    state: State


class PaymentRefusedError(Exception):
    """The act does not fit the payment as it stands; the message says how it stands."""


class NoSuchPaymentError(Exception):
    """No payment has this key."""


class Provider:
    """Payments by key."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}

    def authorise(self, key: str, amount_minor: int, currency: str) -> Payment:
        """Reserve money. Raises `PaymentRefusedError` when the key was used for something else."""
        known = self.payments.get(key)
        if known is None:
            if len(self.payments) >= KEYS_MAX:
                raise PaymentRefusedError(f"this provider keeps {KEYS_MAX} payments; start a new one")
            declined = amount_minor <= 0 or amount_minor % 100 == DECLINED_CENTS
            state = State.DECLINED if declined else State.AUTHORISED
            known = Payment(key=key, amount_minor=amount_minor, currency=currency, state=state)
            self.payments[key] = known
        if (known.amount_minor, known.currency) != (amount_minor, currency):
            raise PaymentRefusedError(f"key {key} was used for {known.amount_minor} {known.currency}; take a new key")
        return known

    def act(self, key: str, act: PaymentAct) -> Payment:
        """Raises `NoSuchPaymentError` or `PaymentRefusedError`."""
        known = self.status(key)
        if (known.state, act) not in LIFE:
            raise PaymentRefusedError(f"cannot {act} payment {key}: it is {known.state}")
        self.payments[key] = msgspec.structs.replace(known, state=LIFE[known.state, act])
        return self.payments[key]

    def status(self, key: str) -> Payment:
        """Raises `NoSuchPaymentError`."""
        if key not in self.payments:
            raise NoSuchPaymentError(f"no payment has key {key}")
        return self.payments[key]
