"""A piece as it stands at this store, and whether it can be promised to somebody."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from contract.facts import ClaimKind
from contract.feed import Condition, Ownership, PieceCard
from contract.ids import PieceId, SaleId
from trade.claim import Claim
from trade.custody import Token, TokenState
from trade.guards import ALL, Guards
from trade.refusal import Refusal, Why

ENVELOPE: Final = "envelope"
"""The category of a client's thing in its envelope: a card that its store made by itself."""
OFFERED: Final = frozenset({Condition.OK, Condition.ATTENTION})
"""Conditions in which a piece is sold."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A piece kept for the return of a sale; `confirmed` by the cloud."""

    piece: PieceId
    sale: SaleId
    confirmed: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a rule may ask about a piece: books (card, token, claim, hold) and eyes (seen, verified, on_pad).

    seen: a reader sees it now. verified: read since this box started. on_pad: read by the pad of this till now.
    """

    piece: PieceId
    card: PieceCard | None = None
    token: Token | None = None
    claim: Claim | None = None
    hold: Hold | None = None
    seen: bool = False
    verified: bool = False
    on_pad: bool = False
    order: str = ""
    """What people call the order that keeps it."""
    till: str = ""
    """The till whose sale has it in its cart: a sale has no number before it is recorded."""
    kept_for: str = ""
    """The receipt of the sale whose return it is kept for; empty where this store has none."""
    sold_by: str = ""
    """The receipt it was sold by here; empty where this store has none."""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.card.title} ({self.card.sku})" if self.card else f"piece {self.piece}"


def is_envelope(card: PieceCard | None) -> bool:
    """A client's thing in for work: no office gave its token, and no other store hears of it."""
    return card is not None and card.ownership is Ownership.CUSTOMER and card.category == ENVELOPE


def unavailable(piece: Standing, guards: Guards = ALL) -> Refusal | None:
    """Why this piece cannot be promised to anybody now; None when it can."""
    token = piece.token
    if token is None or token.state is TokenState.AWAY:
        return Refusal(Why.NOT_OURS, f"{piece.name} has not been handed over to this store yet", piece.piece)
    if token.state is TokenState.INCOMING:
        why = f"{piece.name} is on its way here: lay it on the pad to receive it"
        return Refusal(Why.INCOMING, why, piece.piece)
    if token.state is TokenState.SOLD:
        return Refusal(Why.ALREADY_SOLD, f"{piece.name} is sold already", piece.piece)
    if piece.hold is not None:
        return on_hold(piece)
    if piece.claim is not None and guards.claim_unique:
        return claimed(piece, piece.claim)
    return None


def on_hold(piece: Standing) -> Refusal:
    """For which return, as people call its receipt: the office decides about it."""
    if piece.kept_for:
        why = f"{piece.name} is kept for the return of receipt {piece.kept_for}: finish that first"
        return Refusal(Why.ON_HOLD, why, piece.piece)
    return Refusal(Why.ON_HOLD, f"{piece.name} is kept for a return: the office says when that is over", piece.piece)


def unread(piece: Standing) -> Refusal | None:
    """Why not even somebody's word sells it now: no reader has seen it since the box started or joined again."""
    if piece.on_pad or piece.seen or piece.verified:
        return None
    why = f"{piece.name} has not been read here since the start: let a reader see it first"
    return Refusal(Why.NOT_SEEN, why, piece.piece)


def not_for_sale(piece: Standing) -> Refusal | None:
    """Whose it is, and how it is: a piece may be sent or counted, and still be no goods."""
    card = piece.card
    if card is not None and card.ownership is Ownership.CUSTOMER:
        why = f"{piece.name} belongs to a client: give it back, it is not for sale"
        return Refusal(Why.NOT_FOR_SALE, why, piece.piece)
    if card is not None and card.condition not in OFFERED:
        how = card.condition.replace("_", " ")
        why = f"{piece.name} is {how} in the head office's record: have that changed there before it is sold"
        return Refusal(Why.NOT_FOR_SALE, why, piece.piece)
    return None


def twice_named(pieces: Sequence[PieceId], known: Mapping[PieceId, Standing]) -> Refusal | None:
    """Each piece of an act is one thing: named twice it would be paid back, or given up, twice."""
    for at, each in enumerate(pieces):
        if each in pieces[:at]:
            name = known[each].name if each in known else f"piece {each}"
            return Refusal(Why.WRONG_STATE, f"{name} is named twice: name each piece once", each)
    return None


def claimed(piece: Standing, claim: Claim) -> Refusal:
    """Who has it, in words."""
    if claim.kind is ClaimKind.LEASE:
        why = f"{piece.name} is reserved for web order {claim.ref}; connection needed to release it"
        return Refusal(Why.LEASED, why, piece.piece)
    if claim.kind is ClaimKind.CART:
        why = f"{piece.name} is in another sale of {piece.till or 'this store'}: finish that one or void it"
        return Refusal(Why.CLAIMED, why, piece.piece)
    if claim.kind is ClaimKind.TRAY:
        why = f"{piece.name} is kept for an appointment: open that one to sell it, or to put its tray away"
        return Refusal(Why.CLAIMED, why, piece.piece)
    if piece.order:
        why = f"{piece.name} is kept for a client ({claim.kind} {piece.order}): open that order to sell or end it"
        return Refusal(Why.CLAIMED, why, piece.piece)
    return Refusal(Why.CLAIMED, f"{piece.name} is kept: {claim.kind} {claim.ref}", piece.piece)
