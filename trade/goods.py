"""Measured goods and services of the office's list: price per unit × thousandths of it, rounded once."""

from collections.abc import Callable
from typing import Final

from contract.facts import AnyFact, LineKind, SaleLineAdded
from contract.ids import LineId
from contract.money import plain
from trade.acts import AddGoods
from trade.price import other_line
from trade.refusal import Refusal, Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX, SaleState, must_be
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]
QUANTITY_MILLI_MAX: Final = 10**9
"""A million units: more is a slip of the keys."""


def quantity(milli: int) -> str:
    """`1250` → `"1.25"`: thousandths as people write them."""
    whole, part = divmod(milli, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")


def add(scene: Scene, act: AddGoods, new_id: NewId) -> Answer:
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    sale, card = scene.sale, scene.goods
    assert sale is not None
    if card is None or not card.active:
        return Refusal(Why.NOT_FOUND, f"The office lists no {act.goods}: choose from the list")
    if card.currency != sale.currency:
        return Refusal(Why.WRONG_CURRENCY, f"{card.title} is priced in {card.currency}, the sale in {sale.currency}")
    step = card.quantity_milli_min
    if not 0 < act.quantity_milli <= QUANTITY_MILLI_MAX or act.quantity_milli % step:
        return Refusal(Why.WRONG_PRICE, f"{card.title} is sold by {quantity(step)} {card.unit}: measure it again")
    line = other_line(
        LineKind.SERVICE if card.service else LineKind.GOODS,
        card.title,
        line=LineId(new_id()),
        unit_minor=card.unit_minor,
        quantity_milli=act.quantity_milli,
        tax_bp=card.tax_bp,
        feed_rev=scene.feed_rev,
        offer=scene.offer,
        card=card,
    )
    if len(sale.lines) >= LINES_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"A sale has at most {LINES_PER_SALE_MAX} lines; record this one and go on")
    if sale.total_minor + line.gross_minor > SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"A sale comes to at most {plain(SALE_MINOR_MAX, sale.currency)}")
    return (SaleLineAdded(sale=act.sale, line=line),)
