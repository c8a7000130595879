"""An order that ends without being collected: its pieces are free, the fee of its terms is the house's, and what is
left of its deposits is the client's, as credit at once or to be given back at the register.
"""

from typing import Final

from contract.facts import AnyFact, OrderEvent, OrderMoved, OrderSettled, TenderKind, ValueKept
from contract.ids import AccountId
from trade.acts import EndOrder
from trade.ordering.keeping import let_go
from trade.orders.order import Order
from trade.orders.terms import fee_minor, in_grace, money, overdue_since
from trade.orders.words import cannot, no_order
from trade.refusal import Refusal, Why
from trade.scene import Scene
from trade.value import credit_account
from trade.valuing import available, until

Answer = tuple[AnyFact, ...] | Refusal
ENDINGS: Final = frozenset({OrderEvent.CANCEL, OrderEvent.FORFEIT})


def end_order(scene: Scene, act: EndOrder) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    if act.event not in ENDINGS:
        return Refusal(Why.WRONG_STATE, "An order is cancelled or forfeited; for other steps, move it")
    refusal = cannot(order, act.event)
    if refusal is None and not act.why.strip():
        refusal = Refusal(Why.EMPTY, "Say why: the client asks for it, or does not pay")
    if refusal is None and any(ask.live for ask in scene.account_asks):
        refusal = Refusal(Why.VALUE_LIVE, f"A cart has set the deposit of {order.number} aside: take that off first")
    paid = paid_minor(scene)
    if refusal is None and act.event is OrderEvent.FORFEIT:
        refusal = _not_yet(order, paid, scene.calendar_day)
    most = fee_minor(order, paid)
    fee = most if act.fee_minor is None else act.fee_minor
    if refusal is None and not 0 <= fee <= most:
        agreed = money(most, order.currency)
        refusal = Refusal(Why.WRONG_PRICE, f"By the terms of {order.number} the house keeps at most {agreed}")
    if refusal is not None:
        return refusal
    moved = OrderMoved(order=act.order, event=act.event, why=act.why.strip())
    credit = paid - fee if act.credit else 0
    return (moved, *let_go(scene, order), *_settled(scene, order, fee, credit))


def paid_minor(scene: Scene) -> int:
    """What is on the order's account here, and no cart has set aside."""
    return available(scene.slice, scene.account_asks) if scene.slice is not None else 0


def _settled(scene: Scene, order: Order, fee: int, credit: int) -> tuple[AnyFact, ...]:
    if not fee and not credit:
        return ()
    into, last = credit_account(order.client), until(scene)
    settled = OrderSettled(
        order=order.order, account=order.account, client=order.client, currency=order.currency,
        business_day=scene.calendar_day, fee_minor=fee, credit_minor=credit, credit=into if credit else AccountId(""),
        expires=last if credit else "",
    )  # fmt: skip
    part = min(credit, scene.settings.offline_value_minor_max)
    kept = ValueKept(
        account=into, kind=TenderKind.STORE_CREDIT, amount_minor=part, currency=order.currency, client=order.client,
        expires=last,
    )  # fmt: skip
    return (settled, kept) if part else (settled,)


def _not_yet(order: Order, paid: int, today: str) -> Refusal | None:
    """A layaway is forfeited by a person, when the days of its terms are over, and never by itself."""
    since = overdue_since(order, paid, today)
    if not since:
        return Refusal(Why.WRONG_STATE, f"Nothing of {order.number} is overdue: it may be cancelled, not forfeited")
    if in_grace(order, since, today):
        days = order.terms.grace_days
        why = f"{order.number} is overdue since {since}, and its terms give {days} days of grace: wait, or cancel it"
        return Refusal(Why.WRONG_STATE, why)
    return None
