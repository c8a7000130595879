"""The replica: what the cloud's feed told this store, newest row per key. Never a source of truth."""

from typing import Final

from contract.feed import EVERY_STORE, FeedPage, PieceCard, StaffCard, StoreCard, decode_body, encode_body
from contract.ids import PieceId, StoreId, UserId
from edge.books.db import Database
from edge.books.fold_tags import with_tag
from edge.books.journal import Books
from edge.books.rows import Body

SEARCH_HITS_MAX: Final = 200
UNTAGGED_MAX: Final = 500
PIECE: Final = "piece"
STAFF: Final = "staff"
STORE: Final = "store"


def take(books: Books, page: FeedPage) -> int:
    """Stores a page of the feed in one transaction; returns the revision to ask from next. A repeat changes nothing."""
    with books.transaction() as tx:
        node = tx.node()
        for row in page.rows:
            if row.scope not in (EVERY_STORE, node.store):
                continue
            if row.body is None:
                tx.db.run("feed_drop", scope=row.scope, key=row.key, rev=row.rev)
                continue
            body = with_tag(tx.db, row.body) if isinstance(row.body, PieceCard) else row.body
            kind, name, epc, words = _index(body)
            tx.db.run(
                "feed_set",
                scope=row.scope,
                key=row.key,
                rev=row.rev,
                kind=kind,
                name=name,
                epc=epc,
                words=words,
                body=encode_body(body),
            )
        rev = max(node.feed_rev, page.upto)
        tx.db.run("node_feed", feed_rev=rev)
    return rev


def _index(body: PieceCard | StaffCard | StoreCard) -> tuple[str, str, str, str]:
    """Kind, name, EPC and search words of a body."""
    match body:
        case PieceCard():
            words = (body.title, body.sku, body.category, body.metal, body.stones, body.designer, body.collection)
            return PIECE, body.piece, body.epc.upper(), " ".join(words).lower()
        case StaffCard():
            return STAFF, body.user, "", ""
        case StoreCard():
            return STORE, body.store, "", ""


def piece(db: Database, piece_id: PieceId) -> PieceCard | None:
    card = _one(db, PIECE, piece_id)
    return card if isinstance(card, PieceCard) else None


def staff(db: Database, user: UserId) -> StaffCard | None:
    card = _one(db, STAFF, user)
    return card if isinstance(card, StaffCard) else None


def store(db: Database, store_id: StoreId) -> StoreCard | None:
    card = _one(db, STORE, store_id)
    return card if isinstance(card, StoreCard) else None


def piece_by_epc(db: Database, epc: str) -> PieceCard | None:
    """`epc` in hex."""
    found = db.one("feed_epc", Body, epc=epc.upper())
    card = decode_body(found.body) if found else None
    return card if isinstance(card, PieceCard) else None


def tag_holder(db: Database, epc: str = "", tid: str = "") -> PieceId | None:
    """The piece whose card names this EPC, or whose tag with this TID was bound here and still is; or none."""
    card = piece_by_epc(db, epc) if epc else None
    if card is not None:
        return card.piece
    for held in db.words("tag_by_tid", tid=tid.upper()):
        card = piece(db, PieceId(held))
        if card is not None and card.tid == tid.upper():
            return card.piece
    return None


def untagged(db: Database, limit: int = UNTAGGED_MAX) -> list[PieceCard]:
    """Pieces of this store without a tag: here, or on their way here."""
    found = db.rows("pieces_untagged", Body, limit=limit)
    return [card for row in found if isinstance(card := decode_body(row.body), PieceCard)]


def pieces(db: Database) -> list[PieceCard]:
    """Every card: to fill the catalogue at start."""
    return [card for card in _all(db, PIECE) if isinstance(card, PieceCard)]


def people(db: Database) -> list[StaffCard]:
    return [card for card in _all(db, STAFF) if isinstance(card, StaffCard)]


def stores(db: Database) -> list[StoreCard]:
    return [card for card in _all(db, STORE) if isinstance(card, StoreCard)]


def search(db: Database, words: str, limit: int = SEARCH_HITS_MAX, *, zone: str = "") -> list[PieceCard]:
    """Pieces whose title, SKU, metal, stones or makers hold these words, in this order; of one home zone when asked."""
    asked = words.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_").split()
    pattern = "%" + "%".join(asked) + "%"
    found = db.rows("feed_search", Body, words=pattern, zone=zone, limit=min(limit, SEARCH_HITS_MAX))
    return [card for row in found if isinstance(card := decode_body(row.body), PieceCard)]


def _one(db: Database, kind: str, name: str) -> PieceCard | StaffCard | StoreCard | None:
    found = db.one("feed_body", Body, kind=kind, name=name)
    return decode_body(found.body) if found else None


def _all(db: Database, kind: str) -> list[PieceCard | StaffCard | StoreCard]:
    return [decode_body(row.body) for row in db.rows("feed_bodies", Body, kind=kind)]
