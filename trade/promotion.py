"""Money off without anybody asking: which promotion a line gets, and how much that is.

The best one counts for a line, never two. What is off for a set is shared out among its lines by their prices.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contract.facts import LineKind, SaleLine
from contract.feed import PieceCard, PromotionCard, PromotionKind
from contract.ids import PieceId
from contract.money import BASIS_POINTS, allocate, divide_half_up


class Off(NamedTuple):
    """What a line gets off, and by which promotion; `""` and nothing when none fits."""

    promotion: str = ""
    amount_minor: int = 0


class Cart(NamedTuple):
    """What promotions look at: lines, `prices` their list price × quantity, and the cards of their pieces."""

    lines: Sequence[SaleLine]
    prices: Sequence[int]
    cards: Mapping[PieceId, PieceCard]
    currency: str
    business_day: str


def offs(cart: Cart, promotions: Sequence[PromotionCard]) -> list[Off]:
    """Of each line, in their order: the most it can get, never more than is left of its price."""
    best = [Off() for _ in cart.lines]
    for promotion in sorted(promotions, key=lambda each: each.promotion):
        if not _runs(promotion, cart):
            continue
        for at, amount in _amounts(promotion, cart).items():
            line = cart.lines[at]
            if line.discount_minor and not promotion.with_discount:
                continue
            off = min(amount, cart.prices[at] - line.discount_minor)
            if off > best[at].amount_minor:
                best[at] = Off(promotion.promotion, off)
    return best


def fits(promotion: PromotionCard, card: PieceCard) -> bool:
    """Whether every list that is not empty holds the piece's own."""
    asked = (
        (promotion.categories, card.category),
        (promotion.collections, card.collection),
        (promotion.designers, card.designer),
        (promotion.skus, card.sku),
    )
    return all(not wanted or own in wanted for wanted, own in asked)


def _runs(promotion: PromotionCard, cart: Cart) -> bool:
    begun = not promotion.from_day or promotion.from_day <= cart.business_day
    ended = promotion.to_day and promotion.to_day < cart.business_day
    in_currency = promotion.how is PromotionKind.PERCENT and not promotion.total_minor_min
    in_currency |= promotion.currency == cart.currency
    return begun and not ended and in_currency and sum(cart.prices) >= promotion.total_minor_min


def _amounts(promotion: PromotionCard, cart: Cart) -> dict[int, int]:
    """By the place of the line; no line that it does not fit."""
    fitting = {at: card for at, line in enumerate(cart.lines) if (card := _card(line, cart)) and fits(promotion, card)}
    match promotion.how:
        case PromotionKind.PERCENT:
            return {at: divide_half_up(cart.prices[at] * promotion.off_bp, BASIS_POINTS) for at in fitting}
        case PromotionKind.AMOUNT:
            return dict.fromkeys(fitting, promotion.off_minor)
        case PromotionKind.SET:
            return _set(promotion, cart, fitting)


def _set(promotion: PromotionCard, cart: Cart, fitting: Mapping[int, PieceCard]) -> dict[int, int]:
    """The dearest piece of each category makes the set; nothing unless all categories are there."""
    dearest: dict[str, int] = {}
    for at, card in fitting.items():
        held = dearest.get(card.category)
        if held is None or cart.prices[at] > cart.prices[held]:
            dearest[card.category] = at
    if not promotion.categories or any(each not in dearest for each in promotion.categories):
        return {}
    members = sorted(dearest.values())
    prices = [cart.prices[at] for at in members]
    if not sum(prices):
        return {}
    off = min(promotion.off_minor or divide_half_up(sum(prices) * promotion.off_bp, BASIS_POINTS), sum(prices))
    return dict(zip(members, allocate(off, prices), strict=True))


def _card(line: SaleLine, cart: Cart) -> PieceCard | None:
    """None of what has no card, and of what was agreed on before: an order keeps its price."""
    if line.order:
        return None
    return cart.cards.get(line.piece) if line.kind is LineKind.PIECE and line.piece is not None else None
