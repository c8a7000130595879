"""Clients' orders on their way: given up by one store, and the other's once its box has taken them over.

The office is told by the entry that gives it up, in which the money of its account came back too. It names the new home
under a higher count, gives it that money, and lets it read what was written. A store that has not taken an order over
yet is told again when it rejoins, and when its box was updated to a version that knows how. Of a box that was not, its
store's card tells the others, so that nobody hands it an order; where somebody did, a case says what to do, and ends
by itself once the box has it.
"""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import feed, lives
from cloud.db import Tx
from cloud.lives import Word
from cloud.tables import (
    case_file,
    client_order,
    client_order_thing,
    house_setting,
    node,
    order_answer,
    order_page,
    order_way,
    remark_reader,
)
from cloud.value_slices import contract_of, free_of, hold, locked
from cloud.work import Heard, Work
from contract.commands import AnswerOrder, TakeOrder
from contract.facts import OrderHanded, PaperKind
from contract.feed import StoreCard
from contract.ids import HOUSE, ClientOrderId, StoreId, UserId
from contract.order_page import page_key
from contract.remarks import FORGOTTEN, is_token, mapped, opened
from trade.orders import papers
from trade.orders.homes import taken_over
from trade.orders.order import Order, Step

MOVES_SINCE: Final = 4
"""Contract version from which a box takes orders over."""
NOWHERE: Final = "order without a home"
WAITS: Final = "order waits for its box"
"""Kinds of cases."""
REASONS: Final = "order_reasons"
"""Of `house_setting`: how far the reasons that older versions kept in clear are sealed (`client_orders.resealing`)."""
HANDED: Final = "handed"
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Order).decode


def handed(work: Work, heard: Heard, order: Order, fact: OrderHanded) -> tuple[StoreId, Order]:
    """Who keeps it from now on, and as what. `order`: as its old home left it."""
    known = work.tx.value(sa.select(node.c.term).where(node.c.store == fact.to))
    if known is None:
        sentence = f"{heard.store} handed order {order.number} to {fact.to!r}, which is no store of ours"
        work.open_case(NOWHERE, sentence, store=heard.store, ref=order.order, again=heard.again)
        return heard.store, order
    taken = taken_over(order, heard.store, fact.to)
    amount = _money(work, fact.to, taken)
    way = {
        "order_id": order.order, "store": fact.to, "source": heard.store, "home": taken.home, "amount_minor": amount,
        "told": 0, "at_us": work.now_us,
    }  # fmt: skip
    work.tx.put(order_way, way)
    if not takes_orders(work, fact.to):
        sentence = (
            f"{heard.store} handed order {order.number} to {fact.to}, whose box is of an older version and cannot take "
            "it over: have that box updated, and it comes there by itself; until then no store decides about it"
        )
        work.open_case(WAITS, sentence, store=heard.store, ref=order.order, again=heard.again)
    let_read(work, fact.to, taken)
    return fact.to, taken


def _money(work: Work, to: StoreId, order: Order) -> int:
    """All that no store holds of its deposits: the old home gave back what it had in the same entry."""
    known = locked(work, order.account)
    free = max(free_of(work, known), 0) if known is not None else 0
    if free:
        hold(work, to, order.account, free)
    return free


def let_read(work: Work, to: StoreId, order: Order) -> None:
    """Keys of what was written of it, whichever store made them."""
    names: set[str] = set()

    def note(name: str, sealed: bytes) -> str:
        del sealed
        names.add(name)
        return ""

    mapped(order, lambda text: opened(text, note))
    rows = [{"store": to, "key_id": each, "at_us": work.now_us} for each in sorted(names)]
    if rows:
        work.tx.put(remark_reader, *rows)


def send(work: Work, store: StoreId, order: ClientOrderId | None = None) -> None:
    """Tells a store of the orders it has not taken over yet, as far as its box can understand it."""
    work.tx.settle()  # what this very message told: an order, the version of its box
    if not takes_orders(work, store):
        return
    mine = [order_way.c.store == store]
    if order is not None:
        mine.append(order_way.c.order_id == order)
    query = sa.select(order_way, client_order.c.body).join(
        client_order, client_order.c.order_id == order_way.c.order_id
    )
    waiting = query.where(*mine).order_by(order_way.c.at_us, order_way.c.order_id)
    for row in work.tx.rows(waiting.with_for_update(of=order_way)):  # the office may be sending one on
        name, whole = ClientOrderId(row["order_id"]), _decode(bytes(row["body"]))
        told = TakeOrder(
            order=name, home=row["home"], account=whole.account, source=StoreId(row["source"]),
            amount_minor=row["amount_minor"], body=bytes(row["body"]),
        )  # fmt: skip
        work.command(store, told, *_answers(work, whole))
        work.tx.run(sa.update(order_way).where(order_way.c.order_id == name).values(told=1))


def takes_orders(work: Work, store: StoreId) -> bool:
    return contract_of(work, store) >= MOVES_SINCE


def tell_stores(work: Work, store: StoreId) -> None:
    """Whether its box takes orders over, where that is no longer as its card says."""
    work.tx.settle()
    key = f"store:{store}"
    card, takes = feed.card(work.tx, StoreCard, key), takes_orders(work, store)
    if card is not None and card.takes_orders != takes:
        work.tell(feed.News(key, msgspec.structs.replace(card, takes_orders=takes)))


