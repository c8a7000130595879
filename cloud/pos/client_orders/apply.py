"""What stores said of their clients' orders: each is one row, made by the pure fold of `trade.orders`."""

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import lives, ways
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import claim, client_order
from cloud.work import Heard
from contract.commands import TakeOrder
from contract.facts import (
    CommandHeard,
    Fact,
    OrderAnswered,
    OrderHanded,
    OrderHeld,
    OrderItemChecked,
    OrderItemGiven,
    OrderItemTaken,
    OrderMoved,
    OrderOpened,
    OrderPaper,
    OrderPieceBound,
    OrderPromised,
    OrderQuoted,
    OrderReceived,
    OrderResumed,
    OrderSettled,
)
from contract.ids import ClientOrderId, StoreId
from trade.custody import OfficeState
from trade.orders.order import Order, OrderFact, apply, opened

ELSEWHERE: Final = "order of another store"
"""A kind of case."""
decode: Final = msgspec.json.Decoder(Order).decode


def heard_of(tokens: Custody, heard: Heard, fact: OrderFact) -> None:
    """The order after the fact. What is said of one that nobody opened is history only; so is what another store than
    its home says, and a person looks at that.
    """
    work, tx = tokens.work, tokens.work.tx
    known = sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == fact.order)
    found = tx.row(known.with_for_update())
    before = decode(bytes(found["body"])) if found is not None else None
    if found is not None and before is not None and found["store"] != heard.store:
        if work.recovering and before.home:
            return  # of before it moved: the order as its new home was told it knows of it
        sentence = f"{heard.store} speaks of order {fact.order}, which {found['store']} keeps: ask both what they did"
        work.open_case(ELSEWHERE, sentence, store=heard.store, ref=fact.order, again=heard.again)
        return
    if isinstance(fact, OrderOpened):
        if before is not None:
            return
        order = opened(fact, heard.at_us, heard.by)
    elif before is None:
        return
    else:
        order = apply(before, fact, heard.at_us, heard.by)
    home = heard.store
    if isinstance(fact, OrderHanded):
        home, order = ways.handed(work, heard, order, fact)
    ways.keep(tx, home, order)
    if home != heard.store:
        ways.send(work, home, order.order)
    if order.ended and before is not None and not before.ended:
        _let_go(tokens, order, home)


def _let_go(tokens: Custody, order: Order, home: StoreId) -> None:
    """Of its pieces that another store keeps for it, for they were carried astray, or read there after a box was lost:
    that store hears of the end by a new grant, which brings no promise.
    """
    tokens.work.tx.settle()
    astray = (claim.c.piece.in_(order.pieces), claim.c.ref == order.order, claim.c.ended == "", claim.c.store != home)
    for row in tokens.work.tx.rows(sa.select(claim.c.store, claim.c.piece).where(*astray).order_by(claim.c.piece)):
        token = tokens.get(row["piece"])
        if token is not None and token.holder == row["store"] and token.state is not OfficeState.SOLD:
            tokens.grant(token.piece, token.holder)


def caught_up(tokens: Custody, heard: Heard, facts: Sequence[Fact]) -> None:
    """What a restored office heard of an order before it heard of the order: it is said again in its place.

    An order that took such a fact in then has changed as late as the entry, or later, and is left as it is.
    """
    mine = [fact for fact in facts if isinstance(fact, OrderFact)]
    behind = {fact.order for fact in mine if _changed_before(tokens, fact.order, heard.at_us)}
    for fact in mine:
        if fact.order in behind:
            heard_of(tokens, heard, fact)


def _changed_before(tokens: Custody, order: ClientOrderId, at_us: int) -> bool:
    row = tokens.work.tx.row(sa.select(client_order.c.changed_us).where(client_order.c.order_id == order))
    return row is not None and int(row["changed_us"]) < at_us


def taken_over(tokens: Custody, heard: Heard, fact: CommandHeard) -> None:
    """Another store's order is decided there from now on."""
    if b'"order.take"' not in bytes(fact.command):
        return
    command = lives.command_of(fact)
    if isinstance(command, TakeOrder):
        ways.arrived(tokens.work, heard, command, lives.weigh(tokens.work, heard, fact))


APPLY: Final[dict[type[Fact], Applier]] = dict.fromkeys(
    (
        OrderOpened,
        OrderMoved,
        OrderQuoted,
        OrderAnswered,
        OrderPromised,
        OrderHeld,
        OrderResumed,
        OrderSettled,
        OrderItemTaken,
        OrderItemChecked,
        OrderItemGiven,
        OrderPieceBound,
        OrderPaper,
        OrderHanded,
        OrderReceived,
    ),
    heard_of,
)
APPLY[CommandHeard] = taken_over
