"""Web orders (custody.md §4): authorise, ask the store for a lease, capture under it, convert; or void and release.

The provider is asked outside transactions; what is intended is committed before, what it answered after. A crash
in between leaves the order in doubt, and a doubt ends only by asking: a void answers `voided` or `captured`.
Deadlines are monotonic and in memory; after a restart every unfinished order has none and is asked about at once.
"""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import costs
from cloud.custody import CLOUD, Custody
from cloud.db import Office
from cloud.ledger import Kind, post
from cloud.provider import MONEY_MOVED, PaymentState, Provider, ProviderDownError, payment_key
from cloud.tables import node, piece, web_order
from cloud.work import Work, begin
from contract.commands import ConvertLease, ReleaseLease, RequestLease
from contract.ids import OrderId, PieceId, SaleId, StoreId
from contract.money import tax_within
from trade.custody import OfficeState
from trade.guards import ALL, Guards
from trade.lease import ORDER, OrderState
from trade.posting import post_order

LEASE_WAIT_US: Final = 60_000_000
"""How long a store may take to answer before the order is closed."""
FINAL: Final = tuple(ORDER.ends)
ORDERS_PER_STEP_MAX: Final = 200
_UNFINISHED: Final = (
    sa.select(web_order, node.c.joined)
    .outerjoin(node, node.c.store == web_order.c.store)
    .where(web_order.c.state.not_in(FINAL))
    .order_by(web_order.c.asked_us, web_order.c.order_id)
    .limit(ORDERS_PER_STEP_MAX)
)


class OrderRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The order was not begun; nothing was authorised."""

    code: str
    why: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands."""

    order: OrderId
    state: OrderState
    piece: PieceId
    store: StoreId
    amount_minor: int
    currency: str
    why: str = ""
    ce: int = 0
    fence: int = 0
    payment_key: str = ""
    asked_us: int = 0
    ended_us: int | None = None


def order_of(row: sa.RowMapping) -> Order:
    return Order(
        order=row["order_id"], state=OrderState(row["state"]), piece=row["piece"], store=row["store"],
        amount_minor=row["amount_minor"], currency=row["currency"], why=row["why"], ce=row["ce"], fence=row["fence"],
        payment_key=row["payment_key"], asked_us=row["asked_us"], ended_us=row["ended_us"],
    )  # fmt: skip


