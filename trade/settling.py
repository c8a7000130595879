"""Postings of money that settles beside a sale: transfers, payments a terminal kept, trade-ins, what is forfeited,
foreign cash that is sold.

Each moves a balance that a sale or a return left open to where it ends. Legs name ids only.
"""

from typing import Final

from contract.facts import TenderKind
from contract.ids import AccountId, PaymentId
from contract.money import divide_half_up
from trade.accounts import CHART, TENDER_ACCOUNT, Account
from trade.posting import Posting, balanced

FORFEITS_TO: Final[dict[TenderKind, Account]] = {
    TenderKind.GIFT_CARD: Account.BREAKAGE,
    TenderKind.STORE_CREDIT: Account.BREAKAGE,
    TenderKind.DEPOSIT: Account.FORFEITED_DEPOSITS,
}
"""What the house owes and need not give any more is revenue of its own kind, never sales."""


def post_transfer_arrived(amount_minor: int, currency: str, transfer: str, *, missed: bool) -> tuple[Posting, ...]:
    """The bank has it. `missed`: it was given up before, so somebody owed it instead of the bank."""
    was = Account.TRANSFERS_MISSING if missed else Account.BANK_CLEARING
    return _from_to(was, Account.BANK, amount_minor, currency, transfer)


def post_transfer_missing(amount_minor: int, currency: str, transfer: str) -> tuple[Posting, ...]:
    """Nobody waits for it in the bank any more: the client owes it."""
    return _from_to(Account.BANK_CLEARING, Account.TRANSFERS_MISSING, amount_minor, currency, transfer)


def post_payment_kept(amount_minor: int, currency: str, payment: PaymentId, terminal: str) -> tuple[Posting, ...]:
    """A terminal would not give back what nobody wanted: the provider owes it to us, and we owe it to the client.

    A sale that is recorded with this payment uses up what is owed; so does the money when it goes back after all.
    """
    legs = (
        _leg(Account.CARD_CLEARING, amount_minor, currency, terminal),
        _leg(Account.PAYMENTS_KEPT, -amount_minor, currency, payment),
    )
    return balanced(legs, f"payment {payment}")


def post_trade_in(value_minor: int, currency: str, account: AccountId) -> tuple[Posting, ...]:
    """The piece pays what its sale was credited with. Its cost enters second-hand inventory by its record (`costing`)
    against goods received, so both meet there.
    """
    return _from_to(Account.TRADE_IN_PAYABLE, Account.GOODS_RECEIVED, value_minor, currency, account)


def post_forfeited(kind: TenderKind, amount_minor: int, currency: str, account: AccountId) -> tuple[Posting, ...]:
    """What is left of a gift card, a credit or a deposit is the house's."""
    legs = (
        _leg(TENDER_ACCOUNT[kind], amount_minor, currency, account),
        _leg(FORFEITS_TO[kind], -amount_minor, currency),
    )
    return balanced(legs, f"forfeit of {account}")


def position_share(foreign_minor: int, position_foreign: int, position_own: int) -> int:
    """What so much foreign cash cost us in our own currency: its share of the position, all of it for all.

    `position_foreign` and `position_own` are what is bought and what was paid for it, both positive.
    """
    assert 0 < foreign_minor <= position_foreign, "nobody sells more foreign cash than was bought"
    return divide_half_up(position_own * foreign_minor, position_foreign)


def post_currency_sold(
    foreign_minor: int, foreign: str, got_minor: int, currency: str, *, cost_minor: int
) -> tuple[Posting, ...]:
    """Foreign cash of the safe goes to the bank, which pays `got_minor` for it; what it cost more or less than that is
    an exchange difference, a loss in debit.
    """
    legs = (
        _leg(Account.SAFE, -foreign_minor, foreign),
        _leg(Account.CURRENCY_POSITION, foreign_minor, foreign, foreign),
        _leg(Account.BANK, got_minor, currency),
        _leg(Account.CURRENCY_POSITION, -cost_minor, currency, foreign),
        _leg(Account.FX_DIFFERENCE, cost_minor - got_minor, currency),
    )
    return balanced(legs, f"{foreign} sold")


def post_goods_received(cost_minor: int, currency: str, goods: str) -> tuple[Posting, ...]:
    """Measured goods came in at a cost; below nothing, they left by a correction and are written off."""
    other = Account.GOODS_RECEIVED if cost_minor > 0 else Account.WRITE_OFF
    legs = (
        _leg(Account.INVENTORY_GOODS, cost_minor, currency, goods),
        _leg(other, -cost_minor, currency, "" if cost_minor > 0 else goods),
    )
    return balanced(legs, f"goods {goods}")


def post_goods_sold(cost_minor: int, currency: str, goods: str) -> tuple[Posting, ...]:
    """Measured goods were sold; below nothing, they came back."""
    legs = (
        _leg(Account.COST_OF_GOODS_SOLD, cost_minor, currency, goods),
        _leg(Account.INVENTORY_GOODS, -cost_minor, currency, goods),
    )
    return balanced(legs, f"goods {goods}")


def average_cost(out_milli: int, stock_milli: int, value_minor: int) -> int:
    """What `out_milli` of a stock costs at its moving average: its share of the value, all of it for all of it.

    Of what is sold before anybody said that it came in, nothing is known, and nothing is moved.
    """
    if stock_milli <= 0 or out_milli <= 0:
        return 0
    return value_minor if out_milli >= stock_milli else divide_half_up(value_minor * out_milli, stock_milli)


def _from_to(was: Account, now: Account, amount_minor: int, currency: str, by: str) -> tuple[Posting, ...]:
    """Only accounts that are kept by something are given it."""
    legs = (
        _leg(now, amount_minor, currency, by if CHART[now].kept else ""),
        _leg(was, -amount_minor, currency, by if CHART[was].kept else ""),
    )
    return balanced(legs, by)


def _leg(account: Account, amount_minor: int, currency: str, by: str = "") -> Posting:
    return Posting(account=account, amount_minor=amount_minor, currency=currency, by=by)
