"""What waits for somebody at the office today, as figures that lead to where it is done; and the takings of the day."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.messages import outbox, quiet
from cloud.pos.client_orders import queries as client_orders
from cloud.pos.clients import pairs
from cloud.pos.consigned import owing
from cloud.pos.counts.apply import FINISHED
from cloud.pos.payments.transfers import TransferState
from cloud.tables import alarm, bank_transfer, case_file, parked, sale, sale_line, stock_count
from cloud.tables.messages import appointment
from contract.feed import Permission
from trade.accounts import LINE_ACCOUNT, Account
from trade.appointment import AppointmentState
from trade.orders.queues import Queue
from trade.sale import SaleState
from web.logins import Login

APPOINTMENTS_SHOWN: Final = 8
NOT_SOLD: Final = (SaleState.VOIDED,)
EARNING: Final = tuple(kind for kind, account in LINE_ACCOUNT.items() if account is Account.SALES)
"""Lines that are sales: of the others the house owes."""


class Waits(StrEnum):
    """Kinds of things that wait, the most pressing first; `cloud/templates/today.html` has the words of each."""

    ALARMS = "alarms"
    CASES = "cases"
    OVERDUE = "overdue"
    AWAY = "away"
    COUNTS = "counts"
    DUE = "due"
    CONSIGNED = "consigned"
    ASKED = "asked"
    READY = "ready"
    PARKED = "parked"
    TRANSFERS = "transfers"
    DOUBLES = "doubles"


PRESSING: Final = frozenset({Waits.ALARMS, Waits.CASES, Waits.OVERDUE, Waits.AWAY})


@dataclass(frozen=True, slots=True)
class Need:
    """`number` of them wait at `path`."""

    kind: Waits
    number: int
    path: str

    @property
    def pressing(self) -> bool:
        return self.kind in PRESSING


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment of today; `begins` by the clock of its store."""

    appointment: str
    store: str
    person: str
    staff: str
    begins: str
    state: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one business day and currency, before returns."""

    currency: str
    total_minor: int
    sales: int


def needs(tx: Tx, who: Login, houses: Sequence[str], *, away: int, now_us: int) -> list[Need]:
    """Of these stores, and only what this person may do something about. Nothing that is nought."""
    asked: list[tuple[Waits, tuple[Permission, ...], str, Callable[[], int]]] = [
        (Waits.ALARMS, (), "/alarms", lambda: _open_alarms(tx, houses)),
        (Waits.CASES, (Permission.CLOSE_ALARM,), "/parked", lambda: _open_cases(tx, houses)),
        (Waits.AWAY, (Permission.CLOSE_ALARM, Permission.SETTINGS), "/stores", lambda: away),
        (Waits.COUNTS, (Permission.APPROVE_COUNT,), "/counts?state=finished", lambda: _counts(tx, houses)),
        (Waits.ASKED, (Permission.CLIENTS,), "/appointments", lambda: _asked_for(tx, houses, now_us)),
        (Waits.PARKED, (Permission.CLOSE_ALARM,), "/parked", lambda: _parked(tx, houses)),
        (Waits.TRANSFERS, (Permission.LEDGER,), "/bank-transfers", lambda: _transfers(tx, houses)),
        (Waits.CONSIGNED, (Permission.LEDGER,), "/consigned?which=overdue", lambda: _consigned(tx, houses, now_us)),
        (Waits.DOUBLES, (Permission.CLIENTS,), "/clients/doubles", lambda: pairs.count(tx)),
    ]
    found = [Need(kind, ask(), path) for kind, rights, path, ask in asked if not rights or who.may(*rights)]
    if who.may(Permission.ORDERS):
        found += _orders(tx, houses, now_us)
    order = list(Waits)
    return sorted((each for each in found if each.number), key=lambda each: order.index(each.kind))


def visits(tx: Tx, houses: Sequence[str], now_us: int) -> list[Visit]:
    """Who comes today, by the clock of each store, soonest first."""
    found = []
    for name in houses:
        zone = outbox.zone_of(tx, name)
        today = quiet.day_of(now_us, zone)
        from_us, until_us = quiet.moment(today, 0, zone), quiet.moment(today + dt.timedelta(days=1), 0, zone)
        mine = (appointment.c.store == name, appointment.c.starts_us >= from_us, appointment.c.starts_us < until_us)
        query = sa.select(appointment).where(*mine, appointment.c.state != AppointmentState.CANCELLED)
        for row in tx.rows(query.order_by(appointment.c.starts_us).limit(APPOINTMENTS_SHOWN)):
            begins = dt.datetime.fromtimestamp(row["starts_us"] // 1_000_000, zone)
            found.append(
                (
                    row["starts_us"],
                    Visit(
                        row["appointment"], name, row["person"], row["staff"], begins.strftime("%H:%M"), row["state"]
                    ),
                )
            )
    return [visit for _, visit in sorted(found, key=lambda each: each[0])][:APPOINTMENTS_SHOWN]


def takings(tx: Tx, houses: Sequence[str]) -> tuple[str, list[Taken]]:
    """The newest business day of these stores, and what was sold on it with its tax, largest first.

    A deposit or a gift card is money owed and no sale, here as in the reports (`trade.accounts.LINE_ACCOUNT`).
    """
    mine = (sale.c.store.in_(houses), sale.c.state.not_in(NOT_SOLD))
    newest = str(tx.value(sa.select(sa.func.max(sale.c.business_day)).where(*mine)) or "")
    lines = sale.join(sale_line, sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale))
    earns = sale_line.c.kind.in_(EARNING)
    total = sa.func.sum(sa.case((earns, sale_line.c.gross_minor), else_=0))
    number = sa.func.count(sa.distinct(sa.case((earns, sale.c.sale))))
    query = sa.select(sale.c.currency, total.label("total"), number.label("number")).select_from(lines)
    rows = tx.rows(query.where(*mine, sale.c.business_day == newest).group_by(sale.c.currency)) if newest else []
    told = [Taken(row["currency"], int(row["total"]), int(row["number"])) for row in rows]
    return newest, sorted(told, key=lambda each: -each.total_minor)


def _number(tx: Tx, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return int(tx.value(sa.select(sa.func.count()).select_from(table).where(*where)) or 0)


def _open_alarms(tx: Tx, houses: Sequence[str]) -> int:
    return _number(tx, alarm, alarm.c.store.in_(houses), alarm.c.closed_us.is_(None))


def _open_cases(tx: Tx, houses: Sequence[str]) -> int:
    return _number(tx, case_file, case_file.c.store.in_([*houses, ""]), case_file.c.closed_us.is_(None))


def _counts(tx: Tx, houses: Sequence[str]) -> int:
    return _number(tx, stock_count, stock_count.c.store.in_(houses), stock_count.c.state == FINISHED)


def _asked_for(tx: Tx, houses: Sequence[str], now_us: int) -> int:
    coming = (appointment.c.state == AppointmentState.REQUESTED, appointment.c.ends_us > now_us)
    return _number(tx, appointment, appointment.c.store.in_(houses), *coming)


def _parked(tx: Tx, houses: Sequence[str]) -> int:
    return _number(tx, parked, parked.c.store.in_(houses), parked.c.applied_us.is_(None))


def _transfers(tx: Tx, houses: Sequence[str]) -> int:
    awaited = bank_transfer.c.state == TransferState.AWAITED
    return _number(tx, bank_transfer, bank_transfer.c.store.in_(houses), awaited)


def _consigned(tx: Tx, houses: Sequence[str], now_us: int) -> int:
    return owing.overdue(tx, houses, today=owing.day_of(now_us))


def _orders(tx: Tx, houses: Sequence[str], now_us: int) -> list[Need]:
    waiting = client_orders.waiting(tx, now_us=now_us, mine=houses)
    told = ((Waits.OVERDUE, Queue.OVERDUE), (Waits.DUE, Queue.TODAY), (Waits.READY, Queue.READY))
    return [Need(kind, waiting.get(queue, 0), f"/client-orders?queue={queue}") for kind, queue in told]
