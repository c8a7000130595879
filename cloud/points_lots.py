"""Lots of points: what each purchase earned lapses by its own day, the first to lapse is spent first.

A lot's row says what is left of it as of the last time anybody looked: what was spent since is taken off the first to
lapse (`trade.points.settled`). What a store keeps of an account lapses only once it has given it back.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cloud.db import Tx
from cloud.desk import Desk
from cloud.ledger import Kind, post
from cloud.tables import points_lot, points_move, value_account, value_move, value_slice
from cloud.work import Work
from contract.ids import AccountId, SaleId, StoreId
from trade.points import FOR_EVER, Earned, Lot, lapsing, post_points, settled
from trade.value import later

BY_NOBODY: Final = ""
NIGHT_HOUR: Final = 3
"""By then the business day before is over everywhere in the house's time zone."""
AT_ONCE: Final = 500
NO_SALE: Final = SaleId("")


@dataclass(frozen=True, slots=True)
class Moving:
    """Points of one account that move on one day, on account of one sale or of none."""

    work: Work
    store: StoreId
    account: AccountId
    currency: str
    day: str
    at_us: int
    sale: SaleId = NO_SALE

    def to(self, amount_minor: int, ref: str, why: str, of: Earned | None = None) -> bool:
        """Nothing to move, nothing written; nor what was moved under this name before. True: it was."""
        row = {
            "store": self.store, "ref": ref, "account": self.account, "sale": self.sale,
            "basis_minor": of.basis_minor if of else 0, "rate_bp": of.rate_bp if of else 0,
            "amount_minor": amount_minor, "rule": why, "business_day": self.day, "at_us": self.at_us,
        }  # fmt: skip
        if not amount_minor or not self.work.tx.add_new(points_move, row):
            return False
        moved = {
            "store": self.store, "ref": f"points:{ref}", "n": 1, "account": self.account, "amount_minor": amount_minor,
            "at_us": self.at_us, "by": BY_NOBODY,
        }  # fmt: skip
        self.work.tx.add(value_move, moved)
        column = value_account.c.issued_minor if amount_minor > 0 else value_account.c.spent_minor
        mine = sa.update(value_account).where(value_account.c.account == self.account)
        self.work.tx.run(mine.values({column.name: column + abs(amount_minor)}))
        legs = post_points(amount_minor, self.currency, self.account, ref)
        post(
            self.work, legs, store=self.store, kind=Kind.POINTS, ref=ref, business_day=self.day, at_us=self.at_us,
            sale=self.sale, why=why,
        )  # fmt: skip
        return True


def locked(tx: Tx, account: AccountId) -> sa.RowMapping:
    row = tx.row(sa.select(value_account).where(value_account.c.account == account).with_for_update())
    assert row is not None, f"{account} was opened before anything moves on it"
    return row


def held(tx: Tx, account: AccountId) -> int:
    return int(tx.value(sa.select(sa.func.sum(value_slice.c.held_minor)).where(value_slice.c.account == account)) or 0)


def earned(work: Work, store: StoreId, account: AccountId, lot: Lot) -> None:
    """A lot more; the account may be spent as long as its last lot."""
    tx = work.tx
    row = {"store": store, "ref": lot.ref, "account": account, "left_minor": lot.left_minor, "expires": lot.expires}
    if tx.add_new(points_lot, row):
        left = sa.select(points_lot.c.expires).where(points_lot.c.account == account, points_lot.c.left_minor > 0)
        last = lot.expires
        for each in tx.rows(left):
            last = later(last, each["expires"])
        tx.run(sa.update(value_account).where(value_account.c.account == account).values(expires=last))


def taken_back(work: Work, store: StoreId, ref: str, amount_minor: int) -> None:
    """Of the lot of one sale, as far as it is there; what is not was spent, and comes of the others."""
    mine = (points_lot.c.store == store, points_lot.c.ref == ref)
    left = int(work.tx.value(sa.select(points_lot.c.left_minor).where(*mine)) or 0)
    work.tx.run(sa.update(points_lot).where(*mine).values(left_minor=max(left - amount_minor, 0)))


