"""Acts on what comes back, and on the money that goes back for it."""

import msgspec

from contract.facts import CardRefundDone, CardRefundFailed, CardRefundInDoubt, Disposition, Tender
from contract.ids import LineId, PaymentId, PieceId, ReturnId, SaleId, TillId
from trade.acts.act import Act
from trade.acts.sales import RecordSale


class LineBack(msgspec.Struct, frozen=True, kw_only=True):
    """What is to come back of a line: so much of it, or money off its price and nothing else."""

    line: LineId
    quantity_milli: int = 0
    amount_minor: int = 0


class ReturnPieces(Act, frozen=True, tag="return.record"):
    """Pieces of an earlier sale came back and lie on the pad; `lines`: of what is no piece, or money off a price.

    Tenders are what the client gets, positive. `override`: why no pad reads a piece. By the same `returns` it is one.
    """

    sale: SaleId
    pieces: tuple[PieceId, ...]
    till: TillId
    tenders: tuple[Tender, ...]
    reason: str
    lines: tuple[LineBack, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    """What becomes of each piece, or of all of them; none said: back to stock."""
    override: str = ""
    returns: ReturnId = ReturnId("")


class BeginReturn(Act, frozen=True, tag="return.begin"):
    """The same, before its money goes back to a card at the till's terminal: its lines are final from here on."""

    returns: ReturnId
    back: ReturnPieces


class RequestCardRefund(Act, frozen=True, tag="card_refund.request"):
    """So much of a captured payment goes back to its card: the till's terminal is asked."""

    refund: PaymentId
    returns: ReturnId
    payment: PaymentId
    amount_minor: int


class FinishReturn(Act, frozen=True, tag="return.finish"):
    """What the terminal gave back counts by itself; `tenders` are the rest."""

    returns: ReturnId
    tenders: tuple[Tender, ...] = ()


class AbandonReturn(Act, frozen=True, tag="return.abandon"):
    """Give it up, while no money went back."""

    returns: ReturnId


CardRefundSaid = CardRefundInDoubt | CardRefundDone | CardRefundFailed


class HearCardRefund(Act, frozen=True, tag="card_refund.hear"):
    """What the terminal said, or that it said nothing."""

    said: CardRefundSaid


class Exchange(Act, frozen=True, tag="exchange.record"):
    """A return and a sale in one: what came back pays for what goes out, as far as it goes.

    Tenders of `give` are what the client pays on top, those of `back` what they get on top: one of them is empty.
    """

    give: RecordSale
    back: ReturnPieces
