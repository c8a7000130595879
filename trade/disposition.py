"""What becomes of a piece that came back, and how it is from then on."""

from collections.abc import Mapping
from typing import Final

from contract.facts import AnyFact, Disposition, PieceDisposed
from contract.feed import Condition
from contract.ids import PieceId, SaleId
from trade.acts import DisposePiece
from trade.custody import TokenState
from trade.piece import Standing
from trade.refusal import Refusal, Why
from trade.scene import Scene

NO_SALE: Final = SaleId("")
CONDITION: Final[Mapping[Disposition, Condition]] = {
    Disposition.STOCK: Condition.OK,
    Disposition.INSPECTION: Condition.QUARANTINED,
    Disposition.REPAIR: Condition.IN_REPAIR,
    Disposition.DAMAGED: Condition.DAMAGED,
    Disposition.SUPPLIER: Condition.QUARANTINED,
}
"""Only what went back to stock is offered again."""
WORDS: Final[Mapping[Disposition, str]] = {
    Disposition.STOCK: "back to stock",
    Disposition.INSPECTION: "kept for a look",
    Disposition.REPAIR: "to the workshop",
    Disposition.DAMAGED: "damaged",
    Disposition.SUPPLIER: "back to its supplier",
}


def disposed(
    piece: Standing, disposition: Disposition, *, ce: int, reason: str = "", sale: SaleId = NO_SALE
) -> PieceDisposed | None:
    """The fact that makes it so; None when it is so already."""
    condition = CONDITION[disposition]
    now = piece.card.condition if piece.card else Condition.OK
    if now is condition and disposition is Disposition.STOCK:
        return None
    n = (piece.card.disposed if piece.card else 0) + 1
    return PieceDisposed(
        piece=piece.piece, ce=ce, n=n, disposition=disposition, condition=condition, reason=reason, sale=sale
    )


def dispose(scene: Scene, act: DisposePiece) -> tuple[AnyFact, ...] | Refusal:
    """Somebody looked at a piece of this store's own: sound again, or not."""
    piece = scene.piece(act.piece)
    if piece.card is None:
        return Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {act.piece}", act.piece)
    token = piece.token
    if token is None or token.state is not TokenState.HERE:
        return Refusal(
            Why.NOT_OURS, f"{piece.name} is not in this store's hands: whoever has it says how it is", act.piece
        )
    if piece.claim is not None:
        return Refusal(Why.CLAIMED, f"{piece.name} is spoken for: end the sale or the hold first", act.piece)
    if not act.reason.strip():
        return Refusal(Why.EMPTY, "Say in a word what was found: it is kept with the piece", act.piece)
    fact = disposed(piece, act.disposition, ce=token.ce, reason=act.reason.strip())
    return () if fact is None else (fact,)


def of_each(pieces: tuple[PieceId, ...], said: tuple[Disposition, ...]) -> Mapping[PieceId, Disposition] | Refusal:
    """What becomes of each piece: said of none, of all in one word, or of each in its turn."""
    if len(said) not in {0, 1, len(pieces)}:
        return Refusal(Why.WRONG_STATE, "Say of each piece what becomes of it, or one thing for all of them")
    words = said * len(pieces) if len(said) == 1 else said or (Disposition.STOCK,) * len(pieces)
    return dict(zip(pieces, words, strict=True))
