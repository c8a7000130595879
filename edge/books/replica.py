"""The replica: what the cloud's feed told this store, newest row per key. Never a source of truth."""

import sys
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from contract.feed import (
    EVERY_STORE,
    AnyFeedBody,
    AppointmentCard,
    CommissionCard,
    DueBackCard,
    FeedBody,
    FeedPage,
    ForgetCard,
    GoodsCard,
    LoyaltyCard,
    MetalPriceCard,
    PieceCard,
    PromotionCard,
    RateCard,
    RoleCard,
    SettingsCard,
    StaffCard,
    StoreCard,
    TaxCard,
    decode_body,
    encode_body,
)
from contract.ids import HOUSE, PieceId, StoreId, UserId
from edge.books import seeking
from edge.books.db import Database
from edge.books.fold_returns import with_condition
from edge.books.fold_tags import with_tag
from edge.books.fold_things import is_given
from edge.books.journal import Books
from edge.books.rows import Body, Scoped
from trade import seek
from trade.permissions import EVERYTHING, Allowed, roles_here
from trade.permissions import allowed as allowed_of

SEARCH_HITS_MAX: Final = 200
UNTAGGED_MAX: Final = 500
WORDS_IN_COMMON: Final = (
    "sku", "title", "category", "metal", "stones", "currency", "tid", "designer", "collection", "photo", "home_zone",
    "tray", "serial", "barcode", "tax",
)  # fmt: skip
"""Of a piece's card: mostly empty, or the same for many."""
NAME: Final[Mapping[type[AnyFeedBody], str]] = {
    PieceCard: "piece",
    StaffCard: "user",
    StoreCard: "store",
    RoleCard: "role",
    SettingsCard: "store",
    TaxCard: "tax",
    PromotionCard: "promotion",
    MetalPriceCard: "metal",
    RateCard: "currency",
    CommissionCard: "commission",
    GoodsCard: "goods",
    ForgetCard: "person",
    AppointmentCard: "appointment",
    LoyaltyCard: "programme",
    DueBackCard: "piece",
}
"""The field of each kind of card that names it; the kind is its tag on the wire."""

Card = TypeVar("Card", bound=FeedBody)


def take(books: Books, page: FeedPage) -> int:
    """Stores a page of the feed in one transaction; returns the revision to ask from next. A repeat changes nothing."""
    with books.transaction() as tx:
        node = tx.node()
        for row in page.rows:
            if row.scope not in (EVERY_STORE, node.store):
                continue
            if row.body is None:
                tx.db.run("feed_drop", scope=row.scope, key=row.key, rev=row.rev)
                gone = PieceId(row.key.removeprefix("piece:"))
                if row.key.startswith("piece:") and piece(tx.db, gone) is None:
                    seeking.drop(tx.db, gone)
                continue
            body = row.body
            if isinstance(body, PieceCard):
                body = with_condition(tx.db, with_tag(tx.db, body))
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
            if isinstance(body, PieceCard) and (newest := piece(tx.db, body.piece)) is not None:
                seeking.put(tx.db, newest)
        rev = max(node.feed_rev, page.upto)
        tx.db.run("node_feed", feed_rev=rev)
    return rev


def _index(body: AnyFeedBody) -> tuple[str, str, str, str]:
    """Kind, name, EPC and (no longer used: `edge.books.seeking`) words of a body."""
    name = str(getattr(body, NAME[type(body)]))
    if not isinstance(body, PieceCard):
        return _kind(type(body)), name, "", ""
    return _kind(PieceCard), name, body.epc.upper(), ""


def card(db: Database, kind: type[Card], name: str) -> Card | None:
    """One card of a kind by its name; of several scopes the newest."""
    found = db.one("feed_body", Body, kind=_kind(kind), name=name)
    body = decode_body(found.body) if found else None
    return body if isinstance(body, kind) else None


def cards(db: Database, kind: type[Card]) -> list[Card]:
    """Every card of a kind, by name."""
    bodies = (decode_body(row.body) for row in db.rows("feed_bodies", Body, kind=_kind(kind)))
    return [sharing_words(body) for body in bodies if isinstance(body, kind)]


