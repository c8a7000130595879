"""The office's long lists, each by its columns: what may be sorted, what is looked through, what is taken out."""

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import listed
from cloud.pos.alarms import queries as alarms
from cloud.pos.orders import queries as orders
from cloud.pos.sales import queries as sales
from cloud.pos.shifts import queries as shifts
from cloud.pos.staff.queries import StaffRow
from cloud.pos.stores.queries import StoreRow
from cloud.pos.transfers import queries as transfers
from cloud.tables import alarm, piece, sale, shift, transfer, web_order
from web.tables import Asked, Column, Listed, Money
from web.words import later

Names = Mapping[str, str]


def _when(us: int | None) -> str | None:
    """In UTC, as machines sort it; pages show the house's own clock."""
    return None if not us else f"{dt.datetime.fromtimestamp(us / 1e6, dt.UTC):%Y-%m-%d %H:%M:%SZ}"


def of_sales(tx: Tx, what: Asked, names: Names, people: Names, *, store: str) -> Listed[sales.SaleRow]:
    columns: tuple[Column[sales.SaleRow], ...] = (
        Column("receipt", later("Receipt"), lambda row: f"{row.till} / {row.receipt_number}"),
        Column("when", later("Recorded"), lambda row: _when(row.recorded_us), shown=False),
        Column("day", later("Business day"), lambda row: row.business_day, shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("state", later("State"), lambda row: row.state),
        Column("associate", later("Associate"), lambda row: people.get(row.associate, row.associate)),
        Column("total", later("Total"), lambda row: Money(row.total_minor, row.currency), number=True),
        Column("tax", later("Tax"), lambda row: Money(row.tax_minor, row.currency), shown=False),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    by = {
        "receipt": sale.c.receipt_number, "store": sale.c.store, "state": sale.c.state, "associate": sale.c.associate,
        "total": sale.c.total_minor,
    }  # fmt: skip
    query = sa.select(sale).where(sale.c.store == store) if store else sa.select(sale)
    newest = (sale.c.recorded_us.desc(), sale.c.sale)
    return listed(tx, query, columns, what, sales.row_of, by=by, first=newest, seek=(sale.c.till, sale.c.associate))


def of_alarms(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[alarms.AlarmRow]:
    columns: tuple[Column[alarms.AlarmRow], ...] = (
        Column("raised", later("Alarm"), lambda row: _when(row.raised_us)),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store), shown=False),
        Column("kind", later("Kind"), lambda row: row.kind, shown=False),
        Column("evidence", later("Evidence"), lambda row: row.sentence, sorts=False),
        Column("outcome", later("Outcome"), lambda row: row.outcome if row.closed_us else ""),
        Column("value", later("Value"), lambda row: Money(row.value_minor, row.currency), number=True),
        Column("closed", later("Closed"), lambda row: _when(row.closed_us), shown=False),
        Column("note", later("Note"), lambda row: row.note, shown=False),
    )
    by = {"raised": alarm.c.raised_us, "outcome": alarm.c.outcome, "value": alarm.c.value_minor}
    query = sa.select(alarm).where(alarm.c.store == store) if store else sa.select(alarm)
    newest = (alarm.c.raised_us.desc(), alarm.c.alarm)
    return listed(
        tx, query, columns, what, alarms.row_of, by=by, first=newest,
        seek=(alarm.c.sentence, alarm.c.kind, alarm.c.note),
    )  # fmt: skip


def of_shifts(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[shifts.ShiftRow]:
    columns: tuple[Column[shifts.ShiftRow], ...] = (
        Column("opened", later("Shift"), lambda row: f"{row.till} / {row.business_day}"),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("z", later("State"), lambda row: row.z_number),
        Column("gross", later("Gross"), lambda row: Money(row.gross_minor, row.currency), number=True),
        Column("off", later("Drawer off by"), lambda row: Money(_off(row), row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    by = {
        "opened": shift.c.opened_us, "store": shift.c.store, "z": shift.c.z_number, "gross": shift.c.gross_minor,
        "off": sa.func.abs(shift.c.cash_counted_minor - shift.c.cash_expected_minor),
    }  # fmt: skip
    query = sa.select(shift).where(shift.c.store == store) if store else sa.select(shift)
    return listed(
        tx, query, columns, what, shifts.row_of, by=by, first=(shift.c.opened_us.desc(), shift.c.shift),
        seek=(shift.c.till, shift.c.business_day),
    )  # fmt: skip


def _off(row: shifts.ShiftRow) -> int:
    return row.cash_counted_minor - row.cash_expected_minor if row.z_number else 0


def of_transfers(tx: Tx, what: Asked, names: Names) -> Listed[transfers.TransferRow]:
    columns: tuple[Column[transfers.TransferRow], ...] = (
        Column("from", later("Transfer"), lambda row: names.get(row.source, row.source)),
        Column("to", later("To"), lambda row: names.get(row.target, row.target), shown=False),
        Column("state", later("State"), lambda row: row.state),
        Column("pieces", later("Pieces"), lambda row: row.pieces, number=True, sorts=False),
        Column("shipped", later("Shipped"), lambda row: _when(row.shipped_us)),
        Column("received", later("Received"), lambda row: _when(row.received_us)),
    )
    of = transfer.c
    by = {"from": of.source, "state": of.state, "shipped": of.shipped_us, "received": of.received_us}
    newest = (of.shipped_us.desc(), of.transfer)
    return listed(
        tx, transfers.rows_query(), columns, what, transfers.row_of, by=by, first=newest,
        seek=(of.source, of.target, of.transfer),
    )  # fmt: skip


def of_web_orders(tx: Tx, what: Asked, names: Names) -> Listed[orders.OrderRow]:
    columns: tuple[Column[orders.OrderRow], ...] = (
        Column("order", later("Order"), lambda row: row.order_id),
        Column("asked", later("Asked"), lambda row: _when(row.asked_us), shown=False),
        Column("state", later("State"), lambda row: row.state),
        Column("piece", later("Piece"), lambda row: row.title or row.piece),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("amount", later("Amount"), lambda row: Money(row.amount_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    of = web_order.c
    by = {"order": of.order_id, "state": of.state, "piece": piece.c.title, "store": of.store, "amount": of.amount_minor}
    newest = (of.asked_us.desc(), of.order_id)
    return listed(
        tx, orders.rows_query(), columns, what, orders.row_of, by=by, first=newest, seek=(of.order_id, piece.c.title)
    )  # fmt: skip


def staff_columns(roles: Names) -> tuple[Column[StaffRow], ...]:
    return (
        Column("name", later("Name"), lambda row: row.name),
        Column("user", later("Signs in as"), lambda row: row.user, shown=False),
        Column("role", later("Role"), lambda row: ", ".join(roles.get(each, each) for each in row.roles)),
        Column("stores", later("Stores"), lambda row: ", ".join(row.stores)),
        Column("here", later("Here"), lambda row: row.active, sorts=False),
    )


def store_columns() -> tuple[Column[StoreRow], ...]:
    return (
        Column("name", later("Store"), lambda row: row.name),
        Column("state", later("Link"), lambda row: row.state),
        Column("rows", later("Entries here"), lambda row: row.rows_upto, number=True),
        Column("parked", later("Parked"), lambda row: row.parked, number=True),
        Column("pieces", later("Pieces"), lambda row: row.pieces, number=True),
        Column("heard", later("Heard last"), lambda row: _when(row.heard_us)),
    )
