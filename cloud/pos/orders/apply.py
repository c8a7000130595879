"""A store's answers about leases (custody.md §4). Money is moved by `desk`, never inside ingest."""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.provider import payment_key
from cloud.tables import web_order
from cloud.work import Heard, Work
from contract.commands import ConvertLease, PlaceHold, ReleaseLease
from contract.facts import Fact, LeaseGranted, LeaseRefused, LeaseUnconvertible
from contract.ids import SaleId
from trade.custody import OfficeState
from trade.lease import ORDER, OrderEvent, OrderState

PENDING: Final = (OrderState.LEASED, OrderState.CAPTURING)


def granted(tokens: Custody, heard: Heard, fact: LeaseGranted) -> None:
    work = tokens.work
    row = work.tx.row(sa.select(web_order).where(web_order.c.order_id == fact.order).with_for_update())
    if row is None:
        _adopt(work, heard, fact)
        return
    state = OrderState(row["state"])
    after = ORDER.after(state, OrderEvent.GRANTED)
    current = tokens.current(heard.store, fact.piece, fact.ce)
    mine = sa.update(web_order).where(web_order.c.order_id == fact.order)
    if after is not None and current:
        work.tx.run(mine.values(state=after, store=heard.store, ce=fact.ce, fence=fact.fence))
    elif state in PENDING:
        work.tx.run(mine.values(ce=fact.ce, fence=fact.fence, piece=fact.piece, store=heard.store))
    elif state is OrderState.PAID:
        _convert(tokens, heard, fact)
    elif state is OrderState.CLOSED:
        told = ReleaseLease(piece=fact.piece, ce=fact.ce, fence=fact.fence, order=fact.order)
        work.command(heard.store, told)
    else:
        work.tx.run(mine.values(ce=fact.ce, fence=fact.fence, why="the lease was granted under an older custody"))


def _adopt(work: Work, heard: Heard, fact: LeaseGranted) -> None:
    """An order of a life of the cloud that we lost: in doubt until the provider was asked to void it."""
    row = {
        "order_id": fact.order, "state": OrderState.CAPTURING, "piece": fact.piece, "store": heard.store, "ce": fact.ce,
        "fence": fact.fence, "payment_key": payment_key(fact.order, heard.store, fact.piece),
        "asked_us": work.now_us, "why": "of a lost life of the cloud",
    }  # fmt: skip
    work.tx.add(web_order, row)


def _convert(tokens: Custody, heard: Heard, fact: LeaseGranted) -> None:
    """Paid already: the piece is the order's, wherever its token is."""
    work = tokens.work
    work.command(heard.store, ConvertLease(piece=fact.piece, ce=fact.ce, fence=fact.fence, order=fact.order))
    token = tokens.get(fact.piece)
    if token is None or tokens.paid_order(fact.piece) != SaleId(fact.order):
        return
    if not token.holder:
        tokens.change(token, OfficeState.SOLD, sale=SaleId(fact.order))
    elif token.holder != heard.store:
        work.command(token.holder, PlaceHold(piece=fact.piece, sale=SaleId(fact.order)))


def refused(tokens: Custody, heard: Heard, fact: LeaseRefused) -> None:
    """No money has moved; the authorisation is voided by the desk, which then closes the order."""
    mine = (web_order.c.order_id == fact.order, web_order.c.state == OrderState.LEASING)
    tokens.work.tx.run(sa.update(web_order).where(*mine).values(why=f"{heard.store}: {fact.why}"))


def unconvertible(tokens: Custody, heard: Heard, fact: LeaseUnconvertible) -> None:
    sentence = (
        f"Order {fact.order} is paid, but {heard.store} could not convert its lease: {fact.why}. Refund or redress"
    )
    tokens.work.open_case("lease unconvertible", sentence, store=heard.store, piece=fact.piece, ref=fact.order)


APPLY: Final[dict[type[Fact], Applier]] = {
    LeaseGranted: granted,
    LeaseRefused: refused,
    LeaseUnconvertible: unconvertible,
}
