"""Rejoining: the only way back for a disk that is new, restored, copied or behind (custody.md §2.1).

The disk's rows come first, as journal pages (`Ingest.take`). Then the box asks under a nonce that is stable over its
retries, and gets a new term, a new epoch and its pieces under new custody epochs; or a refusal that says what to do.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import downlog, hearing, heirs, logs, ways
from cloud import promises as promises_of
from cloud.custody import Custody, Token
from cloud.db import Office
from cloud.promises import PROMISES
from cloud.tables import claim, hold, life, node, recall, rejoin, replacement
from cloud.work import UnknownStoreError, Work, begin
from contract.ids import Epoch, PieceId, StoreId, generation
from contract.messages import CustodyRow, HeldClaim, Refusal, Rejoin, Snapshot, encode
from contract.seals import told_seal, witness_key
from trade.custody import OfficeState
from trade.guards import ALL, Guards

HOLD: Final = "hold"

_decode_snapshot = msgspec.json.Decoder(Snapshot).decode
EndOrders = Callable[[StoreId, int], bool]
"""Void or settle every unfinished web order of a store at the provider; False when it cannot be reached."""


def no_orders(_store: StoreId, _now_us: int) -> bool:
    """For an office without a web shop."""
    return True


class Rejoins:
    """Answers boxes that come back, and takes a person's word about boxes that do not."""

    def __init__(self, office: Office, end_orders: EndOrders = no_orders, guards: Guards = ALL) -> None:
        self.office = office
        self.guards = guards
        self._end_orders = end_orders

    def hear(self, asked: Rejoin, now_us: int, *, new_epoch: Callable[[], str]) -> Snapshot | Refusal:
        """Idempotent by nonce. Raises `UnknownStoreError`."""
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            early = self._early(work, asked)
        if early is not None:
            return early
        if not self._end_orders(asked.store, now_us):
            why = "web orders of this store are still open and the payment provider does not answer; it is asked again"
            return Refusal(nonce=asked.nonce, code="provider", why=why)
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            return self._early(work, asked) or self._snapshot(work, asked, Epoch(new_epoch()))

    def _early(self, work: Work, asked: Rejoin) -> Snapshot | Refusal | None:
        """The same answer to the same nonce, or why the box has to wait; None when it may have a snapshot."""
        tx = work.tx
        box = tx.row(sa.select(node).where(node.c.store == asked.store).with_for_update())
        if box is None:
            raise UnknownStoreError(f"no store {asked.store!r} in this office; create it, then enrol its box")
        known = (rejoin.c.store == asked.store, rejoin.c.nonce == asked.nonce)
        answered = tx.row(sa.select(rejoin.c.answer, rejoin.c.term).where(*known))
        if answered is not None and self.guards.rejoin_nonce:
            if answered["term"] == box["term"]:
                return _decode_snapshot(bytes(answered["answer"]))
            why = "this plea was answered under a term that is over; ask again under a new nonce"
            return Refusal(nonce=asked.nonce, code="nonce", why=why)
        # A term above ours was minted for this very box by a life of the cloud that we lost: it brings its instance.
        # A copy of its disk carries the term too, but was served on another machine.
        # A box that has heard of a later one than its own, of which we know nothing, was given up for another.
        overtaken = work.recovering and self.guards.term and asked.later_term > max(asked.term, int(box["term"]))
        ours = not overtaken and asked.served_on in ("", asked.instance)
        newer = work.recovering and asked.term > box["term"] and ours
        stranger = box["instance"] not in ("", asked.instance) and not newer
        if stranger and not work.recovering:
            heirs.welcome_plea(work, {**box}, asked)
        named = self._named(work, asked.store)
        other = stranger and named is None
        fenced = named is not None and named != asked.instance and not newer
        if self.guards.instance and (other or fenced or (overtaken and named is None)):
            why = f"another machine serves {asked.store}; a manager has to say that it is gone (replace)"
            sentence = f"Machine {asked.instance} asks to be {asked.store}"
            # One case per machine and term: a plea after the next replacement is another question to a person.
            ref = f"{asked.instance}/{box['term']}"
            work.open_case("replace", sentence, store=asked.store, ref=ref, goes_on=True)
            # It follows a newer life at once, and hands over again what only the lost one had.
            return Refusal(nonce=asked.nonce, code="replace", why=why, cloud_epoch=work.cloud_epoch)
        if work.recovering:
            if asked.cloud_epoch < work.cloud_epoch and self.guards.rejoin_follow:
                why = "the cloud was restored: follow its new epoch, then ask again"
                return Refusal(nonce=asked.nonce, code="newcloud", why=why, cloud_epoch=work.cloud_epoch)
            self._claimed(work, asked)
            tx.run(sa.update(node).where(node.c.store == asked.store).values(joined=1))
            if newer:
                grown = {"term": asked.term, "instance": asked.instance}
                tx.run(sa.update(node).where(node.c.store == asked.store).values(**grown))
                downlog.restart(tx, asked.store, asked.term)
                tx.run(sa.delete(replacement).where(replacement.c.store == asked.store))  # an older word than its term
            if not finish_recovery(work):
                why = "the cloud was restored and waits until every store was heard"
                return Refusal(nonce=asked.nonce, code="recovering", why=why, cloud_epoch=work.cloud_epoch)
        return None

    def _named(self, work: Work, store: StoreId) -> str | None:
        """The machine a person named as the store's and that did not come yet: until then no other is admitted."""
        query = sa.select(replacement.c.instance).where(replacement.c.store == store)
        named: str | None = work.tx.value(query)
        return named

    def _claimed(self, work: Work, asked: Rejoin) -> None:
        """While recovering: what the box believes to hold under an epoch above ours was granted by the lost cloud.

        Clients' things stand under epoch 0, which no cloud grants: they are their orders' alone.
        """
        tokens = Custody(work)
        granted = [row for row in asked.custody if row.ce]
        tokens.load(row.piece for row in granted)
        for row in granted:
            token = tokens.get(row.piece)
            if tokens.of_a_lost_life(row.ce) and (token is None or row.ce > token.ce):
                state = OfficeState(row.state.value)
                now = tokens.set(Token(piece=row.piece, holder=asked.store, ce=row.ce, state=state, sale=row.sale))
                _not_forgotten(tokens, token, now)
        tokens.flush()

    def _snapshot(self, work: Work, asked: Rejoin, epoch: Epoch) -> Snapshot:
        tx, store = work.tx, asked.store
        box = tx.row(sa.select(node).where(node.c.store == store))
        assert box is not None
        term = next_term(work, box["term"])
        kept = downlog.unapplied(tx, store, cloud_epoch=work.cloud_epoch, term=box["term"], upto=int(box["down_upto"]))
        begin_term(work, store, term, epoch=epoch, instance=asked.instance)
        tx.run(sa.update(node).where(node.c.store == store).values(contract_max=asked.contract_max))
        ways.tell_stores(work, store)
        custody = self._renewed(work, store)
        for command in kept:
            work.command(store, command)
        ways.send(work, store)
        snapshot = Snapshot(
            nonce=asked.nonce, term=term, epoch=epoch, cloud_epoch=work.cloud_epoch, custody=custody,
            claims=_claims(work, store, {row.piece for row in custody}), logs=logs.all_heads(tx, store),
            witness_key=witness_key(work.secret, store).hex(),
            seal=told_seal(work.secret, store=store, cloud_epoch=work.cloud_epoch, term=term, epoch=epoch, seq=0),
        )  # fmt: skip
        row = {
            "store": store, "nonce": asked.nonce, "answer": encode(snapshot), "term": term, "at_us": work.now_us,
            "epoch": epoch,
        }  # fmt: skip
        tx.put(rejoin, row)
        tx.run(sa.delete(replacement).where(replacement.c.store == store))
        return snapshot

    def _renewed(self, work: Work, store: StoreId) -> tuple[CustodyRow, ...]:
        """Its pieces under new epochs; one with parked rows is frozen until they are understood."""
        tokens = Custody(work)
        rows: list[CustodyRow] = []
        for token in tokens.of(store):
            work.tx.run(sa.delete(recall).where(recall.c.piece == token.piece))
            if work.is_parked(token.piece):
                tokens.to_cloud(token, _taken(token), forced=True)
                continue
            renewed = msgspec.structs.replace(token, ce=tokens.next_ce(token.piece))
            rows.append(_row(tokens.set(renewed, forced=True)))
        tokens.flush()
        return tuple(rows)

    # --- a person's word ----------------------------------------------------------------------------------

    def replace(
        self, store: StoreId, instance: str, *, by: str, why: str, now_us: int, nothing_left: bool = False
    ) -> bool:
        """“That box is gone (and its tills are in my hand or gone too); this machine serves the store now.”

        Fences the old box: what it still records becomes late; its pieces are frozen and come back where they are read.
        While the cloud recovers, the store counts as heard when the new box has handed over what the tills kept, or
        with `nothing_left`: the person's word that there is nothing. False: the payment provider cannot be asked now.
        """
        if not self._end_orders(store, now_us):
            return False
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, now_us)
            box = tx.row(sa.select(node).where(node.c.store == store).with_for_update())
            if box is None:
                raise UnknownStoreError(f"no store {store!r} in this office")
            word = {"store": store, "instance": instance, "by": by, "why": why, "at_us": now_us}
            tx.put(replacement, word)
            life, term = work.cloud_epoch, box["term"]
            unheard = downlog.unapplied(tx, store, cloud_epoch=life, term=term, upto=int(box["down_upto"]))
            begin_term(work, store, next_term(work, term), epoch=Epoch(""), instance=box["instance"])
            work.command(store, *unheard)
            tx.run(sa.update(node).where(node.c.store == store).values(sent_back=0))
            if work.recovering and not nothing_left:
                tx.run(sa.update(node).where(node.c.store == store).values(joined=0))
            tokens = Custody(work)
            for token in tokens.of(store):
                tokens.to_cloud(token, _taken(token), forced=True)
                tx.run(sa.delete(recall).where(recall.c.piece == token.piece))
            tokens.flush()
            finish_recovery(work)
        return True


