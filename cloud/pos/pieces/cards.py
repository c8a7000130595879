"""A piece between its row and its card: lists are kept as JSON, and search has its own words."""

from typing import Any, Final, get_type_hints

import msgspec
import sqlalchemy as sa

from contract.feed import PieceCard
from contract.ids import StoreId

FIELDS: Final = tuple(PieceCard.__struct_fields__)
LISTS: Final = {
    field.name: msgspec.json.Decoder(get_type_hints(PieceCard)[field.name])
    for field in msgspec.structs.fields(PieceCard)
    if isinstance(field.default, tuple)
}
"""Fields that hold several things, each with what reads them."""


def card_of(row: sa.RowMapping) -> PieceCard:
    """The card as every store gets it."""
    told: dict[str, Any] = {name: row[name] for name in FIELDS}
    told |= {name: decoder.decode(row[name]) for name, decoder in LISTS.items()}
    return msgspec.convert(told, PieceCard, strict=False)


def row_of(card: PieceCard, store: StoreId, now_us: int) -> dict[str, object]:
    """Every column of a piece."""
    kept: dict[str, object] = {name: getattr(card, name) for name in FIELDS}
    kept |= {name: msgspec.json.encode(kept[name]).decode() for name in LISTS}
    kept["second_hand"] = int(card.second_hand)
    return {**kept, "home_store": store, "words": words(card), "changed_us": now_us}


def words(card: PieceCard) -> str:
    """What search looks at: small letters, one space between."""
    told = (
        card.piece, card.sku, card.title, card.category, card.metal, card.stones, card.designer, card.collection,
        card.epc, card.serial, card.barcode, *card.certificates, *(metal.metal for metal in card.metals),
        *(f"{gem.kind} {gem.colour} {gem.clarity} {gem.cut} {gem.certificate}" for gem in card.gems),
        *(each.value for each in card.attributes),
    )  # fmt: skip
    return " ".join(dict.fromkeys(" ".join(told).lower().split()))
