"""The rules of the till and the floor: an act and its scene in, facts or a refusal out. Pure.

`apply` of each noun folds the facts; nothing here changes anything.
"""

from collections.abc import Callable
from typing import Final, assert_never

from contract.facts import (
    AlarmClosed,
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CountApproved,
    CustodyReceived,
    CustodyReleased,
    PieceSighted,
    ReleaseWhy,
    TransferShipped,
    Verdict,
)
from contract.ids import SaleId, UserId
from trade import (
    buying,
    commission,
    discounts,
    disposition,
    exchange,
    giving_back,
    goods,
    paying,
    receipts,
    returning,
    selling,
    shifts,
    tags,
    trays,
    valuing,
)
from trade.acts import (
    AbandonReturn,
    AddGoods,
    AddOrder,
    AddOther,
    AddPiece,
    AnswerDoubt,
    AnswerQuote,
    AnyAct,
    ApproveCount,
    AskValue,
    BankCash,
    BeginReturn,
    BindOrderPiece,
    BindTag,
    BreakLease,
    BuyPieces,
    CheckItem,
    CloseAlarm,
    CloseAppointment,
    CloseShift,
    DiscountCart,
    DiscountLine,
    DisposePiece,
    EndAsk,
    EndOrder,
    Exchange,
    ExemptSale,
    FinishReturn,
    GiveDepositBack,
    GiveItem,
    GiveReceipt,
    GiveUpPayment,
    HearCardRefund,
    HearPayment,
    HoldOrder,
    HoldPiece,
    InquireValue,
    KeepPaper,
    MoveAppointment,
    MoveCash,
    MoveOrder,
    OpenOrder,
    OpenSale,
    OpenShift,
    ParkSale,
    PrepareTray,
    PromiseOrder,
    QuoteOrder,
    RecordSale,
    ReleaseHold,
    RemoveLine,
    RequestCardRefund,
    RequestPayment,
    ResumeOrder,
    ResumeSale,
    ReturnPieces,
    SellGiftCard,
    ShareSale,
    Ship,
    Sight,
    TakeDeposit,
    TakeItem,
    TakeMemoBack,
    TakeTradeIn,
    VoidSale,
)
from trade.appointment import APPOINTMENT
from trade.approval import judge
from trade.custody import TokenState
from trade.ordering import collecting, deciding, ending, keeping, things
from trade.piece import twice_named, unavailable
from trade.refusal import Refusal, Why
from trade.scene import Scene
from trade.stocktake import STOCKTAKE, CountEvent, CountState, counted_it

NewId = Callable[[], str]
Answer = tuple[AnyFact, ...] | Refusal
NO_SALE: Final = SaleId("")
OrderAct = (
    OpenOrder
    | QuoteOrder
    | AnswerQuote
    | MoveOrder
    | PromiseOrder
    | HoldOrder
    | ResumeOrder
    | BindOrderPiece
    | TakeMemoBack
    | EndOrder
)
ThingAct = TakeItem | CheckItem | AnswerDoubt | GiveItem | KeepPaper


def decide(scene: Scene, act: AnyAct, *, by: UserId, new_id: NewId) -> Answer:
    """Facts that make the act true, or why not. An empty tuple: it is true already."""
    answer = _answer(scene, act, by, new_id)
    if isinstance(answer, Refusal) or not answer:
        return answer
    return judge(scene, act, answer, by)


