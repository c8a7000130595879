"""What a line costs: the price of the card at claim time, tax inside, one rounding."""

from contract.facts import LineKind, SaleLine
from contract.feed import PieceCard
from contract.ids import ClaimId, LineId
from contract.money import divide_half_up, tax_within

MILLI = 1000


def piece_line(
    card: PieceCard, *, line: LineId, claim: ClaimId, ce: int, discount_minor: int, feed_rev: int
) -> SaleLine:
    """The line of a tagged piece at its card's price less a discount (0 ≤ discount ≤ price)."""
    gross = card.price_minor - discount_minor
    return SaleLine(
        line=line,
        kind=LineKind.PIECE,
        description=card.title,
        list_price_minor=card.price_minor,
        gross_minor=gross,
        tax_bp=card.tax_bp,
        tax_minor=tax_within(gross, card.tax_bp),
        piece=card.piece,
        ce=ce,
        claim=claim,
        discount_minor=discount_minor,
        feed_rev=feed_rev,
    )


def other_line(
    kind: LineKind, description: str, *, line: LineId, unit_minor: int, quantity_milli: int, tax_bp: int, feed_rev: int
) -> SaleLine:
    """A measured good or a service: price per unit × thousandths of a unit, rounded once."""
    gross = divide_half_up(unit_minor * quantity_milli, MILLI)
    return SaleLine(
        line=line,
        kind=kind,
        description=description,
        list_price_minor=unit_minor,
        gross_minor=gross,
        tax_bp=tax_bp,
        tax_minor=tax_within(gross, tax_bp),
        quantity_milli=quantity_milli,
        feed_rev=feed_rev,
    )
