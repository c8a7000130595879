"""The office's long lists, each by its columns: what may be sorted, what is looked through, what is taken out."""

from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import Names, listed, listed_many, of_stores, when
from cloud.pos.alarms import queries as alarms
from cloud.pos.counts import queries as counts
from cloud.pos.counts.apply import ABANDONED, APPROVED, COUNTING, FINISHED, RECOUNTING, REQUESTED
from cloud.pos.orders import queries as orders
from cloud.pos.parked import queries as waiting
from cloud.pos.pieces import browsing
from cloud.pos.sales import queries as sales
from cloud.pos.shifts import queries as shifts
from cloud.pos.transfers import queries as transfers
from cloud.screens import Line, where_is
from cloud.tables import alarm, case_file, parked, piece, sale, shift, stock_count, transfer, web_order
from web.tables import Asked, Choice, Column, Listed, Money
from web.words import later


def of_sales(tx: Tx, what: Asked, names: Names, people: Names, *, store: str) -> Listed[sales.SaleRow]:
    columns: tuple[Column[sales.SaleRow], ...] = (
        Column("receipt", later("Receipt"), lambda row: f"{row.till} / {row.receipt_number}"),
        Column("when", later("Recorded"), lambda row: when(row.recorded_us), shown=False),
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
    return listed(
        tx, query, columns, what, sales.row_of, by=by, first=newest,
        seek=(sale.c.till, (sale.c.associate, people), (sale.c.store, names)), choices=of_stores(names),
    )  # fmt: skip


def of_alarms(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[alarms.AlarmRow]:
    columns: tuple[Column[alarms.AlarmRow], ...] = (
        Column("raised", later("Alarm"), lambda row: when(row.raised_us)),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store), shown=False),
        Column("kind", later("Kind"), lambda row: row.kind, shown=False),
        Column("evidence", later("Evidence"), lambda row: row.sentence, sorts=False),
        Column("outcome", later("Outcome"), lambda row: row.outcome if row.closed_us else ""),
        Column("value", later("Value"), lambda row: Money(row.value_minor, row.currency), number=True),
        Column("closed", later("Closed"), lambda row: when(row.closed_us), shown=False),
        Column("note", later("Note"), lambda row: row.note, shown=False),
    )
    by = {"raised": alarm.c.raised_us, "outcome": alarm.c.outcome, "value": alarm.c.value_minor}
    query = sa.select(alarm).where(alarm.c.store == store) if store else sa.select(alarm)
    newest = (alarm.c.raised_us.desc(), alarm.c.alarm)
    return listed(
        tx, query, columns, what, alarms.row_of, by=by, first=newest,
        seek=(alarm.c.sentence, alarm.c.kind, alarm.c.note, (alarm.c.store, names)), choices=of_stores(names),
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
        seek=(shift.c.till, shift.c.business_day, (shift.c.store, names)), choices=of_stores(names),
    )  # fmt: skip


def _off(row: shifts.ShiftRow) -> int:
    return row.cash_counted_minor - row.cash_expected_minor if row.z_number else 0


def of_transfers(tx: Tx, what: Asked, names: Names) -> Listed[transfers.TransferRow]:
    columns: tuple[Column[transfers.TransferRow], ...] = (
        Column("from", later("Transfer"), lambda row: names.get(row.source, row.source)),
        Column("to", later("To"), lambda row: names.get(row.target, row.target), shown=False),
        Column("state", later("State"), lambda row: row.state),
        Column("pieces", later("Pieces"), lambda row: row.pieces, number=True, sorts=False),
        Column("shipped", later("Shipped"), lambda row: when(row.shipped_us)),
        Column("received", later("Received"), lambda row: when(row.received_us)),
    )
    of = transfer.c
    by = {"from": of.source, "state": of.state, "shipped": of.shipped_us, "received": of.received_us}
    newest = (of.shipped_us.desc(), of.transfer)
    return listed(
        tx, transfers.rows_query(), columns, what, transfers.row_of, by=by, first=newest,
        seek=((of.source, names), (of.target, names), of.transfer),
    )  # fmt: skip


def of_web_orders(tx: Tx, what: Asked, names: Names) -> Listed[orders.OrderRow]:
    columns: tuple[Column[orders.OrderRow], ...] = (
        Column("order", later("Order"), lambda row: row.order_id),
        Column("asked", later("Asked"), lambda row: when(row.asked_us), shown=False),
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
        tx, orders.rows_query(), columns, what, orders.row_of, by=by, first=newest,
        seek=(of.order_id, piece.c.title, (of.store, names)),
    )  # fmt: skip


