"""What the house owes: by kind, by account, and how an account came to its balance."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import value_account, value_ask, value_move, value_slice
from contract.giftcard import PREFIX, account_of, parse


@dataclass(frozen=True, slots=True)
class AccountRow:
    """`balance_minor` is owed; `held_minor` of it may be spent by stores without asking. `expires`: the last day."""

    account: str
    kind: str
    label: str
    client: str
    currency: str
    store: str
    issued_minor: int
    spent_minor: int
    balance_minor: int
    held_minor: int
    blocked: str
    opened_us: int
    expires: str


@dataclass(frozen=True, slots=True)
class Owed:
    kind: str
    currency: str
    number: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    store: str
    ref: str
    amount_minor: int
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class SliceRow:
    store: str
    held_minor: int


@dataclass(frozen=True, slots=True)
class AskRow:
    store: str
    sale: str
    wanted_minor: int
    granted_minor: int
    state: str
    why: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Detail:
    row: AccountRow
    slices: list[SliceRow]
    moves: list[MoveRow]
    asks: list[AskRow]


def owed(tx: Tx) -> list[Owed]:
    """Open balances by kind and currency."""
    balance = sa.func.sum(value_account.c.issued_minor - value_account.c.spent_minor)
    query = (
        sa.select(value_account.c.kind, value_account.c.currency, sa.func.count().label("number"), balance.label("sum"))
        .where(value_account.c.issued_minor > value_account.c.spent_minor)
        .group_by(value_account.c.kind, value_account.c.currency)
        .order_by(value_account.c.kind, value_account.c.currency)
    )
    return [Owed(row["kind"], row["currency"], row["number"], int(row["sum"])) for row in tx.rows(query)]


def listing(tx: Tx, *, kind: str = "", q: str = "", limit: int = 50) -> list[AccountRow]:
    """Newest first."""
    query = rows_query(kind=kind, q=q).order_by(value_account.c.opened_us.desc(), value_account.c.account)
    return [row_of(row) for row in tx.rows(query.limit(limit))]


def rows_query(*, kind: str = "", q: str = "") -> "sa.Select[Any]":
    """`q`: the whole code of a gift card, or what an account, its label or its client is called."""
    query = sa.select(value_account, _held())
    if kind:
        query = query.where(value_account.c.kind == kind)
    if q.strip():
        query = query.where(_named(q.strip()))
    return query


def detail(tx: Tx, account: str, limit: int = 100) -> Detail | None:
    row = tx.row(sa.select(value_account, _held()).where(value_account.c.account == account))
    if row is None:
        return None
    slices = sa.select(value_slice).where(value_slice.c.account == account, value_slice.c.held_minor != 0)
    moves = sa.select(value_move).where(value_move.c.account == account).order_by(value_move.c.at_us.desc())
    asks = sa.select(value_ask).where(value_ask.c.account == account).order_by(value_ask.c.at_us.desc())
    return Detail(
        row=row_of(row),
        slices=[SliceRow(each["store"], each["held_minor"]) for each in tx.rows(slices.order_by(value_slice.c.store))],
        moves=[
            MoveRow(**{name: each[name] for name in MoveRow.__dataclass_fields__})
            for each in tx.rows(moves.limit(limit))
        ],
        asks=[
            AskRow(**{name: each[name] for name in AskRow.__dataclass_fields__}) for each in tx.rows(asks.limit(limit))
        ],
    )


def _held() -> sa.Label[int]:
    of_it = sa.select(sa.func.sum(value_slice.c.held_minor)).where(value_slice.c.account == value_account.c.account)
    return of_it.scalar_subquery().label("held_minor")


def _named(q: str) -> sa.ColumnElement[bool]:
    try:
        code = str(account_of(parse(q)))
    except ValueError:
        code = PREFIX  # no account is called so
    label = q if q.startswith("…") else f"…{q.upper()}"
    columns = value_account.c
    return sa.or_(columns.account.in_([code, q]), columns.client == q, columns.label.in_([q, label]))


def row_of(row: sa.RowMapping) -> AccountRow:
    told = {name: row[name] for name in AccountRow.__dataclass_fields__ if name not in ("balance_minor", "held_minor")}
    return AccountRow(
        **told, balance_minor=row["issued_minor"] - row["spent_minor"], held_minor=int(row["held_minor"] or 0)
    )
