"""Balances of accounts; the sum of all of them is nothing, in every currency, always."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import ledger_line, posting


@dataclass(frozen=True, slots=True)
class Balance:
    """Debit is positive."""

    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Both sides of one currency, positive; they are equal, always."""

    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class Leg:
    account: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PostingRow:
    store: str
    kind: str
    ref: str
    business_day: str
    at_us: int
    legs: list[Leg]


def balances(tx: Tx, *, store: str = "") -> list[Balance]:
    query = (
        sa.select(ledger_line.c.account, ledger_line.c.currency, sa.func.sum(ledger_line.c.amount_minor).label("sum"))
        .group_by(ledger_line.c.account, ledger_line.c.currency)
        .order_by(ledger_line.c.account, ledger_line.c.currency)
    )
    if store:
        query = query.where(ledger_line.c.store == store)
    return [
        Balance(account=row["account"], currency=row["currency"], amount_minor=int(row["sum"]))
        for row in tx.rows(query)
    ]


def sums(rows: Sequence[Balance]) -> list[Sum]:
    """Of all balances given, by currency."""
    amounts: dict[str, list[int]] = {}
    for row in rows:
        amounts.setdefault(row.currency, []).append(row.amount_minor)
    return [
        Sum(
            currency=currency,
            debit_minor=sum(amount for amount in each if amount > 0),
            credit_minor=-sum(amount for amount in each if amount < 0),
        )
        for currency, each in sorted(amounts.items())
    ]


def postings(tx: Tx, *, store: str = "", limit: int = 50) -> list[PostingRow]:
    """Newest first, with their legs."""
    query = sa.select(posting).order_by(posting.c.at_us.desc(), posting.c.posting).limit(limit)
    if store:
        query = query.where(posting.c.store == store)
    heads = tx.rows(query)
    legs: dict[tuple[str, str], list[Leg]] = {}
    names = [row["posting"] for row in heads]
    lines = sa.select(ledger_line).where(ledger_line.c.posting.in_(names)).order_by(ledger_line.c.n)
    for line in tx.rows(lines) if names else ():
        leg = Leg(account=line["account"], amount_minor=line["amount_minor"], currency=line["currency"])
        legs.setdefault((line["store"], line["posting"]), []).append(leg)
    return [
        PostingRow(
            store=row["store"],
            kind=row["kind"],
            ref=row["ref"],
            business_day=row["business_day"],
            at_us=row["at_us"],
            legs=legs[row["store"], row["posting"]],
        )
        for row in heads
    ]
