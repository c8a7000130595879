"""Claims that people make and end by hand: pieces put aside, and the reservation of a web order broken. Pure."""

from contract.facts import AnyFact, ClaimEnd, ClaimEnded, ClaimHeld, ClaimKind
from trade.acts import BreakLease, HoldPiece, ReleaseHold
from trade.appointment import APPOINTMENT
from trade.piece import unavailable
from trade.refusal import Refusal, Why
from trade.scene import Scene


def hold_piece(scene: Scene, act: HoldPiece) -> tuple[AnyFact, ...] | Refusal:
    piece = scene.piece(act.piece)
    refusal = unavailable(piece, scene.guards)
    if refusal is not None:
        return refusal
    token = piece.token
    assert token is not None
    if act.kind in (ClaimKind.CART, ClaimKind.LEASE):
        return Refusal(Why.WRONG_STATE, f"A {act.kind} claim comes from a sale or an order, not from a hold")
    return (ClaimHeld(claim=act.claim, piece=act.piece, ce=token.ce, kind=act.kind, ref=act.ref),)


def release_hold(scene: Scene, act: ReleaseHold) -> tuple[AnyFact, ...] | Refusal:
    claim = scene.claim
    if claim is None:
        return Refusal(Why.NOT_FOUND, f"There is no live claim {act.claim}")
    if claim.kind in (ClaimKind.CART, ClaimKind.LEASE):
        why = f"A {claim.kind} claim ends with its sale or order; void the sale, or let a manager break the lease"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    if scene.appointment is not None and scene.appointment.state not in APPOINTMENT.ends:
        why = "It lies on the tray of an appointment: close that, with every piece read back"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    if scene.order is not None:
        why = f"It is kept for {scene.order.number}: cancel that order, or have its pieces come back"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.RELEASED),)


def break_lease(scene: Scene, act: BreakLease) -> tuple[AnyFact, ...] | Refusal:
    piece = scene.piece(act.piece)
    if piece.claim is None or piece.claim.kind is not ClaimKind.LEASE:
        return Refusal(Why.NOT_FOUND, f"{piece.name} is not reserved for a web order", act.piece)
    if not act.reason.strip():
        return Refusal(Why.EMPTY, "Say why the reservation is broken; the office will ask", act.piece)
    claim = piece.claim
    return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.BROKEN),)
