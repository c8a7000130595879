"""Which store decides about an order, and how that changes: given up by the one, taken over under a higher count by the
other, as custody of a piece is. Between the two nobody decides about it, and everybody may read it.
"""

import msgspec

from contract.ids import StoreId
from trade.orders.order import Order
from trade.refusal import Refusal, Why

NOWHERE = StoreId("")
APART = "/"
"""`R-1042/geneva`: of a number that another store gave, for this one may have given it too."""


def gone(order: Order) -> Refusal | None:
    """It was handed over: this store only reads it."""
    if not order.away:
        return None
    why = f"{order.number} was handed over to the store {order.away}: it is worked on there. The office shows how it is"
    return Refusal(Why.WRONG_STATE, why)


def not_here(order: Order | None) -> Refusal | None:
    """It was handed over, or what belongs to it has not come yet."""
    if order is None:
        return None
    if order.coming:
        why = f"{order.number} is on its way here: when the client's thing lies before you, say that it has come"
        return Refusal(Why.WRONG_STATE, why)
    return gone(order)


def taken_over(order: Order, source: StoreId, to: StoreId) -> Order:
    """As its new home has it. Clients' things are on their way until somebody there says that they lie before them."""
    return msgspec.structs.replace(
        order, home=order.home + 1, away=NOWHERE, number=_numbered(order.number, source, to),
        coming=any(not each.given_us for each in order.items),
    )  # fmt: skip


def _numbered(number: str, source: StoreId, to: StoreId) -> str:
    """What the client's slip says, and where that number was given; at home again it is plain."""
    plain, apart, first = number.partition(APART)
    first = first if apart else source
    return plain if first == to else f"{plain}{APART}{first}"
