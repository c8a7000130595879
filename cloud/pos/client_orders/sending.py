"""An order that waits for a box which cannot take it over, sent on by a person of the office: to another store or back.

Nothing of it was told to that box, so nobody decides about it and the office may name another home, under the next
count (docs/adr/0053). As soon as the box was told, it decides, and the order stays where it is.
"""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import changes, feed, remarks, ways
from cloud.custody import Custody
from cloud.people import Keyring
from cloud.pos.client_orders.apply import decode
from cloud.sealing import SealedError
from cloud.tables import claim, client_order, order_way
from cloud.value_slices import hold, locked
from cloud.work import Work
from contract.feed import StoreCard
from contract.ids import ClientOrderId, PieceId, StoreId, UserId
from trade.orders.homes import taken_over
from trade.orders.order import Order, Step

CHANGED = "order"
"""What was changed, in the register of changes."""
IN_ITS_STORY: Final = "the reason stands in the order's story"
"""A client's name may stand in it, and this register is not altered: it was once, where it stood there (r0062)."""


class StaysError(Exception):
    """It is not sent on; the message says why, and what to do."""


def keeper(work: Work, name: ClientOrderId) -> StoreId | None:
    """The store that keeps the order, or is to keep it once its box has taken it over. None: there is no such order."""
    row = work.tx.row(sa.select(client_order.c.store).where(client_order.c.order_id == name))
    return StoreId(row["store"]) if row is not None else None


def choices(work: Work, name: ClientOrderId, names: dict[str, str]) -> dict[str, str]:
    """Those of these stores that could take it over."""
    row = work.tx.row(sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == name))
    if row is None:
        return {}
    order = decode(bytes(row["body"]))
    return {
        store: told
        for store, told in names.items()
        if store != row["store"] and not refusal(work, order, StoreId(store))
    }


def send_on(work: Work, ring: Keyring, name: ClientOrderId, to: StoreId, *, by: UserId, why: str) -> None:
    """Names `to` as its home and tells that box. What is there already is left as it is. The reason is sealed with the
    words about its client; the house's own changes say where it stands.

    Raises `LookupError` for an order there is not, and `StaysError`.
    """
    query = sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == name)
    row = work.tx.row(query.with_for_update())
    if row is None:
        raise LookupError(f"there is no order {name}")
    waits_at, order = StoreId(row["store"]), decode(bytes(row["body"]))
    if waits_at == to:
        return
    why = _said(why)
    way = _untold(work, order, waits_at)
    if no := refusal(work, order, to):
        raise StaysError(no)
    _leaves_nothing(work, order, to)
    moved = taken_over(_noted(work, order, to, by, _sealed(work, ring, order, why)), waits_at, to)
    _move_money(work, order, waits_at, to, way["amount_minor"])
    on = {"store": to, "source": waits_at, "home": moved.home, "told": 0, "at_us": work.now_us}
    work.tx.run(sa.update(order_way).where(order_way.c.order_id == name).values(**on))
    ways.keep(work.tx, to, moved)
    ways.let_read(work, to, moved)
    changes.note(work, CHANGED, name, by=by, why=IN_ITS_STORY, was={"store": waits_at}, now={"store": to}, store=to)
    ways.end_case(work, name, by=by, outcome=f"sent on to {to}")
    ways.send(work, to, name)


def _said(why: str) -> str:
    try:
        return changes.checked_why(why)
    except changes.WhyError as error:
        raise StaysError(str(error)) from error


def _sealed(work: Work, ring: Keyring, order: Order, why: str) -> str:
    try:
        return remarks.seal(work, ring, order.client, why)
    except SealedError as error:
        raise StaysError(f"The reason cannot be kept: {error}") from error


def _untold(work: Work, order: Order, waits_at: StoreId) -> sa.RowMapping:
    """Its way, which no box has heard of, locked: a box that is updated at this moment is told before or not at all."""
    if work.recovering:
        why = "The office was restored and has not heard every store: a box may know of more than stands here"
        raise StaysError(f"{why}. Send the order on when every store has answered")
    way = work.tx.row(sa.select(order_way).where(order_way.c.order_id == order.order).with_for_update())
    if way is None:
        why = f"{waits_at} has taken {order.number} over and decides about it"
        raise StaysError(f"{why}: have it handed over at a till there")
    if way["told"]:
        why = f"The box of {waits_at} was told to take {order.number} over, and decides about it"
        raise StaysError(f"{why}: have it handed over at a till there")
    return way


def refusal(work: Work, order: Order, to: StoreId) -> str:
    """Why that store cannot take the order over; empty: it can."""
    card = feed.card(work.tx, StoreCard, f"store:{to}")
    if card is None:
        return f"The house has no other store {to}: choose one from the list"
    if card.currency != order.currency:
        why = f"{order.number} is in {order.currency}, and {card.name} sells in {card.currency}"
        return f"{why}: choose a store of its currency"
    if not ways.takes_orders(work, to):
        why = f"The box of {card.name} is of an older version and cannot take {order.number} over either"
        return f"{why}: have it updated, or choose another store"
    return ""


def _leaves_nothing(work: Work, order: Order, to: StoreId) -> None:
    """The pieces it keeps went to the store where it waits; a right to decide without them would sell nothing."""
    mine = (claim.c.piece.in_(order.pieces), claim.c.ref == order.order, claim.c.ended == "")
    tokens = Custody(work)
    for row in work.tx.rows(sa.select(claim.c.piece).where(*mine).order_by(claim.c.piece)):
        token = tokens.get(PieceId(row["piece"]))
        if token is not None and token.holder not in ("", to):
            why = (
                f"{token.piece}, which {order.number} keeps for its client, is with {token.holder} or on its way there"
            )
            raise StaysError(f"{why}: have the box of {token.holder} updated, and the order comes there by itself")


def _noted(work: Work, order: Order, to: StoreId, by: UserId, why: str) -> Order:
    """With a line of its story, as a till would have written it."""
    step = Step(event="handed", at_us=work.now_us, by=by, why=why, party=to)
    return msgspec.structs.replace(order, steps=(*order.steps, step), changed_us=max(order.changed_us, work.now_us))


def _move_money(work: Work, order: Order, waits_at: StoreId, to: StoreId, amount_minor: int) -> None:
    if amount_minor and locked(work, order.account) is not None:
        hold(work, waits_at, order.account, -amount_minor)
        hold(work, to, order.account, amount_minor)
