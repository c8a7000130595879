"""Transfers, newest first, piece by piece; and what of them is on the road, longest first."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.holdings import SHIPPED
from cloud.tables import piece, transfer, transfer_piece

ROAD_DAYS_MAX: Final = 7
"""Longer on the road is overdue: couriers of valuables take one to three working days, customs some more."""
DAY_US: Final = 86_400_000_000
ON_THE_ROAD_MAX: Final = 200
"""Transfers shown with their pieces; the list below has them all."""


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
    shipped_by: str


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


@dataclass(frozen=True, slots=True)
class OnTheRoad:
    """A transfer of which pieces are not read yet anywhere. Its receiver holds them; `shipped_by` sent them off."""

    row: TransferRow
    days: int
    """Whole days since it left."""
    overdue: bool
    missing: list[TransferPiece]


def on_the_road(tx: Tx, *, now_us: int, store: str = "") -> list[OnTheRoad]:
    """The longest first. now_us: wall time, µs."""
    query = rows_query().where(transfer.c.state == SHIPPED).order_by(transfer.c.shipped_us, transfer.c.transfer)
    if store:
        query = query.where((transfer.c.source == store) | (transfer.c.target == store))
    rows = [row_of(row) for row in tx.rows(query.limit(ON_THE_ROAD_MAX))]
    missing: dict[str, list[TransferPiece]] = {row.transfer: [] for row in rows}
    waited = _pieces().where(transfer_piece.c.transfer.in_(list(missing)), transfer_piece.c.state == SHIPPED)
    for each in tx.rows(waited):
        missing[each["transfer"]].append(_piece(each))
    found = []
    for row in rows:
        days = max(0, now_us - row.shipped_us) // DAY_US
        found.append(OnTheRoad(row=row, days=days, overdue=days > ROAD_DAYS_MAX, missing=missing[row.transfer]))
    return found


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
    pieces = tx.rows(_pieces().where(transfer_piece.c.transfer == wanted))
    return TransferDetail(row=row_of(row), pieces=[_piece(each) for each in pieces])


def _pieces() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(transfer_piece, sa.func.coalesce(piece.c.title, "").label("title"))
        .outerjoin(piece, piece.c.piece == transfer_piece.c.piece)
        .order_by(transfer_piece.c.piece)
    )


def _piece(row: sa.RowMapping) -> TransferPiece:
    return TransferPiece(
        piece=row["piece"],
        title=row["title"],
        state=row["state"],
        received_us=row["received_us"],
        damaged=bool(row["damaged"]),
    )
