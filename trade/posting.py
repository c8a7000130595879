"""Double entry from facts: legs that add up to nothing in every currency, by construction and by assertion.

Debit is positive, credit negative. The cloud posts them; the store only records. What a piece cost is moved by
`costing`, what was earned by a sale by `commission`; both end in the same legs.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from contract import giftcard
from contract.facts import (
    CashBanked,
    CashKind,
    CashMoved,
    LineTax,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    Tender,
    TenderKind,
)
from contract.ids import PaymentId
from contract.money import allocate, divide_half_up
from trade.accounts import LINE_ACCOUNT, TENDER_ACCOUNT, Account
from trade.shift import taxes_of

NO_TERMINALS: Mapping[PaymentId, str] = {}


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One leg. `amount_minor` > 0 debits, < 0 credits; `by` is what the account is kept by (`accounts.Kept`)."""

    account: Account
    amount_minor: int
    currency: str
    by: str = ""


class UnbalancedError(Exception):
    """The fact's own figures do not agree: quarantine it and tell a person; never post half."""


def post_sale(
    fact: SaleRecorded,
    terminals: Mapping[PaymentId, str] = NO_TERMINALS,
    kept: Container[PaymentId] = (),
) -> tuple[Posting, ...]:
    """Tenders against sales, what is owed by gift cards and deposits, and taxes by code.

    `terminals` names the terminal of a payment where it is known; `kept` are payments whose money was posted already,
    when their terminal would not give it back. Raises `UnbalancedError` when total, tax, lines and
    tenders disagree.
    """
    what = f"sale {fact.sale}"
    if sum(line.gross_minor for line in fact.lines) != fact.total_minor:
        raise UnbalancedError(f"{what}: lines do not add up to {fact.total_minor}")
    if sum(line.tax_minor for line in fact.lines) != fact.tax_minor:
        raise UnbalancedError(f"{what}: the taxes of its lines do not add up to {fact.tax_minor}")
    legs = [
        leg
        for tender in fact.tenders
        for leg in (
            (_leg(Account.PAYMENTS_KEPT, tender.amount_minor, fact.currency, tender.payment),)
            if tender.payment and tender.payment in kept
            else _tender(tender, 1, fact.till, fact.currency, terminals)
        )
    ]
    for line in fact.lines:
        net = line.gross_minor - line.tax_minor
        legs.append(_leg(LINE_ACCOUNT[line.kind], -net, fact.currency, named(line.account)))
        legs += _taxes(taxes_of(line), line.tax_minor, 1, fact.currency)
    return balanced(legs, what)


def post_return(
    fact: ReturnRecorded, sold: Sequence[SaleLine] = (), terminals: Mapping[PaymentId, str] = NO_TERMINALS
) -> tuple[Posting, ...]:
    """The other way round: `total_minor` is what the client got back, positive; tenders likewise.

    `sold` are the lines that came back as they were sold: they tell which taxes are due no more, and which line was
    money owed and not revenue. Of a sale nobody knows, all of it is revenue, and the tax has no code.
    """
    legs = [leg for tender in fact.tenders for leg in _tender(tender, -1, fact.till, fact.currency, terminals)]
    known = {line.line: line for line in sold}
    parts = {part.line: part.gross_minor for part in fact.parts} or {line.line: line.gross_minor for line in sold}
    owed = [(known[name], gross) for name, gross in parts.items() if name in known and not _is_revenue(known[name])]
    legs += [_leg(LINE_ACCOUNT[line.kind], gross, fact.currency, named(line.account)) for line, gross in owed]
    net = fact.total_minor - fact.tax_minor - sum(gross for _, gross in owed)
    legs.append(_leg(Account.SALES_RETURNS, net, fact.currency))
    legs += _taxes(_taxes_back(fact, sold), fact.tax_minor, -1, fact.currency)
    return balanced(legs, f"return of sale {fact.sale}")


def _is_revenue(line: SaleLine) -> bool:
    return LINE_ACCOUNT[line.kind] is Account.SALES


def _taxes_back(fact: ReturnRecorded, sold: Sequence[SaleLine]) -> list[LineTax]:
    """As the parts say it; a part of a line of the first release has one rate, and says only the sum."""
    if not fact.parts:
        return [tax for line in sold for tax in taxes_of(line)]
    rates = {line.line: line.tax_bp for line in sold}
    found: list[LineTax] = []
    for part in fact.parts:
        base, rate = part.gross_minor - part.tax_minor, rates.get(part.line, 0)
        alone = LineTax(code=str(rate) if rate else "", rate_bp=rate, base_minor=base, tax_minor=part.tax_minor)
        found += part.taxes or ((alone,) if part.tax_minor else ())
    return found


