"""The fold of tags: who carries which one, and since when. Cards of the feed show the newer of what both know."""

from typing import Final

import msgspec

from contract.facts import TagBound
from contract.feed import PieceCard, decode_body, encode_body
from contract.ids import PieceId
from edge.books import seeking
from edge.books.db import Database
from edge.books.rows import Body

BINDINGS_MAX: Final = 100
"""Tags a piece has had, kept as rows; older ones are in the journal and at the head office."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One tag on one piece; `to_us` is 0 while it lasts."""

    piece: PieceId
    n: int
    epc: str
    tid: str
    from_us: int
    to_us: int


def bound(db: Database, fact: TagBound, at_us: int) -> None:
    """The piece's former tag, and the tag's former piece, end here; the card knows at once, offline too."""
    db.run("tag_unbind", piece=fact.piece, tid=fact.tid, epc=fact.epc, to_us=at_us)
    db.run("tag_bind", piece=fact.piece, n=fact.n, epc=fact.epc, tid=fact.tid, from_us=at_us)
    db.run("tag_binding_bound", piece=fact.piece, keep=BINDINGS_MAX)
    stored = db.one("feed_body", Body, kind="piece", name=fact.piece)
    card = decode_body(stored.body) if stored else None
    if isinstance(card, PieceCard):
        shown = with_tag(db, card)
        db.run("feed_retag", name=fact.piece, epc=shown.epc.upper(), body=encode_body(shown))
        seeking.put(db, shown)


def with_tag(db: Database, card: PieceCard) -> PieceCard:
    """The card with the tag bound here, unless it knows of a later one: an older card undoes no newer binding."""
    mine = tag_of(db, card.piece)
    if mine is None or mine.n < card.binding:
        return card
    return msgspec.structs.replace(card, epc=mine.epc, tid=mine.tid, binding=mine.n)


def tag_of(db: Database, piece: PieceId) -> Binding | None:
    """The tag this store bound to the piece last, while it lasts."""
    return db.one("tag_of", Binding, piece=piece)


def bindings(db: Database, piece: PieceId) -> list[Binding]:
    """Every tag this store bound to the piece, oldest first."""
    return db.rows("tag_bindings", Binding, piece=piece)
