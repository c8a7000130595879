"""Returns before they are recorded, money that goes back to cards, and what becomes of pieces that came back.

A return whose money goes to a card at a terminal is `begun` first: its lines stand, and nobody else can take them
back. The terminal gives the money; then the return is recorded, with what truly went back.
"""

from contract.facts.fact import Fact
from contract.facts.sales import Disposition, ReturnedLine
from contract.ids import PaymentId, PieceId, ReturnId, SaleId, TillId, UserId


class ReturnBegan(Fact, frozen=True, tag="return.began"):
    """The return as it will stand on its receipt: in the books before any terminal is asked to give money back."""

    returns: ReturnId
    sale: SaleId
    till: TillId
    currency: str
    parts: tuple[ReturnedLine, ...]
    total_minor: int
    tax_minor: int
    reason: str
    approved_by: UserId = UserId("")
    override: str = ""


class ReturnAbandoned(Fact, frozen=True, tag="return.abandoned"):
    """It comes to nothing: no money went back by it."""

    returns: ReturnId
    sale: SaleId


class CardRefundRequested(Fact, frozen=True, tag="card_refund.requested"):
    """So much of a captured payment is to go back to its card."""

    refund: PaymentId
    returns: ReturnId
    payment: PaymentId
    sale: SaleId
    till: TillId
    terminal: str
    amount_minor: int
    currency: str
    reference: str = ""
    """What the terminal called the payment when it captured."""


class CardRefundInDoubt(Fact, frozen=True, tag="card_refund.in_doubt"):
    """No answer came. Only the terminal's own word ends this."""

    refund: PaymentId
    sale: SaleId
    why: str


class CardRefundDone(Fact, frozen=True, tag="card_refund.done"):
    """Money: `amount_minor` may be less than was asked for, and the rest still goes back another way."""

    refund: PaymentId
    sale: SaleId
    amount_minor: int
    reference: str = ""


class CardRefundFailed(Fact, frozen=True, tag="card_refund.failed"):
    """Nothing went back by this."""

    refund: PaymentId
    sale: SaleId
    why: str


class PieceDisposed(Fact, frozen=True, tag="piece.disposed"):
    """How a piece is from now on, and why: it came back, or somebody looked at it since.

    `n` counts these over the piece's life: whether a card of the office knows of it already.
    """

    piece: PieceId
    ce: int
    n: int
    disposition: Disposition
    condition: str
    reason: str = ""
    sale: SaleId = SaleId("")
    """The one it came back from."""
