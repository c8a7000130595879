"""An order as it stands: the fold of its facts."""

import msgspec

from contract.facts import (
    Instalment,
    OrderAnswered,
    OrderEvent,
    OrderHanded,
    OrderHeld,
    OrderItem,
    OrderItemChecked,
    OrderItemGiven,
    OrderItemTaken,
    OrderKind,
    OrderMetal,
    OrderMoved,
    OrderOpened,
    OrderPaper,
    OrderPieceBound,
    OrderPromised,
    OrderQuoted,
    OrderReceived,
    OrderResumed,
    OrderSettled,
    OrderTerms,
    QuoteLine,
    Share,
    StoneCheck,
    ThingTag,
)
from contract.ids import AccountId, ClientOrderId, LineId, PersonId, PieceId, SaleId, StoreId, UserId
from contract.remarks import Remark
from trade.orders.tables import ENDS, TABLES, OrderState


class Paper(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: str
    sha256: str
    media: str
    version: int
    item: PieceId = PieceId("")
    at_us: int = 0


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    quote: int
    lines: tuple[QuoteLine, ...]
    valid_until: str = ""
    approved: bool | None = None
    """None: not answered."""
    at_us: int = 0

    @property
    def total_minor(self) -> int:
        return sum(line.gross_minor for line in self.lines)


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client's thing, and what was found when it was looked at again."""

    item: OrderItem
    checked: tuple[StoneCheck, ...] = ()
    checked_us: int = 0
    answer: Remark = ""
    """Why it may go although a stone is not the same."""
    given_us: int = 0

    @property
    def stopped(self) -> tuple[StoneCheck, ...]:
        """Stones that keep it here until somebody answers."""
        return () if self.answer else self.doubted

    @property
    def doubted(self) -> tuple[StoneCheck, ...]:
        """Stones that are not what they were at intake."""
        return tuple(each for each in self.checked if not each.same)


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of its story."""

    event: str
    at_us: int
    by: str
    why: Remark = ""
    party: str = ""
    flags: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    order: ClientOrderId
    number: str
    kind: OrderKind
    client: PersonId
    title: Remark
    currency: str
    account: AccountId
    state: OrderState
    opened_by: UserId = UserId("")
    shares: tuple[Share, ...] = ()
    """Who earns when it is collected; empty: whoever opened it."""
    opened_us: int = 0
    changed_us: int = 0
    promised_day: str = ""
    terms: OrderTerms = OrderTerms()
    pieces: tuple[PieceId, ...] = ()
    """Of the house: kept for the client, ordered or made for them, or out with them."""
    back: tuple[PieceId, ...] = ()
    """Of a memo: what came back, or was sold."""
    quotes: tuple[Quote, ...] = ()
    items: tuple[Kept, ...] = ()
    papers: tuple[Paper, ...] = ()
    held: Remark = ""
    """Why nothing goes on; empty: it does."""
    party: str = ""
    """The maker or trade shop it is with."""
    metals: tuple[OrderMetal, ...] = ()
    """Of the client's or the house's, with the trade shop now;"""
    stones: tuple[str, ...] = ()
    """and stones, by where they sit."""
    sale: SaleId = SaleId("")
    """The one it was collected with."""
    fee_minor: int = 0
    """Kept by the house when it ended without being collected;"""
    credit_minor: int = 0
    """and what became the client's credit then."""
    steps: tuple[Step, ...] = ()
    home: int = 0
    """How often it moved to another store."""
    away: StoreId = StoreId("")
    """The store it was handed over to; empty: this one decides about it."""
    coming: bool = False
    """It was taken over, and the client's things are on their way."""

    @property
    def out(self) -> tuple[PieceId, ...]:
        """Of a memo: with the client still."""
        return tuple(piece for piece in self.pieces if piece not in self.back)

    @property
    def ended(self) -> bool:
        return self.state in ENDS

    @property
    def quote(self) -> Quote | None:
        """The newest."""
        return self.quotes[-1] if self.quotes else None

    @property
    def total_minor(self) -> int:
        return self.quote.total_minor if self.quote else 0

    def item(self, item: PieceId) -> Kept | None:
        return next((each for each in self.items if each.item.item == item), None)

    def due(self, paid_minor: int) -> tuple[Instalment, ...]:
        """Instalments that what was paid does not cover yet, by their days; the first may be covered in part."""
        left, due = paid_minor, []
        for each in sorted(self.terms.instalments, key=lambda one: one.due_day):
            covered = min(left, each.amount_minor)
            left -= covered
            if covered < each.amount_minor:
                due.append(msgspec.structs.replace(each, amount_minor=each.amount_minor - covered))
        return tuple(due)


OrderChange = (
    OrderMoved
    | OrderQuoted
    | OrderAnswered
    | OrderPromised
    | OrderHeld
    | OrderResumed
    | OrderSettled
    | OrderItemTaken
    | OrderItemChecked
    | OrderItemGiven
    | OrderPieceBound
    | OrderPaper
    | OrderHanded
    | OrderReceived
)
OrderFact = OrderOpened | OrderChange


def opened(fact: OrderOpened, at_us: int, by: str) -> Order:
    (state,) = TABLES[fact.kind].starts
    return Order(
        order=fact.order, number=fact.number, kind=fact.kind, client=fact.client, title=fact.title,
        currency=fact.currency, account=fact.account, state=state, opened_by=UserId(by), shares=fact.shares,
        opened_us=at_us, changed_us=at_us, promised_day=fact.promised_day, terms=fact.terms, pieces=fact.pieces,
        steps=(Step(event="opened", at_us=at_us, by=by),),
    )  # fmt: skip


def apply(order: Order, fact: OrderChange, at_us: int, by: str) -> Order:
    """The order after a fact; a step its table does not know leaves it where it is: facts are true, and may be late."""
    changed = _changed(order, fact, at_us, by)
    return msgspec.structs.replace(changed, changed_us=max(order.changed_us, at_us))


def _changed(order: Order, fact: OrderChange, at_us: int, by: str) -> Order:
    new = msgspec.structs.replace
    match fact:
        case OrderMoved():
            state = TABLES[order.kind].after(order.state, fact.event)
            step = Step(event=fact.event, at_us=at_us, by=by, why=fact.why, party=fact.party, flags=fact.flags)
            out = fact.event is OrderEvent.SEND_OUT
            at_shop = state is OrderState.AT_TRADE_SHOP
            return new(
                order, state=state or order.state, steps=(*order.steps, step), party=fact.party or order.party,
                sale=fact.sale or order.sale, back=tuple(dict.fromkeys((*order.back, *fact.pieces))),
                metals=(fact.metals if out else order.metals) if at_shop else (),
                stones=(fact.stones if out else order.stones) if at_shop else (),
            )  # fmt: skip
        case OrderQuoted():
            told = Quote(quote=fact.quote, lines=fact.lines, valid_until=fact.valid_until, at_us=at_us)
            kept = tuple(each for each in order.quotes if each.quote != fact.quote)
            return new(order, quotes=(*kept, told))
        case OrderAnswered():
            quotes = tuple(
                new(each, approved=fact.approved) if each.quote == fact.quote else each for each in order.quotes
            )
            answered = new(order, quotes=quotes)
            if any(event is OrderEvent.APPROVE for _, event in TABLES[order.kind].table):
                return answered  # its table has a step for it
            return _told(answered, OrderEvent.APPROVE if fact.approved else OrderEvent.DECLINE, "", at_us, by)
        case OrderPromised():
            day, terms = fact.promised_day or order.promised_day, fact.terms or order.terms
            event = "promised" if fact.promised_day else "terms"
            why = ", ".join(each for each in (fact.promised_day, fact.why) if each)
            return _told(new(order, promised_day=day, terms=terms), event, why, at_us, by)
        case OrderHeld():
            return _told(new(order, held=fact.why), "held", fact.why, at_us, by)
        case OrderResumed():
            return _told(new(order, held=""), "resumed", "", at_us, by)
        case OrderItemTaken():
            known = order.item(fact.item.item)
            kept_one = new(known, item=fact.item) if known else Kept(item=fact.item)
            items = tuple(kept_one if each is known else each for each in order.items)
            items = items if known else (*items, kept_one)
            return _told(new(order, items=items), "taken", fact.item.description, at_us, by)
        case OrderItemChecked():
            found = _items(order, fact.item, checked=fact.stones, checked_us=at_us, answer=fact.answer)
            return _told(found, "answered for" if fact.answer else "looked at again", fact.answer, at_us, by)
        case OrderItemGiven():
            return _told(_items(order, fact.item, given_us=at_us), "given back", "", at_us, by)
        case OrderPieceBound():
            quotes = tuple(_sold_as(each, fact.line, fact.piece) for each in order.quotes)
            return new(order, pieces=tuple(dict.fromkeys((*order.pieces, fact.piece))), quotes=quotes)
        case OrderSettled():
            fee, credit = order.fee_minor + fact.fee_minor, order.credit_minor + fact.credit_minor
            return new(order, fee_minor=fee, credit_minor=credit)
        case OrderPaper():
            paper = Paper(
                kind=fact.kind, sha256=fact.sha256, media=fact.media, version=fact.version, item=fact.item, at_us=at_us
            )
            return new(order, papers=(*order.papers, paper))
        case OrderHanded():
            tags = {each.item: each for each in fact.tags}
            items = tuple(_tagged(each, tags.get(each.item.item)) for each in order.items)
            step = Step(event="handed", at_us=at_us, by=by, why=fact.why, party=fact.to)
            return new(order, items=items, away=fact.to, steps=(*order.steps, step))
        case OrderReceived():
            return _told(new(order, coming=False), "received", "", at_us, by)


def _told(order: Order, event: str, why: str, at_us: int, by: str) -> Order:
    """With a line of its story that is no step of its table."""
    return msgspec.structs.replace(order, steps=(*order.steps, Step(event=event, at_us=at_us, by=by, why=why)))


def _sold_as(quote: Quote, line: LineId, piece: PieceId) -> Quote:
    lines = tuple(msgspec.structs.replace(each, piece=piece) if each.line == line else each for each in quote.lines)
    return msgspec.structs.replace(quote, lines=lines)


def _tagged(kept: Kept, tag: ThingTag | None) -> Kept:
    """With the tag its envelope wears: the books it goes to never saw that bound."""
    if tag is None:
        return kept
    return msgspec.structs.replace(kept, item=msgspec.structs.replace(kept.item, epc=tag.epc, tid=tag.tid))


def _items(order: Order, item: PieceId, **changes: object) -> Order:
    items = tuple(msgspec.structs.replace(each, **changes) if each.item.item == item else each for each in order.items)
    return msgspec.structs.replace(order, items=items)