def tell_all(work: Work) -> None:
    """At the start of an office: of boxes that have joined, also those that said long ago what they read."""
    for row in work.tx.rows(sa.select(node.c.store).where(node.c.term > 0).order_by(node.c.store)):
        tell_stores(work, StoreId(row["store"]))


def _answers(work: Work, order: Order) -> list[AnswerOrder]:
    """What the client said on their page and no store has heard: it went to the old home, which decides no more."""
    quote, proof = order.quote, papers.proof(order) or papers.newest(order, PaperKind.SKETCH)
    told: list[AnswerOrder] = []
    for row in work.tx.rows(sa.select(order_answer).where(order_answer.c.order_id == order.order)):
        fresh = quote is not None and quote.approved is None and row["quote"] == quote.quote and not row["proof"]
        drawn = bool(row["proof"]) and proof is not None and proof.sha256 == row["proof"]
        if fresh or drawn:
            number = 0 if drawn else int(row["quote"])
            approved = bool(row["approved"])
            told.append(AnswerOrder(order=order.order, approved=approved, quote=number, proof=row["proof"]))
    return told


def arrived(work: Work, heard: Heard, told: TakeOrder, word: Word) -> None:
    """Its new home has it. What a lost life of the office gave is true all the same: the order as it was told, and the
    money that came with it. What no life can have told that store is a box's own word, and changes nothing.
    """
    tx, whole = work.tx, _whole(told)
    if word is Word.FALSE or whole is None:
        sentence = f"{heard.store} says that it was given order {told.order}, as no life of the office can have told it"
        lives.tell(work, heard, f"{sentence}: look whether its box was stolen, and revoke it")
        return
    mine = (order_way.c.order_id == told.order, order_way.c.store == heard.store, order_way.c.home == told.home)
    way = tx.row(sa.select(order_way).where(*mine))
    if word is Word.OURS:
        if way is not None:
            _is_there(work, heard.store, told)
        return
    query = sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == told.order)
    known = tx.row(query.with_for_update())
    newer = known is None or _decode(bytes(known["body"])).home < told.home
    if newer and word is Word.LATE:
        keeper = known["store"] if known is not None else "no store"
        sentence = f"An elder box of {heard.store} says that a lost life of the office gave it order {whole.number}"
        lives.tell(work, heard, f"{sentence}, which {keeper} keeps: ask both what they did", about=told.order)
        return
    if newer:
        _take_back(work, told)
        keep(tx, heard.store, whole)
        if told.amount_minor:
            hold(work, heard.store, told.account, told.amount_minor)
    elif way is not None and way["amount_minor"] != told.amount_minor:
        hold(work, heard.store, told.account, told.amount_minor - int(way["amount_minor"]))
    if newer or way is not None:
        _is_there(work, heard.store, told)


def _is_there(work: Work, store: StoreId, told: TakeOrder) -> None:
    """Its way is over, and with it what a person was asked to do about it."""
    over = (order_way.c.order_id == told.order, order_way.c.home <= told.home)
    work.tx.run(sa.delete(order_way).where(*over))
    end_case(work, told.order, by=HOUSE, outcome=f"{store} has taken it over")


def end_case(work: Work, order: ClientOrderId, *, by: UserId, outcome: str) -> None:
    """Nobody need have a box updated for this order any more."""
    mine = (case_file.c.kind == WAITS, case_file.c.ref == order, case_file.c.closed_us.is_(None))
    done = {"closed_us": work.now_us, "closed_by": by, "outcome": outcome}
    work.tx.run(sa.update(case_file).where(*mine).values(**done))


def _take_back(work: Work, told: TakeOrder) -> None:
    """What is held for a store that was never told of the order: a lost life of the office sent it on from there."""
    mine = (order_way.c.order_id == told.order, order_way.c.home < told.home, order_way.c.told == 0)
    way = work.tx.row(sa.select(order_way).where(*mine).with_for_update())
    if way is not None and way["amount_minor"]:
        hold(work, StoreId(way["store"]), told.account, -int(way["amount_minor"]))


def _whole(told: TakeOrder) -> Order | None:
    """The order that is told, or None: it is another one than the command names, or none at all."""
    try:
        order = _decode(told.body)
    except msgspec.DecodeError:
        return None
    same = (order.order, order.home, order.account) == (told.order, told.home, told.account)
    return order if same and told.amount_minor >= 0 else None


def keep(tx: Tx, store: StoreId, order: Order) -> None:
    """The order as it stands, the store that keeps it, what belongs to it, and the code of its client's page."""
    row = {
        "order_id": order.order, "store": store, "number": order.number, "kind": order.kind, "client": order.client,
        "state": order.state, "promised_day": order.promised_day, "ended": int(order.ended),
        "opened_us": order.opened_us, "changed_us": order.changed_us, "body": _encode(order),
    }  # fmt: skip
    tx.put(client_order, row)
    if in_clear(order):
        tx.run(sa.delete(house_setting).where(house_setting.c.name == REASONS))  # sealed at the next start
    if code := page_key(order.order):
        tx.add_new(order_page, {"code": code, "order_id": order.order})
    for thing in (*order.pieces, *(kept.item.item for kept in order.items)):
        tx.add_new(client_order_thing, {"thing": thing, "order_id": order.order})


def in_clear(order: Order) -> bool:
    """Why it was handed on stands there as an older box, or office, wrote it."""
    return any(is_clear(step) for step in order.steps)


def is_clear(step: Step) -> bool:
    return step.event == HANDED and step.why not in ("", FORGOTTEN) and not is_token(step.why)
