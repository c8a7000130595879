"""What a client is told of their order: where it is, in words, without a name or anything of the house's own."""

from collections.abc import Mapping
from typing import Final

from trade.orders.order import Order
from trade.orders.tables import ENDS, OrderState

S = OrderState
HELD: Final = "held"
TOLD: Final[Mapping[str, str]] = {
    S.REQUESTED: "We have your request and will come back to you.",
    S.BOOKED_IN: "It is with us and will be looked at.",
    S.ASSESSED: "It was looked at; a quote follows.",
    S.IN_DESIGN: "We are designing it.",
    S.DESIGN_APPROVED: "The design is agreed; work begins next.",
    S.QUOTED: "There is a quote for you.",
    S.APPROVED: "You accepted the quote; work begins next.",
    S.DECLINED: "Nothing is done to it. It waits for you to collect it.",
    S.ACTIVE: "It is kept for you.",
    S.PAID_UP: "It is paid and waits for you to collect it.",
    S.DEPOSIT_TAKEN: "We have your deposit and will order it.",
    S.ORDERED: "It is ordered from its maker.",
    S.RECEIVED: "It has come in. You can collect it.",
    S.IN_PROGRESS: "It is being worked on.",
    S.AT_TRADE_SHOP: "It is with a specialist workshop.",
    S.QUALITY_CHECK: "The work is being checked.",
    S.READY: "It is ready. You can collect it.",
    S.NOTIFIED: "It is ready. You can collect it.",
    S.ISSUED: "The pieces are with you.",
    S.PART_RETURNED: "Some of the pieces are with you.",
    S.COLLECTED: "It was collected.",
    S.GIVEN_BACK: "It was given back to you.",
    S.CLOSED: "It is closed.",
    S.FORFEITED: "It has lapsed. Please ask the store.",
    S.CANCELLED: "It was cancelled.",
    HELD: "It rests for the moment. Please ask the store.",
}


def told(order: Order) -> str:
    return told_of(order.state, order.held)


def told_of(state: OrderState, held: str) -> str:
    """A held order says so, and not why: that is the house's own note."""
    return TOLD[HELD if held and state not in ENDS else state]


def asks(order: Order, today: str) -> str:
    """`quote` or `proof` when an answer is waited for, `late` when a quote may no longer be accepted; else empty."""
    quote = order.quote
    if order.ended or order.held:
        return ""
    if order.state is S.QUOTED and quote is not None and quote.approved is None:
        return "late" if quote.valid_until and today > quote.valid_until else "quote"
    return "proof" if order.state is S.APPROVED and order.kind in ("engraving", "custom") else ""
