"""What the house asks of a card terminal, and what a terminal may say: an adapter is a class with these methods."""

import hashlib
from base64 import b32encode
from typing import Final, Protocol

import msgspec

from contract.ids import PaymentId, TillId

NAME_LENGTH: Final = 10
"""The longest ServiceID that nexo takes."""
BACKOFF_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
PENDING_S: Final = 2.0
UNKNOWN_TIMES: Final = 2
"""How often in a row a terminal must not know what it was asked for before that counts as never asked."""
NEVER_HEARD: Final = "the terminal never heard of it"


class NotSentError(Exception):
    """The terminal cannot be reached: nothing was asked of it."""


class SilentError(Exception):
    """No answer, or none that can be read: what the terminal did is not known, and it is asked again."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as a terminal hears of it. `name` stays the same however often it is asked."""

    name: str
    payment: PaymentId
    till: TillId
    amount_minor: int
    currency: str
    offline_minor_max: int = 0
    reference: str = ""
    """What the terminal called it when it captured."""


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    amount_minor: int
    brand: str = ""
    last4: str = ""
    auth_code: str = ""
    reference: str = ""
    stored_offline: bool = False


class Failed(msgspec.Struct, frozen=True):
    """Nothing was charged, and nothing will be."""

    why: str


class Pending(msgspec.Struct, frozen=True):
    """The client still stands before it."""


class Unknown(msgspec.Struct, frozen=True):
    """The terminal never heard of this payment."""


class Returned(msgspec.Struct, frozen=True):
    """The money is the client's again."""

    reference: str = ""


class Kept(msgspec.Struct, frozen=True):
    """The terminal gives nothing back."""

    why: str


class PaidBack(msgspec.Struct, frozen=True, kw_only=True):
    """So much went back to the card: what was asked for, or less."""

    amount_minor: int
    reference: str = ""


class PaymentTerminal(Protocol):
    """Every call may raise `NotSentError` or `SilentError`, and may be repeated without charging or returning twice."""

    async def request(self, ask: Ask) -> Captured | Failed:
        """Ask the client to pay. Waits as long as the client takes."""
        ...

    async def status(self, ask: Ask) -> Captured | Failed | Pending | Unknown:
        """What became of it."""
        ...

    async def stop(self, ask: Ask) -> None:
        """Stop asking the client. What became of it, `status` says."""
        ...

    async def cancel(self, ask: Ask) -> Returned | Kept:
        """Undo a captured payment before it is settled."""
        ...

    async def refund(self, ask: Ask) -> Returned | Kept:
        """Pay a captured payment back."""
        ...

    async def pay_back(self, ask: Ask) -> PaidBack | Kept:
        """Give `amount_minor` of the captured payment that `reference` names back to its card; `ask` is the refund."""
        ...

    async def paid_back(self, ask: Ask) -> PaidBack | Kept | Pending | Unknown:
        """What became of such a refund."""
        ...

    async def close(self) -> None: ...


def short_name(payment: PaymentId, what: str = "") -> str:
    """Ten letters and digits for a payment, or for `what` is done with it: the same whenever it is asked."""
    said = f"{payment}/{what}" if what else payment
    return b32encode(hashlib.sha256(said.encode()).digest())[:NAME_LENGTH].decode("ascii")
