"""Envelopes of clients' things: a card and a token that this box makes by itself, for no office ever heard of them.

So readers look for an envelope as for a piece, and nothing sells it. Its custody epoch is 0, which no office gives.
"""

from typing import Final

import msgspec

from contract.facts import OrderItem
from contract.feed import Ownership, PieceCard, encode_body
from contract.ids import PieceId
from edge.books import seeking
from edge.books.db import Database
from edge.books.fold_tags import with_tag
from trade.custody import Token, TokenState
from trade.orders.order import Order
from trade.piece import ENVELOPE

HERE: Final = 0
GIVEN: Final = -1
AWAY: Final = -2
COMING: Final = -3
"""Of `client_order_thing.own`: the client's, here, with them again, handed over, on its way. 1: of the house."""
EPOCH: Final = 0


def taken(db: Database, item: OrderItem, order: Order) -> None:
    """It is looked for from here on; one that is on its way is no more than known."""
    state = TokenState.INCOMING if order.coming else TokenState.HERE
    db.run_struct("token_set", Token(piece=item.item, ce=EPOCH, state=state))
    card = PieceCard(
        piece=item.item, sku=order.number, title=_called(order, item.item), category=ENVELOPE, metal="",
        fineness=0, weight_mg=item.weight_mg, stones="", price_minor=item.declared_value_minor,
        currency=order.currency, tax_bp=0, epc=item.epc.upper(), tid=item.tid.upper(), home_zone=item.zone,
        ownership=Ownership.CUSTOMER,
    )  # fmt: skip
    card = with_tag(db, card)
    db.run(
        "feed_set",
        scope="",
        key=f"piece:{card.piece}",
        rev=0,
        kind=str(PieceCard.__struct_config__.tag),
        name=card.piece,
        epc=card.epc.upper(),
        words="",
        body=encode_body(card),
    )
    seeking.put(db, card)


def _called(order: Order, item: PieceId) -> str:
    """By its order's number: what was written of the thing is its client's, and stands with the order."""
    place = [each.item.item for each in order.items].index(item) + 1
    return f"Envelope {order.number}" if place == 1 else f"Envelope {order.number}/{place}"


def given(db: Database, item: PieceId) -> None:
    """It is with its owner: a gate that reads its tag lets it pass, and the tag may be bound to another envelope."""
    token = db.one("token", Token, piece=item)
    if token is not None:
        db.run_struct("token_set", msgspec.structs.replace(token, state=TokenState.AWAY))
    db.run("claims_end_of", piece=item, ce=EPOCH + 1)


def here_again(db: Database) -> None:
    """After the office told this box what it holds: of clients' things it knows nothing, and they are here still, or on
    their way.
    """
    for own, state in ((HERE, TokenState.HERE), (COMING, TokenState.INCOMING)):
        for item in db.words("client_things", own=own):
            db.run_struct("token_set", Token(piece=PieceId(item), ce=EPOCH, state=state))


def free_tag(db: Database, epc: str, tid: str, bound_to: PieceId) -> None:
    """An envelope that was given back loses the tag that is bound to something else now, and with it its card."""
    for held in {*db.words("things_with_tag", epc=epc, tid=tid)} - {bound_to}:
        if is_given(db, PieceId(held)):
            db.run("thing_card_drop", piece=held)
            seeking.drop(db, PieceId(held))


def is_given(db: Database, piece: PieceId) -> bool:
    """A client's thing that is with its owner again."""
    return db.number("thing_given", thing=piece) > 0
