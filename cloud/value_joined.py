"""Money of a client who is known by several ids: each id has its own points and its own credit, and whatever one of
them pays with is brought together when it is asked for (docs/adr/0048, docs/adr/0051).

A merge moves nothing, so that it can be undone. Parted again, credit that was brought over and is not spent goes back.
"""

from typing import Final

import sqlalchemy as sa

from cloud import aliases, points_joined
from cloud.ledger import Kind, post
from cloud.tables import value_account, value_move
from cloud.value_slices import free_of, locked
from cloud.work import Work
from contract.facts import TenderKind
from contract.ids import AccountId, PersonId, StoreId
from trade.points import client_of, points_account
from trade.settling import post_brought_over
from trade.value import CREDIT, credit_account, expired, later

JOINED: Final = "joined:"
"""Begins the name of a move between numbers of one client."""
WHY: Final = "credit of another number of theirs"
WHY_PARTED: Final = "credit of a number that was parted from this one"


def ids_of(work: Work, account: AccountId) -> list[AccountId]:
    """The accounts of the same kind of all ids of whose points or credit this is, this one first."""
    points = client_of(account)
    person = points or _creditor(account)
    if not person:
        return [account]
    others = sorted(each for each in aliases.ids(work.tx, person) if each != person)
    currency = account.rpartition(":")[2]
    return [account, *(points_account(each, currency) if points else credit_account(each) for each in others)]


def spendable(work: Work, account: AccountId, currency: str, day: str) -> list[AccountId]:
    """This one, and those of their other ids that may pay with it: in this currency, not blocked, not over."""
    mine, *others = ids_of(work, account)
    known = {name: row for name in others if (row := _known(work, name)) is not None}
    return [mine, *(name for name, row in known.items() if _may_give(row, currency, day))]


def gather(
    work: Work, store: StoreId, account: AccountId, wanted_minor: int, *, currency: str, ask: str, day: str
) -> None:
    """What this account lacks of what is asked for, out of those of their other ids, as far as it is free there.

    Accounts are locked in one order, so that nobody waits in a circle; blocked ones give nothing and get nothing.
    """
    names = ids_of(work, account)
    if len(names) == 1:
        return
    known = {name: row for name in sorted(names) if (row := locked(work, name)) is not None}
    own = known.pop(account, None)
    if own is not None and (own["blocked"] or own["currency"] != currency):
        return
    short = wanted_minor - (0 if own is None else max(_free(work, own, day), 0))
    still = set(ids_of(work, account))  # who parts them locks the same accounts
    for name, row in known.items():
        if name not in still or not _may_give(row, currency, day) or row["issued_minor"] <= row["spent_minor"]:
            continue
        _open(work, store, account, row)  # though all of it is at a store yet: it is asked back, and the ask waits
        give = min(short, _free(work, row, day))
        if give > 0:
            ref = f"{JOINED}{ask}:{work.now_us}:{name}"
            if client_of(name):
                points_joined.move(work, store, name, account, give, ref=ref, day=day)
            else:
                _bring(work, store, row, account, give, ref=ref, day=day, why=WHY)
            short -= give


def apart(work: Work, merge: str, survivor: PersonId, absorbed: PersonId) -> None:
    """Two again: credit that one side was brought from the other goes back, as far as no store keeps it and it is not
    spent. What was their own was spent first, since only what that lacked was brought over.
    """
    sides = [[credit_account(each) for each in aliases.ids(work.tx, person)] for person in (survivor, absorbed)]
    for name in sorted({*sides[0], *sides[1]}):
        locked(work, name)
    for here, there in (sides, sides[::-1]):
        for into, source in ((into, source) for into in here for source in there):
            _give_back(work, merge, into, source)


def _give_back(work: Work, merge: str, into: AccountId, source: AccountId) -> None:
    brought = _brought(work, into, source)
    row = locked(work, into) if brought > 0 else None
    back = 0 if row is None else min(brought, free_of(work, row))
    if row is None or back <= 0:
        return
    ref = f"{JOINED}{merge}:{work.now_us}:{into}:{source}"
    _bring(work, StoreId(row["store"]), row, source, back, ref=ref, day="", why=WHY_PARTED)


def _brought(work: Work, into: AccountId, source: AccountId) -> int:
    """What an account was brought from another, less what went back."""
    other = value_move.alias()
    same = sa.and_(other.c.store == value_move.c.store, other.c.ref == value_move.c.ref, other.c.account == source)
    total = sa.select(sa.func.sum(value_move.c.amount_minor)).join(other, same)
    return int(work.tx.value(total.where(value_move.c.account == into, value_move.c.ref.startswith(JOINED))) or 0)


def _bring(
    work: Work, store: StoreId, source: sa.RowMapping, into: AccountId, amount_minor: int, *, ref: str, day: str,
    why: str,
) -> None:  # fmt: skip
    """A pair of moves and a posting that comes to nothing; money that joins an account never makes it lapse sooner."""
    tx, currency = work.tx, source["currency"]
    there = _known(work, into)
    assert there is not None, f"{into} was opened before anything moves on it"
    last = later(there["expires"], source["expires"])
    moved = {"store": store, "ref": ref, "by": "", "at_us": work.now_us}
    tx.add(value_move, {**moved, "n": 1, "account": source["account"], "amount_minor": -amount_minor})
    tx.add(value_move, {**moved, "n": 2, "account": into, "amount_minor": amount_minor})
    of = value_account.c
    spent = {"spent_minor": of.spent_minor + amount_minor}
    issued = {"issued_minor": of.issued_minor + amount_minor, "expires": last}
    tx.run(sa.update(value_account).where(of.account == source["account"]).values(**spent))
    tx.run(sa.update(value_account).where(of.account == into).values(**issued))
    legs = post_brought_over(amount_minor, currency, source["account"], into)
    post(work, legs, store=store, kind=Kind.JOINED, ref=ref, business_day=day, at_us=work.now_us, why=why)


def _open(work: Work, store: StoreId, account: AccountId, like: sa.RowMapping) -> None:
    """Where there is none yet."""
    if client_of(account):
        points_joined.open_account(work, store, account, expires=like["expires"], at_us=work.now_us)
        return
    row = {
        "account": account, "kind": TenderKind.STORE_CREDIT, "label": like["label"], "client": _creditor(account),
        "store": store, "currency": like["currency"], "opened_us": work.now_us, "expires": like["expires"],
    }  # fmt: skip
    work.tx.add_new(value_account, row)


def _free(work: Work, row: sa.RowMapping, day: str) -> int:
    """Of a locked account. What is over by that day is no more."""
    if client_of(row["account"]):
        return points_joined.free(work, AccountId(row["account"]), day)
    return 0 if expired(row["expires"], day) else free_of(work, row)


def _may_give(row: sa.RowMapping, currency: str, day: str) -> bool:
    over = not client_of(row["account"]) and expired(row["expires"], day)
    return not row["blocked"] and row["currency"] == currency and not over


def _known(work: Work, account: AccountId) -> sa.RowMapping | None:
    return work.tx.row(sa.select(value_account).where(value_account.c.account == account))


def _creditor(account: str) -> PersonId:
    """Empty where it is no client's credit."""
    return PersonId(account.removeprefix(CREDIT) if account.startswith(CREDIT) else "")
