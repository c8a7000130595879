"""Postings of money that settles beside a sale: transfers, payments a terminal kept, trade-ins, what is forfeited.

Each moves a balance that a sale or a return left open to where it ends. Legs name ids only.
"""

from typing import Final

from contract.facts import PurchaseRecorded, TenderKind
from contract.ids import AccountId, PaymentId
from trade.accounts import CHART, TENDER_ACCOUNT, Account
from trade.posting import Posting, balanced

FORFEITS_TO: Final[dict[TenderKind, Account]] = {
    TenderKind.GIFT_CARD: Account.BREAKAGE,
    TenderKind.STORE_CREDIT: Account.BREAKAGE,
    TenderKind.DEPOSIT: Account.FORFEITED_DEPOSITS,
    TenderKind.POINTS: Account.POINTS_GIVEN,
}
"""What the house owes and need not give any more is revenue of its own kind, never sales. Points take theirs back."""


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


def post_purchase(fact: PurchaseRecorded) -> tuple[Posting, ...]:
    """Bought from the public: owed for goods, until their cost enters inventory by their records (`costing`).

    The cash in it left the drawer by a movement of its own, which stands as paid out until this takes it up.
    """
    legs = [_leg(Account.GOODS_RECEIVED, fact.total_minor, fact.currency)]
    for tender in fact.tenders:
        if tender.kind is TenderKind.CASH:
            legs.append(_leg(Account.PETTY_CASH, -tender.amount_minor, fact.currency, fact.till))
        else:
            account = TENDER_ACCOUNT[tender.kind]
            kept = tender.account if CHART[account].kept else ""
            legs.append(_leg(account, -tender.amount_minor, fact.currency, kept))
    return balanced(legs, f"purchase {fact.purchase}")


def post_melted(amount_minor: int, currency: str, lot: str) -> tuple[Posting, ...]:
    """The refiner paid for a lot. Its pieces were written off when it left: what is left there is won or lost."""
    legs = (_leg(Account.BANK, amount_minor, currency), _leg(Account.WRITE_OFF, -amount_minor, currency))
    return balanced(legs, f"lot {lot}")


def post_consignor_paid(amount_minor: int, currency: str, payment: str) -> tuple[Posting, ...]:
    """The owner of pieces on memo or consignment got what was owed since their sale."""
    legs = (_leg(Account.CONSIGNMENT_PAYABLE, amount_minor, currency), _leg(Account.BANK, -amount_minor, currency))
    return balanced(legs, f"payment {payment}")


def post_forfeited(kind: TenderKind, amount_minor: int, currency: str, account: AccountId) -> tuple[Posting, ...]:
    """What is left of a gift card, a credit or a deposit is the house's."""
    legs = (
        _leg(TENDER_ACCOUNT[kind], amount_minor, currency, account),
        _leg(FORFEITS_TO[kind], -amount_minor, currency),
    )
    return balanced(legs, f"forfeit of {account}")


def post_brought_over(amount_minor: int, currency: str, source: AccountId, into: AccountId) -> tuple[Posting, ...]:
    """Credit that is owed to one number of a client is owed to another of theirs: the house owes as much as before."""
    credit = TENDER_ACCOUNT[TenderKind.STORE_CREDIT]
    legs = (_leg(credit, amount_minor, currency, source), _leg(credit, -amount_minor, currency, into))
    return balanced(legs, f"credit of {source} to {into}")


def post_settled(
    fee_minor: int, credit_minor: int, currency: str, account: AccountId, credit: AccountId
) -> tuple[Posting, ...]:
    """An order ended without being collected: of its deposits the fee is the house's, the rest of this the client's
    credit. What goes back as money is a line of a sale.
    """
    legs = (
        _leg(TENDER_ACCOUNT[TenderKind.DEPOSIT], fee_minor + credit_minor, currency, account),
        _leg(FORFEITS_TO[TenderKind.DEPOSIT], -fee_minor, currency),
        _leg(TENDER_ACCOUNT[TenderKind.STORE_CREDIT], -credit_minor, currency, credit),
    )
    return balanced(legs, f"end of {account}")


def _from_to(was: Account, now: Account, amount_minor: int, currency: str, by: str) -> tuple[Posting, ...]:
    """Only accounts that are kept by something are given it."""
    legs = (
        _leg(now, amount_minor, currency, by if CHART[now].kept else ""),
        _leg(was, -amount_minor, currency, by if CHART[was].kept else ""),
    )
    return balanced(legs, by)


def _leg(account: Account, amount_minor: int, currency: str, by: str = "") -> Posting:
    return Posting(account=account, amount_minor=amount_minor, currency=currency, by=by)