class OrderDesk:
    """Moves money. Any thread of any process may ask it: each step locks the order's row and looks at it again there.

    Deadlines are this process's own: an order it did not place waits from the moment it is first met.
    """

    def __init__(
        self, office: Office, provider: Provider, guards: Guards = ALL, lease_wait_us: int = LEASE_WAIT_US
    ) -> None:
        self.office = office
        self.provider = provider
        self.guards = guards
        self.lease_wait_us = lease_wait_us
        self._deadline_us: dict[OrderId, int] = {}

    def place(self, order: OrderId, wanted: PieceId, *, mono_us: int, now_us: int) -> Order | OrderRefused:
        """Authorise and ask the store. The same order again is the same order."""
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            row = tx.row(sa.select(web_order).where(web_order.c.order_id == order))
            begun = order_of(row) if row is not None else _begin(work, order, wanted)
        if row is not None or isinstance(begun, OrderRefused):
            return begun
        self._deadline_us.setdefault(order, mono_us + self.lease_wait_us)
        try:
            answer = self.provider.authorise(begun.payment_key, begun.amount_minor, begun.currency)
        except ProviderDownError as error:
            self._note(order, str(error))
            return self._as_is(order)
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            waiting = (web_order.c.order_id == order, web_order.c.state == OrderState.AUTHORISED)
            mine = sa.update(web_order).where(*waiting)
            if answer is not PaymentState.AUTHORISED:
                tx.run(mine.values(state=OrderState.CLOSED, why=f"the payment was {answer}", ended_us=now_us))
            elif tx.run(mine.values(state=OrderState.LEASING)):
                work.command(begun.store, RequestLease(piece=wanted, order=order))
            else:  # it took so long that the order was closed meanwhile: what was authorised now must not stand
                closed = (web_order.c.order_id == order, web_order.c.state == OrderState.CLOSED)
                tx.run(sa.update(web_order).where(*closed).values(state=OrderState.CAPTURING))
        return self._as_is(order)

    def cancel(self, order: OrderId, *, now_us: int) -> Order:
        """The client changed their mind: void; if the money has moved already, the order stays paid."""
        row = self._as_is(order)
        if row.state not in FINAL:
            self.close(row, now_us=now_us)
        return self._as_is(order)

    def step(self, *, mono_us: int, now_us: int) -> int:
        """Carry every unfinished order one step further; returns how many moved. Call it often."""
        moved = 0
        unfinished = self._unfinished()
        waiting = {order.order for order, _ in unfinished}
        for ended in self._deadline_us.keys() - waiting if len(unfinished) < ORDERS_PER_STEP_MAX else ():
            self._deadline_us.pop(ended, None)
        for order, joined in unfinished:
            try:
                moved += self._advance(order, joined=joined, mono_us=mono_us, now_us=now_us)
            except ProviderDownError as error:
                self._note(order.order, str(error))
        return moved

    def end_store(self, store: StoreId, now_us: int) -> bool:
        """Before a box is replaced or rejoins: no order may be left between lease and money. False: ask later."""
        before: set[OrderId] = set()
        while left := {order.order: order for order, _ in self._unfinished(store)}:
            if left.keys() <= before:
                return False  # the provider answered and nothing ended
            before |= left.keys()
            try:
                for order in left.values():
                    self.close(order, now_us=now_us)
            except ProviderDownError:
                return False
        return True

    # --- one order ----------------------------------------------------------------------------------------

    def _advance(self, order: Order, *, joined: bool, mono_us: int, now_us: int) -> bool:
        over = mono_us >= self._deadline_us.setdefault(order.order, mono_us + self.lease_wait_us)
        capturable = order.state is OrderState.LEASED or (
            order.state is OrderState.LEASING and not self.guards.capture_after_grant
        )
        if capturable and joined:
            self.capture(order, now_us=now_us)
        elif order.state is OrderState.CAPTURING or order.why or over:
            self.close(order, now_us=now_us)
        else:
            return False
        return True

    def capture(self, order: Order, *, now_us: int) -> None:
        """Take the money. The intention is committed first, so that a crash leaves a doubt and not a secret."""
        if self.guards.capture_intent:
            with self.office.transaction() as tx:
                mine = (web_order.c.order_id == order.order, web_order.c.state == order.state)
                if not tx.run(sa.update(web_order).where(*mine).values(state=OrderState.CAPTURING)):
                    return
        answer = self.provider.capture(order.payment_key)
        if answer not in MONEY_MOVED:
            self.close(order, now_us=now_us)
            return
        with self.office.transaction() as tx:
            self._paid(begin(tx, self.guards, now_us), order.order)

    def close(self, order: Order, *, now_us: int) -> None:
        """Void at the provider first: only a key that can never be captured frees the piece. A doubt ends by asking."""
        answer = PaymentState.VOIDED
        if self.guards.void_before_release or order.state is OrderState.CAPTURING:
            answer = self.provider.void(order.payment_key)
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            if answer in MONEY_MOVED:
                self._paid(work, order.order)
            elif answer in (PaymentState.VOIDED, PaymentState.ABSENT, PaymentState.DECLINED):
                self._closed(work, order.order)

    def _closed(self, work: Work, order: OrderId) -> None:
        row = _locked(work, order)
        if OrderState(row.state) in FINAL:
            return
        why = row.why or "no answer from the store in time"
        mine = sa.update(web_order).where(web_order.c.order_id == order)
        work.tx.run(mine.values(state=OrderState.CLOSED, why=why, ended_us=work.now_us))
        if row.fence:
            work.command(row.store, ReleaseLease(piece=row.piece, ce=row.ce, fence=row.fence, order=order))
        self._deadline_us.pop(order, None)

    def _paid(self, work: Work, order: OrderId) -> None:
        paid(work, order)
        self._deadline_us.pop(order, None)

    # --- rows ---------------------------------------------------------------------------------------------

    def _unfinished(self, store: StoreId | None = None) -> list[tuple[Order, bool]]:
        query = _UNFINISHED if store is None else _UNFINISHED.where(web_order.c.store == store)
        with self.office.reading() as tx:
            return [(order_of(row), bool(row["joined"])) for row in tx.rows(query)]

    def _as_is(self, order: OrderId) -> Order:
        with self.office.reading() as tx:
            row = tx.row(sa.select(web_order).where(web_order.c.order_id == order))
        if row is None:
            raise LookupError(f"there is no order {order}")
        return order_of(row)

    def _note(self, order: OrderId, why: str) -> None:
        """Why it waits, for people; the order itself stays as it is."""
        with self.office.transaction() as tx:
            tx.run(sa.update(web_order).where(web_order.c.order_id == order).values(note=why))


