"""Payments at a terminal: what was asked, and what the terminal said. Only ever added to; no card numbers.

A sale with a live payment is `tendering`: its lines stand as they were shown to the client who pays.
"""

from contract.facts.fact import Fact
from contract.facts.sales import SaleLine
from contract.ids import PaymentId, SaleId, TillId


class TenderingBegan(Fact, frozen=True, tag="sale.tendering"):
    """The sale as it will stand on the receipt: in the books before any terminal is asked for its money."""

    sale: SaleId
    lines: tuple[SaleLine, ...]
    total_minor: int
    tax_minor: int


class TenderingEnded(Fact, frozen=True, tag="sale.reopened"):
    """No payment of the sale is live any more: it is a cart again."""

    sale: SaleId


class PaymentRequested(Fact, frozen=True, tag="payment.requested"):
    payment: PaymentId
    sale: SaleId
    till: TillId
    terminal: str
    amount_minor: int
    currency: str
    offline_minor_max: int = 0
    """What the terminal may store for later when it has no line; 0: nothing."""


class PaymentInDoubt(Fact, frozen=True, tag="payment.in_doubt"):
    """No answer came. Only the terminal's own word ends this."""

    payment: PaymentId
    sale: SaleId
    why: str


class PaymentCaptured(Fact, frozen=True, tag="payment.captured"):
    """Money: `amount_minor` may be less than was asked for, and the rest is still to pay."""

    payment: PaymentId
    sale: SaleId
    amount_minor: int
    currency: str
    brand: str = ""
    last4: str = ""
    auth_code: str = ""
    reference: str = ""
    """The provider's own, by which its reports name the payment."""
    stored_offline: bool = False
    """The terminal keeps it until it has a line again; the house bears the risk of a refusal."""


class PaymentFailed(Fact, frozen=True, tag="payment.failed"):
    payment: PaymentId
    sale: SaleId
    why: str


class PaymentGivenUp(Fact, frozen=True, tag="payment.given_up"):
    """A person wants no money by this payment: what is captured, now or later, goes back."""

    payment: PaymentId
    sale: SaleId
    reason: str


class PaymentVoided(Fact, frozen=True, tag="payment.voided"):
    """The client was never charged."""

    payment: PaymentId
    sale: SaleId
    reference: str = ""


class PaymentRefunded(Fact, frozen=True, tag="payment.refunded"):
    """Charged, and paid back."""

    payment: PaymentId
    sale: SaleId
    reference: str = ""


class PaymentKept(Fact, frozen=True, tag="payment.kept"):
    """The terminal would not give the money back: it counts as captured again."""

    payment: PaymentId
    sale: SaleId
    why: str
