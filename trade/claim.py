"""Claims: a piece is spoken for. At most one live claim per piece, held by the books' partial unique index."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import AnyFact, ClaimEnd, ClaimEnded, ClaimHeld, ClaimKind, LeaseGranted
from contract.ids import ClaimId, PieceId
from trade.machine import Machine


class ClaimState(StrEnum):
    HELD = "held"
    CONVERTED = "converted"
    RELEASED = "released"
    BROKEN = "broken"


CLAIM: Final = Machine[ClaimState, ClaimEnd](
    name="claim",
    starts=frozenset({ClaimState.HELD}),
    ends=frozenset({ClaimState.CONVERTED, ClaimState.RELEASED, ClaimState.BROKEN}),
    table={
        (ClaimState.HELD, ClaimEnd.CONVERTED): ClaimState.CONVERTED,
        (ClaimState.HELD, ClaimEnd.RELEASED): ClaimState.RELEASED,
        (ClaimState.HELD, ClaimEnd.BROKEN): ClaimState.BROKEN,
    },
)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One claim; `ref` is the sale, order or transfer that holds it, `fence` counts the leases of the piece."""

    claim: ClaimId
    piece: PieceId
    ce: int
    kind: ClaimKind
    ref: str
    fence: int = 0
    state: ClaimState = ClaimState.HELD
    since_us: int = 0


def claim_of(fact: ClaimHeld | LeaseGranted, at_us: int) -> Claim:
    """The claim a fact begins. A lease is the claim of its order."""
    if isinstance(fact, LeaseGranted):
        return Claim(
            claim=ClaimId(fact.order),
            piece=fact.piece,
            ce=fact.ce,
            kind=ClaimKind.LEASE,
            ref=fact.order,
            fence=fact.fence,
            since_us=at_us,
        )
    return Claim(
        claim=fact.claim,
        piece=fact.piece,
        ce=fact.ce,
        kind=fact.kind,
        ref=fact.ref,
        fence=fact.fence,
        since_us=at_us,
    )


def end_claim(claim: Claim, how: ClaimEnd) -> Claim:
    """The claim after its end; a claim that has ended stays as it ended."""
    state = CLAIM.after(claim.state, how)
    return claim if state is None else msgspec.structs.replace(claim, state=state)


def release_all(claims: tuple[Claim, ...]) -> tuple[AnyFact, ...]:
    """The facts that let go of these claims."""
    return tuple(ClaimEnded(claim=c.claim, piece=c.piece, ce=c.ce, how=ClaimEnd.RELEASED) for c in claims)
