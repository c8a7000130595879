"""What the store's books know of tags under way: which TID is to carry which EPC for which piece. House thread.

Written before the tag is, and dropped after the binding stands in the journal: whatever loses its power in between, the
next attempt finds the same EPC for the same tag. Local to this disk; the serial numbers of another disk are others.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from contract.feed import PieceCard
from contract.ids import PieceId
from edge.books import replica
from edge.books.db import Database
from edge.books.journal import Books, Tx
from edge.books.rows import Mode
from edge.config import EdgeConfig, TagsConfig
from edge.tags.commission import Denied, Keep, Kept
from edge.tags.scheme import SchemeError, epc_of, serial
from trade.piece import Standing
from trade.tags import may_bind

SERIALS_TRIED_MAX: Final = 1000
"""An EPC that is some piece's already is passed over; so many in a row are no chance any more."""
NO_SCHEME: Final = "This store writes no tags yet: say how under [tags] in edge.toml, then start its box again"
NO_NUMBER: Final = "The head office has not told this store its number yet: let this box reach it once, then try again"


class TagWork(msgspec.Struct, frozen=True, kw_only=True):
    """A tag under way. Hex; `was` is what it said before."""

    tid: str
    piece: PieceId
    epc: str
    was: str
    at_us: int


def under_way(db: Database) -> list[TagWork]:
    """Tags begun and not bound: lay one on the pad again for the same piece, and it is finished."""
    return db.rows("tag_work_all", TagWork)


def keep(
    books: Books, config: EdgeConfig, asked: Keep, *, standing: Callable[[PieceId], Standing], now_us: int
) -> Kept | Denied:
    """The EPC this tag is to carry, in the books before it is on the tag; or why not."""
    with books.transaction() as tx:
        if tx.node().mode is not Mode.ACTIVE:
            return Denied(why=f"This store's box decides nothing now: {tx.node().why}")
        piece = standing(asked.piece)
        refusal = may_bind(piece)
        if refusal is not None:
            return Denied(why=refusal.why)
        assert piece.card is not None, "may_bind lets no other pass"
        tid, says = asked.tid.hex().upper(), asked.epc.hex().upper()
        begun = tx.db.one("tag_work", TagWork, tid=tid)
        # The EPC of a tag under way may be half of an old and half of a new one: then only its TID says whose it is.
        written = begun is not None and says != begun.was
        holder = replica.tag_holder(tx.db, "" if written else says, tid)
        if holder is not None and holder != asked.piece:
            return Denied(why=f"This tag is bound to {standing(holder).name}; use another tag")
        if begun is not None and begun.piece == asked.piece and not _is_taken(tx.db, begun.epc, asked.piece):
            return Kept(epc=bytes.fromhex(begun.epc))
        # it carries this very tag: printed, imported or bound before, and perhaps not locked yet
        if piece.card.epc and (
            piece.card.tid.upper() == tid or (not piece.card.tid and piece.card.epc.upper() == says)
        ):
            return Kept(epc=bytes.fromhex(piece.card.epc))
        try:
            epc = _next_epc(tx, config, piece.card)
        except SchemeError as error:
            return Denied(why=str(error))
        work = TagWork(tid=tid, piece=asked.piece, epc=epc.hex().upper(), was=says, at_us=now_us)
        tx.db.run_struct("tag_work_set", work)
        return Kept(epc=epc)


def draw(books: Books, config: EdgeConfig, piece: PieceId, *, standing: Callable[[PieceId], Standing]) -> Kept | Denied:
    """An EPC for the next label of this piece, given away for ever; or why it may get none."""
    with books.transaction() as tx:
        if tx.node().mode is not Mode.ACTIVE:
            return Denied(why=f"This store's box decides nothing now: {tx.node().why}")
        stands = standing(piece)
        refusal = may_bind(stands)
        if refusal is not None:
            return Denied(why=refusal.why)
        assert stands.card is not None, "may_bind lets no other pass"
        try:
            return Kept(epc=_next_epc(tx, config, stands.card))
        except SchemeError as error:
            return Denied(why=str(error))


def settled(books: Books, tid: bytes) -> None:
    """The binding stands in the journal: nothing is under way with this tag any more."""
    with books.transaction() as tx:
        tx.db.run("tag_work_drop", tid=tid.hex().upper())


def _next_epc(tx: Tx, config: EdgeConfig, card: PieceCard) -> bytes:
    """The next one of this store and term, counted in the transaction that gives it away. Raises `SchemeError`."""
    if config.tags is None:
        raise SchemeError(NO_SCHEME)
    node, number = tx.node(), _number(tx.db, config, config.tags)
    last = tx.db.number("tag_serial", term=node.term)
    for count in range(last + 1, last + 1 + SERIALS_TRIED_MAX):
        epc = epc_of(config.tags, card, serial(number, node.term, count))
        if not _is_taken(tx.db, epc.hex().upper(), None):
            tx.db.run("tag_serial_set", term=node.term, last=count)
            return epc
    raise SchemeError(f"{SERIALS_TRIED_MAX} EPCs of this scheme are on pieces already: give [tags] another one")


def _number(db: Database, config: EdgeConfig, tags: TagsConfig) -> int:
    if config.uplink is None:
        return tags.number
    card = replica.store(db, config.store)
    if card is None or not card.number:
        raise SchemeError(NO_NUMBER)
    return card.number


def _is_taken(db: Database, epc: str, by_other_than: PieceId | None) -> bool:
    """Some piece of the house carries this EPC, as far as this store has heard."""
    card = replica.piece_by_epc(db, epc)
    return card is not None and card.piece != by_other_than
