"""The number under which a thing comes in from a client: it is no piece's of the house, and no other's of this day."""

from contract.facts import TradeIn
from trade.custody import TokenState
from trade.refusal import Refusal, Why
from trade.scene import Scene


def taken(scene: Scene, item: TradeIn) -> Refusal | None:
    """What the house sold it may buy back; what is its own it pays nobody for. `labels_taken` are numbers of things
    that came in here and of which the office has not answered yet.
    """
    piece = scene.piece(item.piece)
    if piece.token is not None and piece.token.state in (TokenState.HERE, TokenState.INCOMING):
        return Refusal(
            Why.WRONG_STATE, f"{piece.name} is the house's already: look at what the client laid down", item.piece
        )
    if piece.token is None and item.piece in scene.labels_taken:
        why = f"Another thing came in as {item.piece} a moment ago: give {item.title} a number of its own"
        return Refusal(Why.WRONG_STATE, why, item.piece)
    return None
