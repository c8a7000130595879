"""Taxes of a line, and of a receipt: integers, one rounding, and parts that add up to the last unit.

All parts of a tax are of one net amount. Where prices hold the tax, the gross amount stands and the tax within it is
shared out among the parts; where they do not, each part is rounded by itself and comes on top.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from contract.facts import LineTax, TaxScheme
from contract.feed import TaxCard, TaxRounding
from contract.money import BASIS_POINTS, allocate, divide_half_up

UNTAXED: Final = (TaxScheme.EXEMPT, TaxScheme.MARGIN, TaxScheme.OUTSIDE)


def on_day(tax: TaxCard, business_day: str) -> TaxCard:
    """With the parts that are due on this business day; as it was before every change where no shift is open."""
    begun = [change for change in tax.changes if change.from_day <= business_day]
    newest = max(begun, key=lambda change: change.from_day, default=None)
    return tax if newest is None else msgspec.structs.replace(tax, parts=newest.parts)


class Due(NamedTuple):
    """What a client pays for a line, tax included, and the taxes in it."""

    gross_minor: int
    taxes: tuple[LineTax, ...]

    @property
    def tax_minor(self) -> int:
        return sum(tax.tax_minor for tax in self.taxes)


class Taxable(NamedTuple):
    """What a line asks before taxes that are not in its price: price × quantity, less what was taken off."""

    amount_minor: int
    tax: TaxCard
    scheme: TaxScheme = TaxScheme.STANDARD


def due(lines: Sequence[Taxable], rounding: TaxRounding) -> list[Due]:
    """Of each line, in their order. By receipt, the taxes of a card are rounded once over all lines, and shared out."""
    alone = [of_line(line) for line in lines]
    if rounding is TaxRounding.LINE:
        return alone
    groups: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        if alone[at].taxes:
            groups.setdefault(line.tax.tax, []).append(at)
    for members in groups.values():
        if any(lines[at].amount_minor for at in members):
            _once(lines, alone, members)
    return alone


def of_line(line: Taxable) -> Due:
    """One line by itself, each tax rounded on it."""
    amount, tax = line.amount_minor, line.tax
    rates = [part.rate_bp for part in tax.parts]
    whole = sum(rates)
    net = divide_half_up(amount * BASIS_POINTS, BASIS_POINTS + whole) if tax.included else amount
    if line.scheme is TaxScheme.EXEMPT:
        return Due(net, ())
    if line.scheme in UNTAXED or not whole:
        return Due(amount, ())
    parts = allocate(amount - net, rates) if tax.included else [divide_half_up(net * r, BASIS_POINTS) for r in rates]
    return Due(amount if tax.included else net + sum(parts), _taxes(tax, net, parts))


def _once(lines: Sequence[Taxable], out: list[Due], members: Sequence[int]) -> None:
    """The same taxes, rounded on the sum of these lines, then shared out by what each line owes exactly."""
    tax = lines[members[0]].tax
    amounts = [lines[at].amount_minor for at in members]
    rates = [part.rate_bp for part in tax.parts]
    whole, weights = sum(rates), [abs(amount) for amount in amounts]
    total = sum(amounts)
    if tax.included:
        within = total - divide_half_up(total * BASIS_POINTS, BASIS_POINTS + whole)
        sums = allocate(within, rates)
    else:
        sums = [divide_half_up(total * rate, BASIS_POINTS) for rate in rates]
    shares = [allocate(each, weights) for each in sums]
    for n, at in enumerate(members):
        parts = [share[n] for share in shares]
        gross = amounts[n] if tax.included else amounts[n] + sum(parts)
        out[at] = Due(gross, _taxes(tax, gross - sum(parts), parts))


def _taxes(tax: TaxCard, net_minor: int, parts: Sequence[int]) -> tuple[LineTax, ...]:
    return tuple(
        LineTax(code=part.code, rate_bp=part.rate_bp, base_minor=net_minor, tax_minor=amount)
        for part, amount in zip(tax.parts, parts, strict=True)
        if part.rate_bp
    )