def paid(work: Work, order: OrderId) -> None:
    """Its money has moved: book it, and the piece is the order's. The same order again is nothing new."""
    row = _locked(work, order)
    if row.state is OrderState.PAID:
        return
    mine = sa.update(web_order).where(web_order.c.order_id == order)
    work.tx.run(mine.values(state=OrderState.PAID, why="", ended_us=work.now_us))
    tax = int(work.tx.value(sa.select(web_order.c.tax_minor).where(web_order.c.order_id == order)))
    legs = post_order(row.amount_minor, tax, row.currency, order)
    sale = SaleId(order)
    post(work, legs, store=row.store, kind=Kind.ORDER, ref=order, business_day="", at_us=work.now_us, sale=sale)
    if not row.piece:
        sentence = f"Payment {row.payment_key} was captured for an order that no backup knows; find its piece"
        work.open_case("captured and unknown", sentence, store=row.store, ref=order)
        return
    tokens = Custody(work)
    if tokens.sell(row.piece, CLOUD, SaleId(order), "") is not None:
        sentence = f"Order {order} is paid, but piece {row.piece} is sold already; refund it"
        work.open_case("order paid twice", sentence, store=row.store, piece=row.piece, ref=order)
    token = tokens.get(row.piece)
    if token is not None and (token.holder == CLOUD or (token.holder == row.store and row.ce in (0, token.ce))):
        tokens.change(token, OfficeState.SOLD, sale=SaleId(order))
    costs.sold_online(work, row.store, row.piece, SaleId(order), at_us=work.now_us)
    tokens.flush()
    if row.fence:
        work.command(row.store, ConvertLease(piece=row.piece, ce=row.ce, fence=row.fence, order=order))


def _locked(work: Work, order: OrderId) -> Order:
    row = work.tx.row(sa.select(web_order).where(web_order.c.order_id == order).with_for_update())
    assert row is not None, f"order {order} vanished: nothing ever deletes one"
    return order_of(row)


def _begin(work: Work, order: OrderId, wanted: PieceId) -> Order | OrderRefused:
    """Write the order, if its piece could be promised as far as the office knows."""
    card = work.tx.row(sa.select(piece).where(piece.c.piece == wanted))
    if card is None:
        return OrderRefused(code="unknown_piece", why=f"There is no piece {wanted}")
    token = Custody(work).get(wanted)
    if token is None or token.holder == CLOUD or token.state is not OfficeState.HERE:
        return OrderRefused(code="not_available", why=f"{card['title']} is not in a store now; offer to ask about it")
    if work.recovering:
        return OrderRefused(code="recovering", why="The office was restored and waits for its stores; try again later")
    row = {
        "order_id": order, "state": OrderState.AUTHORISED, "piece": wanted, "store": token.holder,
        "payment_key": payment_key(order, token.holder, wanted),
        "amount_minor": card["price_minor"], "currency": card["currency"], "asked_us": work.now_us,
        "tax_minor": tax_within(card["price_minor"], card["tax_bp"]),
    }  # fmt: skip
    work.tx.add_new(web_order, row)  # two workers may be asked the same at once
    return _locked(work, order)
