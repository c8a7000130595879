"""The office as the protocol's tables alone: dicts instead of a database (custody.md §2 to §4, §13)."""

from cloud.provider import MONEY_MOVED, PaymentState, read_key
from contract.commands import (
    GrantCustody,
)
from contract.facts import (
    ClaimKind,
)
from contract.ids import generation
from contract.messages import Standing as Told
from trade.custody import OfficeState
from trade.lease import ORDER, OrderState

from .model_books import BOOTS_REMEMBERED_MAX, Answer, Books, Down, Heard, LostError, Node, Order, Token
from .model_decisions import Decisions
from .model_orders import Orders


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

    def recovering(self):
        return self._books().recovering

    def term_of(self, store):
        return self._books().nodes[store].term

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
        overtaken = b.recovering and guards.term and asked.later_term > max(asked.term, node.term)
        newer = b.recovering and not overtaken and asked.term > node.term and asked.served_on in ("", asked.instance)
        named = b.named.get(asked.store)
        other = node.instance not in ("", asked.instance) and not newer and named is None
        fenced = named not in (None, asked.instance) and not newer
        if guards.instance and (other or fenced or (overtaken and named is None)):
            return Answer(asked.nonce, b.life, "replace")
        if b.recovering:
            if asked.life < b.life and guards.rejoin_follow:
                return Answer(asked.nonce, b.life, "newcloud")
            self.claimed(asked)
            b.nodes[asked.store] = node = node._replace(joined=True)
            if newer:
                b.nodes[asked.store] = node._replace(term=asked.term, instance=asked.instance)
                b.down[asked.store] = ()
                b.named.pop(asked.store, None)
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
                now = self.set(Token(believed.piece, asked.store, believed.ce, state, believed.sale))
                self.not_forgotten(token, now)

    def not_forgotten(self, before, now):
        """The lost life gave a piece as stock, and had not heard of its sale: as any late sale it keeps the piece."""
        known = before is not None and before.state is OfficeState.SOLD and now.state is not OfficeState.SOLD
        if known and (before.sale, now.piece) not in self.b.returned:
            self.open_case("late sale", before.sale, store=self.store_of(before.sale), piece=now.piece, ref=before.sale)
            self.place_hold(now.piece, before.sale, now.holder)

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
        captured = []
        for key, payment in sorted(self.sim.world.payments.items()):
            order, store, piece = read_key(key)
            mine = b.orders.get(order)
            moved = payment.state in MONEY_MOVED
            if mine is None and (moved or payment.state is PaymentState.AUTHORISED):
                b.orders[order] = Order(order, OrderState.CAPTURING, piece, store, key)
            elif mine is not None and (mine.state is OrderState.PAID) != moved:
                b.orders[order] = mine._replace(state=OrderState.CAPTURING)
            else:
                continue
            captured += [order] if moved else []
        for name, order in b.orders.items():
            if order.state not in ORDER.ends:
                b.orders[name] = order._replace(state=OrderState.CAPTURING)
        for order in captured:
            self.paid(order)
        self.finish_recovery()
        self.sim.crash_rate = rate

    def step(self):
        if self.up:
            self.advance(self.sim.mono_us())


def _taken(token):
    return OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.HERE