def lapsed_of(tx: Tx, store: StoreId, ref: str) -> int:
    """What lapsed of a sale's lot: nobody takes that back a second time."""
    mine = (points_lot.c.store == store, points_lot.c.ref == ref)
    return int(tx.value(sa.select(points_lot.c.lapsed_minor).where(*mine)) or 0)


def settle(work: Work, account: AccountId, day: str, *, at_us: int) -> None:
    """What is over by that business day lapses, and the rows of lots are as its balance leaves them."""
    tx = work.tx
    known = locked(tx, account)
    rows = {row["ref"]: row for row in tx.rows(sa.select(points_lot).where(points_lot.c.account == account))}
    balance = known["issued_minor"] - known["spent_minor"]
    lots = settled(lots_of(list(rows.values())), balance)
    gone = max(min(lapsing(lots, day), balance - held(tx, account)), 0)
    due = [lot for lot in lots if lot.expires and lot.expires < day and lot.left_minor]
    moving = Moving(work, StoreId(known["store"]), account, known["currency"], day, at_us)
    if gone and not moving.to(-gone, f"lapse:{account}:{at_us}", f"could be spent until {due[-1].expires}"):
        return
    after = {lot.ref: lot.left_minor for lot in settled(lots, balance - gone)}
    for lot in lots:
        was, lapses = rows[lot.ref], lot.left_minor - after[lot.ref]
        if after[lot.ref] != was["left_minor"]:
            mine = (points_lot.c.store == was["store"], points_lot.c.ref == lot.ref)
            now = {"left_minor": after[lot.ref], "lapsed_minor": was["lapsed_minor"] + lapses}
            tx.run(sa.update(points_lot).where(*mine).values(**now))


def lots_of(rows: Sequence[sa.RowMapping]) -> list[Lot]:
    return [Lot(ref=row["ref"], left_minor=row["left_minor"], expires=row["expires"]) for row in rows]


def extend(tx: Tx, account: AccountId, last_day: str) -> None:
    """By somebody's word: whatever is left of it may be spent until that day; empty: for ever."""
    mine = (points_lot.c.account == account, points_lot.c.left_minor > 0)
    tx.run(sa.update(points_lot).where(*mine).values(expires=last_day))


class Lapsing:
    """Each night, once."""

    def __init__(self, desk: Desk, time_zone: str) -> None:
        self._desk, self._zone = desk, ZoneInfo(time_zone)
        self._done = ""

    def nightly(self) -> None:
        now = dt.datetime.fromtimestamp(self._desk.now_us() / 1e6, self._zone)
        day = now.date().isoformat()
        if now.hour >= NIGHT_HOUR and day != self._done:
            self.lapse(day)
            self._done = day

    def lapse(self, day: str) -> int:
        """Accounts that were looked at, each in a transaction of its own: those with a lot that is over, and those of
        which every lot is over and to which something was given back since.
        """
        over = (points_lot.c.expires != "", points_lot.c.expires < day)
        account = value_account.c.account == points_lot.c.account
        ended = (value_account.c.expires != "", value_account.c.expires < day)
        has_some = sa.exists().where(account, *ended, value_account.c.issued_minor > value_account.c.spent_minor)
        due = (*over, sa.or_(points_lot.c.left_minor > 0, has_some))
        after, looked = "", 0
        while True:
            query = sa.select(points_lot.c.account).distinct().where(*due, points_lot.c.account > after)
            with self._desk.look() as work:
                rows = work.tx.rows(query.order_by(points_lot.c.account).limit(AT_ONCE))
            for row in rows:
                with self._desk.work() as work:
                    settle(work, AccountId(row["account"]), day, at_us=work.now_us)
            looked += len(rows)
            if len(rows) < AT_ONCE:
                return looked
            after = rows[-1]["account"]


assert FOR_EVER > "2999", "no day a house writes comes after it"
