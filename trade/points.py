"""Loyalty points. A point is a minor unit of a currency: what is earned, spent and taken back is money, to the unit.

A client has one account of points for each currency they buy in. Rates are of rules with their days; the best one that
holds counts. What comes back takes back what it earned, at the rate it was earned at, however many times it comes back.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import SaleLine, SaleRecorded, TenderKind
from contract.feed import EarnRule
from contract.ids import AccountId, PersonId
from contract.money import BASIS_POINTS
from trade.accounts import LINE_ACCOUNT, Account
from trade.posting import Posting, balanced

POINTS: Final = "points-"
TIERS_END: Final = 1 << 30
"""Above every tier."""
FOR_EVER: Final = "9999-12-31"
RATE_BP_MAX: Final = 5_000
"""Half of what is paid: more is a slip of the keys."""


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """Of one sale. `basis_minor`: what was paid of it with money; `gross_minor`: what its goods cost."""

    rule: str
    rate_bp: int
    basis_minor: int
    gross_minor: int

    @property
    def amount_minor(self) -> int:
        return self.basis_minor * self.rate_bp // BASIS_POINTS

    def left(self, back_minor: int) -> int:
        """Of it when so much of the sale has come back: nothing once all has, and never more than before."""
        if not self.gross_minor:
            return self.amount_minor
        kept = self.gross_minor - min(max(back_minor, 0), self.gross_minor)
        return self.amount_minor * kept // self.gross_minor


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """What one purchase earned and is not spent yet. `expires`: its last business day; empty: it has none."""

    ref: str
    left_minor: int
    expires: str = ""

    @property
    def order(self) -> tuple[str, str]:
        return self.expires or FOR_EVER, self.ref


def settled(lots: Iterable[Lot], balance_minor: int) -> tuple[Lot, ...]:
    """Lots as the account's balance leaves them, the first to lapse first: that is where what was spent came from, and
    what was given back after it was spent joins the one that lapses last.
    """
    ordered = sorted(lots, key=lambda lot: lot.order)
    over = sum(lot.left_minor for lot in ordered) - balance_minor
    found = []
    for lot in ordered:
        taken = min(max(over, 0), lot.left_minor)
        over -= taken
        found.append(msgspec.structs.replace(lot, left_minor=lot.left_minor - taken))
    if over < 0 and found:
        found[-1] = msgspec.structs.replace(found[-1], left_minor=found[-1].left_minor - over)
    return tuple(found)


def lapsing(lots: Iterable[Lot], business_day: str) -> int:
    """How much of them may not be spent on that day any more."""
    return sum(lot.left_minor for lot in lots if lot.expires and lot.expires < business_day)


def next_to_lapse(lots: Iterable[Lot], business_day: str) -> tuple[int, str]:
    """How much lapses next, and after which business day; 0 and empty: none ever."""
    last = min((lot.expires for lot in lots if lot.left_minor and lot.expires >= business_day), default="")
    return sum(lot.left_minor for lot in lots if last and lot.expires == last), last


def points_account(client: PersonId, currency: str) -> AccountId:
    return AccountId(f"{POINTS}{client}:{currency}")


def client_of(account: str) -> PersonId:
    """Empty where it is no account of points."""
    return PersonId(account.removeprefix(POINTS).rpartition(":")[0] if account.startswith(POINTS) else "")


def is_revenue(line: SaleLine) -> bool:
    """Gift cards and deposits earn nothing when they are paid for, but when they pay."""
    return LINE_ACCOUNT[line.kind] is Account.SALES


def earned(fact: SaleRecorded, rules: Iterable[EarnRule], tier: int) -> Earned | None:
    """What a sale earns its client; None: nobody is named, no rule holds, or nothing was paid.

    Points earn no points: what they paid is left out.
    """
    holding = [rule for rule in rules if rule.rate_bp > 0 and rule.holds(fact.business_day, tier)]
    gross = sum(line.gross_minor for line in fact.lines if is_revenue(line))
    points = sum(each.amount_minor for each in fact.tenders if each.kind is TenderKind.POINTS)
    basis = gross - points
    if not fact.client or not holding or basis <= 0:
        return None
    best = max(holding, key=lambda rule: rule.rate_bp)
    return Earned(rule=best.name, rate_bp=best.rate_bp, basis_minor=basis, gross_minor=gross)


def sure(fact: SaleRecorded, rules: Iterable[EarnRule]) -> tuple[int, bool]:
    """What a till may say a sale earned: by the rules that hold for everybody, and whether a tier may earn more."""
    known = tuple(rules)
    least, most = earned(fact, known, 0), earned(fact, known, TIERS_END)
    amount = least.amount_minor if least is not None else 0
    return amount, most is not None and most.amount_minor > amount


def post_points(amount_minor: int, currency: str, account: AccountId, what: str) -> tuple[Posting, ...]:
    """Given (above nothing), or taken back: revenue that is put off until they are spent, or lapse."""
    legs = (
        Posting(account=Account.POINTS_GIVEN, amount_minor=amount_minor, currency=currency),
        Posting(account=Account.POINTS, amount_minor=-amount_minor, currency=currency, by=account),
    )
    return balanced(legs, what)
