"""The chart of accounts: one table, in the standard names, that everything is posted to.

A leg names an account and, where the account is kept by something, that something (`by`): a till, a tax code, an
associate. The sum over an account is one figure; its details are found by `by`. Debit is positive, credit negative.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from contract.facts import LineKind, TenderKind


class Class(StrEnum):
    """The five classes; the first and the last are in debit when they grow."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"


class Kept(StrEnum):
    """What an account is kept by; the leg's `by` names one of it."""

    WHOLE = ""
    TILL = "till"
    TERMINAL = "terminal"
    """The terminal's name, or nothing for a slip of one that is not connected."""
    TAX = "tax code"
    GIFT_CARD = "gift card"
    """The card's own id, never its number."""
    CLIENT = "client"
    REFERENCE = "reference"
    """The order, the trade-in, or the sale whose transfer it is."""
    ASSOCIATE = "associate"
    STORE = "store"
    PAYMENT = "payment"
    CURRENCY = "foreign currency"


class Account(StrEnum):
    CASH = "cash"
    SAFE = "safe"
    BANK = "bank"
    CARD_CLEARING = "card_clearing"
    BANK_CLEARING = "bank_clearing"
    WEB_CLEARING = "web_clearing"
    EXCHANGE_CLEARING = "exchange_clearing"
    INTER_STORE = "inter_store"
    CURRENCY_POSITION = "currency_position"
    TRANSFERS_MISSING = "transfers_missing"
    INVENTORY = "inventory"
    INVENTORY_SECOND_HAND = "inventory_second_hand"
    IN_TRANSIT = "inventory_in_transit"
    GOODS_RECEIVED = "goods_received_not_invoiced"
    CONSIGNMENT_PAYABLE = "consignment_payable"
    TRADE_IN_PAYABLE = "trade_in_payable"
    SALES_TAX_PAYABLE = "sales_tax_payable"
    GIFT_CARDS = "gift_card_liability"
    STORE_CREDIT = "store_credit_liability"
    CUSTOMER_DEPOSITS = "customer_deposits"
    POINTS = "points_liability"
    PAYMENTS_KEPT = "payments_kept"
    COMMISSION_PAYABLE = "commission_payable"
    SALES = "sales"
    SALES_RETURNS = "sales_returns"
    POINTS_GIVEN = "points_given"
    BREAKAGE = "gift_card_breakage"
    FORFEITED_DEPOSITS = "forfeited_deposits"
    COST_OF_GOODS_SOLD = "cost_of_goods_sold"
    WRITE_OFF = "inventory_write_off"
    COMMISSION_EXPENSE = "commission_expense"
    OVER_SHORT = "cash_over_short"
    PETTY_CASH = "petty_cash"
    ROUNDING = "rounding"
    FX_DIFFERENCE = "exchange_difference"


class Heading(NamedTuple):
    """How an account stands in the trial balance and in exports. `number` orders it and never changes."""

    number: int
    title: str
    of: Class
    kept: Kept = Kept.WHOLE