def _answer(scene: Scene, act: AnyAct, by: UserId, new_id: NewId) -> Answer:  # noqa: PLR0915 - a table of acts
    match act:
        case OpenShift():
            return shifts.open_shift(scene, act)
        case MoveCash():
            return shifts.move_cash(scene, act)
        case BankCash():
            return shifts.bank_cash(scene, act)
        case CloseShift():
            return shifts.close_shift(scene, act)
        case OpenSale():
            return selling.open_sale(scene, act, by)
        case AddPiece():
            return selling.add_piece(scene, act, new_id)
        case AddOther():
            return selling.add_other(scene, act, new_id)
        case AddGoods():
            return goods.add(scene, act, new_id)
        case SellGiftCard():
            return valuing.sell_gift_card(scene, act, new_id)
        case TakeDeposit():
            return valuing.take_deposit(scene, act, new_id)
        case GiveDepositBack():
            return valuing.give_deposit_back(scene, act, new_id)
        case AskValue():
            return valuing.ask(scene, act)
        case InquireValue():
            return valuing.inquire(scene, act)
        case EndAsk():
            return valuing.end_ask(scene, act)
        case TakeTradeIn():
            return valuing.take_trade_in(scene, act)
        case BuyPieces():
            return buying.buy(scene, act)
        case DiscountLine():
            return discounts.discount_line(scene, act)
        case DiscountCart():
            return discounts.discount_cart(scene, act)
        case ExemptSale():
            return discounts.exempt(scene, act)
        case RemoveLine():
            return selling.remove_line(scene, act)
        case ShareSale():
            return commission.share(scene, act)
        case ParkSale():
            return selling.park(scene, act)
        case ResumeSale():
            return selling.resume(scene, act)
        case VoidSale():
            return selling.void(scene, act)
        case RecordSale():
            return selling.record(scene, act)
        case RequestPayment():
            return paying.request(scene, act)
        case GiveUpPayment():
            return paying.give_up(scene, act)
        case HearPayment():
            return paying.hear(scene, act)
        case ReturnPieces():
            return returning.take_back(scene, act)
        case BeginReturn():
            return returning.begin(scene, act)
        case RequestCardRefund():
            return giving_back.request_card_refund(scene, act)
        case FinishReturn():
            return giving_back.finish(scene, act)
        case AbandonReturn():
            return giving_back.abandon(scene, act)
        case HearCardRefund():
            return giving_back.hear(scene, act)
        case Exchange():
            return exchange.exchange(scene, act)
        case DisposePiece():
            return disposition.dispose(scene, act)
        case (
            OpenOrder()
            | QuoteOrder()
            | AnswerQuote()
            | MoveOrder()
            | PromiseOrder()
            | HoldOrder()
            | ResumeOrder()
            | BindOrderPiece()
            | TakeMemoBack()
            | EndOrder()
            | TakeItem()
            | CheckItem()
            | AnswerDoubt()
            | GiveItem()
            | KeepPaper()
        ):
            return _of_order(scene, act, new_id)
        case AddOrder():
            return collecting.add_order(scene, act, new_id)
        case GiveReceipt():
            return receipts.give(scene.handed, act)
        case PrepareTray():
            return trays.prepare(scene, act, new_id)
        case MoveAppointment():
            return trays.move(scene, act)
        case CloseAppointment():
            return trays.close(scene, act)
        case HoldPiece():
            return _hold_piece(scene, act)
        case ReleaseHold():
            return _release_hold(scene, act)
        case BreakLease():
            return _break_lease(scene, act)
        case Ship():
            return _ship(scene, act)
        case Sight():
            return _sight(scene, act)
        case BindTag():
            return tags.bind(scene, act)
        case ApproveCount():
            return _approve_count(scene, act, by)
        case CloseAlarm():
            if not scene.alarm_open:
                return Refusal(Why.NOT_FOUND, f"There is no open alarm {act.alarm}")
            return (AlarmClosed(alarm=act.alarm, outcome=act.outcome, note=act.note),)
        case _:
            assert_never(act)


def _of_order(scene: Scene, act: OrderAct | ThingAct, new_id: NewId) -> Answer:
    match act:
        case OpenOrder():
            return deciding.open_order(scene, act, new_id)
        case QuoteOrder():
            return deciding.quote_order(scene, act)
        case AnswerQuote():
            return deciding.answer_quote(scene, act)
        case MoveOrder():
            return deciding.move_order(scene, act, new_id)
        case PromiseOrder():
            return deciding.promise_order(scene, act)
        case HoldOrder():
            return deciding.hold_order(scene, act)
        case ResumeOrder():
            return deciding.resume_order(scene, act)
        case BindOrderPiece():
            return keeping.bind(scene, act, new_id)
        case TakeMemoBack():
            return keeping.memo_back(scene, act)
        case EndOrder():
            return ending.end_order(scene, act)
        case _:
            return _of_thing(scene, act)


def _of_thing(scene: Scene, act: ThingAct) -> Answer:
    match act:
        case TakeItem():
            return things.take(scene, act)
        case CheckItem():
            return things.check(scene, act)
        case AnswerDoubt():
            return things.answer(scene, act)
        case GiveItem():
            return things.give(scene, act)
        case KeepPaper():
            return things.keep_paper(scene, act)


def _hold_piece(scene: Scene, act: HoldPiece) -> Answer:
    piece = scene.piece(act.piece)
    refusal = unavailable(piece, scene.guards)
    if refusal is not None:
        return refusal
    token = piece.token
    assert token is not None
    if act.kind in (ClaimKind.CART, ClaimKind.LEASE):
        return Refusal(Why.WRONG_STATE, f"A {act.kind} claim comes from a sale or an order, not from a hold")
    return (ClaimHeld(claim=act.claim, piece=act.piece, ce=token.ce, kind=act.kind, ref=act.ref),)


