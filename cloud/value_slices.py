"""What of an account is free, and which stores keep how much of it."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from cloud.tables import node, value_account, value_slice
from cloud.work import Work
from contract.ids import AccountId, StoreId

SLICES_SINCE: Final = 2
"""Contract version from which a box knows the commands of slices; an older one would wait at the first for ever."""


def locked(work: Work, account: AccountId) -> sa.RowMapping | None:
    return work.tx.row(sa.select(value_account).where(value_account.c.account == account).with_for_update())


def free_of(work: Work, known: sa.RowMapping) -> int:
    """Of a locked account: what no store holds. What a store spent without holding it leaves no more to others."""
    of_stores = (value_slice.c.account == known["account"], value_slice.c.held_minor > 0)
    held = sa.select(sa.func.sum(value_slice.c.held_minor)).where(*of_stores)
    return int(known["issued_minor"]) - int(known["spent_minor"]) - int(work.tx.value(held) or 0)


def holders_of(work: Work, account: AccountId) -> Iterator[StoreId]:
    query = sa.select(value_slice.c.store).where(value_slice.c.account == account, value_slice.c.held_minor > 0)
    yield from (StoreId(row["store"]) for row in work.tx.rows(query.order_by(value_slice.c.store)))


def hold(work: Work, store: StoreId, account: AccountId, amount_minor: int) -> int:
    """So much more in the store's slice; returns what it is now."""
    work.tx.add_new(value_slice, {"store": store, "account": account, "held_minor": 0})
    mine = (value_slice.c.store == store, value_slice.c.account == account)
    more = value_slice.c.held_minor + amount_minor
    held = sa.update(value_slice).where(*mine).values(held_minor=more).returning(value_slice.c.held_minor)
    return int(work.tx.value(held))


def contract_of(work: Work, store: StoreId) -> int:
    """What the store's box can read, as it said last."""
    return int(work.tx.value(sa.select(node.c.contract_max).where(node.c.store == store)) or 0)
