"""The rules of payments at a terminal: the sale is stored first, then asked for, and only the terminal ends a doubt."""

from contract.facts import (
    AnyFact,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    TenderingBegan,
    TenderingEnded,
)
from contract.ids import PaymentId
from contract.money import plain
from trade.acts import GiveUpPayment, HearPayment, RequestPayment
from trade.ordering.collecting import not_any_more
from trade.payment import ASKED, EVENT_OF, LIVE, PAYMENT, Payment, PaymentEvent, PaymentState, apply
from trade.price import cart
from trade.refusal import Refusal, Why
from trade.sale import Sale, SaleState, must_be
from trade.scene import Scene
from trade.tender import rest_minor
from trade.valuing import paying

Answer = tuple[AnyFact, ...] | Refusal


def request(scene: Scene, act: RequestPayment) -> Answer:
    """The lines become final, and the terminal is to be asked. Asked again by the same id, it is done already."""
    known = scene.payment
    if known is not None:
        same = (known.sale, known.amount_minor) == (act.sale, act.amount_minor)
        return () if same else Refusal(Why.WRONG_STATE, f"Payment {act.payment} was asked for something else")
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN, SaleState.TENDERING)
    if refusal is not None:
        return refusal
    sale = scene.sale
    assert sale is not None
    refusal = _cannot_ask(scene, sale)
    if refusal is not None:
        return refusal
    lines = sale.lines if sale.state is SaleState.TENDERING else cart(sale.lines, scene.offer)
    gone = not_any_more(scene, lines)
    if gone is not None:
        return gone
    total = sum(line.gross_minor for line in lines)
    rest = rest_minor(total, scene.payments, paying(scene.asks, lines))
    if not 0 < act.amount_minor <= rest:
        open_yet = f"{plain(rest, sale.currency)} {sale.currency}"
        return Refusal(Why.WRONG_TENDERS, f"There are {open_yet} to pay: ask the terminal for that or for less")
    began = TenderingBegan(
        sale=act.sale, lines=lines, total_minor=total, tax_minor=sum(line.tax_minor for line in lines)
    )
    asked = PaymentRequested(
        payment=act.payment,
        sale=act.sale,
        till=sale.till,
        terminal=scene.terminal,
        amount_minor=act.amount_minor,
        currency=sale.currency,
        offline_minor_max=min(act.amount_minor, _offline_left(scene)),
    )
    return (asked,) if sale.state is SaleState.TENDERING else (began, asked)


def _cannot_ask(scene: Scene, sale: Sale) -> Refusal | None:
    if not scene.terminal:
        return Refusal(Why.NO_TERMINAL, f"{sale.till} has no terminal connected: type the reference of the slip")
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {sale.till} first")
    if not sale.lines:
        return Refusal(Why.EMPTY, "There is nothing in this sale")
    if scene.terminal_busy:
        why = f"The terminal has not yet said what became of payment {scene.terminal_busy}: wait, or give it up"
        return Refusal(Why.PAYMENT_LIVE, why)
    return None


def _offline_left(scene: Scene) -> int:
    """What the terminal may still store for this sale while it has no line."""
    stored = sum(each.captured_minor for each in scene.payments if each.live and each.stored_offline)
    return max(scene.offline_card_minor_max - stored, 0)


def give_up(scene: Scene, act: GiveUpPayment) -> Answer:
    """A person wants this payment no longer: the terminal is told to stop, and what it took goes back."""
    payment = scene.payment
    if payment is None:
        return Refusal(Why.NOT_FOUND, f"There is no payment {act.payment} at this store")
    if not act.reason.strip():
        return Refusal(Why.EMPTY, "Say why the payment is given up")
    if payment.given_up:
        return ()
    if PAYMENT.after(payment.state, PaymentEvent.GIVE_UP) is None:
        words = payment.state.replace("_", " ")
        return Refusal(Why.WRONG_STATE, f"Payment {act.payment} is {words}: there is nothing to give up")
    if scene.sale is None or scene.sale.state is not SaleState.TENDERING:
        return Refusal(Why.WRONG_STATE, "The sale of this payment is recorded: pay back by a return")
    return (PaymentGivenUp(payment=act.payment, sale=payment.sale, reason=act.reason),)


def hear(scene: Scene, act: HearPayment) -> Answer:
    """What the terminal said. Said twice, it is one fact; a sale whose last payment came to nothing is a cart again."""
    payment, fact = scene.payment, act.said
    if payment is None:
        return Refusal(Why.NOT_FOUND, f"There is no payment {fact.payment} at this store")
    state = PAYMENT.after(payment.state, EVENT_OF[type(fact)])
    if state is None:
        return _heard_before(payment, act)
    after = apply(payment, fact, payment.at_us)
    facts: tuple[AnyFact, ...] = (fact,)
    if isinstance(fact, PaymentCaptured) and payment.given_up:
        facts += (PaymentGivenUp(payment=payment.payment, sale=payment.sale, reason=payment.given_up),)
    others = any(each.live for each in scene.payments if each.payment != payment.payment)
    if not after.live and not others and scene.sale is not None and scene.sale.state is SaleState.TENDERING:
        facts += (TenderingEnded(sale=payment.sale),)
    return facts


def _heard_before(payment: Payment, act: HearPayment) -> Answer:
    """Said again, it is nothing new; the contrary of what was said stands in the journal as a refusal."""
    now = {PaymentCaptured: payment.state is PaymentState.FAILED, PaymentFailed: payment.state in LIVE}
    if not now.get(type(act.said)):
        return ()
    heard = EVENT_OF[type(act.said)]
    why = f"The {heard} of payment {payment.payment}, which is {payment.state} here: call the provider"
    return Refusal(Why.WRONG_STATE, why)


def busy_with(payments: tuple[Payment, ...]) -> PaymentId | None:
    """The payment a terminal has not answered for yet."""
    return next((each.payment for each in payments if each.state in ASKED), None)
