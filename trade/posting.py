"""Double entry from a sale or a return: lines that add up to zero per currency, by construction and by assertion.

Debit is positive, credit negative. The cloud posts them; the store only records.
"""

import msgspec

from contract.facts import ReturnRecorded, SaleRecorded
from trade.accounts import TENDER_ACCOUNT, Account


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One leg. `amount_minor` > 0 debits, < 0 credits."""

    account: Account
    amount_minor: int
    currency: str


class UnbalancedError(Exception):
    """The fact's own figures do not agree: quarantine it and tell a person; never post half."""


def post_sale(fact: SaleRecorded) -> tuple[Posting, ...]:
    """Tenders against sales and tax. Raises `UnbalancedError` when total, tax, lines and tenders disagree."""
    if sum(line.gross_minor for line in fact.lines) != fact.total_minor:
        raise UnbalancedError(f"sale {fact.sale}: lines do not add up to {fact.total_minor}")
    legs = [(TENDER_ACCOUNT[tender.kind], tender.amount_minor) for tender in fact.tenders]
    legs += [(Account.SALES, fact.tax_minor - fact.total_minor), (Account.SALES_TAX_PAYABLE, -fact.tax_minor)]
    return _balanced(legs, fact.currency, f"sale {fact.sale}")


def post_return(fact: ReturnRecorded) -> tuple[Posting, ...]:
    """The other way round: `total_minor` is what the client got back, positive; tenders likewise."""
    legs = [(TENDER_ACCOUNT[tender.kind], -tender.amount_minor) for tender in fact.tenders]
    legs += [(Account.SALES_RETURNS, fact.total_minor - fact.tax_minor), (Account.SALES_TAX_PAYABLE, fact.tax_minor)]
    return _balanced(legs, fact.currency, f"return of sale {fact.sale}")


def post_order(total_minor: int, tax_minor: int, currency: str, order: str) -> tuple[Posting, ...]:
    """A captured web order: the provider owes us the money."""
    legs = [
        (Account.WEB_CLEARING, total_minor),
        (Account.SALES, tax_minor - total_minor),
        (Account.SALES_TAX_PAYABLE, -tax_minor),
    ]
    return _balanced(legs, currency, f"order {order}")


def _balanced(legs: list[tuple[Account, int]], currency: str, what: str) -> tuple[Posting, ...]:
    off = sum(amount for _, amount in legs)
    if off != 0:
        raise UnbalancedError(f"{what}: debits and credits differ by {off} minor units of {currency}")
    return tuple(Posting(account=a, amount_minor=amount, currency=currency) for a, amount in legs if amount)
