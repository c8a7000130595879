"""What every carrier of messages is: it takes one, or says why not and whether to ask again."""

from dataclasses import dataclass
from typing import Final, Protocol

from trade.consent import Channel

NO_SUCH_NUMBER: Final = frozenset({"invalid_number", "unreachable_number", "131026"})
"""The last is Meta's: message undeliverable, the number is not on WhatsApp."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as a carrier gets it. `message` names it for ever: the same name twice is one message.

    `opt_out` is the address that ends messages of this kind; empty: this one is about the client's own order.
    `calendar` is an invitation (RFC 5545), `calendar_method` what it asks (REQUEST, CANCEL).
    """

    message: str
    to: str
    subject: str
    text: str
    opt_out: str = ""
    calendar: str = ""
    calendar_method: str = ""


class NotNowError(Exception):
    """The carrier is away, busy or broken: later again. The message says what to see to when it lasts."""

    def __init__(self, why: str, after_us: int = 0) -> None:
        super().__init__(why)
        self.after_us = after_us


class InDoubtError(NotNowError):
    """It was handed over and the answer was lost: nobody knows whether the carrier took it."""


class NeverError(Exception):
    """The carrier will not take this one, now or later; the message says what to do. `address_bad`: its address."""

    def __init__(self, why: str, *, address_bad: bool = False) -> None:
        super().__init__(why)
        self.address_bad = address_bad


class Carrier(Protocol):
    channel: Channel
    remembers: bool
    """It knows a message by its name: handed over twice it goes out once."""

    def send(self, parcel: Parcel, *, now_us: int) -> str:
        """What the carrier calls it. Blocks for seconds. Raises `NotNowError`, `NeverError`."""