def post_order(total_minor: int, tax_minor: int, currency: str, order: str, tax: str = "") -> tuple[Posting, ...]:
    """A captured web order: the provider owes us the money."""
    legs = [
        _leg(Account.WEB_CLEARING, total_minor, currency),
        _leg(Account.SALES, tax_minor - total_minor, currency),
        _leg(Account.SALES_TAX_PAYABLE, -tax_minor, currency, tax),
    ]
    return balanced(legs, f"order {order}")


def post_shift_opened(fact: ShiftOpened) -> tuple[Posting, ...]:
    """The float comes out of the safe."""
    return balanced(_between(Account.SAFE, Account.CASH, fact.float_minor, fact.currency, fact.till), fact.shift)


class Position(NamedTuple):
    """Foreign cash a store has, and what it was taken for: the rates of its tenders, on average."""

    foreign_minor: int = 0
    own_minor: int = 0

    def worth(self, amount_minor: int) -> int:
        """Of so much of it, in the store's own currency, to the nearest unit; nothing where it has none."""
        if self.foreign_minor <= 0:
            return 0
        worth = divide_half_up(abs(amount_minor) * self.own_minor, self.foreign_minor)
        return worth if amount_minor >= 0 else -worth


NO_POSITIONS: Final[Mapping[str, Position]] = {}


def post_shift_closed(fact: ShiftClosed, positions: Mapping[str, Position] = NO_POSITIONS) -> tuple[Posting, ...]:
    """What the drawer held more or less than it should; then all of it goes to the safe, foreign cash as well.

    Foreign cash that is off is off at what it was taken for: `positions` by currency.
    """
    off = fact.cash_counted_minor - fact.cash_expected_minor
    legs = [_leg(Account.CASH, off, fact.currency, fact.till), _leg(Account.OVER_SHORT, -off, fact.currency, fact.till)]
    legs += _between(Account.CASH, Account.SAFE, fact.cash_counted_minor, fact.currency, fact.till)
    for count in fact.foreign:
        off = count.counted_minor - count.expected_minor
        worth = positions.get(count.currency, Position()).worth(off)
        legs += [
            _leg(Account.CASH, off, count.currency, fact.till),
            *_exchanged(count.currency, off, fact.currency, worth),
            _leg(Account.OVER_SHORT, -worth, fact.currency, fact.till),
        ]
        legs += _between(Account.CASH, Account.SAFE, count.counted_minor, count.currency, fact.till)
    for each in fact.tenders if not fact.foreign else ():  # a Z of a release that did not count it
        if each.kind is TenderKind.CASH and each.currency != fact.currency:
            legs += _between(Account.CASH, Account.SAFE, each.amount_minor, each.currency, fact.till)
    return balanced(legs, fact.shift)


def post_cash_moved(fact: CashMoved) -> tuple[Posting, ...]:
    """A drop goes to the safe; what else is put in or taken out by hand is petty cash, for its reason."""
    if fact.kind is CashKind.NO_SALE:
        return ()
    other = Account.SAFE if fact.kind is CashKind.DROP else Account.PETTY_CASH
    amount = fact.amount_minor if fact.kind is CashKind.IN else -fact.amount_minor
    return balanced(_between(other, Account.CASH, amount, fact.currency, fact.till), fact.move)


def post_cash_banked(fact: CashBanked, own: str, position: Position) -> tuple[Posting, ...]:
    """Out of the safe, into the bank: foreign cash at what it was taken for. What the bank gives for it more or less is
    an exchange difference, known when its statement comes (`post_bank_credited`).
    """
    if fact.currency == own:
        legs = _between(Account.SAFE, Account.BANK, fact.amount_minor, own, "")
        return balanced(legs, fact.move)
    worth = position.worth(fact.amount_minor)
    legs = [
        _leg(Account.SAFE, -fact.amount_minor, fact.currency),
        *_exchanged(fact.currency, -fact.amount_minor, own, -worth),
        _leg(Account.BANK, worth, own),
    ]
    return balanced(legs, fact.move)


def post_bank_credited(
    move: str, *, stands_minor: int, credited_minor: int, own: str, foreign: str
) -> tuple[Posting, ...]:
    """The bank gave `credited_minor` for cash of `foreign` where the ledger has `stands_minor` in it, both in `own`.

    For foreign cash the rest is an exchange difference; own cash that the bank counted otherwise was over or short.
    """
    more = credited_minor - stands_minor
    other = Account.OVER_SHORT if foreign == own else Account.FX_DIFFERENCE
    return balanced((_leg(Account.BANK, more, own), _leg(other, -more, own)), move)


