"""How people speak of an order: its states, its steps, and what may be done instead of what may not."""

from collections.abc import Mapping
from typing import Final

from contract.facts import OrderEvent, OrderKind
from contract.ids import ClientOrderId
from trade.orders.homes import gone
from trade.orders.order import Order
from trade.orders.tables import TABLES, OrderState
from trade.refusal import Refusal, Why

E = OrderEvent
KINDS: Final[Mapping[OrderKind, str]] = {
    OrderKind.LAYAWAY: "layaway",
    OrderKind.SPECIAL: "special order",
    OrderKind.REPAIR: "repair",
    OrderKind.ENGRAVING: "engraving",
    OrderKind.CUSTOM: "custom piece",
    OrderKind.MEMO: "memo",
}
STEPS: Final[Mapping[OrderEvent, str]] = {
    E.QUOTE: "quote it",
    E.APPROVE: "write down that the client accepts",
    E.DECLINE: "write down that the client declines",
    E.RESERVE: "keep its pieces for the client",
    E.DEPOSIT: "take the deposit at the register",
    E.PAY_UP: "take what is left to pay at the register",
    E.ORDER: "order it from its maker",
    E.RECEIVE: "name the piece that came in for it",
    E.ASSESS: "look at it at the bench",
    E.DESIGN: "begin to design it",
    E.APPROVE_DESIGN: "write down that the client likes the design",
    E.START: "begin the work",
    E.SEND_OUT: "send it to a trade shop",
    E.TAKE_BACK: "take it back from the trade shop",
    E.CHECK: "check the work",
    E.REWORK: "send it back to the bench",
    E.PASS: "let it pass the check",
    E.NOTIFY: "tell the client that it is ready",
    E.COLLECT: "put it into a cart to be collected",
    E.GIVE_BACK: "give the client's thing back",
    E.ISSUE: "hand its pieces over",
    E.RETURN_PART: "take its pieces back from the pad",
    E.CLOSE: "take its last pieces back from the pad, or sell them",
    E.FORFEIT: "have it forfeited",
    E.CANCEL: "cancel it",
}
DONE: Final[Mapping[str, str]] = {
    "opened": "Opened",
    "held": "Nothing goes on for now",
    "resumed": "Goes on again",
    "promised": "Promised for another day",
    "terms": "Paid by other days, or on other terms",
    "taken": "The client’s thing came in",
    "looked at again": "Its stones were looked at again",
    "answered for": "Somebody answered for a stone that differs",
    "given back": "Given back to its owner",
    "handed": "Handed over to another store",
    "received": "It has come from another store",
    E.QUOTE: "Quoted",
    E.APPROVE: "The client accepted",
    E.DECLINE: "The client declined",
    E.RESERVE: "Its pieces are kept for the client",
    E.DEPOSIT: "The deposit is paid",
    E.PAY_UP: "All of it is paid",
    E.ORDER: "Ordered from its maker",
    E.RECEIVE: "The piece came in",
    E.ASSESS: "Looked at at the bench",
    E.DESIGN: "Design begun",
    E.APPROVE_DESIGN: "The client likes the design",
    E.START: "Work begun",
    E.SEND_OUT: "Sent to a trade shop",
    E.TAKE_BACK: "Back from the trade shop",
    E.CHECK: "Being checked",
    E.REWORK: "Back to the bench",
    E.PASS: "Passed the check",
    E.NOTIFY: "The client was told that it is ready",
    E.COLLECT: "Collected",
    E.GIVE_BACK: "Given back",
    E.ISSUE: "Handed over on memo",
    E.RETURN_PART: "Some pieces came back, or were kept and paid",
    E.CLOSE: "All pieces came back, or were kept and paid",
    E.FORFEIT: "Forfeited",
    E.CANCEL: "Cancelled",
}
BY_ANOTHER_ACT: Final = frozenset(
    {
        E.QUOTE,
        E.APPROVE,
        E.DECLINE,
        E.DEPOSIT,
        E.PAY_UP,
        E.RECEIVE,
        E.COLLECT,
        E.GIVE_BACK,
        E.RETURN_PART,
        E.CLOSE,
        E.FORFEIT,
        E.CANCEL,
    }
)
"""Steps that something else is true with: a quote, money, a piece. That act takes them."""


def state(order: Order) -> str:
    return order.state.replace("_", " ")


def possible(kind: OrderKind, at: OrderState) -> tuple[OrderEvent, ...]:
    """The steps that may be next, in the order of the table."""
    return tuple(event for (found, event), _ in TABLES[kind].table.items() if found is at)


def instead(order: Order) -> str:
    """`quote it, or cancel it`."""
    steps = [STEPS[event] for event in possible(order.kind, order.state)]
    return ", ".join(steps[:-1]) + (", or " if len(steps) > 1 else "") + steps[-1] if steps else ""


def no_order(order: ClientOrderId) -> Refusal:
    why = f"This store keeps no order {order}: orders are worked on where they are kept, the office shows where that is"
    return Refusal(Why.NOT_FOUND, why)


def cannot(order: Order, event: OrderEvent) -> Refusal | None:
    """Why this step is not possible now, and what is; None when it is."""
    elsewhere = gone(order)
    if elsewhere is not None:
        return elsewhere
    if order.ended:
        return Refusal(Why.WRONG_STATE, f"{order.number} is over ({state(order)}): open a new order")
    if TABLES[order.kind].after(order.state, event) is None:
        now = f"{order.number} is {state(order)}: you can {instead(order)} now"
        return Refusal(Why.WRONG_STATE, now)
    if order.held and event is not E.CANCEL:
        return Refusal(Why.WRONG_STATE, f"{order.number} rests, because “{order.held}”: resume it first")
    return None
