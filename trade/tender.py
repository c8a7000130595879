"""What pays a sale: which tenders are taken, what they must say of themselves, and whether they make the total."""

from collections.abc import Iterable
from typing import Final

from contract.facts import Tender, TenderKind
from contract.ids import AccountId
from contract.money import plain
from trade import cash
from trade.cash import CashRules
from trade.payment import ASKED, Payment, PaymentState
from trade.refusal import Refusal, Why
from trade.value import VALUES, Ask, AskState

TAKEN: Final = frozenset({TenderKind.CASH, TenderKind.CARD, TenderKind.BANK_TRANSFER}) | VALUES
"""Tenders whose money somebody answers for."""
PAID_BACK_AS: Final = frozenset(
    {
        TenderKind.CASH,
        TenderKind.CARD,
        TenderKind.BANK_TRANSFER,
        TenderKind.GIFT_CARD,
        TenderKind.STORE_CREDIT,
        TenderKind.POINTS,
    }
)
"""What a client can get for what comes back."""


def tenders_pay(
    tenders: tuple[Tender, ...], total_minor: int, currency: str, rules: CashRules = cash.PLAIN, *, back: bool = False
) -> Refusal | None:
    """Why these tenders do not pay the total. Change comes from cash only. `back`: the client gets the money."""
    for tender in tenders:
        if tender.kind not in (PAID_BACK_AS if back else TAKEN):
            return Refusal(Why.WRONG_TENDERS, f"This till takes no {tender.kind.replace('_', ' ')} here")
        if tender.amount_minor == 0 or (tender.amount_minor < 0) != (total_minor < 0):
            return Refusal(Why.WRONG_TENDERS, "A payment of this amount does not help; take it off")
        if tender.change_minor < 0 or (tender.change_minor and tender.kind is not TenderKind.CASH):
            return Refusal(Why.WRONG_TENDERS, "Only cash gives change")
        if tender.kind in VALUES and not tender.account:
            return Refusal(Why.WRONG_TENDERS, f"Say which {tender.kind.replace('_', ' ')} it is")
    why = cash.wrong(tenders, currency, rules, back=back)
    if why:
        return Refusal(Why.WRONG_TENDERS, why)
    paid = sum(tender.amount_minor for tender in tenders)
    if paid != total_minor:
        short = plain(total_minor - paid, currency)
        return Refusal(Why.WRONG_TENDERS, f"The payments do not make the total: {short} {currency} to go")
    return None


def rest_minor(total_minor: int, payments: Iterable[Payment], asks: Iterable[Ask]) -> int:
    """What is still to pay when everything that was begun comes in."""
    by_card = sum(each.counted_minor for each in payments if each.live)
    return total_minor - by_card - sum(each.counted_minor for each in asks if each.live)


def transfers_named(tenders: tuple[Tender, ...]) -> Refusal | None:
    """A bank transfer is waited for by what it will say of itself."""
    if any(each.kind is TenderKind.BANK_TRANSFER and not each.reference.strip() for each in tenders):
        return Refusal(
            Why.WRONG_TENDERS, "Type the reference the client writes on the bank transfer: it is awaited by it"
        )
    return None


def cards_paid(tenders: tuple[Tender, ...], payments: tuple[Payment, ...], terminal: str) -> Refusal | None:
    """Why these card tenders are not what the terminal captured: each names its payment, and none is left out.

    `payments` are those of the sale. Where no terminal is connected, a card tender names the slip of the one beside it.
    """
    waiting = next((each for each in payments if each.state in ASKED or each.state is PaymentState.RETURNING), None)
    if waiting is not None:
        words = waiting.state.replace("_", " ")
        return Refusal(Why.PAYMENT_LIVE, f"Payment {waiting.payment} is {words}: wait for the terminal's word")
    captured = {each.payment: each for each in payments if each.state is PaymentState.CAPTURED}
    for tender in tenders:
        if tender.payment:
            payment = captured.pop(tender.payment, None)
            if payment is None or tender.kind is not TenderKind.CARD:
                return Refusal(Why.WRONG_TENDERS, f"No captured payment {tender.payment} of this sale is left to name")
            if payment.captured_minor != tender.amount_minor:
                took = plain(payment.captured_minor, payment.currency)
                return Refusal(
                    Why.WRONG_TENDERS, f"The terminal took {took} {payment.currency} by payment {tender.payment}"
                )
        elif tender.kind is TenderKind.CARD and terminal:
            return Refusal(Why.WRONG_TENDERS, "Ask the terminal first: a card pays here by what it captured")
        elif tender.kind is TenderKind.CARD and not tender.reference.strip():
            return Refusal(Why.WRONG_TENDERS, "Type the reference of the terminal's slip beside the card's amount")
    if captured:
        left = next(iter(captured))
        return Refusal(Why.WRONG_TENDERS, f"Payment {left} was captured for this sale: count it, or give it up first")
    return None


def values_paid(
    tenders: tuple[Tender, ...], given_back: Iterable[tuple[AccountId, int]], asks: tuple[Ask, ...], client: str
) -> Refusal | None:
    """Why these tenders, and the deposits `given_back` by lines (account, amount), are not what was set aside."""
    ready = {each.account: each for each in asks if each.state is AskState.READY}
    waiting = next((each for each in asks if each.state is AskState.ASKING), None)
    if waiting is not None:
        why = f"The office has not answered for {waiting.name}: wait, take what this store keeps of it, or take it off"
        return Refusal(Why.VALUE_LIVE, why)
    spent = [(each.account, each.amount_minor) for each in tenders if each.kind in VALUES]
    for account, amount in (*spent, *given_back):
        ask = ready.pop(account, None)
        if ask is None or amount != ask.amount_minor:
            return Refusal(Why.WRONG_TENDERS, "A gift card, credit or deposit pays what was set aside for this sale")
        if ask.client and ask.client != client:
            return Refusal(
                Why.WRONG_TENDERS, f"{ask.name.capitalize()} is of client {ask.client}: name them in this sale"
            )
    if ready:
        left = next(iter(ready.values()))
        return Refusal(
            Why.WRONG_TENDERS, f"{left.name.capitalize()} is set aside for this sale: count it, or take it off"
        )
    return None
