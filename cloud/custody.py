"""What the office decides about custody (custody.md §3): grants, recalls, holds, and what has to wait.

Whatever was recorded against these decisions is kept, posted or quarantined, and shown to a person as a case.
"""

import msgspec
import sqlalchemy as sa

from cloud import promises
from cloud.tables import hold, pending_move, recall
from cloud.tokens import CLOUD, NO_TRANSFER, Sold, Token, Tokens
from contract.commands import GrantCustody, LiftHold, PlaceHold, RecallCustody
from contract.facts import ClaimKind
from contract.ids import PieceId, SaleId, StoreId, TransferId
from trade.custody import OfficeState

GRANT, SIGHT = "grant", "sight"

__all__ = ["CLOUD", "Custody", "Sold", "Token"]


class Custody(Tokens):
    """Decisions over the tokens of one unit of work."""

    def grant(self, piece: PieceId, to: StoreId, *, transfer: TransferId = NO_TRANSFER) -> bool:
        """Give the token to a store under a new epoch; False when the decision has to wait."""
        token = self.get(piece)
        assert token is not None, f"piece {piece} has no token to grant"
        if self._must_wait(piece):
            self._wait(piece, GRANT, to, token.ce, transfer)
            return False
        state = OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.INCOMING
        source = token.holder or token.source
        given = Token(
            piece=piece,
            holder=to,
            ce=self.next_ce(piece),
            state=state,
            sale=token.sale,
            transfer=transfer,
            source=source,
        )
        given = self.set(given)
        told = GrantCustody(
            piece=piece, ce=given.ce, state=given.told, transfer=transfer, sale=given.sale, source=source
        )
        promise = None if given.state is OfficeState.SOLD else promises.travel(self.work, (piece,), to).get(piece)
        if promise is not None:
            told = msgspec.structs.replace(
                told, promise=ClaimKind(promise.kind), promise_ref=promise.ref, promise_claim=promise.claim
            )
        self.work.command(to, told)
        for sale in self.holds(piece):
            self.work.command(to, PlaceHold(piece=piece, sale=sale))
        self._forget(recall, piece)
        return True

    # --- people and readers -------------------------------------------------------------------------------

    def sighted(self, piece: PieceId, at: StoreId) -> None:
        """Read at a store that does not hold it: give it, or ask the holder for it."""
        token = self.get(piece)
        if token is None or token.holder == at:
            return
        if self._must_wait(piece):
            self._wait(piece, SIGHT, at, token.ce)
            return
        if token.holder == CLOUD:
            self.grant(piece, at, transfer=token.transfer if token.state is OfficeState.TRANSIT else NO_TRANSFER)
            return
        self.ask_back(token, wanted_by=at)

    def ask_back(self, token: Token, *, wanted_by: StoreId = CLOUD) -> None:
        """Recall a token from its holder, once per epoch."""
        asked = self.work.tx.value(sa.select(recall.c.ce).where(recall.c.piece == token.piece))
        if asked == token.ce:
            return
        row = {"piece": token.piece, "ce": token.ce, "holder": token.holder, "wanted_by": wanted_by}
        self.work.tx.put(recall, {**row, "at_us": self.work.now_us})
        self.work.command(token.holder, RecallCustody(piece=token.piece, ce=token.ce))

    def recalled(self, token: Token) -> None:
        """The holder let go: frozen, unless somebody asked for it or it was sold."""
        wanted = self.work.tx.row(sa.select(recall).where(recall.c.piece == token.piece, recall.c.ce == token.ce))
        self.to_cloud(token, OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.FROZEN)
        self._forget(recall, token.piece)
        if wanted is not None and wanted["wanted_by"]:
            self.grant(token.piece, StoreId(wanted["wanted_by"]))

    def recall_refused(self, piece: PieceId, ce: int) -> StoreId | None:
        """The holder keeps it; returns who had asked, if this was the answer to the present question."""
        wanted = self.work.tx.row(sa.select(recall).where(recall.c.piece == piece, recall.c.ce == ce))
        if wanted is None:
            return None
        self._forget(recall, piece)
        return StoreId(wanted["wanted_by"])

    # --- holds --------------------------------------------------------------------------------------------

    def holds(self, piece: PieceId) -> list[SaleId]:
        """Sales this piece was brought back for."""
        if not self.work.guards.return_hold:
            return []
        query = sa.select(hold.c.sale).where(hold.c.piece == piece).order_by(hold.c.sale)
        return [SaleId(row["sale"]) for row in self.work.tx.rows(query)]

    def place_hold(self, piece: PieceId, sale: SaleId, at: StoreId) -> None:
        """Keep the piece for this return; whoever holds the token is told."""
        if not self.work.guards.return_hold:
            return
        self.work.tx.put(hold, {"piece": piece, "sale": sale, "store": at, "at_us": self.work.now_us})
        token = self.get(piece)
        if token is not None and token.holder != CLOUD:
            self.work.command(token.holder, PlaceHold(piece=piece, sale=sale))

    def lift_hold(self, piece: PieceId, sale: SaleId, *, tell: StoreId = CLOUD) -> None:
        self.work.tx.run(sa.delete(hold).where(hold.c.piece == piece, hold.c.sale == sale))
        if tell != CLOUD:
            self.work.command(tell, LiftHold(piece=piece, sale=sale))

    # --- waiting ------------------------------------------------------------------------------------------

    def _must_wait(self, piece: PieceId) -> bool:
        return self.work.recovering or self.work.is_parked(piece)

    def _wait(self, piece: PieceId, kind: str, at: StoreId, ce: int, transfer: TransferId = NO_TRANSFER) -> None:
        row = {"piece": piece, "kind": kind, "store": at, "ce": ce, "transfer": transfer, "at_us": self.work.now_us}
        self.work.tx.put(pending_move, row)

    def drain(self) -> int:
        """Take up the decisions that waited and are still true; returns how many were taken up."""
        if self.work.recovering:
            return 0
        waiting = self.work.tx.rows(sa.select(pending_move).order_by(pending_move.c.at_us, pending_move.c.piece))
        done = 0
        for row in waiting:
            piece = PieceId(row["piece"])
            if self.work.is_parked(piece):
                continue
            same = (pending_move.c.piece == piece, pending_move.c.kind == row["kind"])
            self.work.tx.run(sa.delete(pending_move).where(*same))
            token = self.get(piece)
            done += 1
            if token is None:
                continue
            if row["kind"] == SIGHT:
                self.sighted(piece, StoreId(row["store"]))
            elif token.holder == CLOUD and token.ce == row["ce"]:
                self.grant(piece, StoreId(row["store"]), transfer=TransferId(row["transfer"]))
        return done
