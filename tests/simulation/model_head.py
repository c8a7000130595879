"""The office as the protocol's tables alone: dicts instead of a database (custody.md §2 to §4, §13)."""

from typing import Any, NamedTuple

import msgspec

from cloud.pos.orders.desk import OrderRefused
from cloud.provider import MONEY_MOVED, PaymentState, payment_key, read_key
from cloud.work import QUARANTINED
from contract.commands import (
    ConvertLease,
    CustodyState,
    GrantCustody,
    LiftHold,
    PlaceHold,
    RecallCustody,
    ReleaseLease,
    RequestLease,
)
from contract.facts import (
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    LeaseUnconvertible,
    PieceSighted,
    RecallRefused,
    ReleaseWhy,
)
from contract.ids import generation
from contract.messages import Standing as Told
from trade.custody import OfficeState
from trade.lease import ORDER, OrderEvent, OrderState

from .model_box import Back, Closed, Sold
from .world import PRICE, STORES

CLOUD = ""
GRANT, SIGHT = "grant", "sight"
BOOTS_REMEMBERED_MAX = 16
TOLD = {OfficeState.HERE: CustodyState.HERE, OfficeState.INCOMING: CustodyState.INCOMING}


class Token(NamedTuple):
    """The office's row about one piece."""

    piece: str
    holder: str
    ce: int
    state: OfficeState
    sale: str = ""
    source: str = ""

    @property
    def told(self):
        return TOLD.get(self.state, CustodyState.SOLD)


class Order(NamedTuple):
    order: str
    state: OrderState
    piece: str
    store: str
    key: str
    ce: int = 0
    fence: int = 0
    why: str = ""


class Node(NamedTuple):
    """The one box that serves a store."""

    term: int = 0
    epoch: str = ""
    instance: str = ""
    joined: bool = True
    down_upto: int = 0
    boot: str = ""
    number: int = 0
    past: tuple[str, ...] = ()


class Down(NamedTuple):
    life: int
    term: int
    epoch: str
    standing: Told
    upto: int
    head: int
    first: int
    commands: tuple[Any, ...]


class Answer(NamedTuple):
    """To a plea: a snapshot, or with `refused` why not."""

    nonce: str
    life: int
    refused: str = ""
    term: int = 0
    epoch: str = ""
    custody: tuple[GrantCustody, ...] = ()
    promises: tuple[tuple[str, str, str], ...] = ()
    holds: tuple[tuple[str, str], ...] = ()
    logs: tuple[tuple[str, int], ...] = ()


class Heard(NamedTuple):
    store: str
    epoch: str
    late: bool


class Case(NamedTuple):
    kind: str
    piece: str
    sentence: str
    is_open: bool = True


class LostError(Exception):
    """A store proves decisions that these books do not have: they were restored."""


class Books:
    """Everything that is there after a power cut."""

    def __init__(self):
        self.life, self.recovering = 1, False
        self.nodes = {store: Node() for store in STORES}
        self.down = dict.fromkeys(STORES, ())
        self.logs, self.late = {}, {}
        self.tokens, self.history = {}, {}
        self.orders, self.claims, self.sales, self.cases = {}, {}, {}, {}
        self.holds, self.returned, self.refunds, self.sold = {}, set(), set(), {}
        self.recalls, self.pending, self.answers, self.named = {}, {}, {}, {}
        self.parked, self.receipts, self.zs = (), {}, {}

    def copy(self):
        other = Books.__new__(Books)
        for name, value in self.__dict__.items():
            other.__dict__[name] = value.copy() if isinstance(value, dict | set) else value
        other.logs = {name: list(rows) for name, rows in self.logs.items()}
        for name in ("receipts", "zs"):
            other.__dict__[name] = {till: set(numbers) for till, numbers in self.__dict__[name].items()}
        return other


