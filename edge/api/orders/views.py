"""Orders of this store, for its pages and its API: one with its story, and the queues of today."""

import datetime as dt
from typing import Final

from contract.facts import OrderKind
from contract.ids import ClientOrderId, PersonId, PieceId, StoreId
from contract.remarks import mapped
from edge.api import scanning
from edge.api.orders.shapes import DueView, OrderLineView, OrderPieceView, OrderView, ShortOrderView, StepView
from edge.api.shop import Shop
from edge.books import fold_orders, replica
from edge.books.fold_value import load_live, load_slice
from edge.till import queries
from trade.orders import queues
from trade.orders.numbers import LETTERS, typed
from trade.orders.order import Order, Step
from trade.orders.queues import Queue
from trade.orders.terms import deposit_minor, fee_minor
from trade.orders.words import DONE, possible
from trade.valuing import available
from web.problems import ProblemError

OPEN_MAX: Final = 2_000
"""Orders that are looked through for the queues of a day; a store has some hundreds."""
FOUND_MAX: Final = 100
OVER: Final = "over"
HANDED: Final = "handed"


def named(shop: Shop, name: str) -> Order:
    """By its id, or as people call it. Raises a 404 problem."""
    found = _exact(shop, name)
    if found is None:
        why = "Compare the number with the slip. The office shows the orders of all stores."
        raise ProblemError(404, "order", f"This store keeps no order {name}", why)
    return read(shop, found)


def read(shop: Shop, order: Order) -> Order:
    """With what was written of it in words."""
    return mapped(order, shop.store.remarks.open)


def one(shop: Shop, name: str) -> OrderView:
    """Raises a 404 problem."""
    order = named(shop, name)
    paid, short = paid_minor(shop, order), brief(shop, order)
    today = shop.business_day()
    quote = order.quote
    return OrderView(
        **{field: getattr(short, field) for field in ShortOrderView.__dataclass_fields__},
        quote=quote.quote if quote else 0,
        approved=quote.approved if quote else None,
        valid_until=quote.valid_until if quote else "",
        lines=tuple(
            OrderLineView(each.line, each.description, each.gross_minor, each.piece or "")
            for each in (quote.lines if quote else ())
        ),
        pieces=tuple(_piece(shop, order, each) for each in order.pieces),
        due=tuple(DueView(each.due_day, each.amount_minor, each.due_day < today) for each in order.due(paid)),
        steps=tuple(_step(shop, each) for each in reversed(order.steps)),
        possible=()
        if order.ended or order.away or order.coming
        else tuple(str(each) for each in possible(order.kind, order.state)),
        account=order.account,
        deposit_bp=order.terms.deposit_bp,
        deposit_minor=deposit_minor(order),
        fee_bp=order.terms.fee_bp,
        grace_days=order.terms.grace_days,
        fee_minor=order.fee_minor,
        fee_now_minor=0 if order.ended else fee_minor(order, paid),
        credit_minor=order.credit_minor,
        party=order.party,
        sale=order.sale,
        opened_us=order.opened_us,
        opened_by=order.opened_by,
        ended=order.ended,
        away=order.away,
        coming=order.coming,
    )


def brief(shop: Shop, order: Order) -> ShortOrderView:
    order, paid, today = read(shop, order), paid_minor(shop, order), shop.business_day()
    due = queues.due(order, paid)
    inside = queues.of(order, paid, today, day_after(today))
    return ShortOrderView(
        order=order.order, number=order.number, kind=order.kind, client=order.client, title=order.title,
        state=order.state, promised_day=order.promised_day, due_day=due.day, due_minor=due.amount_minor,
        overdue=Queue.OVERDUE in inside, held=order.held, currency=order.currency, total_minor=order.total_minor,
        paid_minor=paid, queues=tuple(sorted(inside)), changed_us=order.changed_us,
    )  # fmt: skip


def some(shop: Shop, *, queue: str = "", kind: str = "") -> list[ShortOrderView]:
    """Open ones, what is due first; of the queue `over` those that ended, newest first."""
    over = queue == OVER
    statement = "client_orders_ended" if over else "client_orders_open"
    orders = fold_orders.load_some(shop.db, statement, limit=FOUND_MAX if over else OPEN_MAX)
    shown = [brief(shop, each) for each in orders if not kind or each.kind == kind]
    rows = [each for each in shown if not queue or over or queue in each.queues]
    return rows if over else sorted(rows, key=lambda each: (not each.due_day, each.due_day, each.number))


def find(shop: Shop, text: str) -> list[ShortOrderView]:
    """By number, by client, or by what a scanner reads off a tag or a label. Empty: nothing answers to that."""
    wanted = text.strip()
    if not wanted:
        return []
    numbered = _numbered(shop, wanted)
    if numbered:
        return [brief(shop, each) for each in numbered]
    theirs = fold_orders.load_some(shop.db, "client_orders_of", client=PersonId(wanted), limit=FOUND_MAX)
    if theirs:
        return [brief(shop, each) for each in theirs]
    thing = fold_orders.load_with(shop.db, PieceId(wanted))
    if thing is None:
        try:
            thing = fold_orders.load_with(shop.db, scanning.the_piece(shop, wanted).piece)
        except ProblemError:
            return []
    return [brief(shop, thing)] if thing is not None else []


def of_client(shop: Shop, client: PersonId) -> list[ShortOrderView]:
    """Their open ones at this store, what is ready first."""
    found = fold_orders.load_some(shop.db, "client_orders_of", client=client, limit=FOUND_MAX)
    rows = [brief(shop, each) for each in found if not each.ended]
    return sorted(rows, key=lambda each: (Queue.READY not in each.queues, not each.due_day, each.due_day, each.number))


def _exact(shop: Shop, name: str) -> Order | None:
    """Its own number before that of an order which came from another store."""
    return next(iter(_numbered(shop, name)), None)


def _numbered(shop: Shop, name: str) -> tuple[Order, ...]:
    one = fold_orders.load(shop.db, ClientOrderId(name))
    if one is not None:
        return (one,)
    return fold_orders.load_some(shop.db, "client_orders_numbered", number=typed(name), limit=FOUND_MAX)


def paid_minor(shop: Shop, order: Order) -> int:
    """What is on its account at this store, and no cart has set aside."""
    if not order.quotes:
        return 0  # nothing is paid before it has a price
    part = load_slice(shop.db, order.account)
    return available(part, load_live(shop.db, order.account)) if part is not None else 0


def day_after(day: str) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()


def kinds() -> tuple[str, ...]:
    return tuple(str(each) for each in LETTERS)


def _piece(shop: Shop, order: Order, piece: PieceId) -> OrderPieceView:
    card, claim = replica.piece(shop.db, piece), queries.live_claim(shop.db, piece)
    kept = claim is not None and claim.ref == order.order
    out = order.kind is OrderKind.MEMO and kept
    return OrderPieceView(piece, card.title if card else piece, card.sku if card else "", kept=kept, out=out)


def _step(shop: Shop, step: Step) -> StepView:
    other = replica.store(shop.db, StoreId(step.party)) if step.event == HANDED else None
    party = other.name if other is not None else step.party
    return StepView(step.event, DONE.get(step.event, step.event), step.at_us, step.by, step.why, party)
