"""What pays a sale: which tenders are taken, what they must say of themselves, and whether they make the total."""

from typing import Final

from contract.facts import Tender, TenderKind
from contract.money import plain
from trade.payment import ASKED, Payment, PaymentState
from trade.refusal import Refusal, Why

TAKEN: Final = frozenset({TenderKind.CASH, TenderKind.CARD, TenderKind.BANK_TRANSFER})
"""Tenders whose money somebody answers for."""


def tenders_pay(tenders: tuple[Tender, ...], total_minor: int, currency: str) -> Refusal | None:
    """Why these tenders do not pay the total. Change comes from cash only."""
    for tender in tenders:
        if tender.kind not in TAKEN:
            return Refusal(Why.WRONG_TENDERS, f"This till takes no {tender.kind.replace('_', ' ')} yet")
        if tender.amount_minor == 0 or (tender.amount_minor < 0) != (total_minor < 0):
            return Refusal(Why.WRONG_TENDERS, "A payment of this amount does not help; take it off")
        if tender.change_minor < 0 or (tender.change_minor and tender.kind is not TenderKind.CASH):
            return Refusal(Why.WRONG_TENDERS, "Only cash gives change")
    paid = sum(tender.amount_minor for tender in tenders)
    if paid != total_minor:
        short = plain(total_minor - paid, currency)
        return Refusal(Why.WRONG_TENDERS, f"The payments do not make the total: {short} {currency} to go")
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
