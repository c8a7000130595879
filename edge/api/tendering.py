"""What a form of payments comes to: nobody at the till adds or subtracts. Raises problems that say what to mend."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from contract.facts import Tender, TenderKind
from contract.ids import PaymentId
from contract.money import minor_digits
from edge.api.shop import Shop
from edge.api.views_trade import CARTS
from edge.till import offers, queries
from trade import cash
from trade.cash import CashRules
from trade.payment import PaymentState
from trade.sale import Sale
from trade.tender import rest_minor
from trade.value import Ask, AskState
from trade.valuing import paying
from web.figures import money
from web.problems import ProblemError

NOTES: Final = (5, 10, 20, 50, 100, 200, 500)
"""Notes of a currency with cents, in major units."""
NOTES_WITHOUT_CENTS: Final = (1_000, 5_000, 10_000)
PROPOSED_MAX: Final = 4


class Given(NamedTuple):
    """What was typed. `rest`: by what the remainder is paid; cash of nothing means exactly what is due."""

    card_minor: int = 0
    slip: str = ""
    transfer_minor: int = 0
    reference: str = ""
    foreign: str = ""
    foreign_minor: int = 0
    cash_minor: int = 0
    rest: TenderKind = TenderKind.CASH


class Told(NamedTuple):
    """A sale at its payment: what is set aside or captured counts by itself."""

    fixed: tuple[Tender, ...]
    total_minor: int
    rest_minor: int
    """Still to pay when everything that was begun comes in."""
    rules: CashRules
    asks: tuple[Ask, ...]

    @property
    def cash_due_minor(self) -> int:
        return cash.due(self.rest_minor, self.rules.step_minor)[0]


def told(shop: Shop, sale: Sale) -> Told:
    """As the books have it now."""
    db = shop.db
    lines = queries.asked(db, sale.sale) if sale.state in CARTS else sale.lines
    payments = queries.payments(db, sale.sale)
    asks = paying(queries.asks(db, sale.sale), lines)
    captured = [each for each in payments if each.state is PaymentState.CAPTURED]
    fixed = [
        Tender(kind=TenderKind.CARD, amount_minor=each.captured_minor, payment=PaymentId(each.payment))
        for each in captured
    ]
    fixed += [
        Tender(kind=each.kind, amount_minor=each.amount_minor, account=each.account, reference=each.label)
        for each in asks
        if each.state is AskState.READY
    ]
    total = sum(line.gross_minor for line in lines)
    rules = offers.cash_rules(db, sale.currency)
    return Told(tuple(fixed), total, rest_minor(total, payments, asks), rules, asks)


def likely(due_minor: int, currency: str) -> tuple[int, ...]:
    """What a client may hand over for it: the sum itself, then the next that notes make. `1_105_000, "EUR"` →
    `1_105_000, 1_106_000, 1_110_000, 1_120_000, 1_150_000`.
    """
    if due_minor <= 0:
        return ()
    digits = minor_digits(currency)
    notes = [note * 10**digits for note in (NOTES if digits else NOTES_WITHOUT_CENTS)]
    above = sorted({-(-due_minor // note) * note for note in notes} - {due_minor})
    return due_minor, *above[:PROPOSED_MAX]


def compose(sale: Told, given: Given, currency: str) -> tuple[Tender, ...]:
    """All tenders of the sale. Raises a 422 problem that names what is missing or too much."""
    rest = sale.total_minor - sum(each.amount_minor for each in sale.fixed)
    return (*sale.fixed, *_given(rest, given, sale.rules, currency))


def _given(rest: int, given: Given, rules: CashRules, currency: str) -> Sequence[Tender]:
    tenders = [
        Tender(kind=kind, amount_minor=amount, reference=reference)
        for kind, amount, reference in (
            (TenderKind.CARD, given.card_minor, given.slip),
            (TenderKind.BANK_TRANSFER, given.transfer_minor, given.reference),
        )
        if amount
    ]
    rest -= sum(each.amount_minor for each in tenders)
    if rest < 0 and tenders:
        title = f"{money(-rest, currency)} too much"
        raise ProblemError(422, "tender", title, "Only cash gives change: lower the card or transfer amount.")
    if given.foreign_minor:
        tenders.append(_foreign(rest, given, rules, currency))
        rest -= tenders[-1].amount_minor
    if given.cash_minor:
        tenders.append(_cash(rest, given.cash_minor, rules, currency))
    elif rest:
        reference = {TenderKind.CARD: given.slip, TenderKind.BANK_TRANSFER: given.reference}.get(given.rest, "")
        tenders.append(Tender(kind=given.rest, amount_minor=rest, reference=reference))
    return tenders


def _foreign(rest: int, given: Given, rules: CashRules, currency: str) -> Tender:
    card = rules.rates.get(given.foreign)
    if card is None:
        why = f"Take {currency}, or ask the office for a rate."
        raise ProblemError(422, "rate", f"There is no rate for {given.foreign or 'that currency'}", why)
    if rest <= 0:
        raise ProblemError(422, "tender", "The foreign cash is not needed", "Give it back: the rest is paid already.")
    tender = cash.foreign(given.foreign_minor, card, rest, rules.step_minor)
    if not tender.amount_minor:
        raise ProblemError(422, "tender", "That is worth nothing", "Type what the client gave, in its own currency.")
    return tender


def _cash(rest: int, handed: int, rules: CashRules, currency: str) -> Tender:
    if rest <= 0:
        raise ProblemError(422, "tender", "The cash is not needed", "Give it back: the other amounts pay everything.")
    due, _ = cash.due(rest, rules.step_minor)
    if handed < due:
        title = f"{money(due - handed, currency)} still missing"
        raise ProblemError(422, "tender", title, "Raise one of the amounts, or leave the cash empty for what is due.")
    return Tender(kind=TenderKind.CASH, amount_minor=rest, change_minor=handed - due)
