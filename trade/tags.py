"""Which tag is whose: a piece of this store gets a tag that nobody else has, and that was read back."""

from typing import Final

from contract.facts import ClaimKind, TagBound
from trade.acts import BindTag
from trade.custody import TokenState
from trade.piece import Standing, claimed, on_hold
from trade.refusal import Refusal, Why
from trade.scene import Scene

STANDS_ON_THE_TAG: Final = (ClaimKind.CART, ClaimKind.LEASE, ClaimKind.TRANSFER, ClaimKind.MEMO)
"""Promises that count on the tag as it was read: the pad's verdict, the shelf's eye, the manifest."""


def may_bind(piece: Standing) -> Refusal | None:
    """Why this piece cannot get a tag now; None when it can.

    A piece on its way here may: an untagged one can be received by no reader before. Layaway, tray and repair do not
    stand in the way: who it is kept for has nothing to do with its tag.
    """
    token = piece.token
    if piece.card is None:
        return Refusal(Why.UNKNOWN_PIECE, f"There is no {piece.name} in this house; import its card first", piece.piece)
    if token is None or token.state is TokenState.AWAY:
        return Refusal(Why.NOT_OURS, f"{piece.name} has not been handed over to this store yet", piece.piece)
    if token.state is TokenState.SOLD:
        return Refusal(Why.ALREADY_SOLD, f"{piece.name} is sold: its tag is no longer ours to change", piece.piece)
    if piece.hold is not None:
        return on_hold(piece)
    if piece.claim is not None and piece.claim.kind in STANDS_ON_THE_TAG:
        return claimed(piece, piece.claim)
    return None


def bind(scene: Scene, act: BindTag) -> tuple[TagBound, ...] | Refusal:
    """The binding as a fact; nothing when it stands already."""
    piece = scene.piece(act.piece)
    refusal = may_bind(piece)
    if refusal is not None:
        return refusal
    assert piece.card is not None, "may_bind lets no other pass"
    assert piece.token is not None, "nor one without a token"
    epc, tid = act.epc.upper(), act.tid.upper()
    if not epc or act.read_back.upper() != epc:
        says = act.read_back.upper() or "nothing"
        why = f"The tag for {piece.name} says {says} and not {epc}: it is bound only once it was read back; write again"
        return Refusal(Why.NOT_READ_BACK, why, act.piece)
    if scene.tag_holder is not None and scene.tag_holder.piece != act.piece:
        why = f"This tag is bound to {scene.tag_holder.name}; use another tag"
        return Refusal(Why.TAG_TAKEN, why, act.piece)
    if (piece.card.epc.upper(), piece.card.tid.upper()) == (epc, tid):
        return ()
    return (
        TagBound(
            piece=act.piece,
            ce=piece.token.ce,
            n=piece.card.binding + 1,
            epc=epc,
            tid=tid,
            was=piece.card.epc.upper(),
        ),
    )
