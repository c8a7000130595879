"""Acts on one piece, or on several, beside their sale."""

from contract.facts import ClaimKind, Disposition
from contract.ids import ClaimId, PieceId, StoreId, TransferId, ZoneId
from trade.acts.act import Act


class DisposePiece(Act, frozen=True, tag="piece.dispose"):
    """Somebody looked at a piece: sound again, or what else becomes of it."""

    piece: PieceId
    disposition: Disposition
    reason: str


class HoldPiece(Act, frozen=True, tag="piece.hold"):
    """Keep a piece for somebody: layaway, tray, memo, repair."""

    claim: ClaimId
    piece: PieceId
    kind: ClaimKind
    ref: str


class ReleaseHold(Act, frozen=True, tag="piece.release"):
    claim: ClaimId


class BreakLease(Act, frozen=True, tag="lease.break"):
    """A manager accepts the risk that the piece was sold on the web; opens a case at the office."""

    piece: PieceId
    reason: str


class Ship(Act, frozen=True, tag="transfer.ship"):
    transfer: TransferId
    to: StoreId
    pieces: tuple[PieceId, ...]


class Sight(Act, frozen=True, tag="piece.sight"):
    """A pad, a shelf or a scan read these pieces of the house in `zone`."""

    pieces: tuple[PieceId, ...]
    zone: ZoneId
    damaged: bool = False


class BindTag(Act, frozen=True, tag="tag.bind"):
    """This tag is the piece's from now on. `read_back` is what the tag itself said after it was written.

    EPC and TID in hex; the TID may be empty where nothing can read it.
    """

    piece: PieceId
    epc: str
    tid: str
    read_back: str
