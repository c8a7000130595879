"""The fold of money the house owes: slices of accounts, what sales have set aside, trade-ins offered."""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.commands import AnswerValue, KeepValue, TellValue
from contract.facts import (
    OrderSettled,
    SaleRecorded,
    TradeInOffered,
    TradeInTaken,
    ValueAsked,
    ValueAskEnded,
    ValueInquired,
    ValueKept,
    ValueReleased,
)
from contract.ids import AccountId, SaleId
from edge.books.db import Database
from edge.books.rows import Body
from trade import value
from trade.value import VALUES, Ask, AskState, Inquiry, Slice

ValueFact = ValueKept | ValueAsked | ValueInquired | ValueAskEnded | ValueReleased | TradeInOffered | TradeInTaken

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(TradeInOffered).decode


def load_slice(db: Database, account: AccountId) -> Slice | None:
    return db.one("value_slice", Slice, account=account)


def load_asks(db: Database, sale: SaleId) -> tuple[Ask, ...]:
    """All that was ever set aside for a sale, in the order it was asked for."""
    return tuple(db.rows("value_asks_of", Ask, sale=sale))


def load_live(db: Database, account: AccountId) -> tuple[Ask, ...]:
    return tuple(db.rows("value_asks_live", Ask, account=account))


def load_trade_ins(db: Database, sale: SaleId) -> tuple[TradeInOffered, ...]:
    return tuple(_decode(row.body) for row in db.rows("trade_ins_of", Body, sale=sale))


def changed(db: Database, fact: ValueFact, at_us: int) -> None:
    match fact:
        case ValueKept():
            db.run_struct("value_slice_set", value.more(load_slice(db, fact.account), fact))
        case ValueAsked():
            db.run_struct("value_ask_set", value.begun(fact, at_us))
        case ValueAskEnded():
            known = db.one("value_ask", Ask, ask=fact.ask)
            if known is not None:
                db.run_struct("value_ask_set", value.ended(known, fact, at_us))
        case ValueInquired():
            asked = Inquiry(**msgspec.structs.asdict(fact), asked_us=at_us)
            db.run_struct("value_inquiry_set", asked)
        case ValueReleased():
            db.run("value_slice_take", account=fact.account, amount_minor=fact.amount_minor)
        case TradeInOffered():
            db.run("trade_in_set", account=fact.account, sale=fact.sale, body=_encode(fact))
        case TradeInTaken():
            pass  # the office gives the piece its card, and this store the right to it


def answered(db: Database, command: AnswerValue, at_us: int) -> None:
    """What the office gives joins the slice, whoever still waits for it."""
    known = db.one("value_ask", Ask, ask=command.ask)
    if known is None:
        return
    if command.amount_minor:
        held = load_slice(db, command.account) or Slice(
            account=known.account, kind=known.kind, currency=known.currency, client=known.client, label=known.label
        )
        held_now = held.held_minor + command.amount_minor
        more = msgspec.structs.replace(held, held_minor=held_now, expires=command.expires)
        db.run_struct("value_slice_set", more)
    db.run_struct("value_ask_set", value.answered(known, command, at_us))


def told(db: Database, command: TellValue, at_us: int) -> None:
    """What the office says of an account; the store's slice learns its last day with it."""
    known = db.one("value_inquiry", Inquiry, inquiry=command.inquiry)
    if known is None:
        return
    said = msgspec.structs.replace(
        known, answered_us=at_us, balance_minor=command.balance_minor, elsewhere_minor=command.elsewhere_minor,
        currency=command.currency, label=command.label or known.label, expires=command.expires, why=command.why,
    )  # fmt: skip
    db.run_struct("value_inquiry_set", said)
    part = load_slice(db, command.account)
    if part is not None and command.currency:
        db.run_struct("value_slice_set", msgspec.structs.replace(part, expires=command.expires))


def kept(db: Database, command: KeepValue) -> None:
    db.run_struct("value_slice_set", value.more(load_slice(db, command.account), command))


def settled(db: Database, fact: OrderSettled) -> None:
    """Of an order that ended: the fee, and what became credit, are no deposit any more."""
    db.run("value_slice_take", account=fact.account, amount_minor=fact.fee_minor + fact.credit_minor)


def spent(db: Database, fact: SaleRecorded, at_us: int) -> None:
    """What the sale had set aside is gone from the slice."""
    for account, amount in spent_by(fact):
        db.run("value_slice_take", account=account, amount_minor=amount)
    for ask in load_asks(db, fact.sale):
        if ask.state is AskState.READY:
            db.run_struct("value_ask_set", value.spent(ask, at_us))


def spent_by(fact: SaleRecorded) -> Iterable[tuple[AccountId, int]]:
    """Accounts and amounts: by tenders, and by deposits given back."""
    yield from ((each.account, each.amount_minor) for each in fact.tenders if each.kind in VALUES and each.account)
    yield from (
        (AccountId(line.account), -line.gross_minor) for line in fact.lines if line.account and line.gross_minor < 0
    )
