"""The money of a return that has begun: to cards at the till's terminal, and the rest another way."""

from contract.facts import (
    CardRefundDone,
    CardRefundFailed,
    CardRefundRequested,
    ReturnAbandoned,
    ReturnBegan,
    Tender,
    TenderKind,
)
from contract.money import plain
from trade.acts import AbandonReturn, FinishReturn, HearCardRefund, RequestCardRefund, ReturnPieces
from trade.card_refund import CARD_REFUND, EVENT_OF, WAITING, CardRefund, CardRefundState
from trade.payment import PaymentState
from trade.refund import left_by
from trade.refusal import Refusal, Why
from trade.returning import Answer, Draft, recorded
from trade.scene import Scene


def request_card_refund(scene: Scene, act: RequestCardRefund) -> Answer:
    """The terminal is to be asked. Asked again by the same id, it is done already."""
    known, began = scene.card_refund, scene.returning
    if known is not None:
        same = (known.returns, known.payment, known.amount_minor) == (act.returns, act.payment, act.amount_minor)
        return () if same else Refusal(Why.WRONG_STATE, f"Refund {act.refund} was asked for something else")
    if began is None:
        return _no_return()
    if not scene.terminal:
        return Refusal(Why.NO_TERMINAL, f"{began.till} has no terminal connected: give the money another way")
    if scene.terminal_busy:
        return Refusal(Why.PAYMENT_LIVE, f"The terminal still works on {scene.terminal_busy}: wait for its word")
    payment = next((each for each in scene.payments if each.payment == act.payment), None)
    if payment is None or payment.state is not PaymentState.CAPTURED:
        return Refusal(Why.NOT_FOUND, f"Sale {began.sale} was paid by no payment {act.payment}")
    most = min(_left_to_card(scene, act.payment), _rest(scene, began))
    if not 0 < act.amount_minor <= most:
        open_yet = f"{plain(max(most, 0), began.currency)} {began.currency}"
        return Refusal(Why.WRONG_TENDERS, f"{open_yet} may go back to this card: ask for that or for less")
    return (
        CardRefundRequested(
            refund=act.refund,
            returns=act.returns,
            payment=act.payment,
            sale=began.sale,
            till=began.till,
            terminal=scene.terminal,
            amount_minor=act.amount_minor,
            currency=began.currency,
            reference=payment.reference,
        ),
    )


def _left_to_card(scene: Scene, payment: str) -> int:
    left = sum(amount for way, amount in left_by(scene.paid, scene.went).items() if way.payment == payment)
    return left - sum(each.counted_minor for each in scene.card_refunds if each.payment == payment)


def _rest(scene: Scene, began: ReturnBegan) -> int:
    return began.total_minor - sum(each.counted_minor for each in scene.card_refunds)


def finish(scene: Scene, act: FinishReturn) -> Answer:
    """What the terminal gave back, and the rest another way."""
    if scene.return_known:
        return ()
    began = scene.returning
    if began is None:
        return _no_return()
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {began.till} first")
    back, made = begun(scene, began, act.tenders)
    given = given_back(scene)
    if isinstance(given, Refusal):
        return given
    return recorded(scene, back, made, (*given, *act.tenders))


def begun(scene: Scene, began: ReturnBegan, tenders: tuple[Tender, ...]) -> tuple[ReturnPieces, Draft]:
    """A begun return as it was asked for."""
    assert scene.sale is not None
    back = ReturnPieces(
        sale=began.sale,
        pieces=tuple(part.piece for part in began.parts if part.piece is not None),
        till=began.till,
        tenders=tenders,
        reason=began.reason,
        returns=began.returns,
    )
    return back, Draft(scene.sale, began.parts, began.override)


def given_back(scene: Scene) -> tuple[Tender, ...] | Refusal:
    """What went back to cards by the return that has begun; a refusal while the terminal has not said."""
    for each in scene.card_refunds:
        if each.state in WAITING:
            words = each.state.replace("_", " ")
            return Refusal(Why.PAYMENT_LIVE, f"Refund {each.refund} is {words}: wait for the terminal's word")
    return tuple(
        Tender(
            kind=TenderKind.CARD,
            amount_minor=each.refunded_minor,
            payment=each.payment,
            reference=each.refund_reference,
        )
        for each in scene.card_refunds
        if each.state is CardRefundState.DONE
    )


def abandon(scene: Scene, act: AbandonReturn) -> Answer:
    began = scene.returning
    if began is None:
        return _no_return()
    given = given_back(scene)
    if isinstance(given, Refusal):
        return given
    if given:
        amount = plain(sum(each.amount_minor for each in given), began.currency)
        return Refusal(Why.WRONG_STATE, f"{amount} {began.currency} went back to the card: finish this return")
    return (ReturnAbandoned(returns=act.returns, sale=began.sale),)


def hear(scene: Scene, act: HearCardRefund) -> Answer:
    """What the terminal said. Said twice, it is one fact."""
    refund, fact = scene.card_refund, act.said
    if refund is None:
        return Refusal(Why.NOT_FOUND, f"There is no refund {fact.refund} at this store")
    if CARD_REFUND.after(refund.state, EVENT_OF[type(fact)]) is not None:
        return (fact,)
    return _heard_before(refund, act)


def _heard_before(refund: CardRefund, act: HearCardRefund) -> Answer:
    now = {
        CardRefundDone: refund.state is CardRefundState.FAILED,
        CardRefundFailed: refund.state is CardRefundState.DONE,
    }
    if not now.get(type(act.said)):
        return ()
    why = f"The {EVENT_OF[type(act.said)]} of refund {refund.refund}, which is {refund.state} here: call the provider"
    return Refusal(Why.WRONG_STATE, why)


def _no_return() -> Refusal:
    return Refusal(Why.NOT_FOUND, "This return has not begun here, or is over: look at the receipts of its sale")
