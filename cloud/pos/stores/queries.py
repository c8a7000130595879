"""Stores and how far we have heard them."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.holdings import at_store
from cloud.tables import custody, down_counter, node, parked, presence, reader, replacement, store, stream, zone_vision


@dataclass(frozen=True, slots=True)
class LogRow:
    """Rows of one log up to which everything is here; `late` counts orphans of a fork."""

    epoch: str
    stream: str
    upto: int
    safe: int
    late: int


@dataclass(frozen=True, slots=True)
class StoreRow:
    store: str
    name: str
    city: str
    currency: str
    time_zone: str
    state: str
    """`new` (no box yet), `active`, or `fenced`."""
    heard_us: int
    rows_upto: int
    parked: int
    pieces: int
    decisions_waiting: int
    joined: bool


@dataclass(frozen=True, slots=True)
class StoreDetail:
    row: StoreRow
    term: int
    epoch: str
    instance: str
    replacement: str
    logs: list[LogRow]
    custody: dict[str, int]
    presence: dict[str, int]
    readers: dict[str, str]
    zones: dict[str, str]


def listing(tx: Tx) -> list[StoreRow]:
    """Every store, by name."""
    upto = sa.select(sa.func.coalesce(sa.func.sum(stream.c.upto), 0)).where(stream.c.store == store.c.store)
    waits = (
        sa.select(sa.func.count())
        .select_from(parked)
        .where(parked.c.store == store.c.store, parked.c.applied_us.is_(None))
    )
    query = (
        sa.select(
            store,
            node.c.state,
            node.c.heard_us,
            node.c.joined,
            (down_counter.c.seq - node.c.down_upto).label("decisions_waiting"),
            upto.scalar_subquery().label("rows_upto"),
            waits.scalar_subquery().label("parked"),
            at_store(store.c.store).scalar_subquery().label("pieces"),
        )
        .join(node, node.c.store == store.c.store)
        .join(down_counter, down_counter.c.store == store.c.store)
        .order_by(store.c.name)
    )
    return [_row(row) for row in tx.rows(query)]


def _row(row: sa.RowMapping) -> StoreRow:
    told = {name: row[name] for name in StoreRow.__dataclass_fields__ if name not in {"joined", "rows_upto"}}
    return StoreRow(**told, joined=bool(row["joined"]), rows_upto=int(row["rows_upto"]))


def detail(tx: Tx, wanted: str) -> StoreDetail | None:
    rows = [row for row in listing(tx) if row.store == wanted]
    box = tx.row(sa.select(node).where(node.c.store == wanted))
    if not rows or box is None:
        return None
    logs = tx.rows(sa.select(stream).where(stream.c.store == wanted).order_by(stream.c.opened))
    told = tuple(LogRow.__dataclass_fields__)
    named = tx.value(sa.select(replacement.c.instance).where(replacement.c.store == wanted))
    readers = tx.rows(sa.select(reader).where(reader.c.store == wanted))
    zones = tx.rows(sa.select(zone_vision).where(zone_vision.c.store == wanted))
    return StoreDetail(
        row=rows[0],
        term=box["term"],
        epoch=box["epoch"],
        instance=box["instance"],
        replacement=named or "",
        logs=[LogRow(**{name: row[name] for name in told}) for row in logs],
        custody=_counted(tx, custody, custody.c.holder == wanted),
        presence=_counted(tx, presence, presence.c.store == wanted),
        readers={row["reader"]: row["link"] for row in readers},
        zones={row["zone"]: row["vision"] for row in zones},
    )


def _counted(tx: Tx, table: sa.Table, where: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(table.c.state, sa.func.count().label("n")).where(where).group_by(table.c.state)
    return {row["state"]: row["n"] for row in tx.rows(query)}