def of_pieces(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[Line]:
    """Raises `SeekError`."""
    columns: tuple[Column[Line], ...] = (
        Column("piece", later("Piece"), lambda line: line.row.title),
        Column("sku", later("Article number"), lambda line: line.row.sku, shown=False),
        Column("id", later("Name"), lambda line: line.row.piece, shown=False),
        Column("epc", later("Tag"), lambda line: line.row.epc, shown=False),
        Column("where", later("Where"), lambda line: line.where.text),
        Column("state", later("State"), lambda line: line.where.state),
        Column("price", later("Price"), lambda line: Money(line.row.price_minor, line.row.currency), number=True),
        Column("currency", later("Currency"), lambda line: line.row.currency, shown=False),
    )
    return browsing.browse(
        tx, columns, what, lambda row: Line(row, where_is(row, dict(names))), store=store, choices=of_stores(names)
    )


def no_pieces(what: Asked, names: Names) -> Listed[Line]:
    """Of a question that cannot be read."""
    return Listed((), (), what, 0, choices=of_stores(names))


COUNT_STATES: Final = (
    ("", later("Any state")), (REQUESTED, later("Asked for")), (COUNTING, later("Running")),
    (FINISHED, later("To approve")), (RECOUNTING, later("Counted again")), (APPROVED, later("Approved")),
    (ABANDONED, later("Abandoned")),
)  # fmt: skip


def of_counts(
    tx: Tx, what: Asked, names: Names, people: Names, *, store: str, state: str
) -> Listed[counts.CountRow]:  # fmt: skip
    def by(row: counts.CountRow) -> str:
        return ", ".join(people.get(each, each) for each in row.counted_by.split())

    columns: tuple[Column[counts.CountRow], ...] = (
        Column("count", later("Count"), lambda row: f"{names.get(row.store, row.store)}, {row.place}"),
        Column("when", later("Changed"), lambda row: when(row.changed_us), shown=False),
        Column("state", later("State"), lambda row: row.state),
        Column("expected", later("Expected"), lambda row: row.expected, number=True, shown=False),
        Column("found", later("Found"), lambda row: row.found, number=True),
        Column("certain", later("Certainty"), lambda row: round(row.p_complete, 4), number=True),
        Column("by", later("Counted by"), by),
        Column("approved", later("Approved by"), lambda row: people.get(row.approved_by, row.approved_by)),
    )
    of = stock_count.c
    order = {
        "count": of.changed_us, "state": of.state, "found": of.found, "certain": of.p_complete, "by": of.counted_by,
        "approved": of.approved_by,
    }  # fmt: skip
    query = sa.select(stock_count)
    query = query.where(of.store == store) if store else query
    query = query.where(of.state == state) if state else query
    return listed_many(
        tx, query, columns, what, lambda rows: counts.rows_of(tx, rows), by=order,
        first=(of.changed_us.desc(), of.count_id),
        seek=((of.store, names), of.place, of.why, of.business_day, (of.counted_by, people), (of.approved_by, people)),
        choices=(*of_stores(names), Choice("state", later("State"), COUNT_STATES)),
    )  # fmt: skip


def of_cases(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[waiting.CaseRow]:
    """Those that are open."""
    columns: tuple[Column[waiting.CaseRow], ...] = (
        Column("opened", later("Case"), lambda row: when(row.opened_us)),
        Column("kind", later("Kind"), lambda row: row.kind, shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("sentence", later("What happened"), lambda row: row.sentence, sorts=False),
        Column("piece", later("Piece"), lambda row: row.piece, shown=False),
        Column("end", later("How it ended"), lambda row: row.outcome, sorts=False),
    )
    of = case_file.c
    return listed(
        tx, waiting.cases_query(store).where(of.closed_us.is_(None)), columns, what, waiting.case_of,
        by={"opened": of.opened_us, "store": of.store}, first=(of.opened_us.desc(), of.case_id),
        seek=(of.sentence, of.kind, piece.c.title, piece.c.sku, (of.store, names)), choices=of_stores(names),
    )  # fmt: skip


def of_parked(tx: Tx, what: Asked, names: Names, *, store: str) -> Listed[waiting.ParkedRow]:
    """Oldest first: the first one holds the others back."""
    columns: tuple[Column[waiting.ParkedRow], ...] = (
        Column("entry", later("Entry"), lambda row: f"{names.get(row.store, row.store)}, {row.stream} {row.seq}"),
        Column("why", later("Why"), lambda row: row.why, sorts=False),
        Column("since", later("Since"), lambda row: when(row.parked_us)),
    )
    of = parked.c
    return listed(
        tx, waiting.parked_query(store), columns, what, waiting.parked_of,
        by={"entry": of.seq, "since": of.parked_us}, first=(of.n,), seek=(of.why, (of.store, names)),
        choices=of_stores(names),
    )  # fmt: skip
