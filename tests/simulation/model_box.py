"""A store's box as the protocol's tables alone: dicts instead of books, tuples instead of messages (custody.md §13).

What may become of a token, a claim, a lease or a recall is asked of `trade/`, as the real box does; everything else is
what custody.md §2 to §5 say, written down once more and without a database. A row's leaf is a number of its own, so two
logs that have a leaf in common have everything before it in common.
"""

from contract.commands import (
    ConvertLease,
    GrantCustody,
    RecallCustody,
    ReleaseLease,
    RequestLease,
)
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    PieceSighted,
    ReleaseWhy,
    TransferShipped,
)
from contract.messages import Standing as Told
from edge.till.desk import Done
from trade import lease
from trade.acts import (
    AddPiece,
    CloseShift,
    HoldPiece,
    OpenSale,
    OpenShift,
    RecordSale,
    ReleaseHold,
    ReturnPieces,
    Ship,
    Sight,
)
from trade.custody import TokenState, granted
from trade.piece import Standing, unavailable

from .model_disk import Back, Closed, Disk, Obeyed, Plea, Rejoined, Row, Sold, Up, pieces_of

LEASE_TIMER_S = 20
DECIDING = (Sold, Back, TransferShipped, CustodyReleased, ClaimHeld, ClaimEnded)
"""Facts without which nobody can say where a piece belongs."""


