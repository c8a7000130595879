"""The feed: what the cloud tells every store, `feed(rev, scope, key, body)`, newest row per key, by HTTPS since a rev.

`scope` is `*` (every store) or one store. A row without a body takes the key back.
"""

from enum import StrEnum
from typing import Final

import msgspec

from contract.ids import PieceId, StoreId, UserId

EVERY_STORE: Final = "*"
FEED_ROWS_PER_PAGE_MAX: Final = 1000


class Role(StrEnum):
    """What a person may do. A policy names the roles it admits."""

    ADMIN = "admin"
    MANAGER = "manager"
    ASSOCIATE = "associate"
    LOSS_PREVENTION = "loss_prevention"


class FeedBody(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Base of what a feed row may carry."""


class PieceCard(FeedBody, frozen=True, tag="piece"):
    """A serialised piece, as every store may know it. Weights in milligrams, prices in minor units, tax included."""

    piece: PieceId
    sku: str
    title: str
    category: str
    metal: str
    fineness: int
    weight_mg: int
    stones: str
    price_minor: int
    currency: str
    tax_bp: int
    epc: str
    """Upper-case hex of the EPC bound to the piece; empty when untagged."""
    tid: str = ""
    designer: str = ""
    collection: str = ""
    photo: str = ""
    home_zone: str = ""
    tray: str = ""
    binding: int = 0
    """How many tags were bound to the piece so far: which of two cards knows the newer tag."""


class StaffCard(FeedBody, frozen=True, tag="staff"):
    user: UserId
    name: str
    roles: tuple[Role, ...]
    stores: tuple[StoreId, ...] = ()
    """Empty: every store."""
    active: bool = True


class StoreCard(FeedBody, frozen=True, tag="store"):
    store: StoreId
    name: str
    currency: str
    city: str = ""
    time_zone: str = "UTC"
    number: int = 0
    """Of no other store of the house, from 1: part of every serial number this store writes into a tag."""


AnyFeedBody = PieceCard | StaffCard | StoreCard


class FeedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    rev: int
    scope: str
    key: str
    body: AnyFeedBody | None = None


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows with `rev > since`, ascending; ask again from `upto` while `more`."""

    rows: tuple[FeedRow, ...]
    upto: int
    more: bool


encode_page = msgspec.json.Encoder().encode
decode_page = msgspec.json.Decoder(FeedPage).decode
encode_body = msgspec.json.Encoder(order="deterministic").encode
decode_body = msgspec.json.Decoder(AnyFeedBody).decode
