"""On what terms the house takes orders, and where an order's own are below them."""

from typing import Final

import msgspec

from contract.facts import Instalment, OrderKind, OrderTerms
from contract.feed import SettingsCard
from contract.money import BASIS_POINTS, allocate, divide_half_up, plain
from trade.orders.order import Order
from trade.periods import day_number, is_day, months_after
from trade.refusal import Refusal, Why

ASKS_FOR_A_DEPOSIT: Final = frozenset({OrderKind.LAYAWAY, OrderKind.SPECIAL, OrderKind.CUSTOM})
"""A repair is paid when it is collected: the thing itself is here."""
INSTALMENTS_MAX: Final = 60
GRACE_DAYS_MAX: Final = 365


def terms_of(kind: OrderKind, settings: SettingsCard) -> OrderTerms:
    """What the house asks for at this store."""
    if kind not in ASKS_FOR_A_DEPOSIT:
        return OrderTerms()
    return OrderTerms(
        deposit_bp=settings.order_deposit_bp, grace_days=settings.order_grace_days, fee_bp=settings.order_fee_bp
    )


def wrong(terms: OrderTerms) -> Refusal | None:
    """Why nobody can agree on these."""
    if not (0 <= terms.deposit_bp <= BASIS_POINTS and 0 <= terms.fee_bp <= BASIS_POINTS):
        return Refusal(Why.WRONG_PRICE, "Deposit and fee lie between nothing and 100 %")
    if not 0 <= terms.grace_days <= GRACE_DAYS_MAX:
        return Refusal(Why.WRONG_PRICE, f"Grace lies between no day and {GRACE_DAYS_MAX}")
    if len(terms.instalments) > INSTALMENTS_MAX:
        return Refusal(Why.WRONG_PRICE, f"At most {INSTALMENTS_MAX} instalments: make them larger")
    if any(each.amount_minor <= 0 or not is_day(each.due_day) for each in terms.instalments):
        return Refusal(Why.WRONG_PRICE, "Each instalment is more than nothing, due by a day written as 2026-11-29")
    return None


def beside_total(terms: OrderTerms, total_minor: int, currency: str) -> Refusal | None:
    """Why instalments do not fit what the order comes to; nothing is known before it has a price."""
    asked = sum(each.amount_minor for each in terms.instalments)
    if not terms.instalments or not total_minor or asked == total_minor:
        return None
    why = f"The instalments make {money(asked, currency)}, and the order comes to {money(total_minor, currency)}: "
    return Refusal(Why.WRONG_PRICE, f"{why}make them the same")


def below(kind: OrderKind, terms: OrderTerms, settings: SettingsCard, today: str) -> tuple[str, ...]:
    """Where these terms ask less of the client than the house does, in words."""
    house = terms_of(kind, settings)
    found = []
    if terms.deposit_bp < house.deposit_bp:
        found.append(f"a deposit of {percent(terms.deposit_bp)} in place of {percent(house.deposit_bp)}")
    if terms.fee_bp < house.fee_bp:
        found.append(f"a fee of {percent(terms.fee_bp)} in place of {percent(house.fee_bp)} if it is cancelled")
    if terms.grace_days > house.grace_days:
        found.append(f"{terms.grace_days} days of grace in place of {house.grace_days}")
    last = max((each.due_day for each in terms.instalments), default="")
    most = settings.layaway_days
    if kind is OrderKind.LAYAWAY and last and today and day_number(last) - day_number(today) > most:
        found.append(f"until {last} to pay, where the house gives {most} days")
    return tuple(found)


def percent(share_bp: int) -> str:
    return f"{share_bp / 100:g} %"


def deposit_minor(order: Order) -> int:
    """What has to be paid before work begins, or a piece is ordered: never less than its share."""
    return -(-order.total_minor * order.terms.deposit_bp // BASIS_POINTS)


def fee_minor(order: Order, paid_minor: int) -> int:
    """What the house keeps of it when the order ends without being collected."""
    return divide_half_up(paid_minor * order.terms.fee_bp, BASIS_POINTS)


def overdue_since(order: Order, paid_minor: int, today: str) -> str:
    """The day by which money was due that has not come; empty: nothing is overdue."""
    due = order.due(paid_minor)
    return due[0].due_day if due and due[0].due_day < today else ""


def in_grace(order: Order, since: str, today: str) -> bool:
    return day_number(today) - day_number(since) <= order.terms.grace_days


def money(amount_minor: int, currency: str) -> str:
    return f"{plain(amount_minor, currency)} {currency}"


def redone(terms: OrderTerms, total_minor: int, paid_minor: int) -> OrderTerms:
    """Its instalments for another total: what was paid stays as it was, the rest is shared by the days that are left,
    as the parts were before. Nothing is left to share: one instalment of what is left, on the last day.
    """
    ordered = sorted(terms.instalments, key=lambda each: each.due_day)
    if not ordered or sum(each.amount_minor for each in ordered) == total_minor:
        return terms
    left = min(max(paid_minor, 0), total_minor)
    kept: list[Instalment] = []
    open_ones: list[Instalment] = []
    for each in ordered:
        covered = min(left, each.amount_minor)
        left -= covered
        if covered:
            kept.append(msgspec.structs.replace(each, amount_minor=covered))
        if covered < each.amount_minor:
            open_ones.append(msgspec.structs.replace(each, amount_minor=each.amount_minor - covered))
    rest = total_minor - sum(each.amount_minor for each in kept)
    sharing = open_ones or [msgspec.structs.replace(ordered[-1], amount_minor=1)]
    parts = allocate(rest, [each.amount_minor for each in sharing])
    amounts: dict[str, int] = {}
    for due_day, amount in (
        *((each.due_day, each.amount_minor) for each in kept),
        *((each.due_day, part) for each, part in zip(sharing, parts, strict=True)),
    ):
        amounts[due_day] = amounts.get(due_day, 0) + amount
    made = tuple(Instalment(due_day=day, amount_minor=amount) for day, amount in sorted(amounts.items()) if amount)
    return msgspec.structs.replace(terms, instalments=made)


def plan(total_minor: int, first_minor: int, first_day: str, months: int) -> tuple[Instalment, ...]:
    """A first payment on `first_day`, and the rest in equal parts, a month apart, to the last unit."""
    first_minor = min(max(first_minor, 0), total_minor)
    first = (Instalment(due_day=first_day, amount_minor=first_minor),) if first_minor else ()
    rest = total_minor - first_minor
    if not rest:
        return first
    parts = allocate(rest, [1] * max(months, 1))
    later = (
        Instalment(due_day=months_after(first_day, n), amount_minor=part) for n, part in enumerate(parts, 1) if part
    )
    return (*first, *later)
