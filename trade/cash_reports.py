"""Cash above a threshold that the house has to report: in one transaction, or in several that are related. Pure.

US Form 8300 (26 CFR 1.6050I-1; IRM 4.26.10): *more than* $10,000 in one transaction or in related ones; those of one
payer within 24 hours always are; instalments of one thing (a layaway, a deposit and its sale) add up over twelve
months; fifteen days to report, and after a report the counting begins again. Other countries know the same with other
figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from contract.ids import AccountId, PersonId, SaleId, StoreId

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US


class CashRule(msgspec.Struct, frozen=True, kw_only=True):
    """`over_minor` itself is not reported, one unit more is."""

    name: str
    currency: str
    over_minor: int
    related_us: int = DAY_US
    adds_up_us: int = 365 * DAY_US
    report_within_us: int = 15 * DAY_US


RULES: Final = (
    CashRule(name="Form 8300", currency="USD", over_minor=1_000_000),
    CashRule(name="Cash above 10,000", currency="EUR", over_minor=1_000_000),
    CashRule(name="Cash above 10,000", currency="GBP", over_minor=1_000_000),
    CashRule(name="Cash above 10,000", currency="CHF", over_minor=1_000_000),
)
"""What is watched in each currency. In the EU cash above €10,000 may not be taken at all from 10 July 2027 (Regulation
2024/1624 art. 80): a store's `cash_minor_max` refuses it at the till. Whom a report goes to is the country's law."""


class CashPaid(msgspec.Struct, frozen=True, kw_only=True):
    """Cash that came in with one sale, change taken off. `things`: accounts its money belongs to."""

    store: StoreId
    sale: SaleId
    client: PersonId
    amount_minor: int
    at_us: int
    things: tuple[AccountId, ...] = ()


class CashReport(msgspec.Struct, frozen=True, kw_only=True):
    """These payments are related and make more than the rule allows; `exceeded_us` is when the last of them came.

    `amends`: the name of a report that was filed before these payments of it were heard of.
    """

    rule: str
    currency: str
    payments: tuple[CashPaid, ...]
    exceeded_us: int
    due_us: int
    amends: str = ""

    @property
    def total_minor(self) -> int:
        return sum(each.amount_minor for each in self.payments)

    @property
    def client(self) -> PersonId:
        """Whoever of the payers is known; empty: nobody was named."""
        return next((each.client for each in self.payments if each.client), PersonId(""))

    @property
    def name(self) -> str:
        """One and the same however often it is worked out: of the payment that exceeded."""
        last = self.payments[-1]
        return f"{self.rule}:{last.store}/{last.sale}"


def reports(
    rule: CashRule, paid: Iterable[CashPaid], filed: Sequence[CashReport] = ()
) -> tuple[CashReport, ...]:  # fmt: skip
    """All reports these payments ask for beside those that were filed, oldest first.

    What was filed stays as it was. A payment of it that is heard of later amends it; what comes after it counts anew.
    """
    payments = sorted(
        (each for each in paid if each.amount_minor > 0), key=lambda one: (one.at_us, one.store, one.sale)
    )
    told = {(one.store, one.sale): report for report in filed for one in report.payments}
    found = [report for group in _related(rule, payments) for report in _reports_of(rule, group, told)]
    return tuple(sorted(found, key=lambda one: (one.exceeded_us, one.name)))


def _related(rule: CashRule, payments: list[CashPaid]) -> Iterable[list[CashPaid]]:
    """Groups of payments that belong together, each in the order of time."""
    parent = list(range(len(payments)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    by_payer: dict[str, list[int]] = {}
    by_thing: dict[str, list[int]] = {}
    for at, each in enumerate(payments):
        if each.client:
            by_payer.setdefault(each.client, []).append(at)
        for thing in each.things:
            by_thing.setdefault(thing, []).append(at)
    for members, within_us in ((by_payer, rule.related_us), (by_thing, rule.adds_up_us)):
        for ats in members.values():
            for before, after in pairwise(ats):
                if payments[after].at_us - payments[before].at_us <= within_us:
                    parent[root(after)] = root(before)
    groups: dict[int, list[CashPaid]] = {}
    for at, each in enumerate(payments):
        groups.setdefault(root(at), []).append(each)
    return groups.values()


def _reports_of(
    rule: CashRule, group: list[CashPaid], told: Mapping[tuple[StoreId, SaleId], CashReport]
) -> Iterable[CashReport]:
    """Payments are added up over the months they may be; after each report the counting begins again."""
    window: list[CashPaid] = []
    heads = dict.fromkeys(report for each in group if (report := told.get((each.store, each.sale))) is not None)
    for each in group:
        if (each.store, each.sale) in told:
            continue
        late = _part_of(rule, each, heads)
        if late is not None:
            yield CashReport(
                rule=rule.name, currency=rule.currency, payments=(each,), exceeded_us=each.at_us,
                due_us=each.at_us + rule.report_within_us, amends=late.amends or late.name,
            )  # fmt: skip
            continue
        window = [one for one in window if each.at_us - one.at_us <= rule.adds_up_us]
        window.append(each)
        if sum(one.amount_minor for one in window) > rule.over_minor:
            due_us = each.at_us + rule.report_within_us
            yield CashReport(
                rule=rule.name, currency=rule.currency, payments=tuple(window), exceeded_us=each.at_us, due_us=due_us
            )
            window = []


def _part_of(rule: CashRule, paid: CashPaid, filed: Iterable[CashReport]) -> CashReport | None:
    """The filed report that this payment belonged to when it was made."""
    return next(
        (each for each in filed if 0 <= each.exceeded_us - paid.at_us <= rule.adds_up_us and not each.amends), None
    )
