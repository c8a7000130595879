"""Claims and leases: who a piece is spoken for by (custody.md §4)."""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import ClaimId, OrderId, PieceId


class ClaimKind(StrEnum):
    """Why a piece is spoken for. All are exclusive."""

    CART = "cart"
    LEASE = "lease"
    LAYAWAY = "layaway"
    TRAY = "tray"
    MEMO = "memo"
    REPAIR = "repair"
    TRANSFER = "transfer"


class ClaimEnd(StrEnum):
    """How a claim ends; `broken` is a named person's decision."""

    CONVERTED = "converted"
    RELEASED = "released"
    BROKEN = "broken"


class ClaimHeld(Fact, frozen=True, tag="claim.held"):
    """A piece is spoken for. `ref` is the sale, order or transfer that holds it."""

    claim: ClaimId
    piece: PieceId
    ce: int
    kind: ClaimKind
    ref: str
    fence: int = 0


class ClaimEnded(Fact, frozen=True, tag="claim.ended"):
    claim: ClaimId
    piece: PieceId
    ce: int
    how: ClaimEnd


class LeaseGranted(Fact, frozen=True, tag="lease.granted"):
    """The store promises this piece to a remote order; ends only by the cloud's word or an audited break."""

    piece: PieceId
    ce: int
    fence: int
    order: OrderId


class LeaseRefused(Fact, frozen=True, tag="lease.refused"):
    piece: PieceId
    order: OrderId
    why: str


class LeaseUnconvertible(Fact, frozen=True, tag="lease.unconvertible"):
    """Money was captured but the lease was gone: refund and open a case."""

    piece: PieceId
    order: OrderId
    why: str
