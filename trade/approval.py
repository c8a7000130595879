"""What an act needs of whoever does it, and how somebody else answers for what is more than theirs to do.

The rules say first what would become true; then it is asked whether this person may make it so. What they may not,
somebody else who may can approve: for the very words that were shown, and the facts keep who it was.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from contract.facts import (
    AnyFact,
    AppointmentClosed,
    CashKind,
    PurchaseRecorded,
    ReturnBegan,
    ReturnRecorded,
    SaleDiscounted,
    SaleExempted,
    SaleLine,
    SaleLineAdded,
    SaleRecorded,
    SaleVoided,
    TenderingBegan,
    TenderKind,
    TradeInOffered,
)
from contract.feed import Permission, RoleCard
from contract.ids import UserId
from contract.money import BASIS_POINTS, plain
from trade import acts, trays
from trade.acts import Act, AnyAct
from trade.buying import above_offer
from trade.needs import Need
from trade.ordering import approving
from trade.periods import day_number
from trade.permissions import WORDS, Allowed, together
from trade.price import asked
from trade.refund import Way, otherwise
from trade.refusal import Refusal, Why
from trade.scene import NOWHERE, Scene
from trade.sets import left_behind
from trade.value import CREDIT

NEEDED: Final[Mapping[type[Act], Permission | None]] = {
    acts.OpenShift: Permission.SHIFT,
    acts.CloseShift: Permission.SHIFT,
    acts.MoveCash: Permission.CASH_MOVE,
    acts.BankCash: Permission.CASH_MOVE,
    acts.OpenSale: Permission.SELL,
    acts.AddPiece: Permission.SELL,
    acts.AddOther: Permission.SELL,
    acts.AddGoods: Permission.SELL,
    acts.SellGiftCard: Permission.SELL,
    acts.TakeDeposit: Permission.SELL,
    acts.GiveDepositBack: Permission.SELL,
    acts.AskValue: Permission.SELL,
    acts.InquireValue: Permission.SELL,
    acts.EndAsk: Permission.SELL,
    acts.TakeTradeIn: Permission.SELL,
    acts.BuyPieces: Permission.SELL,
    acts.DiscountLine: Permission.SELL,
    acts.DiscountCart: Permission.SELL,
    acts.ExemptSale: Permission.SELL,
    acts.RemoveLine: Permission.SELL,
    acts.ShareSale: Permission.SELL,
    acts.ParkSale: Permission.SELL,
    acts.ResumeSale: Permission.SELL,
    acts.VoidSale: Permission.SELL,
    acts.RecordSale: Permission.SELL,
    acts.RequestPayment: Permission.SELL,
    acts.GiveUpPayment: Permission.SELL,
    acts.HearPayment: None,
    acts.ReturnPieces: Permission.SELL,
    acts.BeginReturn: Permission.SELL,
    acts.RequestCardRefund: Permission.SELL,
    acts.FinishReturn: Permission.SELL,
    acts.AbandonReturn: Permission.SELL,
    acts.HearCardRefund: None,
    acts.Exchange: Permission.SELL,
    acts.DisposePiece: Permission.DISPOSE,
    acts.GiveReceipt: Permission.SELL,
    acts.OpenOrder: Permission.ORDERS,
    acts.QuoteOrder: Permission.ORDERS,
    acts.AnswerQuote: Permission.ORDERS,
    acts.MoveOrder: Permission.ORDERS,
    acts.PromiseOrder: Permission.ORDERS,
    acts.HoldOrder: Permission.ORDERS,
    acts.ResumeOrder: Permission.ORDERS,
    acts.BindOrderPiece: Permission.ORDERS,
    acts.TakeMemoBack: Permission.ORDERS,
    acts.EndOrder: Permission.ORDERS,
    acts.HandOrder: Permission.ORDERS,
    acts.ReceiveOrder: Permission.ORDERS,
    acts.TakeItem: Permission.ORDERS,
    acts.CheckItem: Permission.ORDERS,
    acts.AnswerDoubt: Permission.ORDERS,
    acts.GiveItem: Permission.ORDERS,
    acts.KeepPaper: Permission.ORDERS,
    acts.AddOrder: Permission.SELL,
    acts.HoldPiece: Permission.SELL,
    acts.PrepareTray: Permission.SELL,
    acts.MoveAppointment: Permission.SELL,
    acts.CloseAppointment: Permission.SELL,
    acts.ReleaseHold: Permission.SELL,
    acts.BreakLease: Permission.BREAK_LEASE,
    acts.Ship: Permission.TRANSFER,
    acts.Sight: None,
    acts.BindTag: Permission.TAGS,
    acts.ApproveCount: Permission.APPROVE_COUNT,
    acts.CloseAlarm: Permission.CLOSE_ALARM,
}
"""What an act needs whatever comes of it; `None`: what a reader or a terminal says is so, whoever stood there.

