"""Leases: how a piece in a store is promised to a remote order, and how that ends (custody.md §4)."""

from enum import StrEnum
from typing import Final

from contract.commands import ConvertLease, RecallCustody, ReleaseLease, RequestLease
from contract.facts import (
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimKind,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    LeaseUnconvertible,
    RecallRefused,
    ReleaseWhy,
)
from trade.claim import Claim
from trade.custody import Token, TokenState
from trade.guards import Guards
from trade.machine import Machine
from trade.piece import Standing, not_for_sale, unavailable


class OrderState(StrEnum):
    """A remote order in the cloud; money moves only between `leased` and `paid`."""

    AUTHORISED = "authorised"
    LEASING = "leasing"
    LEASED = "leased"
    CAPTURING = "capturing"
    PAID = "paid"
    CLOSED = "closed"


class OrderEvent(StrEnum):
    REQUESTED = "lease requested"
    GRANTED = "lease granted"
    REFUSED = "lease refused"
    CAPTURE = "capture intended"
    CAPTURED = "provider says captured"
    VOIDED = "provider says voided"


ORDER: Final = Machine[OrderState, OrderEvent](
    name="remote order",
    starts=frozenset({OrderState.AUTHORISED}),
    ends=frozenset({OrderState.PAID, OrderState.CLOSED}),
    table={
        (OrderState.AUTHORISED, OrderEvent.REQUESTED): OrderState.LEASING,
        (OrderState.AUTHORISED, OrderEvent.VOIDED): OrderState.CLOSED,
        (OrderState.LEASING, OrderEvent.GRANTED): OrderState.LEASED,
        (OrderState.LEASING, OrderEvent.REFUSED): OrderState.CLOSED,
        (OrderState.LEASING, OrderEvent.VOIDED): OrderState.CLOSED,
        (OrderState.LEASED, OrderEvent.CAPTURE): OrderState.CAPTURING,
        (OrderState.LEASED, OrderEvent.VOIDED): OrderState.CLOSED,
        (OrderState.CAPTURING, OrderEvent.CAPTURED): OrderState.PAID,
        (OrderState.CAPTURING, OrderEvent.VOIDED): OrderState.CLOSED,
    },
)


def answer_request(command: RequestLease, piece: Standing, guards: Guards) -> tuple[AnyFact, ...]:
    """Grant only what is held, here, unclaimed and seen by a reader now."""
    refusal = unavailable(piece, guards) or not_for_sale(piece)
    token = piece.token
    if refusal is None and not piece.seen and guards.lease_needs_sight:
        return (LeaseRefused(piece=command.piece, order=command.order, why="no reader sees the piece now"),)
    if refusal is not None or token is None:
        why = refusal.why if refusal else "not here"
        return (LeaseRefused(piece=command.piece, order=command.order, why=why),)
    return (LeaseGranted(piece=command.piece, ce=token.ce, fence=token.fence + 1, order=command.order),)


def _same(claim: Claim | None, command: ReleaseLease | ConvertLease, guards: Guards) -> bool:
    if claim is None or claim.kind is not ClaimKind.LEASE:
        return False
    if not guards.fence_match:
        return True
    return (claim.ref, claim.ce, claim.fence) == (command.order, command.ce, command.fence)


def release(command: ReleaseLease, claim: Claim | None, guards: Guards) -> tuple[AnyFact, ...]:
    """The cloud's word that the money did not move; a lease of another fence is left alone."""
    if claim is None or not _same(claim, command, guards):
        return ()
    return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.RELEASED),)


def convert(command: ConvertLease, claim: Claim | None, token: Token | None, guards: Guards) -> tuple[AnyFact, ...]:
    """The money was captured: the piece is sold to the order, or the cloud is told that it cannot be."""
    if claim is not None and _same(claim, command, guards):
        return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.CONVERTED),)
    if token is not None and token.state is TokenState.SOLD and token.sale == command.order:
        return ()
    return (LeaseUnconvertible(piece=command.piece, order=command.order, why="the lease had ended at the store"),)


def answer_recall(command: RecallCustody, piece: Standing, guards: Guards) -> tuple[AnyFact, ...]:
    """Give the token back, unless the piece is spoken for or stands before a reader here."""
    token = piece.token
    if token is None or not token.held or token.ce != command.ce:
        return (RecallRefused(piece=command.piece, ce=command.ce, why="the token is not here"),)
    if guards.recall_checks:
        if piece.claim is not None:
            why = f"claimed: {piece.claim.kind} {piece.claim.ref}"
            return (RecallRefused(piece=command.piece, ce=command.ce, why=why),)
        if piece.seen:
            return (RecallRefused(piece=command.piece, ce=command.ce, why="a reader sees it here"),)
    return (CustodyReleased(piece=command.piece, ce=command.ce, why=ReleaseWhy.RECALLED),)
