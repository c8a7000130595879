"""Acts on a client's order, from its opening to its end. Its deposits are `TakeDeposit` on its account."""

from contract.facts import AnswerHow, OrderEvent, OrderKind, OrderMetal, OrderTerms, QuoteLine, Share
from contract.ids import ClientOrderId, LineId, PersonId, PieceId, SaleId, StoreId, TransferId
from trade.acts.act import Act


class OpenOrder(Act, frozen=True, tag="order.open"):
    """`terms` None: the house's. `pieces` of the house, of a layaway or a memo; a layaway is quoted at once."""

    order: ClientOrderId
    kind: OrderKind
    client: PersonId
    title: str
    currency: str
    promised_day: str = ""
    terms: OrderTerms | None = None
    pieces: tuple[PieceId, ...] = ()
    shares: tuple[Share, ...] = ()


class QuoteOrder(Act, frozen=True, tag="order.quote"):
    """What it is to cost, in the place of an earlier quote."""

    order: ClientOrderId
    lines: tuple[QuoteLine, ...]
    valid_until: str = ""


class AnswerQuote(Act, frozen=True, tag="order.answer"):
    """What the client says to a quote; 0: to the newest. `proof`: SHA-256 of a paper that shows it."""

    order: ClientOrderId
    approved: bool
    how: AnswerHow
    quote: int = 0
    proof: str = ""


class MoveOrder(Act, frozen=True, tag="order.move"):
    """One step along its table. `party`: whom it is ordered from or sent to. `signature`: SHA-256 of what is signed."""

    order: ClientOrderId
    event: OrderEvent
    why: str = ""
    party: str = ""
    signature: str = ""
    metals: tuple[OrderMetal, ...] = ()
    """Given to a trade shop, or back from it; `stones` likewise, by where they sit."""
    stones: tuple[str, ...] = ()


class PromiseOrder(Act, frozen=True, tag="order.promise"):
    """Another day, or other terms."""

    order: ClientOrderId
    promised_day: str = ""
    terms: OrderTerms | None = None
    why: str = ""


class HoldOrder(Act, frozen=True, tag="order.hold"):
    order: ClientOrderId
    why: str


class ResumeOrder(Act, frozen=True, tag="order.resume"):
    order: ClientOrderId


class BindOrderPiece(Act, frozen=True, tag="order.bind_piece"):
    """The piece that was ordered or made is this one, kept for the client from now on.

    `line` of the quote is sold as it; empty: the first one that is no piece yet.
    """

    order: ClientOrderId
    piece: PieceId
    line: LineId = LineId("")


class TakeMemoBack(Act, frozen=True, tag="order.memo_back"):
    """Pieces of a memo lie here again."""

    order: ClientOrderId
    pieces: tuple[PieceId, ...]


class EndOrder(Act, frozen=True, tag="order.end"):
    """Cancelled or forfeited. `credit`: what is left is the client's credit; else it waits to be given back.

    `fee_minor` None: as its terms say.
    """

    order: ClientOrderId
    event: OrderEvent
    why: str
    credit: bool = False
    fee_minor: int | None = None


class HandOrder(Act, frozen=True, tag="order.hand"):
    """Another store decides about it from now on; what it keeps travels there with `transfer`."""

    order: ClientOrderId
    to: StoreId
    transfer: TransferId
    why: str = ""


class ReceiveOrder(Act, frozen=True, tag="order.receive"):
    """What another store handed over lies here."""

    order: ClientOrderId


class AddOrder(Act, frozen=True, tag="sale.add_order"):
    """It is collected: what it comes to goes into the cart, and its deposits are set aside to pay.

    `pieces`: those a client keeps of a memo; none: all that are out.
    """

    sale: SaleId
    order: ClientOrderId
    pieces: tuple[PieceId, ...] = ()


OrderAct = (
    OpenOrder
    | QuoteOrder
    | AnswerQuote
    | MoveOrder
    | PromiseOrder
    | HoldOrder
    | ResumeOrder
    | BindOrderPiece
    | TakeMemoBack
    | EndOrder
    | HandOrder
    | ReceiveOrder
)
"""What is done with an order itself; the cart does `AddOrder`."""
