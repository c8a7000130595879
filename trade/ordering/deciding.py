"""Opening an order, quoting it, and its steps. A step that its table does not know is refused with those it knows."""

from collections.abc import Callable
from typing import Final

import msgspec

from contract.facts import (
    AnyFact,
    OrderAnswered,
    OrderEvent,
    OrderHeld,
    OrderKind,
    OrderMoved,
    OrderOpened,
    OrderPromised,
    OrderQuoted,
    OrderResumed,
    PaperKind,
    QuoteLine,
)
from contract.ids import ClaimId, ClientOrderId, LineId, PieceId
from contract.money import plain
from trade import commission
from trade.acts import AnswerQuote, HoldOrder, MoveOrder, OpenOrder, PromiseOrder, QuoteOrder, ResumeOrder
from trade.ordering import keeping, things
from trade.ordering.ending import paid_minor
from trade.orders import bench, papers
from trade.orders.numbers import account_of, number_after
from trade.orders.order import Order
from trade.orders.tables import TABLES
from trade.orders.terms import beside_total, redone, terms_of, wrong
from trade.orders.words import BY_ANOTHER_ACT, STEPS, cannot, no_order, state
from trade.periods import is_day
from trade.piece import not_for_sale, twice_named, unavailable
from trade.price import piece_line, price_in
from trade.refusal import Refusal, Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]
OF_PIECES: Final = frozenset({OrderKind.LAYAWAY, OrderKind.MEMO})
"""Kinds that begin with pieces of the house."""
TO_PARTIES: Final = {OrderEvent.ORDER: "whom it is ordered from", OrderEvent.SEND_OUT: "which trade shop it goes to"}
AT_A_TRADE_SHOP: Final = frozenset({OrderEvent.SEND_OUT, OrderEvent.TAKE_BACK})
ON_THE_PAGE: Final = "on the private page"
WITH_REASONS: Final = {OrderEvent.REWORK: "what is wrong with the work"}


def open_order(scene: Scene, act: OpenOrder, new_id: NewId) -> Answer:
    """By the same id it is one order. A layaway is quoted at once, at what its pieces cost today."""
    if scene.order is not None:
        same = (scene.order.kind, scene.order.client) == (act.kind, act.client)
        return () if same else Refusal(Why.WRONG_STATE, f"{act.order} is another order: {scene.order.number}")
    terms = act.terms if act.terms is not None else terms_of(act.kind, scene.settings)
    refusal = _incomplete(act) or _day_wrong(act.promised_day, scene) or wrong(terms)
    if refusal is None and act.shares:
        refusal = commission.refused(act.shares, scene.staff)
    quote: QuoteLine | Refusal
    lines: list[QuoteLine] = []
    for each in act.pieces if refusal is None else ():
        piece = scene.piece(each)
        refusal = refusal or unavailable(piece, scene.guards) or not_for_sale(piece)
        if refusal is None and act.kind is OrderKind.LAYAWAY:
            quote = _asked(scene, act, each, new_id)
            if isinstance(quote, Refusal):
                return quote
            lines.append(quote)
    total = sum(line.gross_minor for line in lines)
    refusal = refusal or beside_total(terms, total, act.currency)
    if refusal is not None:
        return refusal
    opened = OrderOpened(
        order=act.order, number=number_after(act.kind, scene.order_last), kind=act.kind, client=act.client,
        title=act.title.strip(), currency=act.currency, account=account_of(act.order), promised_day=act.promised_day,
        terms=terms, pieces=act.pieces, shares=act.shares,
    )  # fmt: skip
    return (opened, OrderQuoted(order=act.order, quote=1, lines=tuple(lines))) if lines else (opened,)


def _incomplete(act: OpenOrder) -> Refusal | None:
    if not act.client.strip():
        return Refusal(Why.EMPTY, "An order is a client's: say whose")
    if not act.title.strip():
        return Refusal(Why.EMPTY, "Say in a few words what is ordered")
    if act.kind in OF_PIECES and not act.pieces:
        return Refusal(Why.EMPTY, f"A {act.kind} is of pieces: lay them on the pad, or name them")
    if act.kind not in OF_PIECES and act.pieces:
        return Refusal(Why.WRONG_STATE, f"A {act.kind} order begins without pieces of the house: leave them out")
    return twice_named(act.pieces, {})


def _day_wrong(day: str, scene: Scene) -> Refusal | None:
    if day and not is_day(day):
        return Refusal(Why.EMPTY, "Write the promised day as 2026-11-29")
    if day and scene.calendar_day and day < scene.calendar_day:
        return Refusal(Why.EMPTY, f"{day} is over: promise a day that comes")
    return None


