"""Scrap on its way to a refiner: a lot of bought pieces that lay long enough, written off as it leaves, then paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import changes, settlements
from cloud.db import Tx
from cloud.pos.pieces.desk import edit, records
from cloud.pos.pieces.holding import held_until
from cloud.tables import custody, melt_lot, purchase, purchase_item
from cloud.work import Work
from contract.feed import Condition
from contract.ids import PieceId, StoreId, UserId
from contract.money import plain
from trade.custody import OfficeState
from trade.melt import fine_mg

NOTED: Final = "melt lot"
PIECES_MAX: Final = 500
NAME_MAX: Final = 100
AMOUNT_MINOR_MAX: Final = 10**13


class MeltError(Exception):
    """It cannot be melted, or settled, so; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Lot:
    """`fine_mg` as weighed and stamped, `assayed_mg` as the refiner found it; 0 in `settled_us`: not paid yet."""

    lot: str
    store: str
    refiner: str
    metal: str
    currency: str
    fine_mg: int
    cost_minor: int
    by: str
    sent_us: int
    settled_minor: int
    assayed_mg: int
    reference: str
    settled_by: str
    settled_us: int


@dataclass(frozen=True, slots=True)
class Scrap:
    """A bought thing that is worth its metal. Weights in mg."""

    piece: str
    store: str
    title: str
    metal: str
    fineness: int
    weight_mg: int
    fine_mg: int
    value_minor: int
    currency: str
    hold_until: str


def here(tx: Tx, store: StoreId, limit: int = PIECES_MAX) -> list[Scrap]:
    """Scrap that has not left with a lot, what may leave first before the rest."""
    query = sa.select(purchase_item).where(
        purchase_item.c.store == store, purchase_item.c.lot == "", purchase_item.c.scrap == 1,
        sa.exists().where(custody.c.piece == purchase_item.c.piece, *_lies_at(store)), _is_the_thing(),
    )  # fmt: skip
    rows = tx.rows(query.order_by(purchase_item.c.hold_until, purchase_item.c.piece).limit(limit))
    return [
        Scrap(
            piece=row["piece"], store=row["store"], title=row["title"], metal=row["metal"], fineness=row["fineness"],
            weight_mg=row["weight_mg"], fine_mg=fine_mg(row["weight_mg"], row["fineness"]),
            value_minor=row["value_minor"], currency=row["currency"], hold_until=row["hold_until"],
        )
        for row in rows
    ]  # fmt: skip


def _is_the_thing() -> "sa.ColumnElement[bool]":
    """Of a label that was bought more than once at a store: what was bought last."""
    other, of, first = purchase_item.alias("other"), purchase.alias("of_other"), purchase.alias("of_this")
    later = sa.exists().where(
        first.c.store == purchase_item.c.store, first.c.purchase == purchase_item.c.purchase,
        other.c.store == purchase_item.c.store, other.c.piece == purchase_item.c.piece,
        of.c.store == other.c.store, of.c.purchase == other.c.purchase, of.c.at_us > first.c.at_us,
    )  # fmt: skip
    return ~later.correlate(purchase_item)


def lots(tx: Tx, *, store: str = "", limit: int = 50) -> list[Lot]:
    """Newest first."""
    query = sa.select(melt_lot).order_by(melt_lot.c.sent_us.desc(), melt_lot.c.lot).limit(limit)
    return [Lot(**row) for row in tx.rows(query.where(melt_lot.c.store == store) if store else query)]


def one(tx: Tx, lot: str) -> Lot | None:
    row = tx.row(sa.select(melt_lot).where(melt_lot.c.lot == lot))
    return None if row is None else Lot(**row)


