"""Pick-up: an order in a cart, and what becomes true of it when the sale is recorded.

Tax is due and commission is earned here, not when deposits come in. Prices are those that were agreed, taxes those of
the day.
"""

from collections.abc import Callable, Iterable, Sequence

from contract.facts import (
    AnswerHow,
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimKind,
    LineKind,
    OrderAnswered,
    OrderEvent,
    OrderKind,
    OrderMoved,
    QuoteLine,
    SaleLine,
    SaleLineAdded,
    SaleShared,
    Share,
    TaxScheme,
    ValueAsked,
)
from contract.ids import AskId, ClientOrderId, LineId, PersonId, PieceId, SaleId
from contract.money import BASIS_POINTS, plain
from trade.acts import AddOrder
from trade.ordering.keeping import after_memo, end, held_for
from trade.ordering.things import stones_open
from trade.orders.deposits import deposit_wrong
from trade.orders.homes import not_here
from trade.orders.numbers import order_of
from trade.orders.order import Order
from trade.orders.tables import TABLES
from trade.orders.terms import deposit_minor
from trade.orders.words import KINDS, cannot, no_order
from trade.piece import unavailable, unread
from trade.price import cart, price_in
from trade.refusal import Refusal, Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX, Sale, SaleState, must_be
from trade.scene import Scene
from trade.value import Ask
from trade.valuing import available

Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]


def add_order(scene: Scene, act: AddOrder, new_id: NewId) -> Answer:
    """Its lines, and as much of its deposits as pays for them."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    sale, order = scene.sale, scene.order
    assert sale is not None
    if order is None:
        return no_order(act.order)
    elsewhere = not_here(order)
    if elsewhere is not None:
        return elsewhere
    if order.currency != sale.currency:
        return Refusal(Why.WRONG_CURRENCY, f"{order.number} is in {order.currency}, the sale in {sale.currency}")
    wanted = _wanted(order, act, sale)
    if isinstance(wanted, Refusal):
        return wanted
    if not wanted:
        return ()
    lines: list[SaleLine] = []
    for each in wanted:
        made = _line(scene, order, each, new_id)
        if isinstance(made, Refusal):
            return made
        lines.append(made)
    lines = list(cart(lines, scene.offer))
    total = sum(line.gross_minor for line in lines)
    if len(sale.lines) + len(lines) > LINES_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"A sale has at most {LINES_PER_SALE_MAX} lines; record this one and go on")
    if sale.total_minor + total > SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"A sale comes to at most {plain(SALE_MINOR_MAX, sale.currency)}")
    added = [SaleLineAdded(sale=act.sale, line=line) for line in lines]
    return (*_shared(sale, order), *added, *_aside(scene, sale, order, total, new_id))


def _wanted(order: Order, act: AddOrder, sale: Sale) -> tuple[QuoteLine | PieceId, ...] | Refusal:
    """Lines of the quote, or pieces of a memo, that are not in the cart yet."""
    mine = [line for line in sale.lines if line.order == order.order]
    if order.kind is not OrderKind.MEMO:
        refusal = cannot(order, OrderEvent.COLLECT) or stones_open(order)
        if refusal is not None:
            return refusal
        if order.quote is None:
            return Refusal(Why.WRONG_STATE, f"{order.number} has no price yet: quote it first")
        return () if mine else order.quote.lines
    refusal = cannot(order, OrderEvent.RETURN_PART)
    if refusal is not None:
        return refusal
    stranger = next((piece for piece in act.pieces if piece not in order.out), None)
    if stranger is not None:
        return Refusal(Why.NOT_FOUND, f"Piece {stranger} is not out on {order.number}: name one that is", stranger)
    inside = {line.piece for line in mine}
    return tuple(piece for piece in act.pieces or order.out if piece not in inside)


def _line(scene: Scene, order: Order, what: QuoteLine | PieceId, new_id: NewId) -> SaleLine | Refusal:
    """As it was quoted; of a memo, at what the house asks today."""
    if isinstance(what, QuoteLine) and what.piece is None:
        return SaleLine(
            line=LineId(new_id()), kind=LineKind.SERVICE, description=_called(order, what),
            list_price_minor=what.gross_minor, gross_minor=0, tax_bp=what.tax_bp, tax_minor=0, tax=what.tax,
            order=order.order, feed_rev=scene.feed_rev,
        )  # fmt: skip
    piece = scene.piece(what.piece if isinstance(what, QuoteLine) and what.piece is not None else PieceId(str(what)))
    claim, card, token = held_for(order, piece), piece.card, piece.token
    if claim is None or token is None:
        other = unavailable(piece, scene.guards)
        why = f"{piece.name} is no longer kept for {order.number}: bind it anew, or cancel the order"
        return other or Refusal(Why.NOT_IN_SALE, why, piece.piece)
    if card is None:
        return Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {piece.piece}", piece.piece)
    price = what.gross_minor if isinstance(what, QuoteLine) else price_in(card, order.currency)
    if price is None:
        why = f"{piece.name} has no price in {order.currency}: ask the office for one"
        return Refusal(Why.WRONG_CURRENCY, why, piece.piece)
    margin = card.second_hand and scene.offer.margin_scheme
    return SaleLine(
        line=LineId(new_id()), kind=LineKind.PIECE, description=f"{card.title} ({order.number})",
        list_price_minor=price, gross_minor=0, tax_bp=card.tax_bp, tax_minor=0, piece=card.piece, ce=token.ce,
        claim=claim.claim, tax=card.tax, scheme=TaxScheme.MARGIN if margin else TaxScheme.STANDARD,
        order=order.order, feed_rev=scene.feed_rev,
    )  # fmt: skip


def _called(order: Order, line: QuoteLine) -> str:
    """What the receipt says of work: never the words of its quote, which are the client's and go with them."""
    named = f"{KINDS[order.kind].capitalize()} {order.number}"
    work = [each.line for each in (order.quote.lines if order.quote else ()) if each.piece is None]
    return named if len(work) < 2 else f"{named}, {work.index(line.line) + 1} of {len(work)}"