def _asked(scene: Scene, act: OpenOrder, piece: PieceId, new_id: NewId) -> QuoteLine | Refusal:
    """What the house asks for the piece today, taxes in it."""
    standing = scene.piece(piece)
    card, token = standing.card, standing.token
    if card is None or token is None:
        return Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {piece}", standing.piece)
    price = price_in(card, act.currency)
    if price is None:
        why = f"{standing.name} has no price in {act.currency}: ask the office for one"
        return Refusal(Why.WRONG_CURRENCY, why, standing.piece)
    line = piece_line(
        card, line=LineId(new_id()), claim=ClaimId(""), ce=token.ce, price_minor=price, discount_minor=0,
        feed_rev=scene.feed_rev, offer=scene.offer,
    )  # fmt: skip
    return QuoteLine(
        line=line.line, description=card.title, gross_minor=line.gross_minor, tax_bp=line.tax_bp, tax=card.tax,
        piece=card.piece,
    )  # fmt: skip


def quote_order(scene: Scene, act: QuoteOrder) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    refusal = cannot(order, OrderEvent.QUOTE) or _lines_wrong(order, act)
    if refusal is not None:
        return refusal
    number = (order.quote.quote if order.quote else 0) + 1
    told = OrderQuoted(order=act.order, quote=number, lines=act.lines, valid_until=act.valid_until)
    total = sum(line.gross_minor for line in act.lines)
    terms = redone(order.terms, total, paid_minor(scene))
    again = (OrderPromised(order=act.order, terms=terms),) if terms != order.terms else ()
    return (told, *again, OrderMoved(order=act.order, event=OrderEvent.QUOTE))


def _lines_wrong(order: Order, act: QuoteOrder) -> Refusal | None:
    if not act.lines:
        return Refusal(Why.EMPTY, "Say what it costs, line by line; a line may cost nothing")
    if len(act.lines) > LINES_PER_SALE_MAX:
        return Refusal(Why.WRONG_PRICE, f"A quote has at most {LINES_PER_SALE_MAX} lines")
    if len({line.line for line in act.lines}) < len(act.lines):
        return Refusal(Why.WRONG_PRICE, "Two lines have one name: name each line once")
    if any(not line.description.strip() for line in act.lines):
        return Refusal(Why.EMPTY, "Say what each line is for")
    if any(line.gross_minor < 0 or not 0 <= line.tax_bp <= 10_000 for line in act.lines):
        return Refusal(Why.WRONG_PRICE, "No line costs less than nothing")
    if sum(line.gross_minor for line in act.lines) > SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"An order comes to at most {plain(SALE_MINOR_MAX, order.currency)}")
    if act.valid_until and not is_day(act.valid_until):
        return Refusal(Why.EMPTY, "Write the quote's last day as 2026-11-29")
    named = [line.piece for line in act.lines if line.piece is not None]
    if len(set(named)) < len(named) or set(named) != set(order.pieces):
        return Refusal(Why.WRONG_PRICE, "A quote has one line for each piece of the order, and names no other piece")
    return None


def answer_quote(scene: Scene, act: AnswerQuote) -> Answer:
    """What the client said. Where the order waits for it, it moves on."""
    order = scene.order
    if order is None:
        return no_order(act.order)
    newest = order.quote
    if order.ended or newest is None:
        over = f"is over ({state(order)})" if order.ended else "has no quote: quote it first"
        return Refusal(Why.WRONG_STATE, f"{order.number} {over}")
    if act.quote and act.quote != newest.quote:
        why = f"Quote {act.quote} of {order.number} was replaced by quote {newest.quote}: show that one"
        return Refusal(Why.WRONG_STATE, why)
    if newest.approved is act.approved:
        return ()
    if act.approved and newest.valid_until and scene.calendar_day > newest.valid_until:
        return Refusal(Why.EXPIRED, f"This quote could be accepted until {newest.valid_until}: quote it anew")
    event = OrderEvent.APPROVE if act.approved else OrderEvent.DECLINE
    told = OrderAnswered(order=act.order, quote=newest.quote, approved=act.approved, how=act.how, proof=act.proof)
    machine = TABLES[order.kind]
    if not any(asked is event for _, asked in machine.table):
        return (told,)
    refusal = cannot(order, event)
    return refusal or (told, OrderMoved(order=act.order, event=event))


