"""What the house has of others on memo or consignment, and what it owes them: their cost, from the sale on.

A sale moves a piece's cost to what is owed (`trade/costing.py`); a return takes it back. What was paid for a piece
stays paid: of one that came back after it, the next settlement with its owner is so much less. The owner is
`source` in the record, the last day here `due_back`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud import changes, settlements
from cloud.db import Tx
from cloud.due_back import OF_OTHERS
from cloud.tables import consignor_payment, custody, piece, piece_backing, stock_value
from cloud.work import Work
from contract.ids import StoreId, UserId
from contract.money import plain
from trade.accounts import Account
from trade.custody import OfficeState
from web.tables import Money

PIECES_MAX: Final = 5_000
"""Of one list: those that are open before those that were paid. More are more than anybody looks through."""
REFERENCE_MAX: Final = 100
NOTED: Final = "consignor"


class SettlementError(ValueError):
    """Nothing was paid; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Held:
    """A piece of somebody else's. `owed_minor`: from its sale on, less what was paid; below nothing: it came back after
    it was paid. `state`: `here`, `sold`, `paid` or `back` (paid, and not sold any more).
    """

    piece: str
    title: str
    sku: str
    owner: str
    ownership: str
    store: str
    due_back: str
    overdue: bool
    state: str
    cost_minor: int
    owed_minor: int
    paid_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Owed:
    """With one owner, in one currency. `overdue`: pieces that should be back with them."""

    owner: str
    currency: str
    pieces: int
    overdue: int
    owed_minor: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class Paid:
    payment: str
    owner: str
    currency: str
    amount_minor: int
    pieces: int
    reference: str
    by: str
    at_us: int


PAID: Final = (
    sa.select(consignor_payment.c.piece, sa.func.sum(consignor_payment.c.amount_minor).label("paid"))
    .group_by(consignor_payment.c.piece)
    .subquery()
)
AT: Final = sa.func.coalesce(stock_value.c.store, sa.func.nullif(custody.c.holder, ""), piece.c.home_store)
COSTED: Final = sa.func.coalesce(stock_value.c.account, "") == Account.COST_OF_GOODS_SOLD
SOLD: Final = sa.or_(COSTED, sa.func.coalesce(custody.c.state, "") == OfficeState.SOLD)
SETTLED: Final = sa.and_(COSTED, sa.func.coalesce(PAID.c.paid, 0) == stock_value.c.amount_minor)


def _of_others(stores: Sequence[str], *what: Any) -> "sa.Select[Any]":
    return (
        sa.select(*what)
        .select_from(piece)
        .join(piece_backing, piece_backing.c.piece == piece.c.piece)
        .outerjoin(custody, custody.c.piece == piece.c.piece)
        .outerjoin(stock_value, stock_value.c.piece == piece.c.piece)
        .where(piece.c.ownership.in_(OF_OTHERS), piece.c.disposed == 0, AT.in_(stores))
    )


def held(tx: Tx, stores: Sequence[str], *, today: str, owner: str = "") -> list[Held]:
    """Of these stores, what is due back first; those without a day later, and what was sold and paid last."""
    query = _of_others(
        stores, piece.c.piece, piece.c.title, piece.c.sku, piece.c.ownership, AT.label("store"),
        piece_backing.c.source, piece_backing.c.due_back, piece_backing.c.cost_minor, piece_backing.c.cost_currency,
        custody.c.state, stock_value.c.account, stock_value.c.amount_minor, PAID.c.paid,
    ).outerjoin(PAID, PAID.c.piece == piece.c.piece)  # fmt: skip
    if owner:
        query = query.where(piece_backing.c.source == owner)
    settled = sa.case((SETTLED, 1), else_=0)
    order = (settled, piece_backing.c.due_back == "", piece_backing.c.due_back, piece.c.piece)
    return [_held(row, today) for row in tx.rows(query.order_by(*order).limit(PIECES_MAX))]


