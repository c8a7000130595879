"""Ending a month for a store, and correcting what is posted by posting again: nothing is ever changed or reopened."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cloud import fiscal, forfeits
from cloud.db import Tx
from cloud.forfeits import OF_ORDER
from cloud.ledger import Kind, post
from cloud.tables import case_file, consignor_payment, ledger_close, ledger_line, parked, posting, shift, store
from cloud.work import QUARANTINED, Work
from contract.ids import StoreId, UserId
from trade import periods
from trade.accounts import TENDER_ACCOUNT, Account
from trade.posting import Posting, balanced, reversed_legs
from trade.value import OF_THE_OFFICE
from web.words import later

FOLLOWS: Final = {
    Kind.BANK_CREDITED: later("Say on the page Shifts what the bank gave: the ledger follows"),
    Kind.COST: later("A cost follows its piece: put the piece's record right, and the ledger follows"),
    Kind.POINTS: later("Points follow their client's account: the ledger alone would say something else"),
    Kind.JOINED: later("This follows accounts of one client: part the two numbers, and what is unspent goes back"),
}
"""Postings of what is kept elsewhere too: nobody reverses them here, and why not."""
OF_ORDERS: Final = later(
    "This follows the end of an order, which stands: post by hand what its client should have besides"
)
OF_VALUE: Final = later(
    "Gift cards, credit, deposits or points moved in it, and stores may have spent them since: take back at a till "
    "what was sold, forfeit on the account's page what was given, and post by hand what then should stand"
)
OWED: Final = frozenset(TENDER_ACCOUNT[kind] for kind in OF_THE_OFFICE)
"""Accounts of the ledger that say in sum what clients' accounts say one by one."""
UNDONE: Final = {
    Kind.FORFEIT: later("This gave an account back what was forfeited: forfeit it once more instead"),
    Kind.CONSIGNOR_PAID: later("This took back that an owner was paid: say once more that they were, and it is posted"),
}
"""Reversals that changed more than the ledger; doing it again is no reversal of theirs."""


class NotClosableError(Exception):
    """The month cannot be closed; the sentence says what to do."""


class NotCorrectableError(Exception):
    """There is nothing to reverse, or it is reversed already."""


@dataclass(frozen=True, slots=True)
class Close:
    store: str
    period: str
    closed_us: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Open:
    """A month that could be closed next, and what still hangs in the air: later it goes into the month after it."""

    store: str
    period: str
    warnings: list[str]


def close(work: Work, of: StoreId, period: str, *, by: UserId, why: str) -> None:
    """Everything up to the end of `period` is closed. Raises `NotClosableError`; asked again, it is so already."""
    tx = work.tx
    # alone: postings that are under way hold the row together (`ledger.closed_upto`), and are in the month or after it
    row = tx.row(sa.select(store).where(store.c.store == of).with_for_update())
    if row is None:
        raise NotClosableError(f"There is no store {of}")
    if not periods.is_period(period):
        raise NotClosableError(f"{period!r} is no month: write it as 2026-11")
    if not why.strip():
        raise NotClosableError("Say why, or by whose word the month is closed; it is kept for ever")
    if period >= this_month(work.now_us, row["time_zone"]):
        raise NotClosableError(f"{period} is not over yet in {row['name']}: close it when its last day is")
    if period <= _last(tx, of):
        return
    tx.add(
        ledger_close, {"store": of, "period": period, "closed_us": work.now_us, "by": by, "why": why.strip()}
    )  # fmt: skip
    work.closed_upto.pop(of, None)
    fiscal.close(work, of, period, by=by)


def this_month(now_us: int, time_zone: str) -> str:
    return dt.datetime.fromtimestamp(now_us / 1e6, ZoneInfo(time_zone or "UTC")).strftime("%Y-%m")


def closes(tx: Tx, *, of: str = "") -> list[Close]:
    """Newest first."""
    query = sa.select(ledger_close).order_by(ledger_close.c.period.desc(), ledger_close.c.store)
    rows = tx.rows(query.where(ledger_close.c.store == of) if of else query)
    return [Close(**row) for row in rows]


def closable(work: Work) -> list[Open]:
    """Of each store the oldest month that is over and has postings, with what is not settled in it."""
    found = []
    for row in work.tx.rows(sa.select(store).order_by(store.c.name)):
        of = StoreId(row["store"])
        over = posting.c.period < this_month(work.now_us, row["time_zone"])
        mine = (posting.c.store == of, over, posting.c.period > _last(work.tx, of))
        first = work.tx.value(sa.select(sa.func.min(posting.c.period)).where(*mine))
        if first:
            found.append(Open(store=of, period=first, warnings=_unsettled(work.tx, of, first)))
    return found


