"""Pieces that leave for another store, and what is said when one is read here. Pure."""

from typing import Final

from contract.facts import AnyFact, CustodyReceived, CustodyReleased, PieceSighted, ReleaseWhy, TransferShipped
from contract.ids import SaleId
from trade.acts import Ship, Sight
from trade.custody import TokenState
from trade.piece import is_envelope, twice_named, unavailable
from trade.refusal import Refusal, Why
from trade.scene import Scene

NO_SALE: Final = SaleId("")


def ship(scene: Scene, act: Ship) -> tuple[AnyFact, ...] | Refusal:
    if not act.pieces:
        return Refusal(Why.EMPTY, "Lay the pieces for the transfer on the pad first")
    again = twice_named(act.pieces, scene.pieces)
    if again is not None:
        return again
    if scene.shipment:
        if scene.shipment == frozenset(act.pieces):
            return ()
        return Refusal(Why.WRONG_STATE, f"Transfer {act.transfer} has left already: what comes later is another one")
    released: list[AnyFact] = []
    for each in act.pieces:
        piece = scene.piece(each)
        refusal = unavailable(piece, scene.guards)
        if refusal is not None:
            return refusal
        if not (piece.on_pad or piece.seen or piece.verified):
            return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here today: lay it on the pad", each)
        token = piece.token
        assert token is not None
        released.append(
            CustodyReleased(piece=each, ce=token.ce, why=ReleaseWhy.SHIPPED, to=act.to, transfer=act.transfer)
        )
    return (TransferShipped(transfer=act.transfer, to=act.to, pieces=act.pieces), *released)


def sight(scene: Scene, act: Sight) -> tuple[AnyFact, ...] | Refusal:
    facts: list[AnyFact] = []
    for each in act.pieces:
        piece = scene.piece(each)
        token = piece.token
        if is_envelope(piece.card):
            continue  # a client's thing is received with its order
        if token is not None and token.state is TokenState.INCOMING:
            facts.append(CustodyReceived(piece=each, ce=token.ce, transfer=token.transfer, damaged=act.damaged))
        elif token is not None and token.held:
            continue
        elif token is not None or piece.card is not None:
            # how often a stranger is reported is the floor's matter: it has the monotonic clock
            return_of = piece.hold.sale if piece.hold else NO_SALE
            facts.append(PieceSighted(piece=each, zone=act.zone, return_of=return_of))
    return tuple(facts)
