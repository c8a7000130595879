"""What a return comes to: shares of a line that add up to what was paid for it, and the ways its money goes back.

A line may come back in parts, at several times. The last part takes whatever is left, so that over all of them amount
and each tax are those of the sale, to the last unit.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.facts import Disposition, LineKind, LineTax, ReturnedLine, SaleLine, Tender, TenderKind
from contract.ids import AccountId, PaymentId
from contract.money import divide_half_up, plain
from trade.refusal import Refusal, Why
from trade.shift import taxes_of

NOT_BY_LINE: Final = frozenset({LineKind.GIFT_CARD, LineKind.DEPOSIT})
"""Their money is given back by the balance that is left of it."""


class Way(NamedTuple):
    """How money came, or goes back: each payment at a terminal, each gift card and each credit by itself."""

    kind: TenderKind
    payment: PaymentId = PaymentId("")
    account: AccountId = AccountId("")


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Money as it came, or went back. `label`: what may be shown of its account."""

    kind: TenderKind
    amount_minor: int
    payment: PaymentId = PaymentId("")
    account: AccountId = AccountId("")
    label: str = ""

    @property
    def way(self) -> Way:
        return Way(self.kind, self.payment, self.account)


def left_of(line: SaleLine, before: Iterable[ReturnedLine]) -> tuple[int, int]:
    """Thousandths and minor units that have not come back."""
    mine = [part for part in before if part.line == line.line]
    quantity = line.quantity_milli - sum(part.quantity_milli for part in mine)
    return quantity, line.gross_minor - sum(part.gross_minor for part in mine)


def part_of(
    line: SaleLine,
    before: Sequence[ReturnedLine],
    *,
    quantity_milli: int = 0,
    amount_minor: int = 0,
    disposition: Disposition = Disposition.STOCK,
) -> ReturnedLine | Refusal:
    """The next part of a line, after those `before`: a quantity of it, or money alone."""
    left, worth = left_of(line, before)
    if line.kind in NOT_BY_LINE:
        why = f"{line.description} is money kept for a client: give its balance back, not its line"
        return Refusal(Why.WRONG_STATE, why)
    if left <= 0:
        return Refusal(Why.RETURNED, f"{line.description} came back already", line.piece)
    if quantity_milli and not 0 < quantity_milli <= left:
        why = (
            f"Of {line.description} {left / 1000:g} {line.unit or 'of it'} may come back, not {quantity_milli / 1000:g}"
        )
        return Refusal(Why.WRONG_PRICE, why)
    if line.piece is not None and quantity_milli not in {0, line.quantity_milli}:
        return Refusal(Why.WRONG_PRICE, f"{line.description} is one piece: it comes back whole", line.piece)
    if not quantity_milli and not 0 < amount_minor <= worth:
        return Refusal(Why.WRONG_PRICE, f"Between nothing and what is left of {line.description}'s price goes back")
    gross = amount_minor
    if quantity_milli:
        gross = worth if quantity_milli == left else divide_half_up(worth * quantity_milli, left)
    taxes = _taxes(line, before, line.gross_minor - worth + gross)
    return ReturnedLine(
        line=line.line,
        gross_minor=gross,
        tax_minor=sum(tax.tax_minor for tax in taxes),
        quantity_milli=quantity_milli,
        taxes=taxes,
        piece=line.piece if quantity_milli else None,
        disposition=disposition,
    )


def _taxes(line: SaleLine, before: Iterable[ReturnedLine], back_minor: int) -> tuple[LineTax, ...]:
    """The line's taxes in what came back, this part included, less what went back before: each rounded on the sum."""
    gone: dict[tuple[str, int], tuple[int, int]] = {}
    for part in before:
        if part.line == line.line:
            for tax in part.taxes:
                base, due = gone.get((tax.code, tax.rate_bp), (0, 0))
                gone[tax.code, tax.rate_bp] = (base + tax.base_minor, due + tax.tax_minor)
    made = []
    for tax in taxes_of(line):
        base, due = gone.get((tax.code, tax.rate_bp), (0, 0))
        made.append(
            LineTax(
                code=tax.code,
                rate_bp=tax.rate_bp,
                base_minor=_share(tax.base_minor, back_minor, line.gross_minor) - base,
                tax_minor=_share(tax.tax_minor, back_minor, line.gross_minor) - due,
            )
        )
    return tuple(made)


