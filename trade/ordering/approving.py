"""What of an order somebody else has to answer for: terms below the house's, work without its deposit, no fee."""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import (
    AnyFact,
    OrderEvent,
    OrderItemChecked,
    OrderMoved,
    OrderOpened,
    OrderPromised,
    OrderQuoted,
    OrderSettled,
)
from contract.feed import Permission
from contract.money import BASIS_POINTS
from trade.acts import AnyAct, EndOrder, QuoteOrder
from trade.needs import Need
from trade.ordering.ending import paid_minor
from trade.orders.terms import below, deposit_minor, fee_minor, money, percent
from trade.orders.words import KINDS, STEPS
from trade.price import price_in
from trade.scene import Scene

AFTER_THE_DEPOSIT: Final = frozenset({OrderEvent.ORDER, OrderEvent.START})
SIGNED: Final = (OrderOpened, OrderPromised, OrderMoved, OrderQuoted, OrderSettled, OrderItemChecked)


def needs(scene: Scene, act: AnyAct, facts: Iterable[AnyFact]) -> Iterable[Need]:
    order = scene.order
    if isinstance(act, EndOrder) and order is not None:
        yield from _ending(scene, act)
    for fact in facts:
        match fact:
            case OrderOpened():
                for words in below(fact.kind, fact.terms, scene.settings, scene.calendar_day):
                    yield Need(Permission.ORDER_TERMS, f"Open a {KINDS[fact.kind]} with {words}")
            case OrderPromised(terms=terms) if (
                terms is not None and order is not None and not isinstance(act, QuoteOrder)
            ):
                for words in below(order.kind, terms, scene.settings, scene.calendar_day):
                    yield Need(Permission.ORDER_TERMS, f"Give {order.number} {words}")
                if terms.fee_bp > order.terms.fee_bp:
                    more = f"{percent(terms.fee_bp)} in place of the {percent(order.terms.fee_bp)} that were agreed"
                    yield Need(Permission.ORDER_TERMS, f"Raise the fee of {order.number} to {more}")
            case OrderQuoted():
                yield from _cheaper(scene, fact)
            case OrderItemChecked(answer=answer) if answer:
                differ = "; ".join(f"{each.at}: {each.note}" for each in fact.stones if not each.same)
                yield Need(Permission.DISPOSE, f"Give it back although a stone differs ({differ}), because “{answer}”")
            case OrderMoved(event=event) if event in AFTER_THE_DEPOSIT and order is not None:
                paid, due = paid_minor(scene), deposit_minor(order)
                if paid < due:
                    so_far = f"{money(paid, order.currency)} of {money(due, order.currency)} deposit"
                    yield Need(
                        Permission.ORDER_TERMS, f"{STEPS[event].capitalize()}, {order.number}, with {so_far} paid"
                    )
            case _:
                pass


def _ending(scene: Scene, act: EndOrder) -> Iterable[Need]:
    order = scene.order
    assert order is not None
    agreed = fee_minor(order, paid_minor(scene))
    if act.event is OrderEvent.FORFEIT:
        kept = f"{money(agreed if act.fee_minor is None else act.fee_minor, order.currency)} are the house's"
        yield Need(Permission.ORDER_TERMS, f"Have {order.number} forfeited: {kept}")
    elif act.fee_minor is not None and act.fee_minor < agreed:
        instead = f"{money(act.fee_minor, order.currency)} in place of {money(agreed, order.currency)}"
        yield Need(Permission.ORDER_TERMS, f"End {order.number} with a fee of {instead}")


def _cheaper(scene: Scene, fact: OrderQuoted) -> Iterable[Need]:
    """A piece quoted below what the house asks is a discount."""
    off = of = 0
    for line in fact.lines:
        card = scene.piece(line.piece).card if line.piece is not None else None
        asked = price_in(card, scene.order.currency) if card is not None and scene.order is not None else None
        if asked is not None and asked > line.gross_minor:
            off, of = off + asked - line.gross_minor, of + asked
    if off and scene.order is not None:
        share = -(-off * BASIS_POINTS // of)
        currency = scene.order.currency
        words = f"Quote {money(off, currency)} ({share / 100:g} %) below what the house asks, {money(of, currency)}"
        yield Need(Permission.DISCOUNT, words, discount_bp=share)


def signed(fact: AnyFact, by: str) -> AnyFact:
    """With the name of who approved it."""
    return msgspec.structs.replace(fact, approved_by=by) if isinstance(fact, SIGNED) else fact
