"""What a cart costs: the price of the card at claim time, what is taken off, the tax of it, each rounded once.

A line is made by itself when it is added; `cart` says what the lines come to together: promotions look at the whole
cart, and some houses round a tax on the receipt. What it says last, when the sale is recorded, stands on the receipt.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from contract.facts import LineKind, SaleLine, TaxScheme
from contract.feed import GoodsCard, PieceCard, PromotionCard, TaxCard, TaxPart, TaxRounding
from contract.ids import ClaimId, GoodsId, LineId, PieceId
from contract.money import divide_half_up
from trade import promotion, tax

MILLI = 1000


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What the house asks today at this store. `cards`, for promotions, are of the pieces in the cart."""

    currency: str
    business_day: str = ""
    taxes: Mapping[str, TaxCard] = {}
    promotions: tuple[PromotionCard, ...] = ()
    cards: Mapping[PieceId, PieceCard] = {}
    rounding: TaxRounding = TaxRounding.LINE
    margin_scheme: bool = False
    exemption: str = ""
    """Why no tax is due on this sale; empty: it is."""


NO_OFFER: Final = Offer(currency="")
"""No promotions, no tax cards, no other way to round: each line by itself."""


def cart(lines: Sequence[SaleLine], offer: Offer) -> tuple[SaleLine, ...]:
    """The lines as they stand on the receipt: promotions and discounts taken off, taxes due, gross amounts."""
    prices = [asked(line) for line in lines]
    looked = promotion.Cart(lines, prices, offer.cards, offer.currency, offer.business_day)
    offs = promotion.offs(looked, offer.promotions)
    taxables = [
        tax.Taxable(price - line.discount_minor - off.amount_minor, _tax_of(line, offer), _scheme_of(line, offer))
        for line, price, off in zip(lines, prices, offs, strict=True)
    ]
    return tuple(
        msgspec.structs.replace(
            line,
            promotion=off.promotion,
            promotion_minor=off.amount_minor,
            scheme=taxable.scheme,
            tax_included=taxable.tax.included,
            taxes=due.taxes,
            tax_bp=sum(part.rate_bp for part in taxable.tax.parts),
            tax_minor=due.tax_minor,
            gross_minor=due.gross_minor,
        )
        for line, off, taxable, due in zip(lines, offs, taxables, tax.due(taxables, offer.rounding), strict=True)
    )


def asked(line: SaleLine) -> int:
    """List price × quantity, rounded once."""
    return divide_half_up(line.list_price_minor * line.quantity_milli, MILLI)


def price_in(card: PieceCard, currency: str) -> int | None:
    """What the card asks in this currency; None: the house set no price in it."""
    if card.currency == currency:
        return card.price_minor
    return next((price.amount_minor for price in card.prices if price.currency == currency), None)


def piece_line(
    card: PieceCard,
    *,
    line: LineId,
    claim: ClaimId,
    ce: int,
    price_minor: int,
    discount_minor: int,
    feed_rev: int,
    offer: Offer = NO_OFFER,
) -> SaleLine:
    """The line of a tagged piece at `price_minor` less a discount (0 ≤ discount ≤ price), by itself."""
    made = SaleLine(
        line=line,
        kind=LineKind.PIECE,
        description=card.title,
        list_price_minor=price_minor,
        gross_minor=0,
        tax_bp=card.tax_bp,
        tax_minor=0,
        piece=card.piece,
        ce=ce,
        claim=claim,
        discount_minor=discount_minor,
        tax=card.tax,
        scheme=TaxScheme.MARGIN if card.second_hand and offer.margin_scheme else TaxScheme.STANDARD,
        feed_rev=feed_rev,
    )
    return cart((made,), offer)[0]


def other_line(
    kind: LineKind,
    description: str,
    *,
    line: LineId,
    unit_minor: int,
    quantity_milli: int,
    tax_bp: int,
    feed_rev: int,
    offer: Offer = NO_OFFER,
    card: GoodsCard | None = None,
) -> SaleLine:
    """A measured good or a service: price per unit × thousandths of a unit. `card`: of the office's list."""
    made = SaleLine(
        line=line,
        kind=kind,
        description=description,
        list_price_minor=unit_minor,
        gross_minor=0,
        tax_bp=tax_bp,
        tax_minor=0,
        quantity_milli=quantity_milli,
        unit=card.unit if card else "",
        goods=card.goods if card else GoodsId(""),
        tax=card.tax if card else "",
        feed_rev=feed_rev,
    )
    return cart((made,), offer)[0]


def _tax_of(line: SaleLine, offer: Offer) -> TaxCard:
    """Its card's tax; without one, the rate the line was made with, in the price."""
    card = offer.taxes.get(line.tax)
    if card is not None:
        # what was agreed with a client holds its tax, whatever the rate is by the day it is collected
        return msgspec.structs.replace(card, included=True) if line.order else card
    part = TaxPart(code=f"{line.tax_bp}", name="", rate_bp=line.tax_bp)
    return TaxCard(tax=f"={line.tax_bp}", name="", parts=(part,))


def _scheme_of(line: SaleLine, offer: Offer) -> TaxScheme:
    if line.scheme in (TaxScheme.MARGIN, TaxScheme.OUTSIDE):
        return line.scheme
    return TaxScheme.EXEMPT if offer.exemption else TaxScheme.STANDARD