def _held(row: sa.RowMapping, today: str) -> Held:
    sold = row["account"] == Account.COST_OF_GOODS_SOLD or row["state"] == OfficeState.SOLD
    payable = int(row["amount_minor"] or 0) if row["account"] == Account.COST_OF_GOODS_SOLD else 0
    paid = int(row["paid"] or 0)
    state = ("paid" if paid >= payable > 0 else "sold") if sold else "back" if paid else "here"
    return Held(
        piece=row["piece"], title=row["title"], sku=row["sku"], owner=row["source"], ownership=row["ownership"],
        store=row["store"], due_back=row["due_back"], overdue="" < row["due_back"] < today and not sold, state=state,
        cost_minor=row["cost_minor"], owed_minor=payable - paid, paid_minor=paid,
        currency=row["cost_currency"],
    )  # fmt: skip


def owners(rows: Sequence[Held]) -> list[Owed]:
    """Whom most is owed first."""
    found: dict[tuple[str, str], list[Held]] = {}
    for row in rows:
        found.setdefault((row.owner, row.currency), []).append(row)
    told = [
        Owed(
            owner, currency, len(its), sum(each.overdue for each in its), sum(each.owed_minor for each in its),
            sum(each.paid_minor for each in its),
        )
        for (owner, currency), its in found.items()
    ]  # fmt: skip
    return sorted(told, key=lambda each: (-each.owed_minor, each.owner, each.currency))


def overdue(tx: Tx, stores: Sequence[str], *, today: str) -> int:
    """How many should be back with their owners."""
    due = piece_backing.c.due_back
    return int(tx.value(_of_others(stores, sa.func.count()).where(due != "", due < today, ~SOLD)) or 0)


def payments(tx: Tx, stores: Sequence[str], *, owner: str = "", limit: int = 50) -> list[Paid]:
    """For pieces of these stores, newest first."""
    of = consignor_payment.c
    query = sa.select(
        of.payment, of.owner, of.currency, of.reference, of.by, of.at_us,
        sa.func.sum(of.amount_minor).label("amount_minor"), sa.func.count().label("pieces"),
    ).where(of.store.in_(stores))  # fmt: skip
    query = query.group_by(of.payment, of.owner, of.currency, of.reference, of.by, of.at_us)
    if owner:
        query = query.where(of.owner == owner)
    return [Paid(**row) for row in tx.rows(query.order_by(of.at_us.desc(), of.payment).limit(limit))]


def pay(
    work: Work, payment: str, owner: str, amount: Money, *, reference: str, by: UserId, stores: Sequence[str],
    today: str,
) -> int:  # fmt: skip
    """All that is owed to this owner in this currency was paid by bank; returns how many pieces it settled.

    `amount`: what the list said; where it is another by now, nothing is paid. By the same name it was paid
    already. Raises `SettlementError`.
    """
    currency = amount.currency
    known = work.tx.value(sa.select(consignor_payment.c.owner).where(consignor_payment.c.payment == payment).limit(1))
    if known is not None:
        return 0
    reference = " ".join(reference.split())
    if not 0 < len(reference) <= REFERENCE_MAX:
        raise SettlementError("Say by what reference it was paid: the bank's statement shows it")
    names = sa.select(piece_backing.c.piece).where(piece_backing.c.source == owner).order_by(piece_backing.c.piece)
    work.tx.rows(names.with_for_update())  # of two who pay at once the second sees that nothing is owed
    rows = [
        row for row in held(work.tx, stores, today=today, owner=owner) if row.currency == currency and row.owed_minor
    ]
    total = sum(row.owed_minor for row in rows)
    told = f"{plain(max(total, 0), currency)} {currency}"
    if total <= 0:
        raise SettlementError(f"Nothing is owed to {owner or 'whoever is not named'} in {currency}")
    if total != amount.minor:
        raise SettlementError(f"{told} are owed by now: look at the list again, and pay that")
    work.tx.add(
        consignor_payment,
        *(
            {
                "payment": payment, "piece": row.piece, "owner": owner, "store": row.store, "currency": currency,
                "amount_minor": row.owed_minor, "reference": reference, "by": by, "at_us": work.now_us,
            }
            for row in rows
        ),
    )  # fmt: skip
    for store in sorted({row.store for row in rows}):
        part = sum(row.owed_minor for row in rows if row.store == store)
        settlements.consignor_paid(work, StoreId(store), payment, part, currency, by=by, why=f"{owner}, {reference}")
    changes.note(work, NOTED, owner, by=by, why=reference, was={"owed": told}, now={"paid": told})
    return len(rows)


def day_of(now_us: int) -> str:
    return dt.datetime.fromtimestamp(now_us / 1e6, dt.UTC).date().isoformat()