def sharing_words(card: Card) -> Card:
    """The same card; words that many pieces have in common are in memory once: a third of what cards take."""
    if isinstance(card, PieceCard):
        for name in WORDS_IN_COMMON:
            msgspec.structs.force_setattr(card, name, sys.intern(getattr(card, name)))
    return card


def roles(db: Database) -> tuple[RoleCard, ...]:
    """What each role may do at this store: its own card, else the house's, else the usual."""
    found = [(row.scope, decode_body(row.body)) for row in db.rows("feed_roles", Scoped)]
    cards = [(scope, body) for scope, body in found if isinstance(body, RoleCard)]
    return roles_here(
        own=(body for scope, body in cards if scope != EVERY_STORE),
        house=(body for scope, body in cards if scope == EVERY_STORE),
    )


def allowed(db: Database, user: UserId, store_id: StoreId) -> Allowed:
    """What somebody may do here now; the house itself everything."""
    return EVERYTHING if user == HOUSE else allowed_of(staff(db, user), store_id, roles(db))


def piece(db: Database, piece_id: PieceId) -> PieceCard | None:
    return card(db, PieceCard, piece_id)


def staff(db: Database, user: UserId) -> StaffCard | None:
    return card(db, StaffCard, user)


def staff_of(db: Database, store_id: StoreId) -> dict[UserId, StaffCard]:
    """Who works at this store, by their id."""
    people = (card for card in cards(db, StaffCard) if card.active and (not card.stores or store_id in card.stores))
    return {card.user: card for card in people}


def store(db: Database, store_id: StoreId) -> StoreCard | None:
    return card(db, StoreCard, store_id)


def piece_by_epc(db: Database, epc: str) -> PieceCard | None:
    """`epc` in hex."""
    found = db.one("feed_epc", Body, epc=epc.upper())
    body = decode_body(found.body) if found else None
    return body if isinstance(body, PieceCard) else None


def tag_holder(db: Database, epc: str = "", tid: str = "") -> PieceId | None:
    """The piece whose card names this EPC, or whose tag with this TID was bound here and still is; or none.

    The tag of an envelope that was given back is nobody's: it is bound to the next one.
    """
    named = piece_by_epc(db, epc) if epc else None
    if named is not None and not is_given(db, named.piece):
        return named.piece
    for held in db.words("tag_by_tid", tid=tid.upper()):
        bound = piece(db, PieceId(held))
        if bound is not None and bound.tid == tid.upper() and not is_given(db, bound.piece):
            return bound.piece
    return None


def untagged(db: Database, limit: int = UNTAGGED_MAX) -> list[PieceCard]:
    """Pieces of this store without a tag: here, or on their way here."""
    found = db.rows("pieces_untagged", Body, limit=limit)
    return [body for row in found if isinstance(body := decode_body(row.body), PieceCard)]


def pieces(db: Database) -> list[PieceCard]:
    """Every card: to fill the catalogue at start."""
    return cards(db, PieceCard)


def people(db: Database) -> list[StaffCard]:
    return cards(db, StaffCard)


def stores(db: Database) -> list[StoreCard]:
    return cards(db, StoreCard)


def search(db: Database, query: str, limit: int = SEARCH_HITS_MAX, *, zone: str = "") -> list[PieceCard]:
    """Pieces that answer to `query` (`trade.seek`), by name first; of one home zone when asked. Raises `SeekError`.

    An empty query is every piece.
    """
    sought, limit = seek.read(query), min(limit, SEARCH_HITS_MAX)
    found = dict.fromkeys(seeking.named(db, sought.key))
    found |= dict.fromkeys(seeking.matching(db, sought, zone=zone, limit=limit))
    cards = (piece(db, each) for each in found)
    return [each for each in cards if each is not None and zone in ("", each.home_zone)][:limit]


def named(db: Database, name: str) -> list[PieceCard]:
    """Pieces with this very id, article, serial, certificate or barcode number, or tag."""
    cards = (piece(db, each) for each in seeking.exactly(db, name))
    return [each for each in cards if each is not None]


def _kind(card_type: type[FeedBody]) -> str:
    return str(card_type.__struct_config__.tag)
