"""Transfers, newest first, piece by piece."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import piece, transfer, transfer_piece


@dataclass(frozen=True, slots=True)
class TransferRow:
    transfer: str
    source: str
    target: str
    state: str
    shipped_us: int
    received_us: int | None
    pieces: int
    received: int


@dataclass(frozen=True, slots=True)
class TransferPiece:
    piece: str
    title: str
    state: str
    received_us: int | None
    damaged: bool


@dataclass(frozen=True, slots=True)
class TransferDetail:
    row: TransferRow
    pieces: list[TransferPiece]


def listing(tx: Tx, *, store: str = "", state: str = "", limit: int = 50) -> list[TransferRow]:
    query = rows_query().order_by(transfer.c.shipped_us.desc()).limit(limit)
    if store:
        query = query.where((transfer.c.source == store) | (transfer.c.target == store))
    if state:
        query = query.where(transfer.c.state == state)
    return [row_of(row) for row in tx.rows(query)]


def rows_query() -> sa.Select[tuple[object, ...]]:
    mine = transfer_piece.c.transfer == transfer.c.transfer
    count = sa.select(sa.func.count()).select_from(transfer_piece).where(mine)
    return sa.select(
        transfer,
        count.scalar_subquery().label("pieces"),
        count.where(transfer_piece.c.received_us.is_not(None)).scalar_subquery().label("received"),
    )


def row_of(row: sa.RowMapping) -> TransferRow:
    return TransferRow(**{name: row[name] for name in TransferRow.__dataclass_fields__})


def detail(tx: Tx, wanted: str) -> TransferDetail | None:
    row = tx.row(rows_query().where(transfer.c.transfer == wanted))
    if row is None:
        return None
    pieces = (
        sa.select(transfer_piece, sa.func.coalesce(piece.c.title, "").label("title"))
        .outerjoin(piece, piece.c.piece == transfer_piece.c.piece)
        .where(transfer_piece.c.transfer == wanted)
        .order_by(transfer_piece.c.piece)
    )
    return TransferDetail(
        row=row_of(row),
        pieces=[
            TransferPiece(
                piece=each["piece"],
                title=each["title"],
                state=each["state"],
                received_us=each["received_us"],
                damaged=bool(each["damaged"]),
            )
            for each in tx.rows(pieces)
        ],
    )
