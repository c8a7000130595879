"""Who changed what of a record, when and why: a row for each field, prices by their currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.pieces.columns import COLUMNS, OF_THE_HOUSE, Backing, shown
from cloud.tables import piece_change
from contract.feed import PieceCard
from contract.ids import PieceId, UserId
from contract.money import plain

BROUGHT_IN: Final = "brought in"
PRICE: Final = "price "
OF_MONEY: Final = frozenset({"price", "currency", "prices", "piece"})
"""Columns told by currency instead, and the name itself."""
CHANGES_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Change:
    """`field` is a column's header, `price EUR`, or `brought in`."""

    at_us: int
    by: str
    why: str
    field: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Record:
    """A card and what stands behind it."""

    card: PieceCard
    backing: Backing


def rows(was: Record | None, now: Record, *, by: UserId, why: str, at_us: int) -> list[dict[str, object]]:
    """What to write for a change; for a new piece that it came, and its prices."""
    said = {"piece": now.card.piece, "at_us": at_us, "by": by, "why": why}
    return [{**said, "field": field, "was": old, "now": new} for field, old, new in _changes(was, now)]


def _changes(was: Record | None, now: Record) -> Iterator[tuple[str, str, str]]:
    if was is None:
        yield BROUGHT_IN, "", now.card.title
    else:
        old, new = shown(was.card, was.backing), shown(now.card, now.backing)
        yield from ((name, old[name], new[name]) for name in new if name not in OF_MONEY and old[name] != new[name])
    before, after = ({} if was is None else _prices(was.card)), _prices(now.card)
    for currency in sorted({*before, *after}):
        old_price, new_price = before.get(currency, ""), after.get(currency, "")
        if old_price != new_price:
            yield f"{PRICE}{currency}", old_price, new_price


def _prices(card: PieceCard) -> dict[str, str]:
    own = {card.currency: plain(card.price_minor, card.currency)}
    return own | {price.currency: plain(price.amount_minor, price.currency) for price in card.prices}


def history(tx: Tx, wanted: PieceId, *, with_cost: bool, limit: int = CHANGES_SHOWN) -> list[Change]:
    """Newest first."""
    query = sa.select(piece_change).where(piece_change.c.piece == wanted)
    if not with_cost:
        query = query.where(piece_change.c.field.not_in(hidden()))
    found = tx.rows(query.order_by(piece_change.c.n.desc()).limit(limit))
    return [Change(**{name: row[name] for name in Change.__dataclass_fields__}) for row in found]


def hidden() -> list[str]:
    """Headers of what only people who may know the cost see."""
    return [column.header for column in COLUMNS if column.field in OF_THE_HOUSE]