class ModelBox:
    """The same doors as `nodes.Box`."""

    def __init__(self, sim, store, instance, image=None):
        self.sim, self.store, self.instance, self.image = sim, store, instance, image
        self.name = f"{store}/{instance}"
        self.up = self.ghost = self.given_up = self.cut = False
        self.watched, self.granted_at, self.boots, self.backup = {}, {}, 0, None
        self.looked_at = self.looked_on = None

    def start(self):
        self.boots += 1
        self.d = self.image.copy() if self.image is not None else Disk(self.instance)
        if self.d.instance != self.instance:
            if self.sim.guards.instance:
                self.d.mode = "rejoin"
            self.d.instance = self.instance
        self.boot, self.verified, self.attempt, self.number = f"{self.name}#{self.boots}", set(), None, 0
        self.leases, self.refused = {}, ""
        self.up = True

    def crashpoint(self):
        if self.up and self.sim.lucky(self.sim.crash_rate):
            raise self.sim.CrashError(self)

    def stop(self):
        if self.up:
            self.up, self.image = False, self.d

    def disk(self):
        return self.d.copy()

    def seen(self, piece):
        return self.sim.world.loc[piece] == self.store

    @property
    def serving(self):
        return self.up and self.d.mode == "active"

    # --- what the bystander may look up -----------------------------------------------------------------------

    def token(self, piece):
        return self.d.tokens.get(piece)

    def claim(self, piece):
        return self.d.live(piece)

    def held_for(self, piece):
        hold = self.d.holds.get(piece)
        return hold and hold.sale

    def in_cart(self, sale):
        if sale in self.d.carts:
            return self.d.carts[sale][1]
        return (self.d.sold[sale],) if sale in self.d.sold else ()

    def has_shift(self, till):
        return till in self.d.shifts

    def told(self):
        return self.d.mode, self.d.term, self.d.epoch

    def differences(self):
        """State is folded where facts are written; without `one_tx` it may be ahead of the log."""
        return []

    def must_rejoin(self, why):
        del why
        self.d.mode = "rejoin"

    def hear_of_term(self, term):
        self.d.mode, self.d.later_term = "rejoin", max(self.d.later_term, term)

    @property
    def term(self):
        return self.d.term

    def rows(self):
        return {
            (self.store, epoch, "trade", seq, row.leaf)
            for epoch, rows in self.d.logs.items()
            for seq, row in enumerate(rows, 1)
        }

    def apart(self):
        for epoch, rows in self.d.logs.items():
            theirs = self.sim.head.b.logs.get((self.store, epoch), [])
            upto = min(len(rows), len(theirs))
            if upto and rows[upto - 1].leaf != theirs[upto - 1].leaf:
                return f"{epoch} by row {upto}"
        return ""

    def observe(self):
        # no row is written anywhere without the next number of a leaf, and a box that starts has another disk
        if self.looked_at == self.sim.leaf and self.looked_on is self.d:
            return False
        self.looked_at, self.looked_on, changed = self.sim.leaf, self.d, False
        for epoch, rows in self.d.logs.items():
            first = self.watched.get(epoch, 0)
            if len(rows) <= first:
                continue
            for seq, row in enumerate(rows[first:], first + 1):
                place = (self.store, epoch, "trade", seq, row.leaf)
                if place not in self.sim.recorded:
                    self.sim.recorded[place] = self
                    self.sim.about[place] = {
                        piece for fact in row.facts if isinstance(fact, DECIDING) for piece in pieces_of(fact)
                    }
                    for fact in row.facts:
                        self.sim.witness(self, fact, place)
            self.watched[epoch] = len(rows)
            changed = True
        return changed

    # --- people and readers -----------------------------------------------------------------------------------

    def write(self, *facts):
        """State and log in one transaction."""
        d, guards = self.d, self.sim.guards
        self.crashpoint()
        for fact in facts:
            d.fold(fact, guards)
        if not guards.one_tx:
            self.crashpoint()
        self.sim.leaf += 1
        d.logs[d.epoch].append(Row(self.sim.leaf, facts))
        self.crashpoint()
        return Done((facts,))

    def standing(self, piece, pad=()):
        d = self.d
        return Standing(
            piece=piece, token=d.tokens.get(piece), claim=d.live(piece), hold=d.holds.get(piece),
            seen=piece in pad or self.seen(piece), verified=piece in self.verified, on_pad=piece in pad,
        )  # fmt: skip

    def do(self, act, pad=()):
        """Done, or None when it is refused."""
        if not self.serving:
            return None
        self.verified.update(pad)
        match act:
            case Sight():
                self.verified.update(act.pieces)
                return self._sight(act.pieces[0])
            case OpenShift():
                if act.till not in self.d.shifts:
                    self.d.shifts[act.till] = act.shift
                return Done()
            case CloseShift():
                return self._close(act.till)
            case OpenSale():
                self.d.carts[act.sale] = (act.till, ())
                return Done()
            case AddPiece():
                return self._add(act, pad)
            case RecordSale():
                return self._record(act, pad)
            case ReturnPieces():
                return self._take_back(act, pad)
            case HoldPiece():
                if unavailable(self.standing(act.piece), self.sim.guards):
                    return None
                ce = self.d.tokens[act.piece].ce
                return self.write(ClaimHeld(claim=act.claim, piece=act.piece, ce=ce, kind=act.kind, ref=act.ref))
            case ReleaseHold():
                claim = self.d.claims.get(act.claim)
                if claim is None:
                    return None
                return self.write(ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.RELEASED))
            case Ship():
                return self._ship(act, pad)
        raise AssertionError(act)

    def _sight(self, piece):
        token, hold = self.d.tokens.get(piece), self.d.holds.get(piece)
        if token is not None and token.state is TokenState.INCOMING:
            return self.write(CustodyReceived(piece=piece, ce=token.ce))
        if token is not None and token.held:
            return Done()
        return self.write(PieceSighted(piece=piece, zone="", return_of=hold.sale if hold else ""))

    def _close(self, till):
        d = self.d
        if till not in d.shifts:
            return None
        over = [
            CustodyReleased(piece=token.piece, ce=token.ce, why=ReleaseWhy.CLOSED)
            for token in d.tokens.values()
            if token.state is TokenState.SOLD and token.piece not in d.holds
        ]
        return self.write(Closed(till, d.zs.get(till, 0) + 1), *over)

    def _add(self, act, pad):
        if act.sale not in self.d.carts:
            return None
        piece = self.standing(act.piece, pad)
        if unavailable(piece, self.sim.guards):
            return None
        if not (piece.on_pad or piece.seen or (act.override and piece.verified)):
            return None
        claim, ce = self.sim.new_id(), piece.token.ce
        done = self.write(ClaimHeld(claim=claim, piece=act.piece, ce=ce, kind=ClaimKind.CART, ref=act.sale))
        till, _ = self.d.carts[act.sale]
        self.d.carts[act.sale] = (till, (act.piece,))
        return done

    def _record(self, act, pad):
        d, guards = self.d, self.sim.guards
        if act.sale not in d.carts or not d.carts[act.sale][1]:
            return None
        till, (name,) = d.carts[act.sale]
        if till not in d.shifts:
            return None
        piece = self.standing(name, pad)
        mine = [claim for claim in d.claims.values() if claim.ref == act.sale]
        if guards.claim_unique:
            kept = bool(mine) and mine[0].ce == (piece.token.ce if piece.token else 0)
            if not kept or piece.token.state is not TokenState.HERE or piece.hold is not None:
                return None
        ended = [ClaimEnded(claim=c.claim, piece=c.piece, ce=c.ce, how=ClaimEnd.CONVERTED) for c in mine]
        ce = mine[0].ce if mine else piece.token.ce if piece.token else 0
        return self.write(*ended, Sold(act.sale, name, ce, till, d.receipts.get(till, 0) + 1))

    def _take_back(self, act, pad):
        d, (name,) = self.d, act.pieces
        piece = self.standing(name, pad)
        if not (piece.on_pad or piece.seen) or (act.sale, name) in d.returned:
            return None
        token, hold = piece.token, piece.hold
        waits = token is None or not token.held or token.state is TokenState.INCOMING or act.sale not in d.sold
        if not waits and token.state is TokenState.SOLD and token.sale != act.sale:
            return None
        if not waits and token.state is TokenState.HERE:
            waits = hold is None or hold.sale != act.sale or (not hold.confirmed and self.sim.guards.hold_confirm)
        if waits:
            if hold is not None:
                return Done()
            return self.write(PieceSighted(piece=name, zone="", return_of=act.sale))
        if act.till not in d.shifts:
            return None
        return self.write(Back(act.sale, name, act.till, d.receipts.get(act.till, 0) + 1))

    def _ship(self, act, pad):
        (name,) = act.pieces
        piece = self.standing(name, pad)
        if unavailable(piece, self.sim.guards) or not (piece.on_pad or piece.seen or piece.verified):
            return None
        gone = CustodyReleased(piece=name, ce=piece.token.ce, why=ReleaseWhy.SHIPPED, to=act.to, transfer=act.transfer)
        return self.write(TransferShipped(transfer=act.transfer, to=act.to, pieces=act.pieces), gone)

    # --- the line ---------------------------------------------------------------------------------------------

    def pump(self):
        if not self.up:
            return
        if self.d.mode != "active":
            self.rejoin()
            return
        self._free_by_timer()
        d = self.d
        rows, upto = d.logs[d.epoch], d.upto[d.epoch]
        self.number += 1
        up = Up(
            self.store, self.instance, d.term, d.epoch, upto + 1, tuple(rows[upto:]), rows[-1].leaf if rows else 0,
            len(rows), d.life, d.down_upto, self.boot, self.number,
        )  # fmt: skip
        self.sim.send(self, self.sim.head.on_up, up, self)

    def _free_by_timer(self):
        """What `release_confirm` forbids."""
        if self.sim.guards.release_confirm:
            return
        for claim in list(self.d.claims.values()):
            if claim.kind is ClaimKind.LEASE and self.sim.t - self.leases.get(claim.claim, self.sim.t) > LEASE_TIMER_S:
                self.write(ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.RELEASED))

    def on_down(self, down):
        if not self.up:
            return
        d, guards = self.d, self.sim.guards
        if guards.cloud_epoch and down.life < d.life:
            return
        if down.epoch == d.epoch and d.epoch:
            rows, upto = d.logs[d.epoch], min(down.upto, len(d.logs[d.epoch]))
            if not guards.hash_chain or not upto or upto < down.upto or rows[upto - 1].leaf == down.head:
                d.upto[d.epoch] = max(d.upto[d.epoch], upto)
        newcloud = down.life > d.life and guards.cloud_epoch
        told = {
            Told.OK: False, Told.OLD: guards.term, Told.FORK: guards.hash_chain, Told.NEWCLOUD: guards.cloud_epoch,
        }[Told.NEWCLOUD if newcloud else down.standing]  # fmt: skip
        if (down.term > d.term and guards.term) or (told and down.epoch == d.epoch):
            self.follow(down.life)
            d.mode = "rejoin"
            d.later_term = max(d.later_term, down.term)
        elif down.standing is Told.OK and down.epoch == d.epoch and d.mode == "active":
            for seq, command in enumerate(down.commands, down.first):
                if down.life == d.life and seq == d.down_upto + 1:
                    self.write(Obeyed(down.life, seq, command), *self.answer(command))

    def follow(self, life):
        """A new life of the cloud may lack what the last one had."""
        if life > self.d.life:
            self.d.life = life
            self.d.upto = dict.fromkeys(self.d.upto, 0)

    def answer(self, command):
        d, guards = self.d, self.sim.guards
        mine = d.live(command.piece)
        mine = mine if mine is not None and mine.kind is ClaimKind.LEASE else None
        match command:
            case GrantCustody():
                token = granted(d.tokens.get(command.piece), command)
                incoming = token is not None and token.state is TokenState.INCOMING
                if incoming and (self.seen(command.piece) or not guards.pad_receive):
                    return (CustodyReceived(piece=command.piece, ce=command.ce),)
            case RequestLease():
                if command.order not in d.answers:
                    self.leases[command.order] = self.sim.t
                    return lease.answer_request(command, self.standing(command.piece), guards)
            case ReleaseLease():
                return lease.release(command, mine, guards)
            case ConvertLease():
                return lease.convert(command, mine, d.tokens.get(command.piece), guards)
            case RecallCustody():
                return lease.answer_recall(command, self.standing(command.piece), guards)
        return ()

    def rejoin(self):
        head, sim, d = self.sim.head, self.sim, self.d
        if not head.up or self.cut:
            return
        if self.attempt is None or not sim.guards.rejoin_nonce:
            self.attempt = f"{self.boot}:{sim.new_id()}"
        for epoch, first, rows in self.handover():
            if sim.lucky(sim.loss):
                return
            head.take(self.store, epoch, first, rows)
            if epoch in d.upto:
                d.upto[epoch] = max(d.upto[epoch], len(d.logs[epoch]))
        plea = Plea(
            self.store, self.instance, self.nonce(), d.term, d.life, tuple(d.tokens.values()), d.served_on, d.later_term
        )
        sim.send(self, head.on_rejoin, plea, self)

    def nonce(self):
        return self.attempt

    def handover(self):
        """(epoch, first, rows) of every log that the office may lack some of."""
        for epoch, rows in self.d.logs.items():
            upto = self.d.upto[epoch]
            if len(rows) > upto:
                yield epoch, upto + 1, tuple(rows[upto:])

    def on_answer(self, answer):
        sim, d, head = self.sim, self.d, self.sim.head
        if not self.up or self.attempt is None or d.mode == "active" or self.cut or not head.up:
            return
        if answer.nonce != self.nonce() and sim.guards.rejoin_nonce:
            return
        self.refused = answer.refused
        if answer.refused:
            self.follow(answer.life)
            if answer.refused == "nonce":
                self.attempt = None
            return
        if sim.guards.rejoin_follow and (answer.life < d.life or head.b.life > answer.life):
            sim.stat("stale snapshots")
            self.attempt = None
            return
        self.crashpoint()
        told = [epoch for epoch, _ in answer.logs]
        for epoch, upto in answer.logs:
            theirs, ours = head.b.logs.get((self.store, epoch), [])[:upto], d.logs.get(epoch, [])
            if len(ours) < len(theirs) or (theirs and ours[len(theirs) - 1].leaf != theirs[-1].leaf):
                d.logs[epoch] = list(theirs)
        lives = told + [epoch for epoch in d.logs if epoch not in told]
        if sim.guards.rejoin_snapshot:
            d.refold(sim.guards, lives)
        d.logs = {epoch: d.logs[epoch] for epoch in lives}
        d.upto = {epoch: d.upto.get(epoch, 0) for epoch in lives}
        d.upto |= dict(answer.logs)
        d.term, d.epoch, d.life, d.mode, d.down_upto = answer.term, answer.epoch, answer.life, "active", 0
        d.served_on = self.instance
        d.logs[d.epoch], d.upto[d.epoch] = [], 0
        fact = Rejoined(answer.term, answer)
        d.fold(fact, sim.guards)
        sim.leaf += 1
        d.logs[d.epoch].append(Row(sim.leaf, (fact,)))
        if sim.guards.verify_after_rejoin:
            self.verified.clear()
        self.attempt = None
        self.crashpoint()