def _not_forgotten(tokens: Custody, before: Token | None, now: Token) -> None:
    """The lost life gave a piece as stock and had not heard of its sale: as any late sale it keeps the piece."""
    if before is None or before.state is not OfficeState.SOLD or now.state is OfficeState.SOLD:
        return
    if tokens.came_back(before.sale, now.piece):
        return
    sentence = f"piece {now.piece} was given to {now.holder} as stock by the life of the office that was lost"
    tokens.work.open_case("late sale", sentence, store=now.holder, piece=now.piece, ref=before.sale)
    tokens.place_hold(now.piece, before.sale, now.holder)


def finish_recovery(work: Work) -> bool:
    """Over when every store was heard or fenced: decisions that waited are taken up. False while one is missing."""
    if not work.recovering:
        return True
    if work.tx.value(sa.select(node.c.store).where(node.c.joined == 0).limit(1)) is not None:
        return False
    work.tx.run(sa.update(life).values(recovering=0))
    work.recovering = False
    tokens = Custody(work)
    tokens.drain()
    tokens.flush()
    return True


def next_term(work: Work, term: int) -> int:
    """Above every term of this store, also of lives of the cloud that were lost."""
    return max(term + 1, generation(work.cloud_epoch, 1)) if work.guards.ce_mint else term + 1


