"""The desk: an act in, its facts written or a refusal in words, in one transaction on the house thread."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from contract.entries import Entry
from contract.facts import CommandRefused
from contract.feed import StoreCard
from contract.ids import PieceId, StoreId, TillId, UserId, ZoneId
from contract.remarks import mapped
from edge.books import replica
from edge.books.db import Database
from edge.books.journal import Books, Tx
from edge.books.rows import Mode
from edge.till import ordering, queries
from edge.till.approvals import Approval
from edge.till.look import Look
from edge.till.saying import Remarks, Unsealed, in_journal, sealed
from edge.till.scenes import scene_of
from trade.acts import AnyAct, Sight, name_of
from trade.claim import Claim
from trade.custody import Token
from trade.decide import decide
from trade.permissions import Approved
from trade.piece import Hold, Standing
from trade.refusal import Refusal, Why
from trade.scene import NOWHERE

Seen = Callable[[PieceId], bool]
NewId = Callable[[], str]
QUIET: Final = (Sight,)
"""Acts of the floor: what they cannot do is not worth an entry."""


class Done(msgspec.Struct, frozen=True):
    """What became true; no entries when it was true already."""

    entries: tuple[Entry, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """Why not, in words for people. Stands in the journal too."""

    refusal: Refusal


class Desk:
    """Runs acts against the books. `verified` is memory only: what was read since this box started.

    terminals: the card terminal of each till that has one connected, by name. store: what receipts call this store
    until the office says it.
    """

    def __init__(
        self, books: Books, terminals: Mapping[TillId, str] | None = None, store: StoreCard | None = None,
        remarks: Remarks | None = None,
    ) -> None:  # fmt: skip
        self._books = books
        self._remarks: Remarks = remarks or Unsealed()
        self._store = store
        self._terminals = terminals or {}
        self._verified: set[PieceId] = set()

    def do(
        self,
        act: AnyAct,
        *,
        by: UserId,
        now_us: int,
        new_id: NewId,
        seen: Seen,
        pad: frozenset[PieceId] = frozenset(),
        pad_zone: ZoneId = NOWHERE,
        approval: Approval | None = None,
    ) -> Done | Refused:
        """Decides and writes in one transaction. now_us: wall time, µs. pad: pieces on this till's pad now."""
        if isinstance(act, Sight):
            self._verified.update(act.pieces)
        self._verified |= pad
        with self._books.transaction() as tx:
            node = tx.node()
            if node.mode is not Mode.ACTIVE:
                return Refused(Refusal(Why.NOT_SERVING, f"This store's box decides nothing now: {node.why}"))
            scene = msgspec.structs.replace(
                scene_of(self._look(tx, seen, pad, now_us), act),
                pad_zone=pad_zone,
                allowed=replica.allowed(tx.db, by, node.store),
                approved=_approved(tx.db, node.store, approval),
                roles=replica.roles(tx.db),
            )
            answer = decide(scene, act, by=by, new_id=new_id)
            if not isinstance(answer, Refusal):
                facts = sealed(self._remarks, answer, act, scene)
                entries = tx.write(at_us=now_us, by=by, why=name_of(act), facts=facts) if facts else []
                return Done(tuple(entries))
            if not isinstance(act, QUIET):
                said = in_journal(self._remarks, answer, act, scene)
                refused = CommandRefused(command=name_of(act), code=answer.code, why=said, piece=answer.piece)
                tx.write(at_us=now_us, by=by, why=name_of(act), facts=(refused,))
            return Refused(msgspec.structs.replace(answer, why=self._remarks.open(answer.why)))

    def standing(self, db: Database, piece: PieceId, seen: Seen, pad: frozenset[PieceId] = frozenset()) -> Standing:
        """A piece as books and eyes have it now."""
        on_pad = piece in pad
        claim = db.one("claim_live", Claim, piece=piece)
        keeps = ordering.of_claim(db, claim)
        token, hold = db.one("token", Token, piece=piece), db.one("hold", Hold, piece=piece)
        return Standing(
            piece=piece,
            card=replica.piece(db, piece),
            token=token,
            claim=claim,
            hold=hold,
            seen=on_pad or seen(piece),
            verified=piece in self._verified,
            on_pad=on_pad,
            order=keeps.number if keeps is not None else "",
            till=queries.till_of_claim(db, claim),
            kept_for=queries.receipt_called(db, hold.sale) if hold is not None else "",
            sold_by=queries.receipt_called(db, token.sale) if token is not None else "",
        )

    def forget_sightings(self) -> None:
        """After a rejoin every piece is unverified until a reader sees it (custody.md §2.1)."""
        if self._books.guards.verify_after_rejoin:
            self._verified.clear()

    def _look(self, tx: Tx, seen: Seen, pad: frozenset[PieceId], now_us: int) -> Look:
        db, node = tx.db, tx.node()
        here = replica.store(db, node.store) or self._store
        return Look(
            db=db,
            store=node.store,
            here=here,
            feed_rev=node.feed_rev,
            guards=self._books.guards,
            pad=pad,
            today=ordering.day_here(now_us, here.time_zone if here is not None else "UTC"),
            terminals=self._terminals,
            read=lambda order: mapped(order, self._remarks.open),
            stand=lambda piece: self.standing(db, piece, seen, pad),
            stand_off_pad=lambda piece: self.standing(db, piece, seen),
        )


def _approved(db: Database, store: StoreId, approval: Approval | None) -> Approved | None:
    """With what they may as the books have it now: who was sent away since approves nothing."""
    if approval is None:
        return None
    return Approved(by=approval.by, over=approval.over, allowed=replica.allowed(db, approval.by, store))
