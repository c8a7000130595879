"""When money may come in for an order, and when it may go back."""

from contract.facts import OrderKind
from contract.ids import ClientOrderId
from trade.orders.homes import gone
from trade.orders.order import Order
from trade.orders.tables import OrderState
from trade.orders.terms import money
from trade.orders.words import no_order, state
from trade.refusal import Refusal, Why


def deposit_wrong(order: Order | None, name: ClientOrderId, amount_minor: int, paid_minor: int) -> Refusal | None:
    """Why nobody pays so much on this order now."""
    if order is None:
        return no_order(name)
    elsewhere = gone(order)
    if elsewhere is not None:
        return elsewhere
    if order.ended:
        return Refusal(Why.WRONG_STATE, f"{order.number} is over ({state(order)}): nothing is paid on it any more")
    if order.kind is OrderKind.MEMO:
        return Refusal(Why.WRONG_STATE, f"Nothing is paid on {order.number}: what a client keeps of a memo is sold")
    if order.quote is None:
        return Refusal(Why.WRONG_STATE, f"{order.number} has no price yet: quote it first")
    left = order.total_minor - paid_minor
    if amount_minor > left:
        why = f"There are {money(max(left, 0), order.currency)} left to pay of {order.number}: take that or less"
        return Refusal(Why.WRONG_PRICE, why)
    return None


def back_wrong(order: Order | None) -> Refusal | None:
    """Deposits of an order that goes on stay with it."""
    if order is not None and order.away:
        return gone(order)
    if order is None or order.ended or order.state is OrderState.DECLINED:
        return None
    return Refusal(
        Why.WRONG_STATE, f"{order.number} goes on ({state(order)}): cancel it first, then what is left goes back"
    )
