"""A set, or a pair, is sold whole: what would stay behind is told, and only who may answers for parting it. Pure.

Pieces are of one set while their cards name the same whole. The whole is one of them when it has a tag of its own; else
it is a name, and a place for what is said of all of them.
"""

from collections.abc import Iterable, Mapping

from contract.ids import PieceId
from trade.custody import TokenState
from trade.piece import Standing


def whole_of(piece: Standing) -> PieceId | None:
    """The set a piece is of, or may be itself."""
    return None if piece.card is None else piece.card.set_of or piece.piece


def left_behind(cart: Iterable[PieceId], known: Mapping[PieceId, Standing]) -> list[Standing]:
    """Pieces here, of the sets of these, that are not among them; by name."""
    taken = set(cart)
    wholes = {whole_of(known[each]) for each in taken if each in known} - {None}
    left = [one for one in known.values() if one.piece not in taken and whole_of(one) in wholes and _can_be_left(one)]
    return sorted(left, key=lambda one: one.name)


def _can_be_left(piece: Standing) -> bool:
    here = piece.token is not None and piece.token.state is TokenState.HERE
    card = piece.card
    return here and card is not None and bool(card.set_of or card.epc)