CHART: Final[dict[Account, Heading]] = {
    Account.CASH: Heading(1000, "Cash in drawers", Class.ASSET, Kept.TILL),
    Account.SAFE: Heading(1010, "Cash in the safe", Class.ASSET),
    Account.BANK: Heading(1020, "Bank", Class.ASSET),
    Account.CARD_CLEARING: Heading(1100, "Card clearing", Class.ASSET, Kept.TERMINAL),
    Account.BANK_CLEARING: Heading(1110, "Bank clearing", Class.ASSET),
    Account.WEB_CLEARING: Heading(1120, "Web payment clearing", Class.ASSET),
    Account.EXCHANGE_CLEARING: Heading(1130, "Exchange clearing", Class.ASSET),
    Account.INTER_STORE: Heading(1140, "Inter-store clearing", Class.ASSET, Kept.STORE),
    Account.CURRENCY_POSITION: Heading(1150, "Foreign currency position", Class.ASSET, Kept.CURRENCY),
    Account.TRANSFERS_MISSING: Heading(1160, "Bank transfers that did not come", Class.ASSET, Kept.REFERENCE),
    Account.INVENTORY: Heading(1200, "Inventory", Class.ASSET),
    Account.INVENTORY_SECOND_HAND: Heading(1210, "Inventory, second-hand", Class.ASSET),
    Account.IN_TRANSIT: Heading(1220, "Inventory in transit", Class.ASSET),
    Account.GOODS_RECEIVED: Heading(2000, "Goods received, not invoiced", Class.LIABILITY),
    Account.CONSIGNMENT_PAYABLE: Heading(2010, "Memo and consignment payable", Class.LIABILITY),
    Account.TRADE_IN_PAYABLE: Heading(2020, "Trade-in payable", Class.LIABILITY, Kept.REFERENCE),
    Account.SALES_TAX_PAYABLE: Heading(2100, "Sales tax payable", Class.LIABILITY, Kept.TAX),
    Account.GIFT_CARDS: Heading(2200, "Gift card liability", Class.LIABILITY, Kept.GIFT_CARD),
    Account.STORE_CREDIT: Heading(2210, "Store credit liability", Class.LIABILITY, Kept.CLIENT),
    Account.CUSTOMER_DEPOSITS: Heading(2220, "Customer deposits", Class.LIABILITY, Kept.REFERENCE),
    Account.PAYMENTS_KEPT: Heading(2230, "Card payments kept without a sale", Class.LIABILITY, Kept.PAYMENT),
    Account.POINTS: Heading(2240, "Loyalty points liability", Class.LIABILITY, Kept.CLIENT),
    Account.COMMISSION_PAYABLE: Heading(2300, "Commission payable", Class.LIABILITY, Kept.ASSOCIATE),
    Account.SALES: Heading(4000, "Sales", Class.REVENUE),
    Account.SALES_RETURNS: Heading(4010, "Sales returns", Class.REVENUE),
    Account.POINTS_GIVEN: Heading(4020, "Loyalty points given", Class.REVENUE),
    Account.BREAKAGE: Heading(4100, "Gift card breakage", Class.REVENUE),
    Account.FORFEITED_DEPOSITS: Heading(4110, "Forfeited deposits", Class.REVENUE),
    Account.COST_OF_GOODS_SOLD: Heading(5000, "Cost of goods sold", Class.EXPENSE),
    Account.WRITE_OFF: Heading(5100, "Inventory write-off", Class.EXPENSE),
    Account.COMMISSION_EXPENSE: Heading(6000, "Commission expense", Class.EXPENSE),
    Account.OVER_SHORT: Heading(6100, "Cash over and short", Class.EXPENSE, Kept.TILL),
    Account.PETTY_CASH: Heading(6110, "Paid in and out of drawers", Class.EXPENSE, Kept.TILL),
    Account.ROUNDING: Heading(6200, "Rounding gain and loss", Class.EXPENSE),
    Account.FX_DIFFERENCE: Heading(6210, "Exchange differences", Class.EXPENSE),
}
"""Every account has its line here. Tips are none of the house's money: no tender takes them, no account keeps them."""

TENDER_ACCOUNT: Final[dict[TenderKind, Account]] = {
    TenderKind.CASH: Account.CASH,
    TenderKind.CARD: Account.CARD_CLEARING,
    TenderKind.BANK_TRANSFER: Account.BANK_CLEARING,
    TenderKind.GIFT_CARD: Account.GIFT_CARDS,
    TenderKind.STORE_CREDIT: Account.STORE_CREDIT,
    TenderKind.TRADE_IN: Account.TRADE_IN_PAYABLE,
    TenderKind.DEPOSIT: Account.CUSTOMER_DEPOSITS,
    TenderKind.EXCHANGE: Account.EXCHANGE_CLEARING,
    TenderKind.POINTS: Account.POINTS,
}
"""Where the money of a tender comes in, and goes out again when something comes back."""

LINE_ACCOUNT: Final[dict[LineKind, Account]] = {
    LineKind.PIECE: Account.SALES,
    LineKind.GOODS: Account.SALES,
    LineKind.SERVICE: Account.SALES,
    LineKind.GIFT_CARD: Account.GIFT_CARDS,
    LineKind.DEPOSIT: Account.CUSTOMER_DEPOSITS,
}
"""What a line earns, or what the house owes by it. `SaleLine.account` is the leg's `by` of the last two."""


def account_of(key: str) -> Account | None:
    """The account of a key read from outside; None: there is none of that name."""
    return Account(key) if key in {each.value for each in Account} else None
