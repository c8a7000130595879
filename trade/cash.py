"""Cash: what is due in coins there are, and foreign notes at the house's rate. Integers, rounded once.

`rounding_minor` is in favour of the house when positive: what cash brought in above what it counted for, or what was
not paid out. It is never more than half the smallest coin, belongs to the cash part alone, and is posted to an account
of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.facts import Conversion, Tender, TenderKind
from contract.feed import RateCard
from contract.money import convert, plain, round_to

RATE_E9_MAX: Final = 10**15
"""A million to one: more is a slip of the keys."""


class CashRules(NamedTuple):
    """The smallest coin, and what foreign cash is taken at, by its currency."""

    step_minor: int = 1
    rates: Mapping[str, RateCard] = {}
    taken_minor_max: int = 0
    """Of one sale; 0: any sum. A law may forbid more (EU 2024/1624 art. 80: €10,000 from 10 July 2027)."""


PLAIN: Final = CashRules()
"""Every minor unit is a coin, and no foreign cash is taken."""


def due(rest_minor: int, step_minor: int) -> tuple[int, int]:
    """What a client gives in cash for so much (gets, below nothing), and what of it is rounding."""
    payable = round_to(rest_minor, step_minor)
    return payable, payable - rest_minor


def rounded(tenders: Sequence[Tender], step_minor: int, *, back: bool = False) -> tuple[Tender, ...]:
    """With the rounding of the cash part on the last cash tender of the till's own currency. `back`: money goes out."""
    own = [at for at, tender in enumerate(tenders) if _own_cash(tender)]
    if not own:
        return tuple(tenders)
    _, off = due(sum(tenders[at].amount_minor for at in own), step_minor)
    told = -off if back else off
    last = own[-1]
    return tuple(
        msgspec.structs.replace(tender, rounding_minor=told if at == last else 0) if at in own else tender
        for at, tender in enumerate(tenders)
    )


def wrong(tenders: Sequence[Tender], currency: str, rules: CashRules, *, back: bool = False) -> str:
    """A sentence when cash cannot have been given so; empty: it can. Of tenders as `rounded` left them."""
    for tender in tenders:
        if tender.kind is not TenderKind.CASH:
            if tender.conversion or tender.rounding_minor:
                return "Only cash is rounded, or taken in another currency"
        elif tender.conversion is not None:
            why = _foreign_wrong(tender, tender.conversion, currency, rules, back=back)
            if why:
                return why
        elif tender.change_minor % rules.step_minor:
            return f"There are no coins for {plain(tender.change_minor, currency)} {currency} of change"
    cash = sum(tender.amount_minor for tender in tenders if tender.kind is TenderKind.CASH)
    if not back and 0 < rules.taken_minor_max < cash:
        most = f"{plain(rules.taken_minor_max, currency)} {currency}"
        return f"At most {most} may be taken in cash for one sale: take the rest by card or bank transfer"
    return ""


def foreign(given_minor: int, card: RateCard, rest_minor: int, step_minor: int) -> Tender:
    """So much of another currency for a rest to pay (> 0): what counts, the change in the till's own, the rounding."""
    worth = convert(given_minor, card.currency, card.into, card.rate_e9)
    counts = min(worth, rest_minor)
    change = round_to(worth - counts, step_minor)
    if worth < rest_minor and rest_minor - worth <= step_minor // 2:
        counts = rest_minor  # no coin could pay what is missing
    return Tender(
        kind=TenderKind.CASH,
        amount_minor=counts,
        change_minor=change,
        rounding_minor=worth - counts - change,
        conversion=Conversion(
            currency=card.currency,
            amount_minor=given_minor,
            rate_e9=card.rate_e9,
            source=card.source,
            quoted_us=card.quoted_us,
        ),
    )


def _own_cash(tender: Tender) -> bool:
    return tender.kind is TenderKind.CASH and tender.conversion is None


def _foreign_wrong(tender: Tender, said: Conversion, currency: str, rules: CashRules, *, back: bool) -> str:
    card = rules.rates.get(said.currency)
    if back or tender.amount_minor < 0:
        return f"Cash goes back in {currency} only"
    if card is None or card.into != currency:
        return f"The office gave no rate for {said.currency}: take {currency}"
    if (said.rate_e9, said.source, said.quoted_us) != (card.rate_e9, card.source, card.quoted_us):
        return f"The rate of {said.currency} changed meanwhile: look at the payment page again"
    if not 0 < card.rate_e9 <= RATE_E9_MAX or said.amount_minor <= 0:
        return f"So much {said.currency} cannot be: type it again"
    worth = convert(said.amount_minor, said.currency, currency, said.rate_e9)
    off = tender.rounding_minor
    if tender.amount_minor + tender.change_minor + off != worth or 2 * abs(off) > rules.step_minor:
        given = f"{plain(said.amount_minor, said.currency)} {said.currency}"
        return f"{given} are worth {plain(worth, currency)} {currency}: count and change do not make that"
    if tender.change_minor % rules.step_minor:
        return f"There are no coins for {plain(tender.change_minor, currency)} {currency} of change"
    return ""