def move_order(scene: Scene, act: MoveOrder, new_id: NewId) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    refusal = cannot(order, act.event) or things.lacking(order, act.event)
    if refusal is not None:
        return refusal
    if act.event in BY_ANOTHER_ACT:
        return Refusal(Why.WRONG_STATE, f"{order.number} takes this step by itself when you {STEPS[act.event]}")
    if act.event in TO_PARTIES and not act.party.strip():
        return Refusal(Why.EMPTY, f"Say {TO_PARTIES[act.event]}")
    if act.event in WITH_REASONS and not act.why.strip():
        return Refusal(Why.EMPTY, f"Say {WITH_REASONS[act.event]}")
    moved = OrderMoved(
        order=act.order, event=act.event, why=act.why.strip(), party=act.party.strip(), signature=act.signature
    )
    if act.event is OrderEvent.APPROVE_DESIGN:
        return approve_proof(scene, act.order, act.signature, why=moved.why)
    if act.event in AT_A_TRADE_SHOP:
        return _outside(scene, order, act, moved, new_id)
    if act.event is OrderEvent.RESERVE:
        return keeping.reserve(scene, order, moved, new_id)
    if act.event is OrderEvent.ISSUE:
        return keeping.issue(scene, order, moved, new_id)
    begins = act.event in (OrderEvent.ORDER, OrderEvent.START)
    if begins and order.quote is not None and order.quote.approved is False:
        return Refusal(Why.WRONG_STATE, f"The client declined the quote of {order.number}: quote it anew")
    return (moved,)


def _outside(scene: Scene, order: Order, act: MoveOrder, moved: OrderMoved, new_id: NewId) -> Answer:
    """To a trade shop and back: metals and stones are reckoned, and envelopes travel along."""
    flags: tuple[str, ...] = ()
    why = moved.why
    if act.event is OrderEvent.TAKE_BACK:
        told = bench.reckon(order.metals, act.metals, stones_given=order.stones, stones_back=act.stones)
        flags, why = told.flags, "; ".join((*((why,) if why else ()), *told.words))
    moved = msgspec.structs.replace(moved, metals=act.metals, stones=act.stones, flags=flags, why=why)
    return (moved, *things.leaves(scene, order, moved, ClaimId(new_id())))


def approve_proof(scene: Scene, name: ClientOrderId, proof: str, why: str = ON_THE_PAGE) -> Answer:
    """The client likes the design, as this very proof shows it."""
    order = scene.order
    if order is None:
        return no_order(name)
    refusal = cannot(order, OrderEvent.APPROVE_DESIGN) or things.lacking(order, OrderEvent.APPROVE_DESIGN)
    if refusal is not None:
        return refusal
    shown = papers.proof(order) or papers.newest(order, PaperKind.SKETCH)
    if shown is None or shown.sha256 != proof:
        newest = "the newest proof" if proof else "the proof, read letter by letter, or the sketch"
        why = f"Name what the client says yes to: open the things and papers of {order.number}, and show {newest}"
        return Refusal(Why.WRONG_STATE, why)
    return (OrderMoved(order=name, event=OrderEvent.APPROVE_DESIGN, signature=proof, why=why),)


def promise_order(scene: Scene, act: PromiseOrder) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    if order.ended:
        return Refusal(Why.WRONG_STATE, f"{order.number} is over ({state(order)}): nothing is promised any more")
    if not act.promised_day and act.terms is None:
        return Refusal(Why.EMPTY, "Give another day, or other terms")
    refusal = _day_wrong(act.promised_day, scene)
    if refusal is None and act.terms is not None:
        refusal = wrong(act.terms) or beside_total(act.terms, order.total_minor, order.currency)
    if refusal is not None:
        return refusal
    day = "" if act.promised_day == order.promised_day else act.promised_day
    terms = None if act.terms == order.terms else act.terms
    if not day and terms is None:
        return ()
    return (OrderPromised(order=act.order, promised_day=day, terms=terms, why=act.why.strip()),)


def hold_order(scene: Scene, act: HoldOrder) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    if order.ended:
        return Refusal(Why.WRONG_STATE, f"{order.number} is over ({state(order)}): nothing is to be held")
    if not act.why.strip():
        return Refusal(Why.EMPTY, "Say what it waits for")
    return () if order.held == act.why.strip() else (OrderHeld(order=act.order, why=act.why.strip()),)


def resume_order(scene: Scene, act: ResumeOrder) -> Answer:
    if scene.order is None:
        return no_order(act.order)
    return (OrderResumed(order=act.order),) if scene.order.held else ()
