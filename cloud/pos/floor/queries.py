"""What the readers of a store see, and what they cannot see."""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import (
    coverage_gap,
    exit_seen,
    piece,
    presence,
    reader,
    reader_change,
    signal,
    zone_calibration,
    zone_name,
    zone_vision,
)
from contract.facts import ZoneWalked


@dataclass(frozen=True, slots=True)
class ReaderRow:
    store: str
    reader: str
    link: str
    why: str
    model: str
    firmware: str
    serial: str
    since_us: int
    dark_since_us: int
    """Since when it has not been reading; 0 while it reads."""


@dataclass(frozen=True, slots=True)
class ReaderChangeRow:
    """Another device, or other firmware, at a reader's address."""

    store: str
    reader: str
    was_model: str
    was_firmware: str
    was_serial: str
    model: str
    firmware: str
    serial: str
    at_us: int


@dataclass(frozen=True, slots=True)
class GapRow:
    """When a reader did not read."""

    store: str
    reader: str
    from_us: int
    until_us: int
    why: str


@dataclass(frozen=True, slots=True)
class SignalRow:
    """`way`: `in` for a door, motion or button; `out` for a lamp, siren or lock. `by`: who said so last."""

    store: str
    reader: str
    way: str
    port: int
    name: str
    kind: str
    zone: str
    is_on: bool
    why: str
    by: str
    since_us: int


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """`blind`: nothing can be said about its pieces now. Figures are of pieces last seen there."""

    store: str
    zone: str
    name: str
    vision: str
    why: str
    since_us: int
    present: int
    missing: int


@dataclass(frozen=True, slots=True)
class KnownZoneRow:
    """A zone of a calibration; `accuracy`: share of its tags that were placed right when they were left out."""

    zone: str
    name: str
    positions: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """By what a store says where pieces lie, since `at_us`. `put_back`: the older version in use again, or 0."""

    store: str
    version: int
    model: str
    accuracy: float | None
    tray_accuracy: float | None
    put_back: int
    by: str
    at_us: int
    zones: tuple[KnownZoneRow, ...]


@dataclass(frozen=True, slots=True)
class PresenceRow:
    store: str
    piece: str
    title: str
    state: str
    zone: str
    why: str
    since_us: int


@dataclass(frozen=True, slots=True)
class ExitRow:
    store: str
    piece: str
    zone: str
    peaceful: bool
    why: str
    at_us: int


def readers(tx: Tx, *, store: str = "") -> list[ReaderRow]:
    query = sa.select(reader).order_by(reader.c.store, reader.c.reader)
    if store:
        query = query.where(reader.c.store == store)
    return [ReaderRow(**{name: row[name] for name in ReaderRow.__dataclass_fields__}) for row in tx.rows(query)]


def reader_changes(tx: Tx, store: str, *, limit: int = 50) -> list[ReaderChangeRow]:
    """Newest first."""
    query = sa.select(reader_change).where(reader_change.c.store == store)
    rows = tx.rows(query.order_by(reader_change.c.at_us.desc(), reader_change.c.reader).limit(limit))
    return [ReaderChangeRow(**{name: row[name] for name in ReaderChangeRow.__dataclass_fields__}) for row in rows]


def gaps(tx: Tx, store: str, *, limit: int = 50) -> list[GapRow]:
    """The one that ended last first."""
    query = sa.select(coverage_gap).where(coverage_gap.c.store == store)
    rows = tx.rows(query.order_by(coverage_gap.c.until_us.desc(), coverage_gap.c.reader).limit(limit))
    return [GapRow(**{name: row[name] for name in GapRow.__dataclass_fields__}) for row in rows]


def signals(tx: Tx, store: str) -> list[SignalRow]:
    """By reader and port."""
    order = (signal.c.reader, signal.c.way, signal.c.port)
    rows = tx.rows(sa.select(signal).where(signal.c.store == store).order_by(*order))
    told = [name for name in SignalRow.__dataclass_fields__ if name != "is_on"]
    return [SignalRow(**{name: row[name] for name in told}, is_on=bool(row["is_on"])) for row in rows]


def zones(tx: Tx, store: str) -> list[ZoneRow]:
    """Every zone we ever heard of, blind or not."""
    visions = {row["zone"]: row for row in tx.rows(sa.select(zone_vision).where(zone_vision.c.store == store))}
    query = (
        sa.select(presence.c.zone, presence.c.state, sa.func.count().label("n"))
        .where(presence.c.store == store)
        .group_by(presence.c.zone, presence.c.state)
    )
    names = zone_names(tx, store)
    counts = {(row["zone"], row["state"]): row["n"] for row in tx.rows(query)}
    rows = []
    for zone in sorted({*visions, *(zone for zone, _ in counts)}):
        seen = visions.get(zone)
        rows.append(
            ZoneRow(
                store=store,
                zone=zone,
                name=names.get(zone, ""),
                vision=seen["vision"] if seen else "",
                why=seen["why"] if seen else "",
                since_us=seen["since_us"] if seen else 0,
                present=counts.get((zone, "present"), 0),
                missing=counts.get((zone, "missing"), 0),
            )
        )
    return rows


def zone_names(tx: Tx, store: str) -> dict[str, str]:
    """Zones as the store calls them, as far as it has told."""
    rows = tx.rows(sa.select(zone_name).where(zone_name.c.store == store))
    return {row["zone"]: row["name"] for row in rows}


def calibrations(tx: Tx, store: str, *, limit: int = 50) -> list[CalibrationRow]:
    """The one in use first."""
    query = sa.select(zone_calibration).where(zone_calibration.c.store == store)
    rows = tx.rows(query.order_by(zone_calibration.c.at_us.desc(), zone_calibration.c.version.desc()).limit(limit))
    names = zone_names(tx, store)
    plain = ("store", "version", "model", "put_back", "by", "at_us")
    return [
        CalibrationRow(
            **{name: row[name] for name in plain},
            accuracy=_told(row["accuracy"]),
            tray_accuracy=_told(row["tray_accuracy"]),
            zones=tuple(
                KnownZoneRow(
                    zone=each.zone,
                    name=names.get(each.zone) or each.name,
                    positions=each.positions,
                    accuracy=each.right / each.tried if each.tried else None,
                )
                for each in msgspec.json.decode(row["zones"], type=list[ZoneWalked])
            ),
        )
        for row in rows
    ]


def _told(accuracy: float) -> float | None:
    return accuracy if accuracy >= 0 else None


def pieces(tx: Tx, store: str, *, state: str = "", zone: str = "", limit: int = 200) -> list[PresenceRow]:
    query = (
        sa.select(presence, sa.func.coalesce(piece.c.title, "").label("title"))
        .outerjoin(piece, piece.c.piece == presence.c.piece)
        .where(presence.c.store == store)
        .order_by(presence.c.since_us.desc(), presence.c.piece)
        .limit(limit)
    )
    if state:
        query = query.where(presence.c.state == state)
    if zone:
        query = query.where(presence.c.zone == zone)
    return [PresenceRow(**{name: row[name] for name in PresenceRow.__dataclass_fields__}) for row in tx.rows(query)]


def exits(tx: Tx, store: str, *, limit: int = 50) -> list[ExitRow]:
    """Newest first."""
    query = sa.select(exit_seen).where(exit_seen.c.store == store).order_by(exit_seen.c.at_us.desc()).limit(limit)
    told = [name for name in ExitRow.__dataclass_fields__ if name != "peaceful"]
    return [ExitRow(**{name: row[name] for name in told}, peaceful=bool(row["peaceful"])) for row in tx.rows(query)]