def _shared(sale: Sale, order: Order) -> tuple[AnyFact, ...]:
    """Whoever sold the order earns by it, not whoever hands it over; in a cart with nothing else."""
    if sale.lines or sale.shares or (not order.shares and order.opened_by == sale.associate):
        return ()
    alone = (Share(associate=order.opened_by, share_bp=BASIS_POINTS),)
    return (SaleShared(sale=sale.sale, shares=order.shares or alone),)


def _aside(scene: Scene, sale: Sale, order: Order, total: int, new_id: NewId) -> tuple[AnyFact, ...]:
    part = scene.slice
    if part is None or any(ask.live and ask.account == order.account for ask in scene.asks):
        return ()
    amount = min(available(part, scene.account_asks), total)
    if amount <= 0:
        return ()
    return (
        ValueAsked(
            ask=AskId(new_id()), sale=sale.sale, till=sale.till, account=part.account, kind=part.kind,
            currency=part.currency, kept_minor=amount, client=order.client, label=part.label,
            business_day=scene.shift.business_day if scene.shift is not None else "",
        ),
    )  # fmt: skip


def with_it(scene: Scene, line: SaleLine) -> tuple[SaleLine, ...]:
    """What leaves the cart with this line: an order is collected whole, a memo piece by piece."""
    assert scene.sale is not None
    order = scene.orders.get(line.order) if line.order else None
    if order is None or order.kind is OrderKind.MEMO:
        return (line,)
    return tuple(each for each in scene.sale.lines if each.order == line.order)


def behind(scene: Scene, line: SaleLine) -> tuple[Ask, ...]:
    """Deposits that were set aside to pay for it."""
    order = scene.orders.get(line.order) if line.order else None
    return tuple(ask for ask in scene.asks if order is not None and ask.live and ask.account == order.account)


def of_memos(scene: Scene, lines: Iterable[SaleLine]) -> frozenset[PieceId]:
    """Pieces that are out with a client, and need not lie on the pad."""
    found = ((line, scene.piece(line.piece).claim) for line in lines if line.piece is not None and line.order)
    return frozenset(
        line.piece for line, claim in found if line.piece and claim is not None and claim.kind is ClaimKind.MEMO
    )


def converted(scene: Scene, lines: Iterable[SaleLine]) -> tuple[ClaimEnded, ...]:
    """Claims of orders that these lines sell by."""
    claims = (scene.piece(line.piece).claim for line in lines if line.piece is not None and line.order)
    return tuple(end(claim, ClaimEnd.CONVERTED) for claim in claims if claim is not None)


def not_any_more(scene: Scene, lines: Sequence[SaleLine]) -> Refusal | None:
    """Why an order in this cart cannot be collected, or paid on, now: asked before a terminal is, for its money is not
    undone.
    """
    for name in dict.fromkeys(line.order for line in lines if line.order):
        order = scene.orders.get(name)
        if order is None:
            return no_order(name)
        memo = order.kind is OrderKind.MEMO
        refusal = cannot(order, OrderEvent.RETURN_PART if memo else OrderEvent.COLLECT)
        if refusal is None and not memo:
            refusal = _otherwise_quoted(order, [line for line in lines if line.order == name])
        if refusal is not None:
            return refusal
    for line in lines:
        paid_on = order_of(line.account)
        if paid_on and line.kind is LineKind.DEPOSIT and line.gross_minor > 0:
            order = scene.orders.get(paid_on)
            refusal = _collected_too(order, lines) or deposit_wrong(
                order, paid_on, line.gross_minor, _held_minor(scene, order)
            )
            if refusal is not None:
                return refusal
    return _never_read(scene, lines)