def _unsettled(tx: Tx, of: StoreId, period: str) -> list[str]:
    own_month = sa.func.substr(shift.c.business_day, 1, 7)
    told = (
        (shift, (shift.c.z_number.is_(None), own_month <= period), "shift", "without a Z: close the drawers first"),
        (
            case_file,
            (case_file.c.kind == QUARANTINED, case_file.c.closed_us.is_(None)),
            "sale",
            "in quarantine, whose money is not posted: end the cases first",
        ),
        (parked, (parked.c.applied_us.is_(None),), "row", "that we do not understand yet"),
    )
    found = []
    for table, those, name, words in told:
        number = tx.value(sa.select(sa.func.count()).select_from(table).where(table.c.store == of, *those))
        if number:
            found.append(f"{number} {name}{'s' if number > 1 else ''} {words}")
    return found


def _last(tx: Tx, of: StoreId) -> str:
    return str(tx.value(sa.select(sa.func.max(ledger_close.c.period)).where(ledger_close.c.store == of)) or "")


def stays(kind: str, ref: str, accounts: Iterable[str]) -> object:
    """Why a posting with legs in these accounts is not reversed, in words to be said later; nothing: it may be."""
    if kind == Kind.FORFEIT and ref.startswith(OF_ORDER):
        return OF_ORDERS
    if kind == Kind.CORRECTION:
        return next((words for undone, words in UNDONE.items() if ref.startswith(f"{undone}:")), "")
    if no := FOLLOWS.get(Kind(kind)):
        return no
    moved = kind != Kind.FORFEIT and not OWED.isdisjoint(accounts)  # a forfeit's account is put right with it
    return OF_VALUE if moved else ""


def reverse(work: Work, of: StoreId, name: str, *, by: UserId, why: str) -> str:
    """The same posting the other way round, in the month that is open; once. Gives its name.

    Raises `NotCorrectableError`.
    """
    row = work.tx.row(sa.select(posting).where(posting.c.store == of, posting.c.posting == name).with_for_update())
    if row is None:
        raise NotCorrectableError(f"There is no posting {name} of {of}")
    legs = legs_of(work.tx, of, name)
    if no := stays(row["kind"], row["ref"], [leg.account for leg in legs]):
        raise NotCorrectableError(str(no))
    mine = (posting.c.store == of, posting.c.kind == Kind.CORRECTION, posting.c.ref == name)
    if work.tx.value(sa.select(posting.c.at_us).where(*mine)) is not None:
        raise NotCorrectableError(f"{name} is reversed already: post what should stand instead")
    if row["kind"] == Kind.CONSIGNOR_PAID:  # so that the list of owners says again what the ledger says
        paid = (consignor_payment.c.payment == row["ref"], consignor_payment.c.store == of)
        work.tx.run(sa.delete(consignor_payment).where(*paid))
    if row["kind"] == Kind.FORFEIT:
        forfeits.given_back(work, of, row["ref"], by=by, why=said(why))
    return _correct(work, of, reversed_legs(legs), ref=name, by=by, why=why)


def correct(work: Work, of: StoreId, legs: Sequence[Posting], *, entry: str, by: UserId, why: str) -> str:
    """An entry made by hand. `entry` is its own id: a repeat is a repeat. Raises `NotCorrectableError`,
    `UnbalancedError`.
    """
    if work.tx.row(sa.select(store.c.store).where(store.c.store == of)) is None:
        raise NotCorrectableError(f"There is no store {of}")
    known = (posting.c.store == of, posting.c.kind == Kind.CORRECTION, posting.c.ref == entry)
    name = work.tx.value(sa.select(posting.c.posting).where(*known))
    if name is not None:
        return str(name)
    whole = balanced(legs, "entry")
    if not whole:
        raise NotCorrectableError("This entry moves nothing: give at least one debit and one credit")
    return _correct(work, of, whole, ref=entry, by=by, why=why)


def _correct(work: Work, of: StoreId, legs: Sequence[Posting], *, ref: str, by: UserId, why: str) -> str:
    return post(
        work, legs, store=of, kind=Kind.CORRECTION, ref=ref, business_day="", at_us=work.now_us, by=by, why=said(why)
    )


def said(why: str) -> str:
    if not why.strip():
        raise NotCorrectableError("Say why; it is kept with the entry")
    return why.strip()


def legs_of(tx: Tx, of: StoreId, name: str) -> list[Posting]:
    query = sa.select(ledger_line).where(ledger_line.c.store == of, ledger_line.c.posting == name)
    return [
        Posting(
            account=Account(row["account"]), amount_minor=row["amount_minor"], currency=row["currency"], by=row["by"]
        )
        for row in tx.rows(query.order_by(ledger_line.c.n))
    ]
