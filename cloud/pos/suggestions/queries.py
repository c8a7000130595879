"""What a client owns, what can be claimed near a store, and what others own together, for `clienteling.next_piece`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.clienteling.next_piece import Liked, Piece, Together, suggest, together
from cloud.db import Tx
from cloud.tables import (
    claim,
    custody,
    hold,
    piece,
    presence,
    returned_line,
    sale,
    sale_line,
    store,
)
from trade.custody import OfficeState
from trade.sale import SaleState

NEAR_MAX: Final = 5_000
"""Pieces near a store that are weighed, those that came in last first."""
PAIRED_MAX: Final = 20_000
"""Lines of the latest sales from which is learnt what is owned together."""
SHOWN: Final = 6
MINE: Final = sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale)


@dataclass(frozen=True, slots=True)
class Shown:
    piece: str
    title: str
    sku: str
    price_minor: int
    currency: str
    store: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pins:
    """What staff pinned, as they wrote it."""

    metals: tuple[str, ...] = ()
    stones: tuple[str, ...] = ()
    designers: tuple[str, ...] = ()


def shown(tx: Tx, person: str, at: str, pins: Pins, pairs: Together) -> list[Shown]:
    """The best near the store `at`; none where nothing is known of the client."""
    persons = aliases.ids(tx, person)
    mine = bought(tx, persons)
    return fitting(mine, near(tx, at), pins, pairs, at_most=SHOWN)


def fitting(
    mine: Sequence[Piece], rows: Sequence[sa.RowMapping], pins: Pins, pairs: Together, *, at_most: int
) -> list[Shown]:
    """`mine`: what they bought, the latest last; `rows`: of `near`."""
    can_be_had = [_piece(row) for row in rows]
    found = suggest(mine, can_be_had, liked=_liked(pins, can_be_had), pairs=pairs, at_most=at_most)
    by_id = {row["piece"]: row for row in rows}
    return [
        Shown(
            each.piece, by_id[each.piece]["title"], by_id[each.piece]["sku"], by_id[each.piece]["price_minor"],
            by_id[each.piece]["currency"], by_id[each.piece]["holder"], each.reasons,
        )
        for each in found
    ]  # fmt: skip


def bought(tx: Tx, persons: Sequence[str]) -> list[Piece]:
    """What they bought and kept, the latest last, at what they paid."""
    return [each for _, each in bought_by(tx, persons)]


def bought_by(tx: Tx, persons: Sequence[str]) -> list[tuple[str, Piece]]:
    """The same of several, with the id each was bought under."""
    query = sa.select(piece, sale_line.c.gross_minor, sale.c.client).join_from(sale, sale_line, MINE)
    query = query.join(piece, piece.c.piece == sale_line.c.piece)
    gone = sa.exists().where(returned_line.c.sale == sale_line.c.sale, returned_line.c.line == sale_line.c.line)
    named = (sale.c.client.in_(persons), sale.c.client != "", sale.c.state != SaleState.QUARANTINED, ~gone)
    rows = tx.rows(query.where(*named).order_by(sale.c.recorded_us))
    return [(row["client"], _piece(row, row["gross_minor"])) for row in rows]


def near(tx: Tx, at: str, *, itself: bool = False, most: int = NEAR_MAX) -> Sequence[sa.RowMapping]:
    """Pieces that a client could be given now: at that store (`itself`: there alone) or another of its city, in sight
    as far as anybody knows, whole, priced, and promised to nobody.
    """
    city = sa.select(store.c.city).where(store.c.store == at).scalar_subquery()
    there = sa.select(store.c.store).where(
        sa.or_(store.c.store == at, sa.false() if itself else sa.and_(store.c.city == city, store.c.city != ""))
    )
    lost = (presence.c.piece == piece.c.piece, presence.c.store == custody.c.holder, presence.c.state == "missing")
    query = sa.select(piece, custody.c.holder).join_from(custody, piece, piece.c.piece == custody.c.piece)
    query = query.where(
        custody.c.holder.in_(there), custody.c.state == OfficeState.HERE, piece.c.price_minor > 0,
        piece.c.condition == "ok", piece.c.disposed == 0, piece.c.ownership.in_(("owned", "consigned", "memo_in")),
        ~sa.exists().where(*lost), ~sa.exists().where(hold.c.piece == piece.c.piece),
        ~sa.exists().where(claim.c.piece == piece.c.piece, claim.c.ended == ""),
    )  # fmt: skip
    return tx.rows(query.order_by(piece.c.changed_us.desc(), piece.c.piece).limit(most))


def owned_together(tx: Tx) -> Together:
    """Of the latest sales of clients."""
    query = sa.select(sale.c.client, piece.c.sku).join_from(sale, sale_line, MINE)
    query = query.join(piece, piece.c.piece == sale_line.c.piece).where(sale.c.client != "", piece.c.sku != "")
    styles: dict[str, set[str]] = defaultdict(set)
    for row in tx.rows(query.order_by(sale.c.recorded_us.desc()).limit(PAIRED_MAX)):
        styles[row["client"]].add(row["sku"])
    return together(styles.values())


def _piece(row: sa.RowMapping, paid_minor: int | None = None) -> Piece:
    return Piece(
        row["piece"], style=row["sku"], category=row["category"].lower(), metal=row["metal"],
        stone=row["stones"].split(" ")[0] if row["stones"] else "", collection=row["collection"],
        designer=row["designer"], set_id=row["set_of"], title=row["title"],
        price_minor=row["price_minor"] if paid_minor is None else paid_minor,
    )  # fmt: skip


def _liked(pins: Pins, pieces: Sequence[Piece]) -> Liked:
    """Pinned words as pieces have them; a word that no piece has says nothing."""

    def named(wanted: tuple[str, ...], attribute: str) -> frozenset[str]:
        texts = [each.casefold().rstrip("s") for each in wanted]
        values = {getattr(each, attribute) for each in pieces} - {""}
        return frozenset(value for value in values if any(value.casefold().rstrip("s") in text for text in texts))

    return Liked(named(pins.metals, "metal"), named(pins.stones, "stone"), named(pins.designers, "designer"))
