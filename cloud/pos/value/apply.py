"""What stores took in, spent, kept and gave back of accounts; and the answers to what they ask for.

An account's balance is what came in less what was spent. What no store's slice holds is free, and only that is given:
the account's row is locked meanwhile, so that two stores never get the same money.
"""

import datetime as dt
from typing import Final, NamedTuple

import sqlalchemy as sa

from cloud import points_lots, value_joined
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import value_account, value_ask, value_move, value_slice
from cloud.value_slices import free_of, hold, holders_of, locked
from cloud.work import Heard, Work
from contract.commands import AnswerValue, RecallValue, TellValue
from contract.facts import (
    AskEnd,
    Fact,
    LineKind,
    PurchaseRecorded,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    TenderKind,
    ValueAsked,
    ValueAskEnded,
    ValueInquired,
    ValueKept,
    ValueReleased,
)
from contract.ids import AccountId, AskId, PersonId, StoreId
from contract.money import plain
from trade import points
from trade.value import CREDIT, NAMES, OF_THE_OFFICE, expired, later

WAITING, GRANTED, REFUSED, GIVEN_UP, SPENT = "waiting", "granted", "refused", "given up", "spent"
IN, OUT = "in", "out"
GONE: Final = "the box that asked serves no more: ask again"
OWED: Final = {LineKind.GIFT_CARD: TenderKind.GIFT_CARD, LineKind.DEPOSIT: TenderKind.DEPOSIT}


class Move(NamedTuple):
    """Money of an account; in is above nothing."""

    account: AccountId
    kind: TenderKind
    amount_minor: int
    label: str = ""
    expires: str = ""


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    """Cards loaded, deposits taken and given back; and what paid."""
    moves = [
        Move(
            AccountId(line.account),
            OWED[line.kind],
            line.gross_minor,
            _label(line),
            line.expires,
        )
        for line in fact.lines
        if line.kind in OWED and line.account
    ]
    moves += [
        Move(each.account, each.kind, -each.amount_minor)
        for each in fact.tenders
        if each.kind in OF_THE_OFFICE and each.account
    ]
    book(tokens.work, heard, f"sale:{fact.sale}", fact.currency, moves, client=fact.client or "")
    mine = (value_ask.c.store == heard.store, value_ask.c.sale == fact.sale, value_ask.c.state == GRANTED)
    if moves:
        tokens.work.tx.run(sa.update(value_ask).where(*mine).values(state=SPENT))


