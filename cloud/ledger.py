"""Writing to the ledger: lines first, then the posting that seals them; the database checks that they balance."""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa

from cloud.tables import ledger_close, ledger_line, posting, store
from cloud.work import Work
from contract.ids import SaleId, StoreId, UserId
from trade import periods
from trade.accounts import Account
from trade.posting import Position, Posting

OF_ITS_POSTING = sa.and_(posting.c.store == ledger_line.c.store, posting.c.posting == ledger_line.c.posting)
"""Joins a line with the posting that seals it."""
NO_SALE = SaleId("")
LEDGER = UserId("")
"""By nobody: the ledger follows what was recorded."""


class Kind(StrEnum):
    """What a posting is about; `(store, kind, ref)` is unique, so nothing is posted twice."""

    SALE = "sale"
    RETURN = "return"
    ORDER = "order"
    COST = "cost"
    COMMISSION = "commission"
    SHIFT_OPENED = "shift_opened"
    SHIFT_CLOSED = "shift_closed"
    CASH_MOVED = "cash_moved"
    CASH_BANKED = "cash_banked"
    BANK_CREDITED = "bank_credited"
    TRADE_IN = "trade_in"
    PURCHASE = "purchase"
    MELTED = "melted"
    CONSIGNOR_PAID = "consignor_paid"
    TRANSFER = "transfer"
    PAYMENT_KEPT = "payment_kept"
    FORFEIT = "forfeit"
    POINTS = "points"
    JOINED = "joined"
    CORRECTION = "correction"


def post(
    work: Work,
    legs: Sequence[Posting],
    *,
    store: StoreId,
    kind: Kind,
    ref: str,
    business_day: str,
    at_us: int,
    sale: SaleId = NO_SALE,
    by: UserId = LEDGER,
    why: str = "",
) -> str:
    """The posting's name. Nothing to move, nothing written. A second posting of the same thing is an integrity error
    at the commit.

    What comes after its month was closed goes into the first open one, marked as late. An empty `business_day` is the
    day of `at_us` (UTC).
    """
    name = f"{kind}:{ref}"
    if not legs:
        return name
    day = business_day or day_of(at_us)
    period, late = periods.into(day, closed_upto(work, store))
    key = {"store": store, "posting": name}
    lines = [
        {
            **key, "n": n, "account": leg.account, "amount_minor": leg.amount_minor, "currency": leg.currency,
            "by": leg.by,
        }
        for n, leg in enumerate(legs, 1)
    ]  # fmt: skip
    work.tx.add_soon(ledger_line, *lines)
    row = {
        **key, "kind": kind, "ref": ref, "business_day": day, "at_us": at_us, "period": period, "late": int(late),
        "sale": sale, "by": by, "why": why,
    }  # fmt: skip
    work.tx.add_soon(posting, row)
    return name


def position(work: Work, of: StoreId, currency: str) -> Position:
    """Foreign cash a store has by its ledger, what this unit of work posted included."""
    work.tx.settle()
    mine = (ledger_line.c.store == of, ledger_line.c.account == Account.CURRENCY_POSITION, ledger_line.c.by == currency)
    total = sa.func.sum(ledger_line.c.amount_minor).label("total")
    query = sa.select(ledger_line.c.currency, total).where(*mine).group_by(ledger_line.c.currency)
    sums = {row["currency"]: int(row["total"]) for row in work.tx.rows(query)}
    foreign = -sums.pop(currency, 0)
    return Position(foreign_minor=foreign, own_minor=sum(sums.values()))


def is_posted(work: Work, store: StoreId, kind: Kind, ref: str) -> bool:
    """For what a store may tell twice: its shifts, when a box was lost."""
    mine = (posting.c.store == store, posting.c.kind == kind, posting.c.ref == ref)
    return work.tx.value(sa.select(posting.c.at_us).where(*mine)) is not None


def closed_upto(work: Work, of: StoreId) -> str:
    """The last closed month of this store, or nothing. Until the commit nobody closes another one."""
    known = work.closed_upto.get(of)
    if known is None:
        # shared with other postings; whoever closes a month takes the row alone
        work.tx.row(sa.select(store.c.store).where(store.c.store == of).with_for_update(read=True, key_share=True))
        last = work.tx.value(sa.select(sa.func.max(ledger_close.c.period)).where(ledger_close.c.store == of))
        known = work.closed_upto[of] = str(last or "")
    return known


def day_of(at_us: int) -> str:
    return dt.datetime.fromtimestamp(at_us / 1e6, dt.UTC).date().isoformat()