def _exchanged(foreign: str, amount_minor: int, own: str, worth_minor: int) -> list[Posting]:
    """Foreign cash comes (below nothing: goes) for its worth in the store's own currency."""
    return [
        _leg(Account.CURRENCY_POSITION, -amount_minor, foreign, foreign),
        _leg(Account.CURRENCY_POSITION, worth_minor, own, foreign),
    ]


def reversed_legs(legs: Iterable[Posting]) -> tuple[Posting, ...]:
    """The same legs the other way round: how a posting is corrected, since none is ever changed."""
    return tuple(msgspec.structs.replace(leg, amount_minor=-leg.amount_minor) for leg in legs)


def _tender(tender: Tender, sign: int, till: str, currency: str, terminals: Mapping[PaymentId, str]) -> list[Posting]:
    """Money that came in (`sign` 1) or went out. What cash was rounded by is in favour of the house when positive,
    whichever way the money goes; foreign cash is bought by the drawer's own currency at the tender's rate.
    """
    amount, gain = sign * tender.amount_minor, tender.rounding_minor
    if tender.kind is not TenderKind.CASH:
        return [_leg(TENDER_ACCOUNT[tender.kind], amount, currency, _kept_by(tender, terminals))]
    rounding = _leg(Account.ROUNDING, -gain, currency)
    if tender.conversion is None:
        return [_leg(Account.CASH, amount + gain, currency, till), rounding]
    foreign = sign * tender.conversion.amount_minor
    return [
        _leg(Account.CASH, foreign, tender.conversion.currency, till),
        _leg(Account.CURRENCY_POSITION, -foreign, tender.conversion.currency, tender.conversion.currency),
        _leg(Account.CURRENCY_POSITION, amount + gain + tender.change_minor, currency, tender.conversion.currency),
        _leg(Account.CASH, -tender.change_minor, currency, till),
        rounding,
    ]


def _kept_by(tender: Tender, terminals: Mapping[PaymentId, str]) -> str:
    if tender.kind is TenderKind.CARD:
        return terminals.get(tender.payment, "")
    return named(tender.account or tender.reference) if tender.kind in _BY_REFERENCE else ""


def named(account: str) -> str:
    """What a leg may say of an account: its id. Where somebody wrote a gift card's code, its digest stands for it."""
    try:
        return giftcard.account_of(giftcard.parse(account)) if account else ""
    except ValueError:
        return account


_BY_REFERENCE = (
    TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT, TenderKind.TRADE_IN, TenderKind.DEPOSIT, TenderKind.POINTS,
)  # fmt: skip


def _taxes(taxes: Iterable[LineTax], tax_minor: int, sign: int, currency: str) -> list[Posting]:
    """`tax_minor` by code, credited (`sign` 1) or taken back. Where less comes back than was due, by the same parts."""
    told: dict[str, int] = {}
    for tax in taxes:
        told[tax.code] = told.get(tax.code, 0) + tax.tax_minor
    whole = sum(told.values())
    if whole != tax_minor and whole > 0 and min(told.values()) >= 0 and 0 < tax_minor < whole:
        told = dict(zip(told, allocate(tax_minor, list(told.values())), strict=True))
    elif whole != tax_minor:
        told = {"": tax_minor}
    return [_leg(Account.SALES_TAX_PAYABLE, -sign * due, currency, code) for code, due in told.items()]


def _between(out_of: Account, into: Account, amount_minor: int, currency: str, till: str) -> list[Posting]:
    """Cash from one place to another; only drawers are kept by till."""
    return [
        _leg(account, amount, currency, "" if account is Account.SAFE else till)
        for account, amount in ((into, amount_minor), (out_of, -amount_minor))
    ]


def _leg(account: Account, amount_minor: int, currency: str, by: str = "") -> Posting:
    return Posting(account=account, amount_minor=amount_minor, currency=currency, by=by)


def balanced(legs: Iterable[Posting], what: str) -> tuple[Posting, ...]:
    """The legs, those of one account put together and those of nothing left out. Raises `UnbalancedError`."""
    sums: dict[tuple[Account, str, str], int] = {}
    off: dict[str, int] = {}
    for leg in legs:
        key = (leg.account, leg.currency, leg.by)
        sums[key] = sums.get(key, 0) + leg.amount_minor
        off[leg.currency] = off.get(leg.currency, 0) + leg.amount_minor
    for currency, amount in off.items():
        if amount:
            raise UnbalancedError(f"{what}: debits and credits differ by {amount} minor units of {currency}")
    return tuple(
        Posting(account=account, amount_minor=amount, currency=currency, by=by)
        for (account, currency, by), amount in sums.items()
        if amount
    )