def _release_hold(scene: Scene, act: ReleaseHold) -> Answer:
    claim = scene.claim
    if claim is None:
        return Refusal(Why.NOT_FOUND, f"There is no live claim {act.claim}")
    if claim.kind in (ClaimKind.CART, ClaimKind.LEASE):
        why = f"A {claim.kind} claim ends with its sale or order; void the sale, or let a manager break the lease"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    if scene.appointment is not None and scene.appointment.state not in APPOINTMENT.ends:
        why = "It lies on the tray of an appointment: close that, with every piece read back"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    if scene.order is not None:
        why = f"It is kept for {scene.order.number}: cancel that order, or have its pieces come back"
        return Refusal(Why.WRONG_STATE, why, claim.piece)
    return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.RELEASED),)


def _break_lease(scene: Scene, act: BreakLease) -> Answer:
    piece = scene.piece(act.piece)
    if piece.claim is None or piece.claim.kind is not ClaimKind.LEASE:
        return Refusal(Why.NOT_FOUND, f"{piece.name} is not reserved for a web order", act.piece)
    if not act.reason.strip():
        return Refusal(Why.EMPTY, "Say why the reservation is broken; the office will ask", act.piece)
    claim = piece.claim
    return (ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.BROKEN),)


def _ship(scene: Scene, act: Ship) -> Answer:
    if not act.pieces:
        return Refusal(Why.EMPTY, "Lay the pieces for the transfer on the pad first")
    again = twice_named(act.pieces, scene.pieces)
    if again is not None:
        return again
    if scene.shipment:
        if scene.shipment == frozenset(act.pieces):
            return ()
        return Refusal(Why.WRONG_STATE, f"Transfer {act.transfer} has left already: what comes later is another one")
    released: list[AnyFact] = []
    for each in act.pieces:
        piece = scene.piece(each)
        refusal = unavailable(piece, scene.guards)
        if refusal is not None:
            return refusal
        if not (piece.on_pad or piece.seen or piece.verified):
            return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here today: lay it on the pad", each)
        token = piece.token
        assert token is not None
        released.append(
            CustodyReleased(piece=each, ce=token.ce, why=ReleaseWhy.SHIPPED, to=act.to, transfer=act.transfer)
        )
    return (TransferShipped(transfer=act.transfer, to=act.to, pieces=act.pieces), *released)


def _sight(scene: Scene, act: Sight) -> Answer:
    facts: list[AnyFact] = []
    for each in act.pieces:
        piece = scene.piece(each)
        token = piece.token
        if token is not None and token.state is TokenState.INCOMING:
            facts.append(CustodyReceived(piece=each, ce=token.ce, transfer=token.transfer, damaged=act.damaged))
        elif token is not None and token.held:
            continue
        elif token is not None or piece.card is not None:
            # how often a stranger is reported is the floor's matter: it has the monotonic clock
            return_of = piece.hold.sale if piece.hold else NO_SALE
            facts.append(PieceSighted(piece=each, zone=act.zone, return_of=return_of))
    return tuple(facts)


STATE_WORDS: Final = {
    CountState.COUNTING: "still running",
    CountState.RECOUNTING: "being counted again",
    CountState.FINISHED: "finished",
    CountState.APPROVED: "approved already",
    CountState.ABANDONED: "abandoned",
}


def _approve_count(scene: Scene, act: ApproveCount, by: UserId) -> Answer:
    count = scene.count
    if count is None:
        return Refusal(Why.NOT_FOUND, f"There is no count {act.count}")
    if STOCKTAKE.after(count.state, CountEvent.APPROVE) is None:
        return Refusal(Why.WRONG_STATE, f"Count {act.count} is {STATE_WORDS[count.state]}: there is nothing to approve")
    if count.awaits_figures:
        return Refusal(Why.WRONG_STATE, "This count is blind: whoever counts submits what they found first")
    if scene.guards.second_person and counted_it(by, count.counted_by):
        return Refusal(Why.SAME_PERSON, "You counted this yourself: somebody else looks at it and approves it")
    missing = tuple(v.piece for v in count.verdicts if v.verdict is Verdict.MISSING)
    return (
        CountApproved(
            count=act.count,
            place=count.place,
            business_day=act.business_day,
            expected=count.expected,
            found=count.found,
            missing=missing,
            p_complete=count.p_complete,
            verdicts=count.verdicts,
        ),
    )