def at_recording(scene: Scene, sale: SaleId, lines: Sequence[SaleLine], client: PersonId) -> Answer:
    """What becomes true of orders with this sale: collected, sold from a memo, paid on."""
    facts: list[AnyFact] = []
    collected: dict[ClientOrderId, list[SaleLine]] = {}
    for line in lines:
        if line.order:
            collected.setdefault(line.order, []).append(line)
    for name, its in collected.items():
        order = scene.orders.get(name)
        refusal = no_order(name) if order is None else _whose(order, client)
        if refusal is not None or order is None:
            return refusal or no_order(name)
        if order.kind is OrderKind.MEMO:
            kept = tuple(line.piece for line in its if line.piece is not None)
            refusal = cannot(order, OrderEvent.RETURN_PART)
            facts.append(after_memo(order, kept, sale))
        else:
            refusal = cannot(order, OrderEvent.COLLECT) or stones_open(order) or _otherwise_quoted(order, its)
            facts.append(OrderMoved(order=name, event=OrderEvent.COLLECT, sale=sale))
        if refusal is not None:
            return refusal
    for line in lines:
        if line.kind is LineKind.DEPOSIT and order_of(line.account):
            both = _collected_too(scene.orders.get(order_of(line.account)), lines) if line.gross_minor > 0 else None
            paid = both or _paid_on(scene, sale, line, client)
            if isinstance(paid, Refusal):
                return paid
            facts += paid
    return _never_read(scene, lines) or tuple(facts)


def _never_read(scene: Scene, lines: Sequence[SaleLine]) -> Refusal | None:
    """A piece that waited for its client is as any other of the house: unread since the start, no word hands it over.

    It came into the cart by its claim, without a look; what is out on memo was read before it left.
    """
    away = of_memos(scene, lines)
    its = (line.piece for line in lines if line.order and line.piece is not None and line.piece not in away)
    return next((refusal for refusal in (unread(scene.piece(each)) for each in its) if refusal is not None), None)


def _otherwise_quoted(order: Order, its: Iterable[SaleLine]) -> Refusal | None:
    """Another price, or a piece bound meanwhile, which would leave unsold."""
    quoted = sorted((line.piece or "", line.gross_minor) for line in order.quote.lines) if order.quote else None
    if quoted == sorted((line.piece or "", line.list_price_minor) for line in its):
        return None
    why = f"{order.number} was quoted anew, or given a piece, since it came in here: take it off and add it again"
    return Refusal(Why.WRONG_STATE, why)


def _collected_too(order: Order | None, lines: Iterable[SaleLine]) -> Refusal | None:
    """Nobody pays a deposit on what they pay and take with them in the same sale."""
    if order is None or not any(line.order == order.order for line in lines):
        return None
    return Refusal(Why.WRONG_STATE, f"{order.number} is collected in this sale: take its deposit out of the cart")


def _whose(order: Order, client: PersonId) -> Refusal | None:
    if client == order.client:
        return None
    return Refusal(Why.EMPTY, f"{order.number} is of client {order.client}: name them in this sale")


def _paid_on(scene: Scene, sale: SaleId, line: SaleLine, client: PersonId) -> tuple[AnyFact, ...] | Refusal:
    """A deposit that comes in may be the one that an order waits for."""
    name = order_of(line.account)
    order = scene.orders.get(name)
    if line.gross_minor < 0:  # its rest goes back: that was refused, or not, when the line was added
        return _whose(order, client) or () if order is not None else ()
    before = _held_minor(scene, order)
    refusal = deposit_wrong(order, name, line.gross_minor, before)
    if refusal is not None or order is None:
        return refusal or no_order(name)
    refusal = _whose(order, client)
    if refusal is not None:
        return refusal
    paid = before + line.gross_minor
    after = TABLES[order.kind].after
    if paid >= order.total_minor and after(order.state, OrderEvent.PAY_UP) is not None:
        return (OrderMoved(order=name, event=OrderEvent.PAY_UP, sale=sale),)
    if paid >= deposit_minor(order) and after(order.state, OrderEvent.DEPOSIT) is not None:
        moved = OrderMoved(order=name, event=OrderEvent.DEPOSIT, sale=sale)
        quote = order.quote
        if quote is None or quote.approved:
            return (moved,)
        agreed = OrderAnswered(order=name, quote=quote.quote, approved=True, how=AnswerHow.COUNTER)
        return (agreed, moved)
    return ()


def _held_minor(scene: Scene, order: Order | None) -> int:
    part = scene.slices.get(order.account) if order is not None else None
    return part.held_minor if part is not None else 0
