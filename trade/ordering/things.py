"""A client's thing in this house: taken in in words that assert nothing, known again by its stones, given back signed.

Its envelope is a piece of nobody's stock: in the store's list, so that readers look for it, and never for sale.
"""

from typing import Final

from contract.facts import (
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    OrderEvent,
    OrderItem,
    OrderItemChecked,
    OrderItemGiven,
    OrderItemTaken,
    OrderKind,
    OrderMoved,
    OrderPaper,
    PaperKind,
)
from contract.feed import Ownership
from contract.ids import ClaimId
from trade.acts import AnswerDoubt, CheckItem, GiveItem, KeepPaper, TakeItem
from trade.orders import papers, stones, wording
from trade.orders.order import Kept, Order
from trade.orders.tables import TABLES, OrderState
from trade.orders.words import cannot, no_order, state
from trade.refusal import Refusal, Why
from trade.sale import SALE_MINOR_MAX
from trade.scene import Scene

Answer = tuple[AnyFact, ...] | Refusal
WITH_THINGS: Final = frozenset({OrderKind.REPAIR, OrderKind.ENGRAVING, OrderKind.CUSTOM})
NEEDS_THE_THING: Final = frozenset({OrderKind.REPAIR, OrderKind.ENGRAVING})
WORKED_ON: Final = frozenset(
    {OrderEvent.START, OrderEvent.SEND_OUT, OrderEvent.TAKE_BACK, OrderEvent.REWORK, OrderEvent.ASSESS}
)
"""Steps after which a stone has to be looked at again."""
ON_THE_THING: Final = frozenset({OrderEvent.ASSESS, OrderEvent.START, OrderEvent.SEND_OUT})
BEFORE_IT_GOES: Final = frozenset(OrderEvent) - {
    OrderEvent.DEPOSIT, OrderEvent.PAY_UP, OrderEvent.COLLECT, OrderEvent.GIVE_BACK,
}  # fmt: skip
"""Steps after which the owner signs that they got it: what was signed before them is the intake."""
ITEMS_MAX: Final = 40
TEXT_MAX: Final = 500
FINE: Final = 1000
WEIGHT_MG_MAX: Final = 50_000_000


def take(scene: Scene, act: TakeItem) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    item, known = act.item, order.item(act.item.item)
    if known is not None and known.item == item:
        return ()
    if order.kind not in WITH_THINGS:
        return Refusal(Why.WRONG_STATE, f"{order.number} is a {order.kind}: take a client's thing in with a repair")
    if order.ended or (known is not None and known.given_us):
        return Refusal(Why.WRONG_STATE, f"{order.number} is {state(order)}: open a new order for it")
    if known is None and len(order.items) >= ITEMS_MAX:
        return Refusal(Why.WRONG_STATE, f"{order.number} has {ITEMS_MAX} things: open another order")
    if known is not None and papers.of_kind(order, PaperKind.SIGNATURE, item.item):
        why = f"The client signed for {known.item.description} as it was described: it is not described anew"
        return Refusal(Why.WRONG_STATE, why)
    standing = scene.piece(item.item)
    mine = standing.card is not None and standing.card.ownership is Ownership.CUSTOMER and known is not None
    if standing.card is not None and not mine:
        return Refusal(Why.WRONG_STATE, f"{standing.name} is a piece of the house: take the thing in by another id")
    return _wrong(scene, item) or (OrderItemTaken(order=act.order, item=item),)


def _wrong(scene: Scene, item: OrderItem) -> Refusal | None:
    ours = bool(item.sold_piece) and scene.piece(item.sold_piece).card is not None
    if item.sold_piece and not ours:
        return Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {item.sold_piece}: leave it out")
    said = "" if ours and item.description.strip() else wording.problem(item.description)
    if said:
        return Refusal(Why.EMPTY, said)
    if not item.condition.strip():
        return Refusal(Why.EMPTY, "Say how it is: scratches, a loose claw, a stone that lacks; or that nothing is seen")
    if max(len(item.description), len(item.condition)) > TEXT_MAX:
        return Refusal(Why.EMPTY, f"Describe it in at most {TEXT_MAX} letters")
    if not 0 <= item.declared_value_minor <= SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, "The declared value is what the client says it is worth, not less than nothing")
    weights = (item.weight_mg, *(each.weight_mg for each in item.metals))
    if any(not 0 <= each <= WEIGHT_MG_MAX for each in weights):
        return Refusal(Why.EMPTY, "No jewel weighs that: grams were meant")
    if any(not each.metal.strip() or not 0 <= each.fineness <= FINE for each in item.metals):
        return Refusal(Why.EMPTY, "A metal has a name, and a fineness of at most 1000")
    wrong = stones.problems(item.stones)
    return Refusal(Why.EMPTY, wrong[0]) if wrong else None


def check(scene: Scene, act: CheckItem) -> Answer:
    found = _here(scene, act)
    if isinstance(found, Refusal):
        return found
    _, kept = found
    strange = stones.not_recorded(kept.item.stones, act.looks)
    if strange:
        why = f"Nothing was recorded of a stone at {strange[0]}: look at those that were, or take the thing in anew"
        return Refusal(Why.NOT_FOUND, why)
    checked = stones.checks(kept.item.stones, act.looks)
    return (OrderItemChecked(order=act.order, item=act.item, stones=checked, weight_mg=act.weight_mg),)