def _share(amount_minor: int, back_minor: int, gross_minor: int) -> int:
    return divide_half_up(amount_minor * back_minor, gross_minor) if gross_minor else amount_minor


def whole(line: SaleLine) -> ReturnedLine:
    """A line as it came back in the first release: all of it, at once."""
    return ReturnedLine(
        line=line.line,
        gross_minor=line.gross_minor,
        tax_minor=line.tax_minor,
        quantity_milli=line.quantity_milli,
        taxes=taxes_of(line),
        piece=line.piece,
    )


def left_by(paid: Iterable[Paid], went: Iterable[Paid]) -> dict[Way, int]:
    """What may still go back by each way it came; below nothing where more went back by it."""
    left: dict[Way, int] = {}
    for each in paid:
        left[each.way] = left.get(each.way, 0) + each.amount_minor
    for each in went:
        left[each.way] = left.get(each.way, 0) - each.amount_minor
    return left


ORDER: Final = (
    TenderKind.CARD,
    TenderKind.GIFT_CARD,
    TenderKind.STORE_CREDIT,
    TenderKind.POINTS,
    TenderKind.DEPOSIT,
    TenderKind.BANK_TRANSFER,
    TenderKind.TRADE_IN,
    TenderKind.EXCHANGE,
    TenderKind.CASH,
)
"""Money goes back first by the ways that name whose it was; cash last."""


NO_WAY_BACK: Final = frozenset({TenderKind.DEPOSIT, TenderKind.TRADE_IN, TenderKind.EXCHANGE})
"""Ways that money comes by and cannot go back by: it may become store credit instead."""


def proposed(total_minor: int, left: dict[Way, int]) -> tuple[Paid, ...]:
    """How `total_minor` should go back: by the ways it came, cards first, each up to what came by it."""
    found: list[Paid] = []
    for way in sorted(left, key=lambda way: (ORDER.index(way.kind), way.payment, way.account)):
        amount = min(left[way], total_minor)
        if amount > 0:
            found.append(Paid(kind=way.kind, amount_minor=amount, payment=way.payment, account=way.account))
            total_minor -= amount
    return tuple(found)


def too_much_by_card(
    tenders: Sequence[Tender], paid: Sequence[Paid], went: Sequence[Paid], currency: str
) -> Refusal | None:
    """A card gets back what it gave and no more: anything else is a payout, which no contract with a bank allows."""
    came = sum(each.amount_minor for each in paid if each.kind is TenderKind.CARD)
    back = sum(each.amount_minor for each in went if each.kind is TenderKind.CARD)
    now = sum(each.amount_minor for each in tenders if each.kind is TenderKind.CARD)
    if now > max(came - back, 0):
        left = f"{plain(max(came - back, 0), currency)} {currency}"
        return Refusal(Why.WRONG_TENDERS, f"{left} of this sale may still go back to a card: give the rest another way")
    return None


def otherwise(tenders: Sequence[Tender], paid: Sequence[Paid], went: Sequence[Paid]) -> dict[Way, int]:
    """What goes back by another way than it came, in minor units by way.

    A card cannot (`too_much_by_card`), and an exchange gives nothing back. What came by a way that leads nowhere back
    may become store credit.
    """
    left = left_by(paid, went)
    now: dict[Way, int] = {}
    for tender in tenders:
        if tender.kind not in (TenderKind.CARD, TenderKind.EXCHANGE):
            way = Way(tender.kind, account=tender.account)
            now[way] = now.get(way, 0) + tender.amount_minor
    homeless = sum(max(amount, 0) for way, amount in left.items() if way.kind in NO_WAY_BACK)
    homeless += sum(min(amount, 0) for way, amount in left.items() if way.kind is TenderKind.STORE_CREDIT)
    beyond: dict[Way, int] = {}
    for way, amount in now.items():
        over = amount - max(left.get(way, 0), 0)
        if way.kind is TenderKind.STORE_CREDIT and over > 0:
            settled = min(max(homeless, 0), over)
            homeless, over = homeless - settled, over - settled
        if over > 0:
            beyond[way] = over
    return beyond
