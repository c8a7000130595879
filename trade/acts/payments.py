"""Acts on card payments of a sale."""

from contract.facts import PaymentCaptured, PaymentFailed, PaymentInDoubt, PaymentKept, PaymentRefunded, PaymentVoided
from contract.ids import PaymentId, SaleId
from trade.acts.act import Act


class RequestPayment(Act, frozen=True, tag="payment.request"):
    """So much of the sale by card: its lines are final from here on, and the till's terminal is asked."""

    payment: PaymentId
    sale: SaleId
    amount_minor: int


class GiveUpPayment(Act, frozen=True, tag="payment.give_up"):
    """Stop the terminal, and let it give back what it took."""

    payment: PaymentId
    reason: str


TerminalSaid = PaymentInDoubt | PaymentCaptured | PaymentFailed | PaymentVoided | PaymentRefunded | PaymentKept


class HearPayment(Act, frozen=True, tag="payment.hear"):
    """What the terminal said, or that it said nothing."""

    said: TerminalSaid
