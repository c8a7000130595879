"""What the office of the model decides about custody, and what facts mean to it (custody.md §3)."""

import msgspec

from cloud.provider import payment_key
from cloud.work import QUARANTINED
from contract.commands import (
    ConvertLease,
    GrantCustody,
    LiftHold,
    PlaceHold,
    RecallCustody,
    ReleaseLease,
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
from trade.custody import OfficeState
from trade.lease import ORDER, OrderEvent, OrderState

from .model_books import CLOUD, GRANT, SIGHT, Case, Order, Token
from .model_disk import Back, Closed, Sold


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
        self.b.recalls.pop(piece, None)
        if self.b.nodes[store].term < generation(self.b.life, 0):
            self.set(Token(piece, store, ce, OfficeState.HERE))
        else:
            kept = token is not None and token.state is OfficeState.SOLD
            state, sale = (OfficeState.SOLD, token.sale) if kept else (OfficeState.FROZEN, "")
            self.set(Token(piece, CLOUD, ce, state, sale, store))

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
        before = self.b.tokens.get(fact.piece)
        self.adopt(heard.store, fact.piece, fact.ce)
        token = self.b.tokens.get(fact.piece)
        if not self.current(heard.store, fact.piece, fact.ce):
            return
        if before is not None and before.state is OfficeState.SOLD and fact.why is not ReleaseWhy.SHIPPED:
            token = self.set(token._replace(state=OfficeState.SOLD, sale=before.sale))
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
        for name, case in list(b.cases.items()):
            if case.kind == "order paid twice" and case.piece == piece and case.sentence != sale:
                b.cases[name] = case._replace(is_open=False)
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
