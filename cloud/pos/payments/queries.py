"""Payments at terminals, newest word first."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import terminal_payment


@dataclass(frozen=True, slots=True)
class PaymentRow:
    store: str
    payment: str
    sale: str
    till: str
    terminal: str
    state: str
    amount_minor: int
    captured_minor: int
    currency: str
    brand: str
    last4: str
    auth_code: str
    reference: str
    stored_offline: bool
    given_up: str
    why: str
    at_us: int


def listing(tx: Tx, *, store: str = "", state: str = "", sale: str = "", limit: int = 50) -> list[PaymentRow]:
    query = sa.select(terminal_payment).order_by(terminal_payment.c.at_us.desc()).limit(limit)
    for column, wanted in (("store", store), ("state", state), ("sale", sale)):
        if wanted:
            query = query.where(terminal_payment.c[column] == wanted)
    return [_row(row) for row in tx.rows(query)]


def _row(row: sa.RowMapping) -> PaymentRow:
    values = {name: row[name] for name in PaymentRow.__dataclass_fields__}
    return PaymentRow(**{**values, "stored_offline": bool(row["stored_offline"])})
