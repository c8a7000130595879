"""Custody: which store may decide about a piece, and what became of it on the way."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import Epoch, PieceId, SaleId, StoreId, TransferId, ZoneId


class ReleaseWhy(StrEnum):
    SHIPPED = "shipped"
    RECALLED = "recalled"
    CLOSED = "closed"


class CustodyReleased(Fact, frozen=True, tag="custody.released"):
    """This store gave up the right to decide about the piece, in this very transaction."""

    piece: PieceId
    ce: int
    why: ReleaseWhy
    to: StoreId = StoreId("")
    transfer: TransferId = TransferId("")


class CustodyReceived(Fact, frozen=True, tag="custody.received"):
    """A granted piece was read here: it is sellable."""

    piece: PieceId
    ce: int
    transfer: TransferId = TransferId("")
    damaged: bool = False


class RecallRefused(Fact, frozen=True, tag="recall.refused"):
    piece: PieceId
    ce: int
    why: str


class PieceSighted(Fact, frozen=True, tag="piece.sighted"):
    """A piece of the house was read here although this store does not hold it; an empty `zone`: unknown where."""

    piece: PieceId
    zone: ZoneId
    return_of: SaleId = SaleId("")


class TagBound(Fact, frozen=True, tag="tag.bound"):
    """From here on this tag is the piece's; `epc` was read back from the tag before this was said.

    `n` counts the bindings of the piece, at whichever store: the card with the higher one is the newer.
    """

    piece: PieceId
    ce: int
    n: int
    epc: str
    """Upper-case hex."""
    tid: str
    """Upper-case hex of the tag's own number; empty where the tag, or the printer, does not tell it."""
    was: str = ""
    """The EPC bound to the piece before; empty when it had none."""


class TransferShipped(Fact, frozen=True, tag="transfer.shipped"):
    """The manifest that left, as read on the pad."""

    transfer: TransferId
    to: StoreId
    pieces: tuple[PieceId, ...]


class Rejoined(Fact, frozen=True, tag="box.rejoined"):
    """First entry of every epoch: this box serves the store under a new term."""

    term: int
    epoch: Epoch
    cloud_epoch: int


class CommandHeard(Fact, frozen=True, tag="command.heard"):
    """A numbered command of the cloud was carried out in this very entry, so that the journal alone tells the state."""

    cloud_epoch: int
    seq: int
    command: msgspec.Raw
    """The bytes of `commands.NumberedCommand`, as they came."""


class PieceLooked(Fact, frozen=True, tag="piece.looked"):
    """A person looked for a piece, and what a pad read of it in the hand.

    `tags`: EPCs in upper-case hex, the known and the strange; none where it was found and its tag gives nothing.
    """

    piece: PieceId
    found: bool
    tags: tuple[str, ...] = ()
    zone: ZoneId | None = None
    """The pad that read them."""