class Decisions:
    """Who holds each piece, and what has to wait; mixed into `ModelHead`. `b` are the books."""

    def command(self, store, command):
        self.b.down[store] = (*self.b.down[store], command)

    def open_case(self, kind, sentence, *, store="", piece="", ref=""):
        self.b.cases.setdefault((kind, store, ref, piece), Case(kind, piece, sentence))

    def set(self, token, *, forced=False):
        b, before = self.b, self.b.tokens.get(token.piece)
        if forced and before is not None:
            b.history[token.piece, before.ce] = (before.holder, True)
        token = self.as_owned(token, before)
        guarded = forced and self.guards.possession_after_fence
        if token.holder == CLOUD and guarded and token.state in (OfficeState.HERE, OfficeState.INCOMING):
            token = token._replace(state=OfficeState.FROZEN)
        if before is None or before.ce != token.ce:
            b.history[token.piece, token.ce] = (token.holder, False)
        b.tokens[token.piece] = token
        return token

    def as_owned(self, token, before):
        """A return that was heard first, and a paid order, win over the state column."""
        if token.state is OfficeState.SOLD and self.guards.return_wins and (token.sale, token.piece) in self.b.returned:
            token = token._replace(state=OfficeState.HERE if token.holder else OfficeState.FROZEN, sale="")
        same = before is not None and (before.ce, before.state) == (token.ce, token.state)
        if token.state is not OfficeState.SOLD and not same:
            order = self.paid_order(token.piece)
            if order is not None:
                return token._replace(state=OfficeState.SOLD, sale=order)
        return token

    def paid_order(self, piece):
        if not self.guards.paid_owns:
            return None
        paid = (
            each.order
            for each in self.b.orders.values()
            if each.piece == piece and each.state is OrderState.PAID and (each.order, piece) not in self.b.returned
        )
        return next(paid, None)

    def next_ce(self, piece):
        token = self.b.tokens.get(piece)
        n = token.ce + 1 if token else 1
        return max(n, generation(self.b.life, 1)) if self.guards.ce_mint else n

    def current(self, store, piece, ce):
        token = self.b.tokens.get(piece)
        return token is not None and (not self.guards.ce_check or (token.holder, token.ce) == (store, ce))

    def legitimate(self, store, piece, ce):
        return self.current(store, piece, ce) or self.b.history.get((piece, ce)) == (store, False)

    def present(self, heard):
        return not heard.late and heard.epoch == self.b.nodes[heard.store].epoch

    def adopt(self, store, piece, ce):
        token = self.b.tokens.get(piece)
        if not self.guards.ce_adopt or ce <= (token.ce if token else 0):
            return
        if ce >= generation(self.b.life, 0):
            self.open_case("unknown custody", "never given", store=store, piece=piece, ref=str(ce))
            return
        self.set(Token(piece, store, ce, OfficeState.HERE))
        self.b.recalls.pop(piece, None)

    def to_cloud(self, token, state, *, forced=False):
        ce = self.next_ce(token.piece) if forced else token.ce
        sale = token.sale if state is OfficeState.SOLD else ""
        return self.set(Token(token.piece, CLOUD, ce, state, sale, token.holder), forced=forced)

    def is_parked(self, piece):
        return self.guards.park_freeze and any(piece in keys for _, _, _, keys, _ in self.b.parked)

    def must_wait(self, piece):
        return self.b.recovering or self.is_parked(piece)

    def grant(self, piece, to):
        token = self.b.tokens[piece]
        if self.must_wait(piece):
            self.b.pending[piece, GRANT] = (to, token.ce)
            return
        state = OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.INCOMING
        given = self.set(Token(piece, to, self.next_ce(piece), state, token.sale, token.holder or token.source))
        told = GrantCustody(piece=piece, ce=given.ce, state=given.told, sale=given.sale, source=given.source)
        promise = None if given.state is OfficeState.SOLD else self.promise_of(piece, to)
        if promise is not None:
            ref, claim = promise
            told = msgspec.structs.replace(told, promise=ClaimKind.LAYAWAY, promise_ref=ref, promise_claim=claim)
        self.command(to, told)
        for sale in self.holds_of(piece):
            self.command(to, PlaceHold(piece=piece, sale=sale))
        self.b.recalls.pop(piece, None)

    def promise_of(self, piece, to):
        """(ref, claim) of the live promise of a piece, which is `to`'s from now on; of two the newer stands."""
        live = [
            (claim[1], name)
            for name, claim in self.b.claims.items()
            if claim[0] == piece and not claim[4] and claim[2] is ClaimKind.LAYAWAY
        ]
        if not live:
            return None
        live.sort(key=lambda each: (each[0], each[1]), reverse=True)
        for _, name in live[1:]:
            self.b.claims[name] = (*self.b.claims[name][:4], "another promise is newer")
            self.open_case("two promises", "gave way", store=name[0], piece=piece, ref=name[1])
        name = live[0][1]
        claim = self.b.claims[name]
        if name[0] != to:
            self.b.claims[name] = (*claim[:4], "moved")
            self.b.claims[to, name[1]] = claim
        return claim[3], name[1]

    def holds_of(self, piece):
        return sorted(sale for one, sale in self.b.holds if one == piece) if self.guards.return_hold else []

    def place_hold(self, piece, sale, at):
        if not self.guards.return_hold:
            return
        self.b.holds[piece, sale] = at
        token = self.b.tokens.get(piece)
        if token is not None and token.holder != CLOUD:
            self.command(token.holder, PlaceHold(piece=piece, sale=sale))

    def lift_hold(self, piece, sale, *, tell=CLOUD):
        self.b.holds.pop((piece, sale), None)
        if tell != CLOUD:
            self.command(tell, LiftHold(piece=piece, sale=sale))

    def sighted_at(self, piece, at):
        token = self.b.tokens.get(piece)
        if token is None or token.holder == at:
            return
        if self.must_wait(piece):
            self.b.pending[piece, SIGHT] = (at, token.ce)
        elif token.holder == CLOUD:
            self.grant(piece, at)
        elif self.b.recalls.get(piece, (0, ""))[0] != token.ce:
            self.b.recalls[piece] = (token.ce, at)
            self.command(token.holder, RecallCustody(piece=piece, ce=token.ce))

    def drain(self):
        """What waited and is still true."""
        for (piece, kind), (store, ce) in list(self.b.pending.items()):
            if self.is_parked(piece):
                continue
            del self.b.pending[piece, kind]
            token = self.b.tokens.get(piece)
            if kind == SIGHT:
                self.sighted_at(piece, store)
            elif token.holder == CLOUD and token.ce == ce:
                self.grant(piece, store)

    # --- what facts mean --------------------------------------------------------------------------------------

    def apply(self, heard, fact):
        match fact:
            case Sold():
                self.a_sale(heard, fact)
            case Back():
                self.a_return(heard, fact)
            case ClaimHeld() | LeaseGranted():
                self.adopt(heard.store, fact.piece, fact.ce)
                is_lease = isinstance(fact, LeaseGranted)
                name = fact.order if is_lease else fact.claim
                kind, ref = (ClaimKind.LEASE, fact.order) if is_lease else (fact.kind, fact.ref)
                self.b.claims[heard.store, name] = (fact.piece, fact.ce, kind, ref, "")
                if is_lease:
                    self.lease_granted(heard, fact)
            case ClaimEnded():
                claim = self.b.claims.get((heard.store, fact.claim))
                if claim is not None:
                    self.b.claims[heard.store, fact.claim] = (*claim[:4], str(fact.how))
            case LeaseRefused():
                order = self.b.orders.get(fact.order)
                if order is not None and order.state is OrderState.LEASING:
                    self.b.orders[fact.order] = order._replace(why=fact.why)
            case LeaseUnconvertible():
                self.open_case("lease unconvertible", fact.why, store=heard.store, piece=fact.piece, ref=fact.order)
            case CustodyReleased():
                self.released(heard, fact)
            case CustodyReceived():
                self.adopt(heard.store, fact.piece, fact.ce)
                token = self.b.tokens.get(fact.piece)
                if self.current(heard.store, fact.piece, fact.ce) and token.state is OfficeState.INCOMING:
                    self.set(token._replace(state=OfficeState.HERE))
            case RecallRefused():
                self.recall_refused(heard, fact)
            case PieceSighted():
                if fact.return_of:
                    if (fact.return_of, fact.piece) in self.b.returned:
                        self.lift_hold(fact.piece, fact.return_of, tell=heard.store)
                    else:
                        self.place_hold(fact.piece, fact.return_of, heard.store)
                self.sighted_at(fact.piece, heard.store)
            case Closed():
                self.b.zs.setdefault((heard.store, fact.till), set()).add(fact.number)

    def recall_refused(self, heard, fact):
        ce, wanted_by = self.b.recalls.get(fact.piece, (0, ""))
        if ce == fact.ce:
            del self.b.recalls[fact.piece]
            if wanted_by:
                self.open_case("two places", fact.why, store=heard.store, piece=fact.piece, ref=str(ce))

    def released(self, heard, fact):
        self.adopt(heard.store, fact.piece, fact.ce)
        token = self.b.tokens.get(fact.piece)
        if not self.current(heard.store, fact.piece, fact.ce):
            return
        sold = token.state is OfficeState.SOLD
        match fact.why:
            case ReleaseWhy.SHIPPED:
                self.to_cloud(token, OfficeState.TRANSIT)
                self.grant(fact.piece, fact.to)
            case ReleaseWhy.CLOSED:
                self.to_cloud(token, OfficeState.SOLD if sold else OfficeState.FROZEN)
            case ReleaseWhy.RECALLED:
                ce, wanted_by = self.b.recalls.pop(fact.piece, (0, ""))
                self.to_cloud(token, OfficeState.SOLD if sold else OfficeState.FROZEN)
                if ce == fact.ce and wanted_by:
                    self.grant(fact.piece, wanted_by)

    def a_sale(self, heard, fact):
        b, piece, store = self.b, fact.piece, heard.store
        if (store, fact.sale) in b.sales:
            self.open_case("double post", fact.sale, store=store, ref=fact.sale)
            return
        b.receipts.setdefault((store, fact.till), set()).add(fact.number)
        b.sales[store, fact.sale] = (QUARANTINED if self.sale_trouble(heard, fact) else "posted", piece)
        if b.sales[store, fact.sale][0] == QUARANTINED:
            self.open_case(QUARANTINED, fact.sale, store=store, piece=piece, ref=fact.sale)

    def sale_trouble(self, heard, fact):
        """Whether the store had no right to sell it."""
        b, piece, store = self.b, fact.piece, heard.store
        self.adopt(store, piece, fact.ce)
        current, legitimate = self.current(store, piece, fact.ce), self.legitimate(store, piece, fact.ce)
        if self.guards.return_wins and (fact.sale, piece) in b.returned:
            return False
        other = b.sold.setdefault(piece, (store, fact.sale))
        other = None if other == (store, fact.sale) else other
        token = b.tokens.get(piece)
        at_hand = current and token.state is OfficeState.HERE
        if other is not None and at_hand and b.sales.get(other, ("",))[0] == QUARANTINED:
            b.sold[piece], other = (store, fact.sale), None
        if token is not None and legitimate and other is None:
            if current:
                self.set(token._replace(state=OfficeState.SOLD, sale=fact.sale))
            else:
                self.open_case("late sale", fact.sale, store=store, piece=piece, ref=fact.sale)
                self.place_hold(piece, fact.sale, store)
            return False
        if token is not None and other is None:
            if token.holder == CLOUD and token.state is not OfficeState.SOLD:
                self.set(token._replace(state=OfficeState.SOLD, sale=fact.sale))
            elif token.holder != CLOUD and token.state is OfficeState.HERE:
                self.place_hold(piece, fact.sale, store)
        return True

    def a_return(self, heard, fact):
        b, piece, sale, store = self.b, fact.piece, fact.sale, heard.store
        b.receipts.setdefault((store, fact.till), set()).add(fact.number)
        if (sale, piece) in b.refunds:
            self.open_case("refunded twice", sale, store=store, ref=sale)
        b.refunds.add((sale, piece))
        b.returned.add((sale, piece))
        if b.sold.get(piece, ("", ""))[1] == sale:
            del b.sold[piece]
        name = ("late sale", self.store_of(sale), sale, piece)
        was_late = name in b.cases and b.cases[name].is_open
        if was_late:
            b.cases[name] = b.cases[name]._replace(is_open=False)
        self.lift_hold(piece, sale)
        token = b.tokens[piece]
        if was_late and token.holder not in (CLOUD, store):
            self.lift_hold(piece, sale, tell=token.holder)
        if token.holder == store and self.present(heard):
            self.set(token._replace(state=OfficeState.HERE, sale=""))
        elif token.holder == CLOUD:
            if token.sale == sale and token.state is OfficeState.SOLD:
                self.set(token._replace(state=OfficeState.FROZEN, sale=""))
        elif token.sale == sale:
            self.lift_hold(piece, sale, tell=token.holder)
            self.set(token._replace(state=OfficeState.HERE, sale=""))

    def store_of(self, sale):
        return next((store for store, one in self.b.sales if one == sale), "")

    def lease_granted(self, heard, fact):
        b, order = self.b, self.b.orders.get(fact.order)
        if order is None:
            key = payment_key(fact.order, heard.store, fact.piece)
            b.orders[fact.order] = Order(
                fact.order, OrderState.CAPTURING, fact.piece, heard.store, key, fact.ce, fact.fence
            )
            return
        after = ORDER.after(order.state, OrderEvent.GRANTED)
        leased = order._replace(store=heard.store, piece=fact.piece, ce=fact.ce, fence=fact.fence)
        if after is not None and self.current(heard.store, fact.piece, fact.ce):
            b.orders[fact.order] = leased._replace(state=after)
        elif order.state in (OrderState.LEASED, OrderState.CAPTURING):
            b.orders[fact.order] = leased
        elif order.state is OrderState.PAID:
            self.convert_again(heard, fact)
        elif order.state is OrderState.CLOSED:
            self.command(heard.store, ReleaseLease(piece=fact.piece, ce=fact.ce, fence=fact.fence, order=fact.order))
        else:
            b.orders[fact.order] = order._replace(ce=fact.ce, fence=fact.fence, why="granted under an older custody")

    def convert_again(self, heard, fact):
        self.command(heard.store, ConvertLease(piece=fact.piece, ce=fact.ce, fence=fact.fence, order=fact.order))
        token = self.b.tokens.get(fact.piece)
        if token is None or self.paid_order(fact.piece) != fact.order:
            return
        if not token.holder:
            self.set(token._replace(state=OfficeState.SOLD, sale=fact.order))
        elif token.holder != heard.store:
            self.command(token.holder, PlaceHold(piece=fact.piece, sale=fact.order))


