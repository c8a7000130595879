"""Pieces of the house that an order keeps: laid away for a client, come in for them, or out with them on memo.

Each is an exclusive claim whose reference is the order. It stays while the piece lies in the cart it is collected in:
a till that dies with an open cart takes no promise with it.
"""

from collections.abc import Callable
from typing import Final

from contract.facts import (
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    OrderEvent,
    OrderKind,
    OrderMoved,
    OrderPieceBound,
)
from contract.ids import ClaimId, LineId, PieceId, SaleId
from trade.acts import BindOrderPiece, TakeMemoBack
from trade.claim import Claim
from trade.orders.order import Order
from trade.orders.tables import OrderState
from trade.orders.words import cannot, no_order, state
from trade.piece import Standing, not_for_sale, twice_named, unavailable
from trade.refusal import Refusal, Why
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]
NO_SALE: Final = SaleId("")
MAKES: Final = frozenset({OrderKind.SPECIAL, OrderKind.CUSTOM})
"""Kinds whose piece comes in, or is made, after they were opened."""
BEFORE_THERE_IS_ONE: Final = frozenset(
    {
        OrderState.REQUESTED,
        OrderState.IN_DESIGN,
        OrderState.QUOTED,
        OrderState.APPROVED,
        OrderState.DESIGN_APPROVED,
        OrderState.DEPOSIT_TAKEN,
    }
)


def reserve(scene: Scene, order: Order, moved: OrderMoved, new_id: NewId) -> Answer:
    """Nobody else gets its pieces from here on."""
    if order.quote is None:
        return Refusal(Why.WRONG_STATE, f"{order.number} has no price yet: quote it first")
    held = _hold(scene, order, order.pieces, ClaimKind.LAYAWAY, new_id)
    return held if isinstance(held, Refusal) else (moved, *held)


def issue(scene: Scene, order: Order, moved: OrderMoved, new_id: NewId) -> Answer:
    """They leave with the client, who signed, until the promised day."""
    if not order.promised_day:
        return Refusal(Why.EMPTY, f"Say by which day the pieces of {order.number} are back: promise that day first")
    if scene.calendar_day > order.promised_day:
        return Refusal(Why.EMPTY, f"{order.promised_day} is over: promise another day first")
    if not (moved.signature or moved.why):
        return Refusal(Why.EMPTY, "Have the client sign, or name the slip they signed on paper")
    held = _hold(scene, order, order.pieces, ClaimKind.MEMO, new_id)
    if isinstance(held, Refusal):
        return held
    unread = next((scene.piece(each) for each in order.pieces if not _is_here(scene.piece(each))), None)
    if unread is not None:
        return Refusal(Why.NOT_SEEN, f"{unread.name} was not read here: lay it on the pad before it goes", unread.piece)
    return (moved, *held)


def bind(scene: Scene, act: BindOrderPiece, new_id: NewId) -> Answer:
    """It came in as stock of this store; from now on it is the client's to collect."""
    order = scene.order
    if order is None:
        return no_order(act.order)
    if act.piece in order.pieces:
        return ()
    if order.kind not in MAKES:
        return Refusal(Why.WRONG_STATE, f"{order.number} is a {order.kind}: its pieces were named when it was opened")
    if order.ended or order.state in BEFORE_THERE_IS_ONE or order.quote is None:
        why = f"{order.number} is {state(order)}: a piece is named once it was ordered, or its work has begun"
        return Refusal(Why.WRONG_STATE, why)
    piece = scene.piece(act.piece)
    refusal = unavailable(piece, scene.guards) or not_for_sale(piece)
    if refusal is None and piece.card is None:
        refusal = Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {act.piece}", act.piece)
    free = [line.line for line in order.quote.lines if line.piece is None]
    if refusal is None and act.line and act.line not in free:
        refusal = Refusal(Why.WRONG_STATE, f"Quote {order.quote.quote} has no line {act.line} that waits for a piece")
    if refusal is None and not free:
        refusal = Refusal(
            Why.WRONG_STATE, f"Each line of {order.number} has its piece: quote it anew with another line"
        )
    held = refusal or _hold(scene, order, (act.piece,), ClaimKind.LAYAWAY, new_id)
    if isinstance(held, Refusal):
        return held
    came = order.kind is OrderKind.SPECIAL and order.state is OrderState.ORDERED
    if came:
        refusal = cannot(order, OrderEvent.RECEIVE)
    moved = (OrderMoved(order=act.order, event=OrderEvent.RECEIVE),) if came else ()
    bound = OrderPieceBound(order=act.order, piece=act.piece, line=act.line or LineId(free[0]))
    return refusal or (bound, *held, *moved)


def memo_back(scene: Scene, act: TakeMemoBack) -> Answer:
    """Read here again, they are stock as before. With the last one the memo is over."""
    order = scene.order
    if order is None:
        return no_order(act.order)
    if order.kind is not OrderKind.MEMO:
        return Refusal(Why.WRONG_STATE, f"{order.number} is a {order.kind}, no memo: end it, or have it collected")
    asked = [piece for piece in act.pieces if piece not in order.back]
    if act.pieces and not asked:
        return ()
    refusal = cannot(order, OrderEvent.RETURN_PART) or twice_named(act.pieces, scene.pieces)
    if refusal is None and not asked:
        refusal = Refusal(Why.EMPTY, "Lay the pieces that came back on the pad")
    freed: list[AnyFact] = []
    for each in asked if refusal is None else ():
        piece = scene.piece(each)
        claim = held_for(order, piece)
        if each not in order.pieces:
            return Refusal(Why.NOT_FOUND, f"{piece.name} is not of {order.number}: take it off the pad", each)
        if not _is_here(piece):
            return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here: lay it on the pad", each)
        if claim is not None:
            freed.append(end(claim))
    if refusal is not None:
        return refusal
    return (after_memo(order, tuple(asked)), *freed)


def after_memo(order: Order, pieces: tuple[PieceId, ...], sale: SaleId = NO_SALE) -> OrderMoved:
    """These are no longer out: they came back, or were sold."""
    left = set(order.out) - set(pieces)
    event = OrderEvent.RETURN_PART if left else OrderEvent.CLOSE
    return OrderMoved(order=order.order, event=event, pieces=pieces, sale=sale)


def held_for(order: Order, piece: Standing) -> Claim | None:
    """The claim by which this order keeps the piece."""
    claim = piece.claim
    return claim if claim is not None and claim.ref == order.order else None


def let_go(scene: Scene, order: Order) -> tuple[AnyFact, ...]:
    """All that it keeps is anybody's again."""
    claims = [held_for(order, scene.piece(each)) for each in order.pieces]
    return tuple(end(claim) for claim in claims if claim is not None)


def end(claim: Claim, how: ClaimEnd = ClaimEnd.RELEASED) -> ClaimEnded:
    return ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=how)


def _hold(
    scene: Scene, order: Order, pieces: tuple[PieceId, ...], kind: ClaimKind, new_id: NewId
) -> tuple[AnyFact, ...] | Refusal:
    held: list[AnyFact] = []
    for each in pieces:
        piece = scene.piece(each)
        refusal = unavailable(piece, scene.guards) or not_for_sale(piece)
        if refusal is not None:
            return refusal
        assert piece.token is not None
        held.append(ClaimHeld(claim=ClaimId(new_id()), piece=each, ce=piece.token.ce, kind=kind, ref=order.order))
    return tuple(held)


def _is_here(piece: Standing) -> bool:
    return piece.on_pad or piece.seen