Nobody can approve these for somebody else, for their facts would not say so: who may do it does it.
"""


def judge(scene: Scene, act: AnyAct, facts: tuple[AnyFact, ...], by: UserId) -> tuple[AnyFact, ...] | Refusal:
    """The facts, if this person may make them true; what somebody else approved carries their name."""
    allowed, approved, roles = scene.allowed, scene.approved, scene.roles
    own = _own(act)
    if own is not None and own not in allowed.permissions:
        who = _who_may(roles, Need(own, ""))
        return Refusal(Why.NOT_ALLOWED, f"You may not {WORDS[own]} at this store: ask {who} to do it")
    missing = [need for need in _needs(scene, act, facts) if not _holds(allowed, need)]
    if not missing:
        return facts
    sentence = "; ".join(need.words for need in missing)
    refusal = Refusal(Why.NEEDS_APPROVAL, f"{sentence}. This needs {_who_may(roles, *missing)}")
    if approved is None:
        return refusal
    if approved.by == by:
        return Refusal(Why.SAME_PERSON, "You asked for this yourself: somebody else looks at it and approves it")
    if approved.over != refusal.why:
        return Refusal(Why.NEEDS_APPROVAL, f"{refusal.why}. What was approved was another: {approved.over}")
    if not all(_holds(approved.allowed, need) for need in missing):
        return refusal
    return tuple(_signed(fact, approved.by) for fact in facts)


def _own(act: AnyAct) -> Permission | None:
    if isinstance(act, acts.MoveCash) and act.kind is CashKind.NO_SALE:
        return Permission.DRAWER_OPEN
    return NEEDED[type(act)]


def _holds(allowed: Allowed, need: Need) -> bool:
    return (
        need.permission in allowed.permissions
        and need.discount_bp <= allowed.discount_bp_max
        and need.refund_minor <= allowed.refund_minor_max
    )


def _who_may(roles: Iterable[RoleCard], *needs: Need) -> str:
    """`manager or admin`: the roles whose card covers every need."""
    able = [
        card.name or card.role.replace("_", " ")
        for card in roles
        if all(_holds(together((card,)), need) for need in needs)
    ]
    return "the role " + " or ".join(able) if able else "a role that the office has given to nobody"


def _needs(scene: Scene, act: AnyAct, facts: Iterable[AnyFact]) -> Iterable[Need]:
    currency = scene.sale.currency if scene.sale else ""
    if isinstance(act, acts.AddPiece):
        piece = scene.piece(act.piece)
        if not (piece.on_pad or piece.seen):
            yield Need(Permission.PAD_OVERRIDE, f"Sell {piece.name}, which nobody reads now, because “{act.override}”")
    yield from approving.needs(scene, act, facts)
    yield from trays.needs(scene, facts)
    for fact in facts:
        match fact:
            case SaleLineAdded():
                yield from _discount((fact.line,), currency)
            case SaleDiscounted():
                yield from _discount(fact.lines, currency)
            case SaleExempted():
                yield Need(Permission.TAX_EXEMPT, f"Take no tax: {fact.exemption}")
            case SaleVoided():
                yield Need(Permission.VOID, f"Give up this sale, because “{fact.reason}”")
            case TenderingBegan():
                yield from _parted(scene, currency)
            case SaleRecorded():
                if isinstance(act, acts.RecordSale | acts.Exchange) and not scene.payments:
                    yield from _parted(scene, currency)
                yield from _recorded(scene, act, fact)
            case TradeInOffered():
                worth = plain(fact.trade_in.value_minor, currency)
                words = f"Take {fact.trade_in.title} in payment for {worth} {currency}"
                yield Need(Permission.REFUND, words, refund_minor=fact.trade_in.value_minor)
            case PurchaseRecorded():
                yield from _bought(fact)
            case ReturnRecorded() | ReturnBegan():
                yield from _back(scene.exchange or scene, fact)
            case _:
                pass


def _bought(fact: PurchaseRecorded) -> Iterable[Need]:
    """Money goes out of the house: as much as this person may give back. Scrap above the house's offer says so."""
    things = ", ".join(each.title for each in fact.items)
    above = sum(above_offer(each) for each in fact.items)
    more = f", {plain(above, fact.currency)} above what the house offers" if above else ""
    words = f"Buy {things} for {plain(fact.total_minor, fact.currency)} {fact.currency}{more}"
    yield Need(Permission.REFUND, words, refund_minor=fact.total_minor)
    if above:
        yield Need(Permission.REFUND_OTHERWISE, f"Pay {plain(above, fact.currency)} above the offer for scrap")


def _recorded(scene: Scene, act: AnyAct, fact: SaleRecorded) -> Iterable[Need]:
    currency = fact.currency
    if _against_the_pad(scene, act, fact):
        total = plain(fact.total_minor, currency)
        names = ", ".join(line.description for line in fact.lines)
        words = f"Sell {names} for {total} {currency} although the pad says otherwise ({fact.pad_verdict})"
        yield Need(Permission.PAD_OVERRIDE, words)
    back = -sum(line.gross_minor for line in fact.lines if line.gross_minor < 0)
    if back:
        amount = plain(back, currency)
        yield Need(Permission.REFUND, f"Give {amount} {currency} of deposits back", refund_minor=back)