def answer(scene: Scene, act: AnswerDoubt) -> Answer:
    found = _here(scene, act)
    if isinstance(found, Refusal):
        return found
    _, kept = found
    if kept.answer and kept.answer == act.answer.strip():
        return ()
    if not kept.doubted:
        return Refusal(Why.WRONG_STATE, "No stone of it is in doubt: give it back")
    if not act.answer.strip():
        return Refusal(Why.NOTE_MISSING, "Say what was found out, and what the client says to it")
    said = act.answer.strip()
    return (OrderItemChecked(order=act.order, item=act.item, stones=kept.checked, answer=said),)


def give(scene: Scene, act: GiveItem) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    kept = order.item(act.item)
    if kept is not None and kept.given_us:
        return ()
    found = _here(scene, act)
    if isinstance(found, Refusal):
        return found
    free = order.ended or order.state is OrderState.DECLINED
    nothing_to_pay = not order.total_minor and TABLES[order.kind].after(order.state, OrderEvent.COLLECT) is not None
    if not free and not nothing_to_pay:
        refusal = cannot(order, OrderEvent.COLLECT)
        why = f"{order.number} is to be paid first: put it into a cart and record the sale"
        return refusal or Refusal(Why.WRONG_STATE, why)
    refusal = stones_open(order) or _unsigned(order, act)
    if refusal is not None:
        return refusal
    given = OrderItemGiven(order=act.order, item=act.item, signature=act.signature)
    last = all(each.given_us or each.item.item == act.item for each in order.items)
    event = OrderEvent.GIVE_BACK if order.state is OrderState.DECLINED else OrderEvent.COLLECT
    if not last or TABLES[order.kind].after(order.state, event) is None:
        return (given,)
    return (given, OrderMoved(order=act.order, event=event, signature=act.signature))


def _unsigned(order: Order, act: GiveItem) -> Refusal | None:
    signed = {each.sha256: each.at_us for each in papers.of_kind(order, PaperKind.SIGNATURE)}
    last_us = max((step.at_us for step in order.steps if step.event in BEFORE_IT_GOES), default=0)
    if act.signature not in signed:
        return Refusal(Why.NOTE_MISSING, "Have the owner sign that they got it: keep that as a paper, then give it")
    if signed[act.signature] < last_us:
        return Refusal(Why.NOTE_MISSING, "That is what they signed when they left it: have them sign anew")
    return None


def stones_open(order: Order) -> Refusal | None:
    """Why a thing of this order stays here: its stones were not looked at since it was worked on, or one differs."""
    worked = max((step.at_us for step in order.steps if step.event in WORKED_ON), default=0)
    for kept in order.items:
        if kept.given_us or not kept.item.stones:
            continue
        if kept.stopped:
            first = kept.stopped[0]
            why = f"The stone at {first.at}: {first.note}. Somebody who may say how a piece is answers for it first"
            return Refusal(Why.PAD_MISMATCH, why, kept.item.item, things_of=order.order)
        if not kept.checked_us or kept.checked_us < worked:
            why = f"Look at the stones of {kept.item.description} again before it leaves"
            return Refusal(Why.NOTE_MISSING, why, kept.item.item, things_of=order.order)
    return None


def keep_paper(scene: Scene, act: KeepPaper) -> Answer:
    order = scene.order
    if order is None:
        return no_order(act.order)
    if any(each.sha256 == act.sha256 and each.kind == act.kind for each in order.papers):
        return ()
    if act.item and order.item(act.item) is None:
        return Refusal(Why.NOT_FOUND, f"{order.number} has no thing {act.item}")
    refusal = papers.not_kept(order, act.kind, act.sha256, act.media)
    version = act.version or papers.version_of(order, act.kind)
    kept = OrderPaper(
        order=act.order, kind=act.kind, sha256=act.sha256, media=act.media, version=version, item=act.item
    )
    return refusal or (kept,)


def lacking(order: Order, event: OrderEvent) -> Refusal | None:
    """What a step needs that is not here: the thing itself, a paper."""
    if order.kind in NEEDS_THE_THING and event in ON_THE_THING and not order.items:
        why = f"Take the client's thing in first: {order.number} has none"
        return Refusal(Why.EMPTY, why, things_of=order.order)
    return papers.missing(order, event)


def leaves(scene: Scene, order: Order, moved: OrderMoved, new_id: ClaimId) -> tuple[AnyFact, ...]:
    """Envelopes that go to a trade shop with it, or come back: away with our consent, then looked for again."""
    found: list[AnyFact] = []
    for n, kept in enumerate(order.items):
        piece = scene.piece(kept.item.item)
        if moved.event is OrderEvent.SEND_OUT and piece.claim is None and not kept.given_us:
            name = ClaimId(f"{new_id}-{n}")
            found.append(ClaimHeld(claim=name, piece=piece.piece, ce=0, kind=ClaimKind.REPAIR, ref=order.order))
        elif moved.event is OrderEvent.TAKE_BACK and piece.claim is not None and piece.claim.ref == order.order:
            ended = ClaimEnded(claim=piece.claim.claim, piece=piece.piece, ce=piece.claim.ce, how=ClaimEnd.RELEASED)
            found.append(ended)
    return tuple(found)


def _here(scene: Scene, act: CheckItem | AnswerDoubt | GiveItem) -> tuple[Order, Kept] | Refusal:
    order = scene.order
    if order is None:
        return no_order(act.order)
    kept = order.item(act.item)
    if kept is None:
        return Refusal(Why.NOT_FOUND, f"{order.number} has no thing {act.item}")
    if kept.given_us:
        return Refusal(Why.WRONG_STATE, f"{kept.item.description} was given back already")
    return order, kept
