"""The rules of the till and the floor: an act and its scene in, facts or a refusal out. Pure.

`apply` of each noun folds the facts; nothing here changes anything.
"""

from collections.abc import Callable
from typing import Final, assert_never

from contract.facts import AlarmClosed, AnyFact
from contract.ids import UserId
from trade import (
    acts,
    buying,
    commission,
    counting,
    discounts,
    disposition,
    exchange,
    giving_back,
    goods,
    holding,
    moving,
    paying,
    receipts,
    returning,
    selling,
    shifts,
    tags,
    trays,
    valuing,
)
from trade.acts import AnyAct
from trade.approval import judge
from trade.ordering import collecting, deciding, ending, handing, keeping, things
from trade.orders.homes import gone, not_here
from trade.refusal import Refusal, Why
from trade.scene import Scene

NewId = Callable[[], str]
Answer = tuple[AnyFact, ...] | Refusal


def decide(scene: Scene, act: AnyAct, *, by: UserId, new_id: NewId) -> Answer:
    """Facts that make the act true, or why not. An empty tuple: it is true already."""
    answer = _answer(scene, act, by, new_id)
    if isinstance(answer, Refusal) or not answer:
        return answer
    return judge(scene, act, answer, by)


def _answer(scene: Scene, act: AnyAct, by: UserId, new_id: NewId) -> Answer:  # noqa: PLR0915 - a table of acts
    if isinstance(act, acts.OrderAct):
        return _of_order(scene, act, new_id)
    if isinstance(act, acts.ThingAct):
        return _of_thing(scene, act)
    match act:
        case acts.OpenShift():
            return shifts.open_shift(scene, act)
        case acts.MoveCash():
            return shifts.move_cash(scene, act)
        case acts.BankCash():
            return shifts.bank_cash(scene, act)
        case acts.CloseShift():
            return shifts.close_shift(scene, act)
        case acts.OpenSale():
            return selling.open_sale(scene, act, by)
        case acts.AddPiece():
            return selling.add_piece(scene, act, new_id)
        case acts.AddOther():
            return selling.add_other(scene, act, new_id)
        case acts.AddGoods():
            return goods.add(scene, act, new_id)
        case acts.SellGiftCard():
            return valuing.sell_gift_card(scene, act, new_id)
        case acts.TakeDeposit():
            return valuing.take_deposit(scene, act, new_id)
        case acts.GiveDepositBack():
            return valuing.give_deposit_back(scene, act, new_id)
        case acts.AskValue():
            return valuing.ask(scene, act)
        case acts.InquireValue():
            return valuing.inquire(scene, act)
        case acts.EndAsk():
            return valuing.end_ask(scene, act)
        case acts.TakeTradeIn():
            return valuing.take_trade_in(scene, act)
        case acts.BuyPieces():
            return buying.buy(scene, act)
        case acts.DiscountLine():
            return discounts.discount_line(scene, act)
        case acts.DiscountCart():
            return discounts.discount_cart(scene, act)
        case acts.ExemptSale():
            return discounts.exempt(scene, act)
        case acts.RemoveLine():
            return selling.remove_line(scene, act)
        case acts.ShareSale():
            return commission.share(scene, act)
        case acts.ParkSale():
            return selling.park(scene, act)
        case acts.ResumeSale():
            return selling.resume(scene, act)
        case acts.VoidSale():
            return selling.void(scene, act)
        case acts.RecordSale():
            return selling.record(scene, act)
        case acts.RequestPayment():
            return paying.request(scene, act)
        case acts.GiveUpPayment():
            return paying.give_up(scene, act)
        case acts.HearPayment():
            return paying.hear(scene, act)
        case acts.ReturnPieces():
            return returning.take_back(scene, act)
        case acts.BeginReturn():
            return returning.begin(scene, act)
        case acts.RequestCardRefund():
            return giving_back.request_card_refund(scene, act)
        case acts.FinishReturn():
            return giving_back.finish(scene, act)
        case acts.AbandonReturn():
            return giving_back.abandon(scene, act)
        case acts.HearCardRefund():
            return giving_back.hear(scene, act)
        case acts.Exchange():
            return exchange.exchange(scene, act)
        case acts.DisposePiece():
            return disposition.dispose(scene, act)
        case acts.AddOrder():
            return collecting.add_order(scene, act, new_id)
        case acts.GiveReceipt():
            return receipts.give(scene.handed, act)
        case acts.PrepareTray():
            return trays.prepare(scene, act, new_id)
        case acts.MoveAppointment():
            return trays.move(scene, act)
        case acts.CloseAppointment():
            return trays.close(scene, act)
        case acts.HoldPiece():
            return holding.hold_piece(scene, act)
        case acts.ReleaseHold():
            return holding.release_hold(scene, act)
        case acts.BreakLease():
            return holding.break_lease(scene, act)
        case acts.Ship():
            return moving.ship(scene, act)
        case acts.Sight():
            return moving.sight(scene, act)
        case acts.BindTag():
            return tags.bind(scene, act)
        case acts.ApproveCount():
            return counting.approve_count(scene, act, by)
        case acts.CloseAlarm():
            if not scene.alarm_open:
                return Refusal(Why.NOT_FOUND, f"There is no open alarm {act.alarm}")
            return (AlarmClosed(alarm=act.alarm, outcome=act.outcome, note=act.note),)
        case _:
            assert_never(act)


ALSO_ON_THE_WAY: Final = (
    acts.OpenOrder, acts.AnswerQuote, acts.PromiseOrder, acts.HoldOrder, acts.ResumeOrder, acts.HandOrder,
    acts.ReceiveOrder,
)  # fmt: skip
"""What may be done with an order whose things are on their way here."""


def _of_order(scene: Scene, act: acts.OrderAct, new_id: NewId) -> Answer:
    order = scene.order
    elsewhere = not_here(order) if not isinstance(act, ALSO_ON_THE_WAY) else None
    if elsewhere is None and order is not None and not isinstance(act, acts.OpenOrder | acts.HandOrder):
        elsewhere = gone(order)
    if elsewhere is not None:
        return elsewhere
    match act:
        case acts.OpenOrder():
            return deciding.open_order(scene, act, new_id)
        case acts.QuoteOrder():
            return deciding.quote_order(scene, act)
        case acts.AnswerQuote():
            return deciding.answer_quote(scene, act)
        case acts.MoveOrder():
            return deciding.move_order(scene, act, new_id)
        case acts.PromiseOrder():
            return deciding.promise_order(scene, act)
        case acts.HoldOrder():
            return deciding.hold_order(scene, act)
        case acts.ResumeOrder():
            return deciding.resume_order(scene, act)
        case acts.BindOrderPiece():
            return keeping.bind(scene, act, new_id)
        case acts.TakeMemoBack():
            return keeping.memo_back(scene, act)
        case acts.EndOrder():
            return ending.end_order(scene, act)
        case acts.HandOrder():
            return handing.hand(scene, act)
        case acts.ReceiveOrder():
            return handing.receive(scene, act)


def _of_thing(scene: Scene, act: acts.ThingAct) -> Answer:
    elsewhere = not_here(scene.order)
    if elsewhere is not None:
        return elsewhere
    match act:
        case acts.TakeItem():
            return things.take(scene, act)
        case acts.CheckItem():
            return things.check(scene, act)
        case acts.AnswerDoubt():
            return things.answer(scene, act)
        case acts.GiveItem():
            return things.give(scene, act)
        case acts.KeepPaper():
            return things.keep_paper(scene, act)