class Orders:
    """Web orders: money moves at the provider between two transactions; mixed into `ModelHead`."""

    def place(self, order, wanted, *, mono_us, now_us):
        del now_us
        token = self.b.tokens[wanted]
        if token.holder == CLOUD or token.state is not OfficeState.HERE or self.b.recovering:
            return OrderRefused(code="not_available", why="")
        key = payment_key(order, token.holder, wanted)
        self.transaction(
            lambda: self.b.orders.setdefault(order, Order(order, OrderState.AUTHORISED, wanted, token.holder, key))
        )
        self.deadline[order] = mono_us + self.lease_wait_us
        self.sim.world.authorise(key, PRICE, "EUR")

        def ask():
            mine = self.b.orders[order]
            if mine.state is OrderState.AUTHORISED:
                self.b.orders[order] = mine._replace(state=OrderState.LEASING)
                self.command(mine.store, RequestLease(piece=wanted, order=order))

        self.transaction(ask)
        return self.b.orders[order]

    def unfinished(self, store=None):
        return [
            order
            for order in self.b.orders.values()
            if order.state not in ORDER.ends and (store is None or order.store == store)
        ]

    def advance(self, mono_us):
        for order in self.unfinished():
            over = mono_us >= self.deadline.setdefault(order.order, mono_us + self.lease_wait_us)
            capturable = order.state is OrderState.LEASED or (
                order.state is OrderState.LEASING and not self.guards.capture_after_grant
            )
            if capturable and (self.b.nodes[order.store].joined):
                self.capture(order)
            elif order.state is OrderState.CAPTURING or order.why or over:
                self.end(order)

    def capture(self, order):
        if self.guards.capture_intent:
            self.transaction(lambda: self.put_order(order.order, OrderState.CAPTURING))
        if self.sim.world.capture(order.key) in MONEY_MOVED:
            self.crashpoint()
            self.transaction(lambda: self.paid(order.order))
        else:
            self.end(order)

    def end(self, order):
        """Void first: only a key that can never be captured frees the piece."""
        answer = PaymentState.VOIDED
        if self.guards.void_before_release:
            answer = self.sim.world.void(order.key)
            self.crashpoint()
        if answer in MONEY_MOVED:
            self.transaction(lambda: self.paid(order.order))
        else:
            self.transaction(lambda: self.closed(order.order))

    def end_store(self, store):
        for order in self.unfinished(store):
            self.end(order)

    def put_order(self, order, state, **more):
        self.b.orders[order] = self.b.orders[order]._replace(state=state, **more)

    def closed(self, order):
        mine = self.b.orders[order]
        if mine.state in ORDER.ends:
            return
        self.put_order(order, OrderState.CLOSED)
        if mine.fence:
            self.command(mine.store, ReleaseLease(piece=mine.piece, ce=mine.ce, fence=mine.fence, order=order))

    def paid(self, order):
        b, mine = self.b, self.b.orders[order]
        if mine.state is OrderState.PAID:
            return
        self.put_order(order, OrderState.PAID, why="")
        other = b.sold.setdefault(mine.piece, (CLOUD, order))
        if other != (CLOUD, order):
            self.open_case("order paid twice", order, store=mine.store, piece=mine.piece, ref=order)
        token = b.tokens.get(mine.piece)
        if token.holder == CLOUD or (token.holder == mine.store and mine.ce in (0, token.ce)):
            self.set(token._replace(state=OfficeState.SOLD, sale=order))
        if mine.fence:
            self.command(mine.store, ConvertLease(piece=mine.piece, ce=mine.ce, fence=mine.fence, order=order))