def _parted(scene: Scene, currency: str) -> Iterable[Need]:
    """A set is sold whole. With a card payment it is asked before the terminal is, and not again."""
    sale = scene.sale
    left = left_behind(sale.pieces(), scene.pieces) if sale is not None else []
    if sale is None or not left:
        return
    sold = ", ".join(line.description for line in sale.lines if line.piece is not None)
    total, names = plain(sale.total_minor, currency), ", ".join(one.name for one in left)
    words = f"Sell {sold} for {total} {currency} without {names}, of the same set: ring up all of it, or have it parted"
    yield Need(Permission.PAD_OVERRIDE, words)


def _against_the_pad(scene: Scene, act: AnyAct, fact: SaleRecorded) -> bool:
    """At a till without a pad a reason is enough: no pad says otherwise."""
    return (
        isinstance(act, acts.RecordSale | acts.Exchange) and scene.pad_zone != NOWHERE and fact.pad_verdict != "matched"
    )


def _back(scene: Scene, fact: ReturnRecorded | ReturnBegan) -> Iterable[Need]:
    """What was approved when a return began is not asked for again at its end; how its money goes is."""
    currency = fact.currency
    names = {line.line: line.description for line in scene.sale.lines} if scene.sale else {}
    what = ", ".join(names.get(part.line, part.line) for part in fact.parts)
    if scene.returning is None:
        # of this sale in all: many small refunds are one large one
        so_far = sum(part.gross_minor for part in scene.back)
        also = f", after {plain(so_far, currency)} before" if so_far else ""
        words = f"Give {plain(fact.total_minor, currency)} {currency} back for {what}{also}"
        yield Need(Permission.REFUND, words, refund_minor=fact.total_minor + so_far)
        days = _days_since(scene)
        if days > scene.settings.refund_days:
            most = scene.settings.refund_days
            yield Need(Permission.REFUND_LATE, f"Take back after {days} days, where the store gives {most}")
        if fact.override:
            yield Need(Permission.PAD_OVERRIDE, f"Take {what} back unread, because “{fact.override}”")
    if isinstance(fact, ReturnBegan):
        return
    for way, minor in otherwise(fact.tenders, scene.paid, scene.went).items():
        yield Need(Permission.REFUND_OTHERWISE, f"Give {plain(minor, currency)} {currency} back {_another_way(way)}")
    cash = sum(tender.amount_minor for tender in fact.tenders if tender.kind is TenderKind.CASH)
    most = scene.settings.refund_cash_minor_max
    if most and cash > most:
        words = f"Give {plain(cash, currency)} {currency} back in cash, above {plain(most, currency)}"
        yield Need(Permission.REFUND_OTHERWISE, words)


def _another_way(way: Way) -> str:
    match way.kind:
        case TenderKind.GIFT_CARD:
            return "onto a gift card that did not pay for it"
        case TenderKind.STORE_CREDIT:
            return f"as store credit of client {way.account.removeprefix(CREDIT)} that it was not paid with"
        case TenderKind.POINTS:
            return "as points that it was not paid with"
        case _:
            name = way.kind.replace("_", " ")
            return f"by {name} that did not come by {name}"


def _days_since(scene: Scene) -> int:
    """Business days of the calendar from the sale to this shift."""
    if scene.sale is None or not scene.sale.business_day or scene.shift is None:
        return 0
    return day_number(scene.shift.business_day) - day_number(scene.sale.business_day)


def _discount(lines: tuple[SaleLine, ...], currency: str) -> Iterable[Need]:
    """Of all these lines together: a cart's discount is shared out to the last unit, so one line may lie above it."""
    off, of = sum(line.discount_minor for line in lines), sum(asked(line) for line in lines)
    if off <= 0:
        return
    share_bp = -(-off * BASIS_POINTS // of) if of > 0 else BASIS_POINTS
    what = lines[0].description if len(lines) == 1 else f"{len(lines)} lines"
    share = f"{share_bp / 100:g} %"
    words = f"Take {plain(off, currency)} {currency} ({share}) off {what} at {plain(of, currency)} {currency}"
    yield Need(Permission.DISCOUNT, words, discount_bp=share_bp)


def _signed(fact: AnyFact, by: UserId) -> AnyFact:
    match fact:
        case SaleLineAdded():
            return msgspec.structs.replace(fact, line=msgspec.structs.replace(fact.line, approved_by=by))
        case SaleDiscounted():
            lines = tuple(msgspec.structs.replace(line, approved_by=by) for line in fact.lines)
            return msgspec.structs.replace(fact, lines=lines, approved_by=by)
        case (
            AppointmentClosed()
            | SaleExempted()
            | SaleVoided()
            | SaleRecorded()
            | ReturnRecorded()
            | ReturnBegan()
            | TradeInOffered()
            | PurchaseRecorded()
        ):
            return msgspec.structs.replace(fact, approved_by=by)
        case _:
            return approving.signed(fact, by)