def begin_term(work: Work, store: StoreId, term: int, *, epoch: Epoch, instance: str) -> None:
    """A new generation of the store's box: decisions are numbered from 1, carts and leases of the old one are over."""
    values = {
        "term": term, "epoch": epoch, "instance": instance, "state": hearing.ACTIVE if epoch else "fenced",
        "down_upto": 0, "joined": 1, "boot": "", "message": 0, "boots_past": "",
    }  # fmt: skip
    work.tx.run(sa.update(node).where(node.c.store == store).values(**values))
    downlog.restart(work.tx, store, term)
    over = (claim.c.store == store, claim.c.ended == "", claim.c.kind.not_in(PROMISES))
    work.tx.run(sa.update(claim).where(*over).values(ended="rejoin"))
    work.tx.poke(store)


def _taken(token: Token) -> OfficeState:
    return OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.HERE


def _row(token: Token) -> CustodyRow:
    return CustodyRow(
        piece=token.piece, ce=token.ce, state=token.told, transfer=token.transfer, sale=token.sale, source=token.source
    )


def _claims(work: Work, store: StoreId, pieces: set[PieceId]) -> tuple[HeldClaim, ...]:
    """Promises and holds on a store's pieces."""
    promises = promises_of.travel(work, pieces, store)
    holds = [
        HeldClaim(piece=row["piece"], kind=HOLD, ref=row["sale"])
        for row in work.tx.rows(sa.select(hold).order_by(hold.c.piece, hold.c.sale))
        if row["piece"] in pieces
    ]
    return (*promises.values(), *holds)