def returned(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    """Money given back onto a card, or as credit."""
    moves = [
        Move(each.account, each.kind, each.amount_minor, each.reference, each.expires)
        for each in fact.tenders
        if each.kind in OF_THE_OFFICE and each.account
    ]
    book(tokens.work, heard, f"return:{heard.epoch}/{heard.seq}", fact.currency, moves)


def bought(tokens: Custody, heard: Heard, fact: PurchaseRecorded) -> None:
    """Credit that a client got for what they sold."""
    moves = [
        Move(each.account, each.kind, each.amount_minor, each.reference, each.expires)
        for each in fact.tenders
        if each.kind in OF_THE_OFFICE and each.account
    ]
    book(tokens.work, heard, f"purchase:{fact.purchase}", fact.currency, moves)


def _label(line: SaleLine) -> str:
    """The end of a card's code; of a deposit, what it is for."""
    if line.kind is LineKind.DEPOSIT:
        return line.description.removeprefix("Deposit: ")
    return line.description.rpartition(" ")[2]


def book(work: Work, heard: Heard, ref: str, currency: str, moves: list[Move], *, client: str = "") -> None:
    """Each once, whoever tells it again. Spent above what the store held, a person is told."""
    for n, move in enumerate(sorted(moves), 1):  # accounts always in one order: nobody waits in a circle
        work.came_in.setdefault((heard, move.account), 0)
        credit = points.client_of(move.account)
        if move.account.startswith(CREDIT):
            credit = PersonId(move.account.removeprefix(CREDIT))
        account = {
            "account": move.account, "kind": move.kind, "currency": currency, "label": move.label,
            "client": credit or (client if move.kind is TenderKind.DEPOSIT else ""), "store": heard.store,
            "opened_us": heard.at_us, "expires": move.expires,
        }  # fmt: skip
        known = None if work.tx.add_new(value_account, account) else _known(work, move.account)
        if known is not None and _another(work, heard, move, known, currency=currency, ref=ref):
            continue
        row = {
            "store": heard.store, "ref": ref, "n": n, "account": move.account, "amount_minor": move.amount_minor,
            "at_us": heard.at_us, "by": heard.by,
        }  # fmt: skip
        if not work.tx.add_new(value_move, row):
            continue
        mine = sa.update(value_account).where(value_account.c.account == move.account)
        if move.amount_minor >= 0:
            work.came_in[heard, move.account] += move.amount_minor
            last = later(known["expires"], move.expires) if known is not None else move.expires
            if known is not None and move.kind is TenderKind.POINTS:
                last = known["expires"]  # by its lots: what is given back gets no other day
            work.tx.run(mine.values(issued_minor=value_account.c.issued_minor + move.amount_minor, expires=last))
            continue
        work.tx.run(mine.values(spent_minor=value_account.c.spent_minor - move.amount_minor))
        if hold(work, heard.store, move.account, move.amount_minor) < 0:
            amount = plain(-move.amount_minor, currency)
            sentence = f"{heard.store} spent {amount} {currency} of {move.account}, more than it held ({ref})"
            work.open_case("value overspent", sentence, store=heard.store, ref=f"{move.account}/{ref}")


def _known(work: Work, account: AccountId) -> sa.RowMapping | None:
    return work.tx.row(sa.select(value_account).where(value_account.c.account == account))


def _another(work: Work, heard: Heard, move: Move, known: sa.RowMapping, *, currency: str, ref: str) -> bool:
    """The money is of another kind or currency than the account: it joins no balance, and a person is told."""
    if (known["kind"], known["currency"]) == (move.kind, currency):
        return False
    amount = plain(abs(move.amount_minor), currency)
    told, own = move.kind.replace("_", " "), str(known["kind"]).replace("_", " ")
    sentence = (
        f"{heard.store} booked {amount} {currency} as {told} on {move.account}, a {own} in {known['currency']} "
        f"({ref}): its balance is as it was, settle the money with the client"
    )
    work.open_case("value mismatch", sentence, store=heard.store, ref=f"{move.account}/{ref}")
    return True


def kept(tokens: Custody, heard: Heard, fact: ValueKept) -> None:
    """Of money that this entry brought in; for what a box claims beyond it, a person is told. A piece taken in payment
    lives for one sale at its store: nothing is held of it here, and it is no account of ours.
    """
    work, place = tokens.work, (heard, fact.account)
    if fact.kind not in OF_THE_OFFICE:
        if _known(work, fact.account) is not None:
            _unfounded(work, heard, fact, f"keeps {_money(fact)} as {NAMES[fact.kind]}")
        return
    came = work.came_in.get(place, 0)
    part = _believed(fact.amount_minor, came)
    if part:
        hold(work, heard.store, fact.account, part)
        work.came_in[place] = came - part
    if part != fact.amount_minor and (came or place not in work.came_in):  # told before, it is held already
        _unfounded(work, heard, fact, f"keeps {_money(fact)}, of which {plain(part, fact.currency)} came in")


def released(tokens: Custody, heard: Heard, fact: ValueReleased) -> None:
    """Free again, as far as the store held it; who waits for it is answered now."""
    work = tokens.work
    if locked(work, fact.account) is None:
        return  # a trade-in is its own store's alone
    mine = (value_slice.c.store == heard.store, value_slice.c.account == fact.account)
    held = int(work.tx.value(sa.select(value_slice.c.held_minor).where(*mine)) or 0)
    part = _believed(fact.amount_minor, held)
    if part != fact.amount_minor:
        _unfounded(work, heard, fact, f"gives back {_money(fact)}, of which it held {plain(part, fact.currency)}")
    if not part:
        return
    hold(work, heard.store, fact.account, -part)
    names = value_joined.ids_of(work, fact.account)
    waiting = (value_ask.c.account.in_(names), value_ask.c.state == WAITING)
    for row in work.tx.rows(sa.select(value_ask).where(*waiting).order_by(value_ask.c.at_us, value_ask.c.ask)):
        _answer(work, row)


def _believed(claimed_minor: int, known_minor: int) -> int:
    """No more than we know of, and nothing below nothing."""
    return max(min(claimed_minor, known_minor), 0)


def _money(fact: ValueKept | ValueReleased) -> str:
    sign = "-" if fact.amount_minor < 0 else ""
    return f"{sign}{plain(abs(fact.amount_minor), fact.currency)} {fact.currency}"


def _unfounded(work: Work, heard: Heard, fact: ValueKept | ValueReleased, what: str) -> None:
    """A box that says more than can be: broken, or not ours. One open case for an account of a log."""
    sentence = (
        f"{heard.store} {what}, of {fact.account}: the rest was not believed. Compare its slice with the account, and "
        "look whether the box was stolen"
    )
    ref = f"{fact.account}/{heard.epoch}"
    work.open_case("value unfounded", sentence, store=heard.store, ref=ref, goes_on=True)


def asked(tokens: Custody, heard: Heard, fact: ValueAsked) -> None:
    """A store wants more than it holds. Nothing is held for what a box asked that serves no more."""
    if not fact.wanted_minor:
        return
    waits = tokens.present(heard)
    row = {
        "store": heard.store, "ask": fact.ask, "sale": fact.sale, "account": fact.account, "kind": fact.kind,
        "currency": fact.currency, "wanted_minor": fact.wanted_minor, "granted_minor": 0, "state": WAITING, "why": "",
        "at_us": heard.at_us, "business_day": fact.business_day,
    }  # fmt: skip
    if not tokens.work.tx.add_new(value_ask, row):
        return
    if waits:
        _answer(tokens.work, row)
    else:
        told = AnswerValue(ask=fact.ask, account=fact.account, amount_minor=0, why=GONE)
        _say(tokens.work, heard.store, fact.ask, told, REFUSED)


def inquired(tokens: Custody, heard: Heard, fact: ValueInquired) -> None:
    """What is left of it, and until when: said to whoever asks, and nothing else is done. Of all their ids."""
    work = tokens.work
    names = value_joined.ids_of(work, fact.account)
    rows = {row["account"]: row for name in names if (row := _known(work, name)) is not None}
    known = rows.get(fact.account) or next(iter(rows.values()), None)
    if known is None or known["kind"] != fact.kind:
        why = "the office knows none of that name: compare it with the card"
        work.command(heard.store, TellValue(inquiry=fact.inquiry, account=fact.account, why=why))
        return
    may = value_joined.spendable(work, fact.account, known["currency"], _day(heard.at_us))
    spendable = [row for name, row in rows.items() if row is known or name in may]
    elsewhere = sa.select(sa.func.sum(value_slice.c.held_minor)).where(
        value_slice.c.account.in_([row["account"] for row in spendable]), value_slice.c.store != heard.store,
        value_slice.c.held_minor > 0,
    )  # fmt: skip
    told = TellValue(
        inquiry=fact.inquiry, account=fact.account,
        balance_minor=sum(row["issued_minor"] - row["spent_minor"] for row in spendable),
        elsewhere_minor=int(work.tx.value(elsewhere) or 0), currency=known["currency"], label=known["label"],
        expires=known["expires"], why=f"the office has blocked it: {known['blocked']}" if known["blocked"] else "",
    )  # fmt: skip
    work.command(heard.store, told)


def ended(tokens: Custody, heard: Heard, fact: ValueAskEnded) -> None:
    """Nobody waits for it any more. What was given before comes back by itself."""
    mine = (value_ask.c.store == heard.store, value_ask.c.ask == fact.ask)
    live = mine if fact.how is AskEnd.GIVEN_UP else (*mine, value_ask.c.state == WAITING)
    tokens.work.tx.run(sa.update(value_ask).where(*live).values(state=GIVEN_UP))


def _answer(work: Work, row: sa.RowMapping | dict[str, object]) -> None:
    """Gives what is free; where nothing is, but other stores hold some, they are asked for it and this one waits."""
    store, ask, account = StoreId(str(row["store"])), AskId(str(row["ask"])), AccountId(str(row["account"]))
    day, wanted = str(row["business_day"]) or _day(int(str(row["at_us"]))), int(str(row["wanted_minor"]))
    currency = str(row["currency"])
    value_joined.gather(work, store, account, wanted, currency=currency, ask=ask, day=day)
    known = locked(work, account)
    why = _refusal(known, row)
    if why or known is None:
        _say(work, store, ask, AnswerValue(ask=ask, account=account, amount_minor=0, why=why), REFUSED)
        return
    if known["kind"] == TenderKind.POINTS:
        points_lots.settle(work, account, day, at_us=work.now_us)
        known = locked(work, account) or known
    free = free_of(work, known)
    give = max(min(free, wanted), 0)
    names = value_joined.spendable(work, account, currency, day) if give < wanted else []
    kept = [(holder, name) for name in names for holder in holders_of(work, name) if (holder, name) != (store, account)]
    for holder, name in kept:
        work.command(holder, RecallValue(account=name))
    others = sorted({holder for holder, _ in kept})
    if not give and others:
        return
    if not give:
        why = "nothing is left on it"
    elif others:
        why = f"more is kept at {', '.join(others)} and was asked back: take it off and ask again in a moment"
    left = max(int(known["issued_minor"]) - int(known["spent_minor"]) - give, 0)
    told = AnswerValue(
        ask=ask, account=account, amount_minor=give, left_minor=left, why=why, expires=str(known["expires"])
    )
    if give:
        hold(work, store, account, give)
    _say(work, store, ask, told, GRANTED if give else REFUSED)


def _refusal(known: sa.RowMapping | None, row: sa.RowMapping | dict[str, object]) -> str:
    if known is None:
        return "the office knows none of that name: compare it with the card"
    if known["blocked"]:
        return f"the office has blocked it: {known['blocked']}"
    if known["kind"] != row["kind"]:
        return f"it is a {str(known['kind']).replace('_', ' ')}"
    if known["currency"] != row["currency"]:
        return f"it is in {known['currency']}"
    day = str(row["business_day"]) or _day(int(str(row["at_us"])))
    if expired(known["expires"], day):
        last = known["expires"]
        return f"it could be spent until {last}: the office may give it another day, on its page of what is owed"
    return ""


def _day(at_us: int) -> str:
    """Of a store of an older release, which names no business day."""
    return dt.datetime.fromtimestamp(at_us / 1e6, dt.UTC).date().isoformat()


def _say(work: Work, store: StoreId, ask: AskId, told: AnswerValue, state: str) -> None:
    mine = (value_ask.c.store == store, value_ask.c.ask == ask)
    change = {"state": state, "granted_minor": told.amount_minor, "why": told.why}
    work.tx.run(sa.update(value_ask).where(*mine).values(**change))
    work.command(store, told)


APPLY: Final[dict[type[Fact], Applier]] = {
    SaleRecorded: sold,
    ReturnRecorded: returned,
    PurchaseRecorded: bought,
    ValueKept: kept,
    ValueAsked: asked,
    ValueInquired: inquired,
    ValueAskEnded: ended,
    ValueReleased: released,
}