def send(work: Work, lot: str, store: StoreId, pieces: Sequence[PieceId], refiner: str, *, by: UserId) -> Lot:
    """These leave as one lot. Asked again with the same name, it left already. Raises `MeltError`, `RecordError`."""
    known = _left(work, lot, store, pieces)
    if known is not None:
        return known
    refiner = " ".join(refiner.split())
    if not 0 < len(refiner) <= NAME_MAX:
        raise MeltError(f"Name the refiner, in 1 to {NAME_MAX} signs")
    if not 0 < len(set(pieces)) == len(pieces) <= PIECES_MAX:
        raise MeltError(f"Choose 1 to {PIECES_MAX} pieces, each once")
    query = sa.select(purchase_item).where(purchase_item.c.piece.in_(pieces), _is_the_thing()).with_for_update()
    rows = {PieceId(row["piece"]): row for row in work.tx.rows(query)}
    known = _left(work, lot, store, pieces)  # somebody sent it while this waited for its pieces
    if known is not None:
        return known
    for each in pieces:
        _meltable(work, each, rows.get(each), store)
    if len({(row["metal"], row["currency"]) for row in rows.values()}) != 1:
        raise MeltError("A lot is of one metal and one currency: send the others by themselves")
    first = next(iter(rows.values()))
    row = {
        "lot": lot, "store": store, "refiner": refiner, "metal": first["metal"], "currency": first["currency"],
        "fine_mg": sum(fine_mg(row["weight_mg"], row["fineness"]) for row in rows.values()),
        "cost_minor": sum(row["value_minor"] for row in rows.values()), "by": by, "sent_us": work.now_us,
    }  # fmt: skip
    if not work.tx.add_new(melt_lot, row):
        raise MeltError(f"Lot {lot} was sent a moment ago with other pieces: reload the page, send these as another")
    work.tx.run(sa.update(purchase_item).where(purchase_item.c.piece.in_(pieces), _is_the_thing()).values(lot=lot))
    for each, record in records(work.tx, pieces).items():
        gone = msgspec.structs.replace(record.card, condition=Condition.DESTROYED, epc="", tid="")
        edit(work, gone, record.backing, by=by, why=f"melted in lot {lot}")
        assert each in rows, "only what was chosen is melted"
    return Lot(**{**_nothing(), **row})


def _left(work: Work, lot: str, store: StoreId, pieces: Sequence[PieceId]) -> Lot | None:
    """The lot, where it left with these very pieces. Raises `MeltError` where it left with others."""
    known = one(work.tx, lot)
    if known is None:
        return None
    mine = sa.select(purchase_item.c.piece).where(purchase_item.c.lot == lot)
    if known.store != store or {row["piece"] for row in work.tx.rows(mine)} != set(pieces):
        raise MeltError(f"Lot {lot} left already, with other pieces: reload the page and send these as another")
    return known


def settle(work: Work, lot: str, amount_minor: int, assayed_mg: int, reference: str, *, by: UserId) -> Lot:
    """The refiner paid so much; once. Raises `MeltError`, `LookupError`."""
    row = work.tx.row(sa.select(melt_lot).where(melt_lot.c.lot == lot).with_for_update())
    if row is None:
        raise LookupError(f"there is no lot {lot}")
    reference = " ".join(reference.split())
    if not 0 < amount_minor <= AMOUNT_MINOR_MAX or assayed_mg < 0 or not 0 < len(reference) <= NAME_MAX:
        raise MeltError("Say what the refiner paid, above nothing, and the number of their statement")
    told = {"settled_minor": amount_minor, "assayed_mg": assayed_mg, "reference": reference}
    if row["settled_us"]:
        if all(row[name] == value for name, value in told.items()):
            return Lot(**row)
        raise MeltError(f"Lot {lot} was settled as {row['reference']} already: correct it in the ledger")
    told |= {"settled_by": by, "settled_us": work.now_us}
    work.tx.run(sa.update(melt_lot).where(melt_lot.c.lot == lot).values(**told))
    settlements.melted(work, StoreId(row["store"]), lot, amount_minor, row["currency"], by=by, why=reference)
    paid = f"{plain(amount_minor, row['currency'])} {row['currency']}"
    changes.note(
        work, NOTED, lot, by=by, why=f"settled as {reference}", was={"paid": ""}, now={"paid": paid},
        store=row["store"],
    )  # fmt: skip
    return Lot(**{**row, **told})


def _meltable(work: Work, piece: PieceId, row: sa.RowMapping | None, store: StoreId) -> None:
    if row is None or row["store"] != store:
        raise MeltError(f"{piece} was not bought at {store}: choose from the list")
    if row["lot"]:
        raise MeltError(f"{row['title']} left with lot {row['lot']} already")
    if not row["scrap"]:
        raise MeltError(f"{row['title']} was bought to be sold again: change its record if it is to be melted")
    mine = sa.select(custody.c.piece).where(custody.c.piece == piece, *_lies_at(store)).with_for_update()
    if work.tx.value(mine) is None:
        raise MeltError(f"{row['title']} is not at {store} any more, or was sold: choose from the list")
    until = held_until(work, piece)
    if until:
        raise MeltError(f"{row['title']} lies untouched until {until}: the police may ask for it")


def _lies_at(store: StoreId) -> tuple[sa.ColumnElement[bool], ...]:
    """It was not sold since, nor moved to another store."""
    return custody.c.holder == store, custody.c.state == OfficeState.HERE


def _nothing() -> dict[str, object]:
    return {"settled_minor": 0, "assayed_mg": 0, "reference": "", "settled_by": "", "settled_us": 0}
