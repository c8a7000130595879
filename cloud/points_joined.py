"""Points that go from one number of a client to another with their days (`cloud.value_joined` says when).

A merge moves nothing, so that it can be undone: whoever is parted again has the points their own purchases earned, but
for those that were asked for meanwhile.
"""

from typing import Final

import sqlalchemy as sa

from cloud import points_lots as lots
from cloud.points_lots import Moving
from cloud.tables import points_lot, value_account
from cloud.value_slices import free_of
from cloud.work import Work
from contract.facts import TenderKind
from contract.ids import AccountId, PersonId, StoreId
from trade.points import Lot, client_of, settled

WHY: Final = "points of another number of theirs"


def open_account(work: Work, store: StoreId, account: AccountId, *, expires: str, at_us: int) -> None:
    """Where there is none yet."""
    person, currency = client_of(account), account.rpartition(":")[2]
    row = {
        "account": account, "kind": TenderKind.POINTS, "label": f"…{person[-4:]}", "client": PersonId(person),
        "store": store, "currency": currency, "opened_us": at_us, "expires": expires,
    }  # fmt: skip
    work.tx.add_new(value_account, row)


def free(work: Work, account: AccountId, day: str) -> int:
    """What no store keeps, once what is over by that day has lapsed."""
    lots.settle(work, account, day, at_us=work.now_us)
    return free_of(work, lots.locked(work.tx, account))


def move(
    work: Work, store: StoreId, source: AccountId, into: AccountId, amount_minor: int, *, ref: str, day: str
) -> None:  # fmt: skip
    """Points and their days: those that lapse first go first, as when they are spent."""
    tx = work.tx
    known = lots.locked(tx, source)
    rows = {row["ref"]: row for row in tx.rows(sa.select(points_lot).where(points_lot.c.account == source))}
    before = settled(lots.lots_of(list(rows.values())), known["issued_minor"] - known["spent_minor"])
    after = settled(before, known["issued_minor"] - known["spent_minor"] - amount_minor)
    for name, moved, at in ((source, -amount_minor, "from"), (into, amount_minor, "to")):
        Moving(work, store, name, known["currency"], day, work.now_us).to(moved, f"{ref}:{at}", WHY)
    rest = amount_minor
    for n, (was, now) in enumerate(zip(before, after, strict=True)):
        taken = was.left_minor - now.left_minor
        if taken:
            mine = (points_lot.c.store == rows[was.ref]["store"], points_lot.c.ref == was.ref)
            tx.run(sa.update(points_lot).where(*mine).values(left_minor=now.left_minor))
            lots.earned(work, store, into, Lot(ref=f"{ref}:{n}", left_minor=taken, expires=was.expires))
            rest -= taken
    if rest:  # of an account that was given points back, and never earned any
        lots.earned(work, store, into, Lot(ref=f"{ref}:rest", left_minor=rest, expires=known["expires"]))
