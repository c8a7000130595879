"""Balances of accounts, from the trial balance down to the entry; the sum of all of them is nothing, always."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cloud.db import Tx
from cloud.ledger import OF_ITS_POSTING
from cloud.tables import ledger_line, posting
from trade.accounts import CHART, Account, Heading, account_of

UNKNOWN = Heading(9999, "", CHART[Account.SALES].of)


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
class Trial:
    """An account over a month, or from the beginning: what it opened with, both sides, what it ends with."""

    account: str
    number: int
    title: str
    of: str
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.debit_minor - self.credit_minor


@dataclass(frozen=True, slots=True)
class Detail:
    """What an account is kept by."""

    by: str
    currency: str
    amount_minor: int
    legs: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A leg on its account's page."""

    store: str
    posting: str
    kind: str
    sale: str
    business_day: str
    period: str
    late: bool
    at_us: int
    by: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Leg:
    account: str
    amount_minor: int
    currency: str
    by: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class PostingRow:
    store: str
    posting: str
    kind: str
    ref: str
    business_day: str
    at_us: int
    legs: list[Leg]
    period: str
    late: bool
    sale: str
    by: str
    why: str


def heading(account: str) -> Heading:
    known = account_of(account)
    return CHART[known] if known is not None else UNKNOWN


def balances(tx: Tx, *, store: str = "") -> list[Balance]:
    """Of every account and currency, from the beginning."""
    total = sa.func.sum(ledger_line.c.amount_minor).label("sum")
    query = sa.select(ledger_line.c.account, ledger_line.c.currency, total)
    query = query.group_by(ledger_line.c.account, ledger_line.c.currency)
    query = query.order_by(ledger_line.c.account, ledger_line.c.currency)
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


def trial(tx: Tx, *, store: str = "", period: str = "") -> list[Trial]:
    """The trial balance in the order of the chart. Without a period, all there is."""
    amount = ledger_line.c.amount_minor
    before = posting.c.period < period if period else sa.false()
    within = posting.c.period == period if period else sa.true()

    def total(*those: Any) -> sa.Label[Any]:
        return sa.func.sum(sa.case((sa.and_(*those), amount), else_=0))  # type: ignore[return-value]

    query = sa.select(
        ledger_line.c.account,
        ledger_line.c.currency,
        total(before).label("opening"),
        total(within, amount > 0).label("debit"),
        total(within, amount < 0).label("credit"),
    ).join(posting, OF_ITS_POSTING)
    if period:
        query = query.where(posting.c.period <= period)
    if store:
        query = query.where(ledger_line.c.store == store)
    found = []
    for row in tx.rows(query.group_by(ledger_line.c.account, ledger_line.c.currency)):
        head = heading(row["account"])
        found.append(
            Trial(
                account=row["account"], number=head.number, title=head.title or row["account"], of=head.of,
                currency=row["currency"], opening_minor=int(row["opening"]), debit_minor=int(row["debit"]),
                credit_minor=-int(row["credit"]),
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: (each.number, each.account, each.currency))


def trial_sums(rows: Sequence[Trial]) -> list[Sum]:
    """Both sides of the month, by currency."""
    currencies = sorted({row.currency for row in rows})
    return [
        Sum(
            currency=currency,
            debit_minor=sum(row.debit_minor for row in rows if row.currency == currency),
            credit_minor=sum(row.credit_minor for row in rows if row.currency == currency),
        )
        for currency in currencies
    ]


def months(tx: Tx, *, limit: int = 36) -> list[str]:
    """Newest first."""
    query = sa.select(posting.c.period).distinct().order_by(posting.c.period.desc()).limit(limit)
    return [row["period"] for row in tx.rows(query)]


def _on(account: str, store: str, period: str) -> list[Any]:
    those = [OF_ITS_POSTING, ledger_line.c.account == account]
    if store:
        those.append(ledger_line.c.store == store)
    if period:
        those.append(posting.c.period == period)
    return those


def details(tx: Tx, account: str, *, store: str = "", period: str = "", limit: int = 200) -> list[Detail]:
    """Largest first."""
    total = sa.func.sum(ledger_line.c.amount_minor)
    query = (
        sa.select(ledger_line.c.by, ledger_line.c.currency, total.label("sum"), sa.func.count().label("legs"))
        .where(*_on(account, store, period), ledger_line.c.by != "")
        .group_by(ledger_line.c.by, ledger_line.c.currency)
        .order_by(sa.func.abs(total).desc(), ledger_line.c.by)
        .limit(limit)
    )
    return [
        Detail(by=row["by"], currency=row["currency"], amount_minor=int(row["sum"]), legs=row["legs"])
        for row in tx.rows(query)
    ]


def movements_query(account: str, *, store: str = "", period: str = "", by: str = "") -> "sa.Select[Any]":
    """Legs on an account, by what it is kept by where that is named."""
    of = (posting.c.store, posting.c.posting, posting.c.kind, posting.c.sale, posting.c.business_day, posting.c.period)
    leg = (ledger_line.c.by, ledger_line.c.amount_minor, ledger_line.c.currency)
    those = _on(account, store, period)
    if by:
        those.append(ledger_line.c.by == by)
    return sa.select(*of, posting.c.late, posting.c.at_us, *leg).where(*those)


def movements(
    tx: Tx, account: str, *, store: str = "", period: str = "", by: str = "", limit: int = 50
) -> list[Movement]:
    """Newest first."""
    query = movements_query(account, store=store, period=period, by=by)
    query = query.order_by(posting.c.at_us.desc(), posting.c.posting, ledger_line.c.n).limit(limit)
    return [movement_of(row) for row in tx.rows(query)]


def movement_of(row: sa.RowMapping) -> Movement:
    return Movement(**{**row, "late": bool(row["late"])})


def postings(tx: Tx, *, store: str = "", sale: str = "", limit: int = 50) -> list[PostingRow]:
    """Newest first, with their legs; those of one sale when it is named."""
    query = sa.select(posting).order_by(posting.c.at_us.desc(), posting.c.posting).limit(limit)
    if store:
        query = query.where(posting.c.store == store)
    if sale:
        query = query.where(posting.c.sale == sale)
    return with_legs(tx, tx.rows(query))


def entry(tx: Tx, store: str, name: str) -> PostingRow | None:
    """One posting."""
    rows = tx.rows(sa.select(posting).where(posting.c.store == store, posting.c.posting == name))
    return next(iter(with_legs(tx, rows)), None)


def with_legs(tx: Tx, heads: Sequence[sa.RowMapping]) -> list[PostingRow]:
    legs: dict[tuple[str, str], list[Leg]] = {}
    names = [row["posting"] for row in heads]
    lines = sa.select(ledger_line).where(ledger_line.c.posting.in_(names)).order_by(ledger_line.c.n)
    for line in tx.rows(lines) if names else ():
        title = heading(line["account"]).title or line["account"]
        leg = Leg(
            account=line["account"], amount_minor=line["amount_minor"], currency=line["currency"], by=line["by"],
            title=title,
        )  # fmt: skip
        legs.setdefault((line["store"], line["posting"]), []).append(leg)
    return [PostingRow(**{**row, "late": bool(row["late"])}, legs=legs[row["store"], row["posting"]]) for row in heads]
