"""Money off by a person, and sales without tax. Who may, and how much, is judged afterwards (`approval`)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from contract.facts import AnyFact, SaleDiscounted, SaleExempted, SaleLine, TaxScheme
from contract.ids import UserId
from contract.money import allocate, plain
from trade.acts import DiscountCart, DiscountLine, ExemptSale
from trade.price import asked, cart
from trade.refusal import Refusal, Why
from trade.sale import SaleState, must_be
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
NOBODY: Final = UserId("")


def discount_line(scene: Scene, act: DiscountLine) -> Answer:
    """In place of what was off this line before."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    assert scene.sale is not None
    line = scene.sale.line(act.line)
    if line is None:
        return Refusal(Why.NOT_IN_SALE, f"Sale {act.sale} has no line {act.line}")
    if line.scheme is TaxScheme.OUTSIDE:
        return Refusal(Why.WRONG_PRICE, f"{line.description} is money kept for a client: nothing can be taken off it")
    refusal = _cannot_be(act.discount_minor, asked(line), act.reason, scene.sale.currency)
    if refusal is not None:
        return refusal
    return _discounted(scene, act, (line,), (act.discount_minor,))


def discount_cart(scene: Scene, act: DiscountCart) -> Answer:
    """Shared out by list prices, to the last unit; gift cards and deposits get none."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    assert scene.sale is not None
    lines = tuple(line for line in scene.sale.lines if line.scheme is not TaxScheme.OUTSIDE)
    prices = [asked(line) for line in lines]
    if not sum(prices):
        return Refusal(Why.EMPTY, "There is nothing in this sale that money could be taken off")
    refusal = _cannot_be(act.discount_minor, sum(prices), act.reason, scene.sale.currency)
    if refusal is not None:
        return refusal
    return _discounted(scene, act, lines, allocate(act.discount_minor, prices))


def exempt(scene: Scene, act: ExemptSale) -> Answer:
    """No tax on any line that would have one; a second-hand piece under the margin scheme stays under it."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    sale = scene.sale
    assert sale is not None
    reason, document = act.reason.strip(), act.document.strip()
    if bool(reason) != bool(document):
        why = "Say why no tax is due, and the number of the form or certificate that says so"
        return Refusal(Why.EMPTY, why)
    exemption = f"{reason}; {document}" if reason else ""
    if exemption == sale.exemption:
        return ()
    lines = cart(sale.lines, msgspec.structs.replace(scene.offer, exemption=exemption))
    return (SaleExempted(sale=act.sale, exemption=exemption, lines=lines),)


def _cannot_be(discount_minor: int, price_minor: int, reason: str, currency: str) -> Refusal | None:
    if not 0 <= discount_minor <= price_minor:
        why = f"A discount lies between nothing and the price, {plain(price_minor, currency)} {currency}"
        return Refusal(Why.WRONG_PRICE, why)
    if discount_minor and not reason.strip():
        return Refusal(Why.EMPTY, "Say why money is taken off; the office will ask")
    return None


def _discounted(
    scene: Scene, act: DiscountLine | DiscountCart, lines: Sequence[SaleLine], offs: Sequence[int]
) -> Answer:
    """The whole cart is priced anew, for a promotion may end where a discount begins; the lines that were meant."""
    assert scene.sale is not None
    given = {line.line: off for line, off in zip(lines, offs, strict=True)}
    if all(line.discount_minor == given[line.line] for line in lines):
        return ()
    changed = [
        msgspec.structs.replace(line, discount_minor=given.get(line.line, line.discount_minor), approved_by=NOBODY)
        for line in scene.sale.lines
    ]
    priced = tuple(line for line in cart(changed, scene.offer) if line.line in given)
    return (SaleDiscounted(sale=act.sale, lines=priced, reason=act.reason.strip()),)