class ModelHead(Decisions, Orders):
    """The same doors as `nodes.Head`. `office` is nothing here."""

    name = "cloud"

    def __init__(self, sim):
        self.sim, self.guards = sim, sim.guards
        self.image, self.backup, self.up, self.lives = Books(), None, False, 1

    def start(self):
        self.b, self.deadline, self.lease_wait_us = self.image.copy(), {}, self.sim.lease_wait_us
        self.orders = self.rejoins = self
        self.up = True
        if self.b.parked and not self.sim.old:
            self.unpark()

    def stop(self):
        if self.up:
            self.up, self.image = False, self.b

    def disk(self):
        return self.b.copy()

    def crashpoint(self):
        if self.up and self.sim.lucky(self.sim.crash_rate):
            raise self.sim.CrashError(self)

    def transaction(self, work):
        self.crashpoint()
        answer = work()
        self.crashpoint()
        return answer

    # --- what the bystander may look up -----------------------------------------------------------------------

    def bring_in(self, homes):
        for piece, home in homes.items():
            self.set(Token(piece, home, generation(1, 1) if self.guards.ce_mint else 1, OfficeState.HERE))

    def mark_safe(self):
        """The model's boxes keep every row."""

    def rows(self):
        b = self._books()
        found = {
            (store, epoch, "trade", seq, row.leaf)
            for (store, epoch), rows in b.logs.items()
            for seq, row in enumerate(rows, 1)
        }
        return found | {(store, epoch, "trade", seq, leaf) for store, epoch, seq, leaf in b.late}

    def _books(self):
        return self.b if self.up else self.image

    def served_by(self, store):
        return self._books().nodes[store].instance

    def custody(self, piece):
        return self._books().tokens[piece]._asdict()

    def cases(self):
        return list(self._books().cases.values())

    def web_orders(self):
        return [(order.order, order.state, order.key) for order in self._books().orders.values()]

    def parked(self):
        return len(self._books().parked)

    def unbalanced(self):
        for what, numbered in (("receipts", self.b.receipts), ("Zs", self.b.zs)):
            for till, numbers in numbered.items():
                missing = set(range(1, max(numbers) + 1)) - numbers
                if missing:
                    return f"{what} of {till} have gaps: {sorted(missing)} of 1 to {max(numbers)}"
        return ""

    # --- rows in ----------------------------------------------------------------------------------------------

    def on_up(self, up, box):
        if not self.up:
            return
        if self.guards.ack_after_commit:
            try:
                down = self.transaction(lambda: self.hear(up))
            except LostError:
                self.sim.stat("recovered again")
                self.recover()
                return
        else:  # the answer leaves, then the power may go
            before = self.b.copy()
            try:
                down = self.hear(up)
            except LostError:
                self.recover()
                return
            self.sim.send(box, box.on_down, down)
            if self.sim.lucky(self.sim.crash_rate * 5):
                self.b = before
                raise self.sim.CrashError(self)
        self.sim.send(box, box.on_down, down)

    def hear(self, up):
        b, guards = self.b, self.guards
        standing = self.standing(up)
        node, name = b.nodes[up.store], (up.store, up.epoch)
        if standing is Told.NEWCLOUD:
            return self.down(up, standing)
        log = b.logs.get(name)
        if log is None:
            if not up.rows and standing is not Told.OK:
                return self.down(up, standing)
            log = b.logs[name] = []
        fresh = standing is Told.OK and (up.number > node.number if up.boot == node.boot else up.boot not in node.past)
        forgot = up.life == b.life and up.down_upto < node.down_upto
        if fresh and guards.hash_chain and (up.last < len(log) or forgot):
            standing = Told.FORK
        elif up.first > len(log) + 1 and guards.contiguous:
            pass  # the answer says from where
        elif not self.extend(name, log, up):
            standing = Told.FORK
        if standing is Told.FORK:
            self.open_case("fork", "rows that do not extend the log", store=up.store, ref=f"{up.epoch}/{len(log)}")
        elif fresh:
            past = (*node.past, node.boot)[-BOOTS_REMEMBERED_MAX:] if node.boot not in ("", up.boot) else node.past
            b.nodes[up.store] = node._replace(boot=up.boot, number=up.number, past=past, down_upto=up.down_upto)
        return self.down(up, standing)

    def standing(self, up):
        b, guards, node = self.b, self.guards, self.b.nodes[up.store]
        other = up.instance != node.instance and up.term == node.term and guards.instance
        fenced = guards.term and (up.term < node.term or other)
        unheard = b.recovering and not node.joined and up.life == b.life
        if not fenced and guards.cloud_epoch and (unheard or up.life < b.life):
            return Told.NEWCLOUD
        ahead = up.term > node.term or (up.life == b.life and up.down_upto > len(b.down[up.store]))
        if up.life > b.life or (not fenced and ahead):
            raise LostError
        return Told.OLD if fenced else Told.OK

    def extend(self, name, log, up):
        """Store and apply what is new; False when the rows do not extend our log."""
        known = len(log) - up.first + 1
        if self.guards.hash_chain and self.guards.contiguous:
            ours = [row.leaf for row in log[up.first - 1 : up.first - 1 + len(up.rows)]]
            if ours != [row.leaf for row in up.rows[: len(ours)]]:
                return False
            if not up.rows and log and up.first == len(log) + 1 and up.head != log[-1].leaf:
                return False
        if known > 0 and not self.guards.dedupe:
            self.apply_rows(name, up.first, up.rows[:known])
        new = up.rows[max(known, 0) :]
        if new:
            first = len(log) + 1
            log.extend(new)
            self.apply_rows(name, first, new)
        return True

    def apply_rows(self, name, first, rows, *, late=False):
        """In order; what is not understood yet is parked, and so is what stands behind it."""
        b, (store, epoch) = self.b, name
        for seq, row in enumerate(rows, first):
            if not late and (store, epoch, seq, row.leaf) in b.late:
                continue
            keys = {fact.piece for fact in row.facts if hasattr(fact, "piece")}
            behind = self.guards.park_key and any(keys & waiting for _, _, _, waiting, _ in b.parked)
            if behind or not self.sim.understood(row.facts):
                b.parked = (*b.parked, (store, epoch, row, frozenset(keys), late))
                continue
            for fact in row.facts:
                self.apply(Heard(store, epoch, late), fact)

    def unpark(self):
        """After the upgrade, in order, as far as the rows are understood."""

        def work():
            waiting, self.b.parked = self.b.parked, ()
            for store, epoch, row, _, late in waiting:
                for fact in row.facts:
                    self.apply(Heard(store, epoch, late), fact)
            if not self.b.recovering:
                self.drain()

        if self.up:
            self.transaction(work)

    def down(self, up, standing):
        b, node = self.b, self.b.nodes[up.store]
        log = b.logs.get((up.store, up.epoch), [])
        commands = b.down[up.store][up.down_upto :] if standing is Told.OK else ()
        head = log[-1].leaf if log else 0
        return Down(b.life, node.term, up.epoch, standing, len(log), head, up.down_upto + 1, commands)

    def run(self, work):
        try:
            return work()
        except self.sim.CrashError as crash:
            if crash.node is self:
                self.sim.fall(self)
            raise

    def take(self, store, epoch, first, rows):
        """Rows a disk hands over: those that extend a log join it, others are kept as late, once each."""
        self.run(lambda: self.transaction(lambda: self._take(store, epoch, first, rows)))

    def _take(self, store, epoch, first, rows):
        b, log = self.b, self.b.logs.setdefault((store, epoch), [])
        known = max(0, len(log) - first + 1)
        ours = [row.leaf for row in log[first - 1 :]][: len(rows)]
        strange = [(first + at, row) for at, row in enumerate(rows[: len(ours)]) if row.leaf != ours[at]]
        above = rows[known:]
        if first <= len(log) + 1 <= first + len(rows) - 1 and not strange:
            seq = len(log) + 1
            log.extend(above)
            self.apply_rows((store, epoch), seq, above)
            return
        for seq, row in [*strange, *((first + known + at, row) for at, row in enumerate(above))]:
            if (store, epoch, seq, row.leaf) not in b.late:
                b.late[store, epoch, seq, row.leaf] = row
                self.apply_rows((store, epoch), seq, (row,), late=True)
                self.open_case("late rows", "found on a disk", store=store, ref=f"{epoch}/{seq}")

    # --- boxes that come back -----------------------------------------------------------------------------------

    def on_rejoin(self, asked, box):
        if self.up:
            answer = self.transaction(lambda: self.early(asked))
            if answer is None:
                self.end_store(asked.store)
                answer = self.transaction(lambda: self.early(asked) or self.snapshot(asked))
            self.sim.send(box, box.on_answer, answer)

    def early(self, asked):
        """The same answer to the same nonce, or why the box waits; None when it may have a snapshot."""
        b, guards, node = self.b, self.guards, self.b.nodes[asked.store]
        known = b.answers.get((asked.store, asked.nonce))
        if known is not None and guards.rejoin_nonce:
            return known if known.term == node.term else Answer(asked.nonce, 0, "nonce")
        newer = b.recovering and asked.term > node.term and asked.served_on in ("", asked.instance)
        named = b.named.get(asked.store)
        other = node.instance not in ("", asked.instance) and not newer and named is None
        fenced = named not in (None, asked.instance) and not newer
        if guards.instance and (other or fenced):
            return Answer(asked.nonce, 0, "replace")
        if b.recovering:
            if asked.life < b.life and guards.rejoin_follow:
                return Answer(asked.nonce, b.life, "newcloud")
            self.claimed(asked)
            b.nodes[asked.store] = node = node._replace(joined=True)
            if newer:
                b.nodes[asked.store] = node._replace(term=asked.term, instance=asked.instance)
                b.down[asked.store] = ()
            if not self.finish_recovery():
                return Answer(asked.nonce, b.life, "recovering")
        return None

    def claimed(self, asked):
        """What a box believes to hold under an epoch above ours was granted by a life of the cloud that we lost."""
        for believed in asked.custody:
            token = self.b.tokens.get(believed.piece)
            lost = believed.ce < generation(self.b.life, 0)
            if believed.held and lost and (token is None or believed.ce > token.ce):
                state = OfficeState(believed.state.value)
                self.set(Token(believed.piece, asked.store, believed.ce, state, believed.sale))

    def finish_recovery(self):
        if not self.b.recovering:
            return True
        if not all(node.joined for node in self.b.nodes.values()):
            return False
        self.b.recovering = False
        self.drain()
        return True

    def next_term(self, term):
        return max(term + 1, generation(self.b.life, 1)) if self.guards.ce_mint else term + 1

    def begin_term(self, store, epoch, instance):
        b = self.b
        b.nodes[store] = Node(self.next_term(b.nodes[store].term), epoch, instance)
        b.down[store] = ()
        for name, claim in b.claims.items():
            if name[0] == store and not claim[4] and claim[2] is not ClaimKind.LAYAWAY:
                b.claims[name] = (*claim[:4], "rejoin")

    def snapshot(self, asked):
        b, store = self.b, asked.store
        epoch = self.sim.new_id()
        self.begin_term(store, epoch, asked.instance)
        rows = []
        for token in [each for each in b.tokens.values() if each.holder == store]:
            b.recalls.pop(token.piece, None)
            if self.is_parked(token.piece):
                self.to_cloud(token, _taken(token), forced=True)
            else:
                rows.append(self.set(token._replace(ce=self.next_ce(token.piece)), forced=True))
        told = tuple(
            GrantCustody(piece=row.piece, ce=row.ce, state=row.told, sale=row.sale, source=row.source) for row in rows
        )
        promised = [(row.piece, self.promise_of(row.piece, store)) for row in rows]
        logs = tuple((name[1], len(log)) for name, log in b.logs.items() if name[0] == store and log)
        pieces = {row.piece for row in rows}
        answer = Answer(
            asked.nonce, b.life, "", b.nodes[store].term, epoch, told,
            tuple((piece, *promise) for piece, promise in promised if promise),
            tuple((piece, sale) for piece, sale in sorted(b.holds) if piece in pieces), logs,
        )  # fmt: skip
        b.answers[store, asked.nonce] = answer
        b.named.pop(store, None)
        return answer

    def replace(self, store, instance, *, by, why, now_us):
        """A person's word that the box is gone."""
        del by, why, now_us
        self.end_store(store)

        def work():
            b = self.b
            b.named[store] = instance
            self.begin_term(store, "", b.nodes[store].instance)
            if b.recovering:
                b.nodes[store] = b.nodes[store]._replace(joined=False)
            for token in [each for each in b.tokens.values() if each.holder == store]:
                self.to_cloud(token, _taken(token), forced=True)
                b.recalls.pop(token.piece, None)
            self.finish_recovery()

        self.transaction(work)
        return True

    def recover(self):
        """The restore procedure, by a person who waits until it is through and knows the last life."""
        rate, self.sim.crash_rate = self.sim.crash_rate, 0.0
        b = self.b
        self.lives = max(self.lives, b.life) + 1
        b.life, b.recovering = self.lives, True
        for store, node in b.nodes.items():
            if node.term > 0:
                b.nodes[store] = node._replace(joined=False, down_upto=0)
                b.down[store] = ()
        for key, payment in sorted(self.sim.world.payments.items()):
            order, store, piece = read_key(key)
            mine = b.orders.get(order)
            moved = payment.state in MONEY_MOVED
            if mine is None and (moved or payment.state is PaymentState.AUTHORISED):
                b.orders[order] = Order(order, OrderState.CAPTURING, piece, store, key)
            elif mine is not None and (mine.state is OrderState.PAID) != moved:
                b.orders[order] = mine._replace(state=OrderState.CAPTURING)
        for name, order in b.orders.items():
            if order.state not in ORDER.ends:
                b.orders[name] = order._replace(state=OrderState.CAPTURING)
        self.finish_recovery()
        self.sim.crash_rate = rate

    def step(self):
        if self.up:
            self.advance(self.sim.mono_us())


def _taken(token):
    return OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.HERE
