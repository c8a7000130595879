"""What people of the office do to an account: allow some of it, extend it, forfeit it, block it."""

import sqlalchemy as sa

from cloud import changes, points_lots
from cloud.forfeits import BY_HAND, NOTED
from cloud.ledger import Kind, post
from cloud.tables import value_account, value_move
from cloud.value_slices import SLICES_SINCE, contract_of, free_of, hold, holders_of, locked
from cloud.work import Work
from contract.commands import KeepValue, RecallValue
from contract.facts import TenderKind
from contract.ids import AccountId, StoreId, UserId
from contract.money import plain
from trade.periods import is_day
from trade.settling import post_forfeited


def allow(work: Work, store: StoreId, account: AccountId, amount_minor: int, *, by: UserId) -> str:
    """An allowance: so much of what is free may be spent there without asking. Returns why not; empty: it is done."""
    known = locked(work, account)
    if known is None:
        return "There is no such account"
    if known["blocked"]:
        return f"It is blocked: {known['blocked']}"
    if contract_of(work, store) < SLICES_SINCE:
        return f"The box of {store} runs a version that does not know slices of money: update it, then allow it"
    free = free_of(work, known)
    if not 0 < amount_minor <= free:
        return f"{plain(max(free, 0), known['currency'])} {known['currency']} of it are free: allow that or less"
    hold(work, store, account, amount_minor)
    told = {"may be spent while cut off": f"{plain(amount_minor, known['currency'])} {known['currency']} more"}
    changes.note(work, NOTED, account, by=by, why="allowed at the office", was={}, now=told, store=store)
    work.command(
        store,
        KeepValue(
            account=account, kind=TenderKind(known["kind"]), amount_minor=amount_minor, currency=known["currency"],
            client=known["client"], label=known["label"], expires=known["expires"],
        ),
    )  # fmt: skip
    return ""


def extend(work: Work, account: AccountId, last_day: str, *, by: UserId, why: str) -> str:
    """It may be spent until another business day; empty: for ever. Stores that keep some of it are told.

    Returns why not; empty: it is done.
    """
    known = locked(work, account)
    if known is None:
        return "There is no such account"
    if known["kind"] == TenderKind.DEPOSIT:
        return "A deposit never expires: it is used, given back, or forfeited"
    if last_day and not is_day(last_day):
        return "Write the day as 2026-11-29, or leave it empty: it may be spent for ever"
    was, now = {"may be spent until": known["expires"]}, {"may be spent until": last_day}
    changes.note(work, NOTED, account, by=by, why=why, was=was, now=now)
    work.tx.run(sa.update(value_account).where(value_account.c.account == account).values(expires=last_day))
    if known["kind"] == TenderKind.POINTS:
        points_lots.extend(work.tx, account, last_day)
    for holder in holders_of(work, account):
        told = KeepValue(
            account=account, kind=TenderKind(known["kind"]), amount_minor=0, currency=known["currency"],
            client=known["client"], label=known["label"], expires=last_day,
        )  # fmt: skip
        work.command(holder, told)
    return ""


def forfeit(work: Work, account: AccountId, *, ref: str, by: UserId, why: str) -> str:
    """All that is left of it is the house's: an unclaimed deposit, or a balance that nobody will spend any more.

    Only of a blocked account of which no store keeps anything, so that nobody spends it meanwhile. Returns why not;
    empty: it is done. Reversing its posting gives it back (`cloud.forfeits`).
    """
    known = locked(work, account)
    if known is None:
        return "There is no such account"
    if not why.strip():
        return "Say why nobody can claim it any more: the contract, or the law"
    if not known["blocked"]:
        return "Block it first: stores give back what they keep of it, and nothing is spent meanwhile"
    holders = tuple(holders_of(work, account))
    if holders:
        return f"{', '.join(holders)} still keep some of it and were asked for it: wait until they are heard"
    left = int(known["issued_minor"]) - int(known["spent_minor"])
    if left <= 0:
        return "Nothing is left of it"
    row = {
        "store": known["store"], "ref": f"{BY_HAND}{ref}", "n": 1, "account": account, "amount_minor": -left,
        "at_us": work.now_us, "by": by,
    }  # fmt: skip
    work.tx.add(value_move, row)
    mine = sa.update(value_account).where(value_account.c.account == account)
    work.tx.run(mine.values(spent_minor=value_account.c.spent_minor + left))
    legs = post_forfeited(TenderKind(known["kind"]), left, known["currency"], account)
    post(
        work, legs, store=StoreId(known["store"]), kind=Kind.FORFEIT, ref=ref, business_day="", at_us=work.now_us,
        by=by, why=why.strip(),
    )  # fmt: skip
    was, now = {"left": plain(left, known["currency"])}, {"left": plain(0, known["currency"])}
    changes.note(work, NOTED, account, by=by, why=f"forfeited: {why.strip()}", was=was, now=now)
    return ""


def block(work: Work, account: AccountId, why: str, *, by: UserId) -> bool:
    """Nothing is given of it while `why` says something; what stores hold and need not is asked back."""
    known = locked(work, account)
    if known is None:
        return False
    was, now = {"blocked": known["blocked"]}, {"blocked": why}
    changes.note(
        work, NOTED, account, by=by, why="blocked at the office" if why else "set free again", was=was, now=now
    )
    work.tx.run(sa.update(value_account).where(value_account.c.account == account).values(blocked=why))
    if why:
        for holder in holders_of(work, account):
            work.command(holder, RecallValue(account=account))
    return True
