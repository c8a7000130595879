"""Shifts, newest first, and one of them with its Z and the cash that was moved in it."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.ledger import Kind
from cloud.pos.shifts.apply import TO_BANK, decode_z
from cloud.tables import cash_move, ledger_line, refund, sale, shift
from cloud.tables import store as stores
from contract.facts import ShiftClosed
from trade.accounts import Account


@dataclass(frozen=True, slots=True)
class ShiftRow:
    store: str
    shift: str
    till: str
    business_day: str
    currency: str
    z_number: int | None
    sales: int
    returns: int
    gross_minor: int
    cash_expected_minor: int
    cash_counted_minor: int
    opened_us: int
    closed_us: int | None


@dataclass(frozen=True, slots=True)
class SumRow:
    """A tender or a tax: what it is, of how much or how many, and what it comes to."""

    name: str
    currency: str
    of: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    kind: str
    amount_minor: int
    currency: str
    reason: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class ForeignRow:
    currency: str
    expected_minor: int
    counted_minor: int


@dataclass(frozen=True, slots=True)
class BankingRow:
    """Cash of a store's safe that went to the bank; `reference`: the bag or the paying-in slip."""

    store: str
    move: str
    currency: str
    amount_minor: int
    reference: str
    by: str
    at_us: int
    own: str
    """The store's own currency, which the bank gives."""
    booked_minor: int
    """What the ledger has in the bank for it, in that currency."""
    credited_minor: int | None
    """What the bank gave; None: nobody looked yet."""
    credited_by: str
    credited_us: int


@dataclass(frozen=True, slots=True)
class LateRow:
    """A receipt of an earlier shift that this Z counts; `number`: none until the office hears of it."""

    sale: str
    number: int | None


@dataclass(frozen=True, slots=True)
class ShiftDetail:
    """`tenders` by kind and number, `taxes` by rate in basis points and base. Empty while the shift has no Z."""

    row: ShiftRow
    float_minor: int
    tax_minor: int
    tenders: list[SumRow]
    taxes: list[SumRow]
    moves: list[MoveRow]
    first_receipt: int
    last_receipt: int
    rounding_minor: int
    foreign: list[ForeignRow]
    note: str
    late: list[str]
    late_receipts: list[LateRow]
    z_digest: str
    previous_z_digest: str


def listing(tx: Tx, *, store: str = "", limit: int = 50) -> list[ShiftRow]:
    """Newest first; open ones have no Z."""
    query = sa.select(shift).order_by(shift.c.opened_us.desc(), shift.c.shift).limit(limit)
    if store:
        query = query.where(shift.c.store == store)
    return [row_of(row) for row in tx.rows(query)]


def bankings(tx: Tx, *, store: str = "", move: str = "", limit: int = 50) -> list[BankingRow]:
    """Newest first."""
    booked = (
        sa.select(sa.func.sum(ledger_line.c.amount_minor))
        .where(
            ledger_line.c.store == cash_move.c.store,
            ledger_line.c.posting == sa.literal(f"{Kind.CASH_BANKED}:") + cash_move.c.move,
            ledger_line.c.account == Account.BANK,
        )
        .scalar_subquery()
    )
    own = sa.select(stores.c.currency).where(stores.c.store == cash_move.c.store).scalar_subquery()
    query = sa.select(cash_move, booked.label("booked"), own.label("own")).where(cash_move.c.kind == TO_BANK)
    query = query.order_by(cash_move.c.at_us.desc()).limit(limit)
    if store:
        query = query.where(cash_move.c.store == store)
    if move:
        query = query.where(cash_move.c.move == move)
    return [
        BankingRow(
            store=row["store"], move=row["move"], currency=row["currency"], amount_minor=row["amount_minor"],
            reference=row["reason"], by=row["by"], at_us=row["at_us"], own=row["own"] or row["currency"],
            booked_minor=int(row["booked"] or 0), credited_minor=row["credited_minor"] if row["credited_us"] else None,
            credited_by=row["credited_by"], credited_us=row["credited_us"],
        )
        for row in tx.rows(query)
    ]  # fmt: skip


def detail(tx: Tx, store: str, wanted: str) -> ShiftDetail | None:
    row = tx.row(sa.select(shift).where(shift.c.store == store, shift.c.shift == wanted))
    if row is None:
        return None
    moved = sa.select(cash_move).where(cash_move.c.store == store, cash_move.c.shift == wanted)
    z = decode_z(row["z_body"].encode()) if row["z_body"] else None
    return ShiftDetail(
        row=row_of(row),
        float_minor=row["float_minor"],
        tax_minor=row["tax_minor"],
        tenders=[SumRow(str(t.kind), t.currency, t.number, t.amount_minor) for t in (z.tenders if z else ())],
        taxes=[SumRow(str(t.rate_bp), row["currency"], t.base_minor, t.tax_minor) for t in (z.taxes if z else ())],
        moves=[
            MoveRow(**{name: each[name] for name in MoveRow.__dataclass_fields__})
            for each in tx.rows(moved.order_by(cash_move.c.at_us, cash_move.c.move))
        ],
        first_receipt=z.receipts[0] if z else 0,
        last_receipt=z.receipts[1] if z else 0,
        rounding_minor=z.rounding_minor if z else 0,
        foreign=[ForeignRow(f.currency, f.expected_minor, f.counted_minor) for f in (z.foreign if z else ())],
        note=z.note if z else "",
        late=list(z.late) if z else [],
        late_receipts=_late(tx, store, z) if z else [],
        z_digest=row["z_digest"],
        previous_z_digest=z.previous_z_digest if z else "",
    )


def _late(tx: Tx, store: str, z: ShiftClosed) -> list[LateRow]:
    """By the numbers of their receipts, sold and given back, for nobody knows a sale by its id."""
    numbers = [
        (row["sale"], row["receipt_number"])
        for table in (sale, refund)
        for row in tx.rows(
            sa.select(table.c.sale, table.c.receipt_number)
            .where(table.c.store == store, table.c.sale.in_(z.late), table.c.counted_in == z.shift)
            .where(table.c.shift != z.shift)
            .order_by(table.c.receipt_number)
        )
    ]
    heard = {name for name, _ in numbers}
    return [LateRow(*each) for each in (*numbers, *((name, None) for name in z.late if name not in heard))]


def row_of(row: sa.RowMapping) -> ShiftRow:
    return ShiftRow(**{name: row[name] for name in ShiftRow.__dataclass_fields__})
